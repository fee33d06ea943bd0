const SECRET_NAME =
  /^(authorization|proxy-authorization|cookie|set-cookie|(x-)?(goog-)?api[-_]?key|(x-)?auth[-_]?token|(access|refresh|id)[-_]?token|client[-_]?(secret|assertion)|private[-_]?key|password|passwd|secret|signature|token|write[-_]?key|hapikey)$/i
/** Secret in a query, ordinary words elsewhere. */
const SECRET_PARAMETER = /^(key|sig|code|auth|assertion)$/i

export const MASK = '[redacted]'

/** Whether a header, field or parameter of this name holds a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || /signature/i.test(name)

/** `authorization: Basic …` in whatever notation: header line, JSON, JSON within JSON, object dump. */
const AUTHORIZATION =
  /(authorization[\\"']*\s*[:=]\s*[\\"']*)(?!(?:[\w-]+\s+)?\[redacted\])((?:bearer|basic|token|api-key)\s+)?[^\s"'\\,;}\]]+/gi
/** A bearer token on its own. Long and with a digit: a sentence about a bearer is none. Salesforce's have a `!`. */
const BEARER = /\b(bearer\s+)(?=[\w\-.~+/!]*\d)[\w\-.~+/!]{16,}=*/gi

/** Shorter values would mask ordinary words. */
const MIN_LENGTH = 6

/** Returns a function that masks the given secret values wherever they appear in a text (logs, errors, excerpts). */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  const values = [...new Set(secrets)].filter((value) => value.length >= MIN_LENGTH)
  // Longest first: a secret that contains another must not leave its tail behind.
  const forms = [...new Set(values.flatMap(formsOf))].sort((a, b) => b.length - a.length)
  return (text) => {
    let out = text
    if (/authorization/i.test(out)) out = out.replace(AUTHORIZATION, `$1$2${MASK}`)
    if (/bearer/i.test(out)) out = out.replace(BEARER, `$1${MASK}`)
    for (const form of forms) if (out.includes(form)) out = out.replaceAll(form, MASK)
    return out
  }
}

/** A value as it looks in plain text, URLs, form bodies, JSON, and inside base64 ("user:secret" of Basic). */
function formsOf(value: string): string[] {
  const forms = [
    value,
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
  ]
  const bytes = new TextEncoder().encode(value)
  for (const before of [0, 1, 2]) {
    // Only the characters that do not depend on what stands before and after the value.
    const first = Math.ceil((before * 8) / 6)
    const last = Math.floor(((before + bytes.length) * 8) / 6)
    const padded = String.fromCharCode(...new Uint8Array(before), ...bytes)
    const base64 = btoa(padded).slice(first, last)
    forms.push(base64, base64.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms.filter((form) => form.length >= MIN_LENGTH)
}

/** Headers that are safe to keep: secret ones masked. */
export function redactHeaders(headers: Headers): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of headers) out[name] = isSecretName(name) ? MASK : value
  return out
}

/** URL without credentials: user info and secret query values masked (PandaDoc and Mailchimp put secrets there). */
export function redactUrl(url: string): string {
  // Most URLs hold neither, and parsing costs more than the rest of this function.
  if (!/[?@]/.test(url)) return url
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed) return url.replace(/\?.*$/s, '?…').replace(/\/\/[^/]*@/, `//${MASK}@`)
  if (parsed.username || parsed.password) {
    parsed.username = MASK
    parsed.password = ''
  }
  for (const name of new Set(parsed.searchParams.keys())) {
    if (isSecretName(name) || SECRET_PARAMETER.test(name)) parsed.searchParams.set(name, MASK)
  }
  return parsed.toString().replaceAll(encodeURIComponent(MASK), MASK)
}
