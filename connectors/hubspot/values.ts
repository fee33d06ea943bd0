import { type CrmFields, type CrmValue, RecordError } from '#kit'

/** A value as HubSpot takes it: text. '' clears a property, so absent properties are left out by the caller. */
function toProperty(name: string, value: CrmValue): string {
  if (value === null) return ''
  if (typeof value === 'number') return toNumeral(name, value)
  return String(value)
}

export function toProperties(fields: CrmFields): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) properties[name] = toProperty(name, value)
  return properties
}

/** Digits and one point: HubSpot refuses thousands separators and exponents. */
function toNumeral(name: string, value: number): string {
  if (!Number.isFinite(value)) {
    throw new RecordError('record.rejected', `${name}: ${value} is not a number that HubSpot can hold`, {
      at: { properties: name },
    })
  }
  const text = String(value)
  return text.includes('e')
    ? value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
    : text
}

/** A value as HubSpot answers it (text) in the form in which mappings write it; '' and null are both "no value". */
export function fromProperty(type: string | undefined, value: string | null | undefined): CrmValue {
  if (value === null || value === undefined || value === '') return null
  switch (type) {
    case 'number':
      return Number.isNaN(Number(value)) ? value : Number(value)
    case 'bool':
      return value === 'true'
    case 'date':
      return toInstant(value)?.slice(0, 10) ?? value
    case 'datetime':
      return toInstant(value) ?? value
    default:
      return value
  }
}

function toInstant(value: string): string | undefined {
  const date = new Date(/^-?\d+$/.test(value) ? Number(value) : value)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
