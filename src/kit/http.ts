import PQueue from 'p-queue'
import type * as z from 'zod'
import type { Authenticator } from './auth.ts'
import type { Clock } from './clock.ts'
import type { HubError } from './errors.ts'
import { parseBody, rebuildResponse } from './http/answer.ts'
import { buildRequest, encodeBody } from './http/build.ts'
import { type Call, createExchange, type Outcome } from './http/exchange.ts'
import { waitBeforeRetry } from './http/retry.ts'
import { orAborted } from './http/stop.ts'
import { readText } from './http/stream.ts'
import { type Query, resolveUrl } from './http/url.ts'
import type { Log } from './log.ts'
import { redactUrl } from './redact.ts'

export { statusError } from './http/answer.ts'
export { retryAfter } from './http/retry.ts'
export { resolveUrl } from './http/url.ts'

/**
 * Requests that a vendor allows: fed to p-queue, in sliding windows: no span of `intervalMs` sees more than `intervalCap`
 * starts. p-queue reads the machine's clock, not the injected one.
 */
export interface Limits {
  /** Requests in flight at once. Default 8. */
  concurrency?: number
  /** Requests per `intervalMs`. No cap where absent. */
  intervalCap?: number
  intervalMs?: number
  /** Deadline of one attempt in milliseconds. Default 30 000. */
  deadlineMs?: number
  /** Attempts in total for requests that may be repeated. Default 4. */
  attempts?: number
}

export interface Exchange {
  connection: string
  method: string
  /** Redacted. */
  url: string
  /** 0 where no answer came. */
  status: number
  durationMs: number
  attempt: number
  error?: string
}

/**
 * Called after every attempt; fixture recorders hang here. `request` and `response` are unread copies as they went over
 * the wire, credentials included: who keeps them masks them (`redactHeaders`). A recorder that throws is logged.
 */
export type Recorder = (
  exchange: Exchange,
  request: Request,
  response: Response | undefined,
) => void | Promise<void>

export interface Usage {
  /** Requests sent, repeats included: what counts against the vendor's quota. */
  calls: number
  /** Attempts after the first. */
  retries: number
  /** Requests that were given up: once each, however many attempts they took. Calls stopped by their caller are none. */
  failures: number
  /** Last seen rate and quota headers of the vendor, lower-case names. */
  quota: Record<string, string>
  /** When the last answer came; absent before the first. */
  answeredAt?: number
}

export interface RequestSpec<T> {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute URL, or a path below the connection's base URL. */
  url: string
  query?: Query
  headers?: Record<string, string>
  json?: unknown
  form?: Record<string, string>
  /** A function makes the body anew for every attempt: what it streams is sent as it is made. */
  body?: string | Uint8Array | (() => ReadableStream<Uint8Array>)
  /** Parses the JSON of a 2xx. Another shape is a RecordError, no JSON a TransientError: both `http.unexpected_body`. */
  schema?: z.ZodType<T>
  /** May be repeated after a failure that could have been processed. Default: GET, PUT, DELETE, or an Idempotency-Key. */
  repeatable?: boolean
  /** Of one attempt, until the last byte of its answer. */
  deadlineMs?: number
  signal?: AbortSignal
  /** Statuses that are an answer (404 as "miss"): neither thrown nor repeated, `data` unparsed by `schema`. 2xx never throw. */
  accept?: readonly number[]
}

export interface Answer<T> {
  status: number
  headers: Headers
  data: T
}

/** An answer that is read as it comes. Its text ends with a TransientError where the line or the deadline does. */
export interface StreamedAnswer {
  status: number
  headers: Headers
  text: AsyncIterable<string>
}

/** The one door out: nothing else in Tributary calls `fetch`. One per connection. */
export interface Door {
  readonly baseUrl: string
  readonly usage: Usage
  /** One call with JSON in and out. Throws a classed HubError for every status outside 2xx and `accept`. */
  request<T = unknown>(spec: RequestSpec<T>): Promise<Answer<T>>
  /**
   * The same for an answer that is too large to be held: repeated until its headers are there, and given to recorders
   * without its body. `deadlineMs` is until the headers, and from there until the last byte.
   */
  stream(spec: Omit<RequestSpec<never>, 'schema' | 'accept'>): Promise<StreamedAnswer>
  /**
   * `fetch` for SDKs: same limiter, deadline, auth, retries and metrics, but statuses are returned, not thrown.
   * Network failures reject with TransientError. Answers are read whole before they are returned, so that a connection
   * lost half-way is repeated like any other; bodies of errors come with secrets masked. Redirects are returned, whatever
   * `init.redirect` says: following one would carry the credentials to wherever it points.
   */
  fetch: typeof globalThis.fetch
}

