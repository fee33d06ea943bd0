import type * as z from 'zod'
import {
  AuthError,
  ConfigError,
  type HubError,
  RateLimitError,
  RecordError,
  TransientError,
} from '../errors.ts'
import { redactUrl } from '../redact.ts'
import { retryAfter } from './retry.ts'

const EXCERPT = 500
const excerptOf = (body: string): string => body.slice(0, EXCERPT).toWellFormed()

/** Text for our own parser, bytes for an SDK. */
export type Body = string | ArrayBuffer

/** An answer that was read to its end. */
export interface Answered {
  response: Response
  body: Body
}

export const textOf = (body: Body): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body)

/** The status table, used where the connector's `classify` has no opinion. `body` must hold no secrets. */
export function statusError(
  connection: string,
  method: string,
  response: Pick<Response, 'status' | 'headers' | 'url'>,
  body: string,
  now: number,
): HubError {
  const { status, headers } = response
  const message = `${connection}: ${method} ${redactUrl(response.url)} answered ${status}: ${excerptOf(body)}`
  const wait = retryAfter(headers, now)
  const details = { httpStatus: status, ...(wait !== undefined ? { retryAfterMs: wait } : {}) }
  if (status >= 300 && status < 400) {
    const target = redactUrl(headers.get('location') ?? 'nowhere')
    return new ConfigError(
      'http.unexpected_status',
      `${connection}: ${method} ${redactUrl(response.url)} answered ${status} and points to ${target}; redirects are not followed, set baseUrl to where the API lives`,
      details,
    )
  }
  if (status === 401) return new AuthError('auth.rejected', message, details)
  if (status === 403) return new AuthError('auth.forbidden', message, details)
  if (status === 429) return new RateLimitError('http.rate_limited', message, details)
  if (status === 408 || status === 420 || status >= 500)
    return new TransientError('http.server_error', message, details)
  if (status === 404 || status === 405 || status === 410) {
    return new ConfigError('http.unexpected_status', message, details)
  }
  return new RecordError('http.unexpected_status', message, details)
}

/** A JSON body as the caller's schema wants it. Without a schema, text that is not JSON is handed on as it is. */
export function parseBody<T>(
  { response, body }: Answered,
  schema: z.ZodType<T> | undefined,
  { url, redact }: { url: string; redact: (text: string) => string },
): T {
  const text = textOf(body)
  const place = () => redact(redactUrl(url))
  let value: unknown
  try {
    value = text === '' ? undefined : JSON.parse(text)
  } catch {
    if (!schema) return text as T
    // Without the SyntaxError as cause: it quotes the text, secrets included.
    throw new TransientError(
      'http.unexpected_body',
      `${place()} answered ${response.status} with something that is not JSON: ${excerptOf(redact(text))}`,
    )
  }
  if (!schema) return value as T
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new RecordError(
    'http.unexpected_body',
    `${place()} answered in an unknown shape: ${issue?.path.join('.') || 'the body'}: ${redact(issue?.message ?? '')}`,
    { cause: parsed.error },
  )
}

const WITHOUT_BODY = new Set([204, 205, 304])

/** As `fetch` would have returned it, had its body not been read. */
export function rebuildResponse({ response, body }: Answered, url: string): Response {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  // The body is decoded by now.
  if (headers.has('content-encoding')) {
    headers.delete('content-encoding')
    headers.delete('content-length')
  }
  const rebuilt = new Response(WITHOUT_BODY.has(status) ? null : body, { status, statusText, headers })
  Object.defineProperty(rebuilt, 'url', { value: response.url || url })
  return rebuilt
}
