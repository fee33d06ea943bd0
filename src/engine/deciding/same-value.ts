/** Both say "nothing here": CRMs do not tell null from an empty text. */
export const isEmpty = (value: unknown): boolean => value === null || value === undefined || value === ''

/**
 * Whether two values are the same for a CRM field. CRMs give numbers as text (HubSpot), cut white space, and write the
 * same instant in several forms; none of these is an edit by a person.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  if (a === b) return true
  const [left, right] = [canonical(a), canonical(b)]
  return left === right
}

/**
 * Whether a CRM value is what we wrote, after what the CRM does to values on its own: numbers are rounded to the
 * field's scale. Anything more is a person's edit.
 */
export function isStillOurs(live: unknown, written: unknown): boolean {
  if (sameValue(live, written)) return true
  if (isEmpty(live) || isEmpty(written)) return false
  const [a, b] = [Number(live), Number(written)]
  return Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= ROUNDING
}

/** Half a unit of the usual scale of two decimals. */
const ROUNDING = 0.005

const NUMBER = /^-?\d+(\.\d+)?$/
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/

function canonical(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return String(value)
  const text = String(value).trim()
  // Leading zeros are part of an id or postal code, not of a number.
  if (NUMBER.test(text) && !/^-?0\d/.test(text) && text.length < 16) return String(Number(text))
  if (INSTANT.test(text)) {
    const at = Date.parse(text.replace(/\+0000$/, 'Z'))
    // Salesforce keeps whole seconds.
    if (!Number.isNaN(at)) return `at:${Math.floor(at / 1000)}`
  }
  return text.replace(/\r\n/g, '\n')
}
