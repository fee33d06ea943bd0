/**
 * `${NAME}` inside YAML. Braces are flow indicators, so `{ apiKey: ${KEY} }` would not parse; before parsing they are
 * replaced by private-use characters of the same length, which keeps every line and column where it was.
 */
const OPEN = '\uE000'
const CLOSE = '\uE001'
const HIDDEN = new RegExp(`(\\$?)\\$${OPEN}([^${OPEN}${CLOSE}]*)${CLOSE}`, 'g')
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

export const hideReferences = (text: string): string =>
  text.replace(/\$\{([^{}\n]*)\}/g, `$${OPEN}$1${CLOSE}`)

/** The text as written. */
export const showReferences = (text: string): string =>
  text.replace(HIDDEN, (_, dollar: string, name: string) => `${dollar}\${${name}}`)

export interface Interpolation {
  text: string
  /** Values that were filled in. */
  values: string[]
  /** Variables that are not set, or set to nothing. */
  missing: { name: string; isEmpty: boolean }[]
  /** `${…}` that is not a variable name. */
  malformed: string[]
  /** The whole text is one reference. */
  isWhole: boolean
}

export const isIncomplete = ({ missing, malformed }: Interpolation): boolean =>
  missing.length + malformed.length > 0

/** Fills in `${NAME}` from the environment; `$${NAME}` stays as `${NAME}`. */
export function interpolate(hidden: string, env: Record<string, unknown>): Interpolation {
  const result: Interpolation = { text: '', values: [], missing: [], malformed: [], isWhole: false }
  let references = 0
  result.text = hidden.replace(HIDDEN, (whole, dollar: string, name: string) => {
    if (dollar) return `\${${name}}`
    references++
    result.isWhole = whole.length === hidden.length
    if (!NAME.test(name)) {
      result.malformed.push(name)
      return ''
    }
    const value = env[name]
    if (typeof value !== 'string' || value === '') {
      result.missing.push({ name, isEmpty: value === '' })
      return ''
    }
    result.values.push(value)
    return value
  })
  if (references !== 1) result.isWhole = false
  return result
}
