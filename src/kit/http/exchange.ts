import { HubError, TransientError } from '../errors.ts'
import type { DoorOptions, Exchange, Usage } from '../http.ts'
import { MASK, redactUrl } from '../redact.ts'
import { type Answered, type Body, rebuildResponse, statusError, textOf } from './answer.ts'
import { retryAfter } from './retry.ts'
import { createStop, type Stop } from './stop.ts'

/** One request of a caller, however many attempts it takes. */
export interface Call {
  build(base: string): Request
  isRepeatable: boolean
  deadlineMs: number
  signal: AbortSignal | undefined
  /** Anything else is classed as an error. */
  isAnswer(response: Response): boolean
  read(response: Response): Promise<Body>
}

/** What came of one attempt. */
export interface Outcome {
  /** As sent; absent where it could not be authorised. */
  request?: Request
  /** Absent where none arrived, or not to its end. */
  answer?: Answered
  /** Absent where the caller gets the answer. */
  error?: HubError
}

const QUOTA_HEADER =
  /^(sforce-limit-info|retry-after|ratelimit.*|x-ratelimit.*|x-hubspot-ratelimit.*|x-call-credits.*)$/
/** Shorter ones would mask ordinary words. */
const MIN_CREDENTIAL = 6

/** Makes one attempt: authorises, sends, reads, classes and reports. Whatever the vendor does is an outcome, not a throw. */
export function createExchange(
  options: DoorOptions,
  usage: Usage,
): (call: Call, number: number) => Promise<Outcome> {
  const { connection, clock, log, authenticator, redact = (text) => text } = options
  const readable = (url: string): string => redact(redactUrl(url))

  async function authorise(call: Call): Promise<Request> {
    const base = (await authenticator?.baseUrl?.()) ?? options.baseUrl
    const request = call.build(base)
    return authenticator ? await authenticator.authorize(request) : request
  }

  /** Headers and body; keeps the status in `seen` where the body is lost. */
  async function receive(
    call: Call,
    request: Request,
    stop: Stop,
    seen: { status: number },
  ): Promise<Answered> {
    const pending = options.fetch(request, { signal: stop.signal })
    const response = await stop.race(pending).catch((error: unknown) => {
      // An answer that comes after all would hold its connection.
      if (stop.reason()) pending.then((late) => late.body?.cancel()).catch(() => {})
      throw error
    })
    seen.status = response.status
    usage.answeredAt = options.clock.now()
    for (const [name, value] of response.headers) if (QUOTA_HEADER.test(name)) usage.quota[name] = value
    const body = await stop.race(call.read(response)).catch((error: unknown) => {
      // The text of a refusal is a help, its status says enough.
      if (stop.reason() || call.isAnswer(response)) throw error
      return ''
    })
    return { response, body }
  }

  /** Masks what was refused before anybody reads it: the connection's secrets, and the credentials of this very request. */
  function refuse(request: Request, answer: Answered): HubError {
    const { status, headers } = answer.response
    const said = textOf(answer.body)
    const credential = request.headers.get('authorization')?.split(' ').at(-1) ?? ''
    const masked = redact(credential.length < MIN_CREDENTIAL ? said : said.replaceAll(credential, MASK))
    if (masked !== said) answer.body = masked
    const now = clock.now()
    const url = readable(request.url)
    const error =
      options.classify?.(status, headers, masked) ??
      statusError(connection, request.method, { status, headers, url }, masked, now)
    const wait = retryAfter(headers, now)
    if (wait !== undefined) error.details.retryAfterMs ??= wait
    return error
  }

  async function send(call: Call, request: Request, stop: Stop, number: number): Promise<Outcome> {
    const started = clock.now()
    const copy = options.recorder ? request.clone() : request
    const seen = { status: 0 }
    const outcome: Outcome = { request }
    usage.calls++
    stop.startDeadline(
      call.deadlineMs,
      () =>
        new TransientError(
          'http.timeout',
          `${readable(request.url)} did not answer within ${call.deadlineMs} ms`,
        ),
    )
    try {
      outcome.answer = await receive(call, request, stop, seen)
    } catch (error) {
      outcome.error = stop.reason() ?? networkError(error, readable(request.url))
    }
    const { answer } = outcome
    if (answer && !call.isAnswer(answer.response)) outcome.error = refuse(request, answer)
    await report(outcome, {
      copy,
      connection,
      method: request.method,
      url: readable(request.url),
      status: seen.status,
      durationMs: clock.now() - started,
      attempt: number,
      ...(outcome.error ? { error: outcome.error.code } : {}),
    })
    return outcome
  }

  async function report(
    { answer }: Outcome,
    { copy, ...exchange }: Exchange & { copy: Request },
  ): Promise<void> {
    log.debug('http', { ...exchange })
    try {
      options.onExchange?.(exchange)
      await options.recorder?.(exchange, copy, answer && rebuildResponse(answer, copy.url))
    } catch (error) {
      log.warn('recorder failed', { error })
    }
  }

  return async (call, number) => {
    const stop = createStop(clock, call.signal)
    try {
      let request: Request
      try {
        request = await stop.race(authorise(call))
      } catch (error) {
        if (error instanceof HubError) return { error }
        throw error
      }
      return await send(call, request, stop, number)
    } finally {
      stop.dispose()
    }
  }
}

/** Not by `error.code`: workerd's network errors carry none. */
function networkError(error: unknown, url: string): HubError {
  if (error instanceof HubError) return error
  return new TransientError('http.network', `${url} could not be reached, or the connection was lost`, {
    cause: error,
  })
}
