const MASK = '[redacted]'
/** Shorter values would mask ordinary words. */
const SHORTEST = 8

/**
 * Masks secret values in a JSON text. Only the values: unlike the log's redactor it must not touch what merely looks
 * like a credential, for data is full of plans called "Basic Monthly".
 */
export function secretMask(secrets: Iterable<string>): (json: string) => string {
  const forms = [...new Set(secrets)]
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length)
  return (json) =>
    forms.reduce((text, form) => (text.includes(form) ? text.replaceAll(form, MASK) : text), json)
}
