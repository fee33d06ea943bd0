import { ConfigError } from '../errors.ts'
import type { RequestSpec } from '../http.ts'
import { redactUrl } from '../redact.ts'

/** What makes the body of a request, for every attempt anew; sets the content type that belongs to it. */
export function encodeBody(
  { json, form, body }: Pick<RequestSpec<unknown>, 'json' | 'form' | 'body'>,
  headers: Headers,
): () => { body?: BodyInit; duplex?: 'half' } {
  const fixed = (text: BodyInit) => () => ({ body: text })
  if (json !== undefined) {
    headers.set('content-type', 'application/json')
    return fixed(JSON.stringify(json))
  }
  if (form) {
    headers.set('content-type', 'application/x-www-form-urlencoded')
    return fixed(new URLSearchParams(form).toString())
  }
  if (typeof body === 'function') return () => ({ body: body(), duplex: 'half' })
  return body === undefined ? () => ({}) : fixed(body as BodyInit)
}

/** `new Request`; an address that it refuses is a matter of configuration, and may hold credentials that must not be quoted. */
export function buildRequest(
  connection: string,
  input: RequestInfo | URL,
  init: RequestInit & { duplex?: 'half' },
): Request {
  const address = input instanceof Request ? input.url : String(input)
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return new Request(input, init)
  throw new ConfigError('config.invalid', `${connection}: ${redactUrl(address)} is not an address to call`)
}
