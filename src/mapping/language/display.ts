import { isoDate, isoInstant, majorText } from '#model'
import { isMoney, type ValueType } from './value.ts'

/** A value as people read it in a text; dates need their type, because they are numbers here. '' for what has no text. */
export function displayText(value: unknown, type: ValueType = 'unknown'): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && type === 'date') return isoDate(value)
  if (typeof value === 'number' && type === 'datetime')
    return `${isoInstant(value).slice(0, 16).replace('T', ' ')} UTC`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isMoney(value)) return `${majorText(value)} ${value.currency}`
  if (Array.isArray(value))
    return value
      .map((entry) => displayText(entry))
      .filter((entry) => entry !== '')
      .join(', ')
  return ''
}
