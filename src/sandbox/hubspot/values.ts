import type { Complaint } from './errors.ts'
import type { Property } from './types.ts'

const MAX_TEXT = 65_536
const NUMBER = /^-?(\d+\.?\d*|\.\d+)$/
const EMAIL = /^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>.]{2,}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const MS = /^-?\d{1,17}$/
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const DAY_MS = 86_400_000

/** The value as HubSpot stores it ('' clears), or what it says about it. */
export function toStored(object: string, property: Property, value: string): string | Complaint {
  if (value === '') return ''
  const complain = (error: string, message: string): Complaint => ({ error, name: property.name, message })
  if (property.type !== 'string' && value !== value.trim()) {
    return complain('LEADING_TRAILING_WHITESPACE', `"${value}" includes leading or trailing whitespace.`)
  }
  switch (property.type) {
    case 'string':
      if (value.length > MAX_TEXT)
        return complain('PROPERTY_TOO_LONG', `${property.name} is too long: at most ${MAX_TEXT} characters`)
      return toStoredText(object, property, value, complain)
    case 'number':
      return NUMBER.test(value) ? value : complain('INVALID_LONG', `${value} was not a valid number.`)
    case 'bool':
      return value === 'true' || value === 'false'
        ? value
        : complain('INVALID_BOOLEAN', `${value} was not a valid boolean.`)
    case 'date':
      return (
        toDay(value) ??
        complain(
          'INVALID_DATE',
          `${value} was not a valid date: use YYYY-MM-DD or midnight UTC in milliseconds.`,
        )
      )
    case 'datetime':
      return toInstant(value) ?? complain('INVALID_DATE', `${value} was not a valid date.`)
    case 'enumeration':
      return fitsOptions(property, value)
        ? value
        : complain(
            'INVALID_OPTION',
            `${value} was not one of the allowed options: ${JSON.stringify(property.options.map((o) => o.value))}`,
          )
  }
}

function toStoredText(
  object: string,
  property: Property,
  value: string,
  complain: (error: string, message: string) => Complaint,
) {
  if (object === 'contacts' && property.name === 'email') {
    const email = value.trim().toLowerCase()
    return EMAIL.test(email) ? email : complain('INVALID_EMAIL', `Email address ${value} is invalid`)
  }
  if (object === 'companies' && property.name === 'domain') {
    return value
      .trim()
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/^www\./, '')
      .replace(/\/.*$/, '')
  }
  return value
}

const fitsOptions = ({ options, externalOptions, fieldType }: Property, value: string): boolean => {
  if (externalOptions) return true
  const values = fieldType === 'checkbox' ? value.split(';').filter(Boolean) : [value]
  return values.every((one) => options.some((option) => option.value === one))
}

function toDay(value: string): string | undefined {
  if (MS.test(value)) return Number(value) % DAY_MS === 0 ? toInstant(value)?.slice(0, 10) : undefined
  return DAY.test(value) ? toInstant(value)?.slice(0, 10) : undefined
}

function toInstant(value: string): string | undefined {
  if (!MS.test(value) && !ISO.test(value)) return undefined
  const date = new Date(MS.test(value) ? Number(value) : value)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
