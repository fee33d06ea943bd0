import PQueue from 'p-queue'
import type * as z from 'zod'
import type { Authenticator } from './auth.ts'
import type { Clock } from './clock.ts'
import { AuthError, ConfigError, HubError, RateLimitError, RecordError, TransientError, isRetryable } from './errors.ts'
import type { Log } from './log.ts'
import { redactUrl } from './redact.ts'

/** Requests that a vendor allows: fed to p-queue as is. */
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

/** Called after every attempt; metrics and fixture recorders hang here. `request` and `response` are unread copies. */
export type Recorder = (exchange: Exchange, request: Request, response: Response | undefined) => void | Promise<void>

export interface Usage {
  calls: number
  retries: number
  failures: number
  /** Last seen rate and quota headers of the vendor, lower-case names. */
  quota: Record<string, string>
}

export interface RequestSpec<T> {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute URL, or a path below the connection's base URL. */
  url: string
  query?: Record<string, string | number | boolean | undefined | readonly string[]>
  headers?: Record<string, string>
  json?: unknown
  form?: Record<string, string>
  body?: string | Uint8Array
  /** Parses the JSON answer; a mismatch is a TransientError-free `http.unexpected_body`. */
  schema?: z.ZodType<T>
  /** May be repeated after a failure that could have been processed. Default: GET, PUT, DELETE. */
  repeatable?: boolean
  deadlineMs?: number
  signal?: AbortSignal
  /** Statuses returned to the caller instead of thrown (404 as "miss", 207 as "per item"). 2xx never throw. */
  accept?: readonly number[]
}

export interface Answer<T> {
  status: number
  headers: Headers
  data: T
}

/** The one door out: nothing else in Tributary calls `fetch`. One per connection. */
export interface Door {
  readonly baseUrl: string
  readonly usage: Usage
  /** One call with JSON in and out. Throws a classed HubError for every status outside 2xx and `accept`. */
  request<T = unknown>(spec: RequestSpec<T>): Promise<Answer<T>>
  /**
   * `fetch` for SDKs: same limiter, deadline, auth, retries and metrics, but statuses are returned, not thrown.
   * Network failures reject with TransientError.
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
  recorder?: Recorder | undefined
  /** Called after every attempt without copies of the bodies: for metrics. */
  onExchange?: ((exchange: Exchange) => void) | undefined
}

const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
const QUOTA_HEADER = /^(sforce-limit-info|retry-after|ratelimit.*|x-ratelimit.*|x-hubspot-ratelimit.*|x-call-credits.*)$/
const MAX_WAIT_IN_PLACE_MS = 30_000
const EXCERPT = 500

export function createDoor(options: DoorOptions): Door {
  const { connection, clock, log, authenticator, random = Math.random } = options
  const { concurrency = 8, intervalCap, intervalMs, deadlineMs: defaultDeadlineMs = 30_000, attempts = 4 } = options.limits ?? {}
  const queue = new PQueue({
    concurrency,
    ...(intervalCap && intervalMs ? { intervalCap, interval: intervalMs } : {}),
  })
  const usage: Usage = { calls: 0, retries: 0, failures: 0, quota: {} }

  async function attempt(request: Request, number: number, deadlineMs: number): Promise<Response> {
    const started = clock.now()
    const copy = options.recorder ? request.clone() : request
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(deadlineMs)])
    let response: Response | undefined
    let failure: HubError | undefined
    usage.calls++
    try {
      response = await options.fetch(request, { signal })
      for (const [name, value] of response.headers) if (QUOTA_HEADER.test(name)) usage.quota[name] = value
    } catch (error) {
      failure = networkError(error, request, deadlineMs)
    }
    const exchange: Exchange = {
      connection,
      method: request.method,
      url: redactUrl(request.url),
      status: response?.status ?? 0,
      durationMs: clock.now() - started,
      attempt: number,
      ...(failure ? { error: failure.code } : {}),
    }
    log.debug('http', { ...exchange })
    options.onExchange?.(exchange)
    await options.recorder?.(exchange, copy, response?.clone())
    if (failure) {
      usage.failures++
      throw failure
    }
    return response!
  }

  /** Repeats by error class; returns the last response whatever its status. */
  async function send(make: () => Promise<Request>, repeatable: boolean, deadlineMs: number): Promise<Response> {
    let refreshed = false
    for (let number = 1; ; number++) {
      let response: Response | undefined
      let error: HubError | undefined
      const request = await make()
      const signal = request.signal
      try {
        response = await queue.add(() => attempt(request, number, deadlineMs), { signal })
      } catch (thrown) {
        if (!(thrown instanceof HubError)) {
          if (signal.aborted) throw aborted(thrown)
          throw thrown
        }
        error = thrown
      }
      if (response?.status === 401 && authenticator?.refresh && !refreshed) {
        refreshed = true
        await response.body?.cancel()
        await authenticator.refresh()
        continue
      }
      if (response && response.status < 400) return response
      const wait = retryWait(response, error, repeatable, number)
      if (wait === undefined || number >= attempts) {
        if (error) throw error
        return response!
      }
      usage.retries++
      await response?.body?.cancel()
      await clock.sleep(wait, signal)
    }
  }

  function retryWait(response: Response | undefined, error: HubError | undefined, repeatable: boolean, number: number) {
    const backoff = Math.min(500 * 2 ** (number - 1), 10_000) * (0.5 + random())
    if (error) return repeatable && isRetryable(error) ? backoff : undefined
    const status = response!.status
    if (status === 429) {
      const asked = retryAfter(response!.headers, clock.now())
      if (asked !== undefined && asked > MAX_WAIT_IN_PLACE_MS) return undefined
      return asked ?? backoff
    }
    if (!repeatable || !(status >= 500 || status === 408 || status === 420)) return undefined
    return retryAfter(response!.headers, clock.now()) ?? backoff
  }

  async function authorised(request: Request): Promise<Request> {
    return authenticator ? await authenticator.authorize(request) : request
  }

  const doorFetch: typeof globalThis.fetch = async (input, init) => {
    const original = new Request(input, init)
    const body = original.body ? new Uint8Array(await original.arrayBuffer()) : undefined
    const make = () => {
      const again = new Request(original.url, {
        method: original.method,
        headers: original.headers,
        signal: original.signal,
        redirect: original.redirect,
        ...(body ? { body } : {}),
      })
      return authorised(again)
    }
    const repeatable = REPEATABLE.has(original.method) || original.headers.has('idempotency-key')
    return await send(make, repeatable, defaultDeadlineMs)
  }

  async function request<T>(spec: RequestSpec<T>): Promise<Answer<T>> {
    const method = spec.method ?? 'GET'
    const headers = new Headers(spec.headers)
    let body: BodyInit | undefined
    if (spec.json !== undefined) {
      body = JSON.stringify(spec.json)
      headers.set('content-type', 'application/json')
    } else if (spec.form) {
      body = new URLSearchParams(spec.form).toString()
      headers.set('content-type', 'application/x-www-form-urlencoded')
    } else if (spec.body !== undefined) {
      body = spec.body as BodyInit
    }
    if (!headers.has('accept')) headers.set('accept', 'application/json')
    const make = async () => {
      const base = (await authenticator?.baseUrl?.()) ?? options.baseUrl
      return authorised(
        new Request(resolveUrl(base, spec.url, spec.query), {
          method,
          headers,
          ...(body !== undefined ? { body } : {}),
          ...(spec.signal ? { signal: spec.signal } : {}),
        }),
      )
    }
    const repeatable = spec.repeatable ?? REPEATABLE.has(method)
    const response = await send(make, repeatable, spec.deadlineMs ?? defaultDeadlineMs)
    const text = await readText(response)
    const accepted = response.ok || spec.accept?.includes(response.status)
    if (!accepted) {
      usage.failures++
      throw options.classify?.(response.status, response.headers, text) ?? statusError(connection, method, response, text, clock.now())
    }
    const data = parseBody(text, spec.schema, response, redactUrl(response.url || spec.url))
    return { status: response.status, headers: response.headers, data }
  }

  return { baseUrl: options.baseUrl, usage, request, fetch: doorFetch }
}

