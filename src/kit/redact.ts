const SECRET_KEYS = /^(authorization|cookie|set-cookie|x-api-key|api[-_]?key|access[-_]?token|refresh[-_]?token|client[-_]?secret|password|secret|signature|token|write[-_]?key|hapikey)$/i
const MASK = '[redacted]'

/** Returns a function that masks the given secret values wherever they appear in a text (logs, errors, excerpts). */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  // Longest first: a secret that contains another must not leave its tail behind.
  const values = [...new Set(secrets)].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length)
  const forms = values.flatMap((value) => [value, encodeURIComponent(value), btoa(unescape(encodeURIComponent(value)))])
  return (text) => {
    let out = text.replace(/\b(Bearer|Basic|API-Key)\s+[\w\-.~+/]+=*/gi, `$1 ${MASK}`)
    for (const form of forms) if (out.includes(form)) out = out.replaceAll(form, MASK)
    return out
  }
}

/** Headers that are safe to keep: secret ones masked. */
export function redactHeaders(headers: Headers): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of headers) out[name] = SECRET_KEYS.test(name) || /signature/i.test(name) ? MASK : value
  return out
}

/** URL without credentials: user info and secret query values masked (PandaDoc and Mailchimp put secrets there). */
export function redactUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed) return url.replace(/\?.*$/, '?…')
  if (parsed.username || parsed.password) {
    parsed.username = MASK
    parsed.password = ''
  }
  for (const name of [...parsed.searchParams.keys()]) {
    if (SECRET_KEYS.test(name)) parsed.searchParams.set(name, MASK)
  }
  return parsed.toString()
}