export interface DoorOptions {
  connection: string
  baseUrl: string
  limits?: Limits | undefined
  authenticator?: Authenticator | undefined
  /** Reads the vendor's own error body; return undefined to fall back to the status table. */
  classify?: ((status: number, headers: Headers, body: string) => HubError | undefined) | undefined
  fetch: typeof globalThis.fetch
  clock: Clock
  random?: () => number
  log: Log
  /** Masks the connection's secrets in URLs and in what vendors answer, before it reaches errors, logs and `classify`. */
  redact?: ((text: string) => string) | undefined
  recorder?: Recorder | undefined
  /** Called after every attempt without copies of the bodies: for metrics. */
  onExchange?: ((exchange: Exchange) => void) | undefined
}

const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])

const mayRepeat = (method: string, headers: Headers): boolean =>
  REPEATABLE.has(method) || headers.has('idempotency-key')

export function createDoor(options: DoorOptions): Door {
  const { connection, baseUrl, clock, authenticator, random = Math.random, redact = (text) => text } = options
  const { concurrency = 8, intervalCap, intervalMs, attempts = 4 } = options.limits ?? {}
  const defaultDeadlineMs = options.limits?.deadlineMs ?? 30_000
  const queue = new PQueue({
    concurrency,
    ...(intervalCap && intervalMs ? { intervalCap, interval: intervalMs, strict: true } : {}),
  })
  const usage: Usage = { calls: 0, retries: 0, failures: 0, quota: {} }
  const exchange = createExchange(options, usage)

  /** Repeats by error class, as long as it helps. */
  async function send(call: Call): Promise<Outcome> {
    const { signal } = call
    let isRefreshed = false
    for (let number = 1; ; number++) {
      const outcome = await orAborted(signal, () =>
        queue.add(() => exchange(call, number), signal ? { signal } : {}),
      )
      const { error, request, answer } = outcome
      if (!error) return outcome
      if (answer?.response.status === 401 && authenticator?.refresh && !isRefreshed) {
        isRefreshed = true
        await authenticator.refresh(request)
      } else {
        // What was not sent cannot have been processed.
        const isRepeatable = call.isRepeatable || !request
        const wait = waitBeforeRetry(error, { number, isRepeatable, random })
        if (wait === undefined || number >= attempts) return outcome
        await orAborted(signal, () => clock.sleep(wait, signal))
      }
      usage.retries++
    }
  }

  const doorFetch: typeof globalThis.fetch = async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    // Without the signal: a Request would hang a listener on it that outlives the call.
    const original = buildRequest(connection, input, { duplex: 'half', ...init, signal: null })
    const { url, method, headers } = original
    const body = original.body ? { body: await original.arrayBuffer() } : {}
    const { error, answer } = await send({
      build: () => buildRequest(connection, url, { method, headers, redirect: 'manual', ...body }),
      isRepeatable: mayRepeat(method, headers),
      deadlineMs: defaultDeadlineMs,
      signal,
      isAnswer: (response) => response.status < 400,
      read: (response) => response.arrayBuffer(),
    })
    if (error && error.code !== 'http.aborted') usage.failures++
    // A Response cannot carry the made-up statuses beyond 599.
    if (!answer || answer.response.status > 599) throw error
    return rebuildResponse(answer, url)
  }

  /** `read`: what is kept of the body of an answer that is none to refuse. */
  function callOf(spec: RequestSpec<unknown>, read: Call['read']): Call {
    const { method = 'GET', url, query, accept } = spec
    const headers = new Headers(spec.headers)
    const body = encodeBody(spec, headers)
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const isAnswer = ({ ok, status }: Response) => ok || (accept?.includes(status) ?? false)
    const init: RequestInit = { method, headers, redirect: 'manual' }
    return {
      build: (base) => buildRequest(connection, resolveUrl(base, url, query), { ...init, ...body() }),
      isRepeatable: spec.repeatable ?? mayRepeat(method, headers),
      deadlineMs: spec.deadlineMs ?? defaultDeadlineMs,
      signal: spec.signal,
      isAnswer,
      read: (response) => (isAnswer(response) ? read(response) : response.text()),
    }
  }

  async function stream(spec: Parameters<Door['stream']>[0]): Promise<StreamedAnswer> {
    const call = callOf(spec, async () => '')
    const { error, answer, request: sent } = await send(call)
    if (error && error.code !== 'http.aborted') usage.failures++
    if (error || !answer) throw error
    const { status, headers } = answer.response
    const place = redact(redactUrl(sent?.url ?? spec.url))
    return { status, headers, text: readText(answer.response, { ...call, place, clock, usage }) }
  }

  async function request<T>(spec: RequestSpec<T>): Promise<Answer<T>> {
    const { error, answer, request: sent } = await send(callOf(spec, (response) => response.text()))
    if (error && error.code !== 'http.aborted') usage.failures++
    if (error || !answer) throw error
    const { response } = answer
    try {
      const data = parseBody(answer, response.ok ? spec.schema : undefined, {
        url: sent?.url ?? spec.url,
        redact,
      })
      return { status: response.status, headers: response.headers, data }
    } catch (mismatch) {
      usage.failures++
      throw mismatch
    }
  }

  return { baseUrl, usage, request, stream, fetch: doorFetch }
}