/** Joins base and path, keeping a path prefix of the base ("https://proxy/stripe" + "/v1/x"). */
export function resolveUrl(base: string, url: string, query?: RequestSpec<unknown>['query']): string {
  const absolute = /^https?:\/\//.test(url) ? url : `${base.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  if (!query) return absolute
  const target = new URL(absolute)
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) target.searchParams.append(name, item)
    else target.searchParams.set(name, String(value))
  }
  return target.toString()
}

/** Milliseconds asked for by Retry-After (seconds or HTTP date), undefined where the vendor did not say. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

async function readText(response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw new TransientError('http.network', 'The connection was lost while the answer was read', { cause: error })
  }
}

function parseBody<T>(text: string, schema: z.ZodType<T> | undefined, response: Response, url: string): T {
  const excerpt = text.slice(0, EXCERPT)
  let value: unknown
  try {
    value = text === '' ? undefined : JSON.parse(text)
  } catch (error) {
    if (!schema) return text as T
    throw new TransientError('http.unexpected_body', `${url} answered ${response.status} with something that is not JSON: ${excerpt}`, { cause: error })
  }
  if (!schema) return value as T
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue?.path.join('.') || 'the body'
  throw new RecordError('http.unexpected_body', `${url} answered in an unknown shape: ${place}: ${issue?.message}`, { cause: parsed.error })
}

function aborted(cause: unknown): TransientError {
  return new TransientError('http.aborted', 'The call was stopped before it ended', { cause })
}

/** Not by `error.code`: workerd's network errors carry none. */
function networkError(error: unknown, request: Request, deadlineMs: number): HubError {
  const name = error instanceof Error ? error.name : ''
  const target = redactUrl(request.url)
  if (request.signal.aborted) return aborted(error)
  if (name === 'TimeoutError') return new TransientError('http.timeout', `${target} did not answer within ${deadlineMs} ms`, { cause: error })
  return new TransientError('http.network', `${target} could not be reached`, { cause: error })
}

/** The status table, used where the connector's `classify` has no opinion. */
export function statusError(connection: string, method: string, response: Response, body: string, now: number): HubError {
  const { status } = response
  const message = `${connection}: ${method} ${redactUrl(response.url)} answered ${status}: ${body.slice(0, EXCERPT)}`
  const wait = retryAfter(response.headers, now)
  const details = { httpStatus: status, ...(wait !== undefined ? { retryAfterMs: wait } : {}) }
  if (status === 401) return new AuthError('auth.rejected', message, details)
  if (status === 403) return new AuthError('auth.forbidden', message, details)
  if (status === 429) return new RateLimitError('http.rate_limited', message, details)
  if (status === 408 || status === 420 || status >= 500) return new TransientError('http.server_error', message, details)
  if (status === 404 || status === 405 || status === 410) return new ConfigError('http.unexpected_status', message, details)
  return new RecordError('http.unexpected_status', message, details)
}
