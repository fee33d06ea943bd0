import { errorOf, type SalesforceError } from './errors.ts'
import { parseId } from './ids.ts'
import { type Org, stampOf } from './org.ts'
import type { FieldDef } from './schema.ts'
import type { Value } from './table.ts'

const EMAIL = /^[^\s@<>(),;:"[\]\\]+@[^\s@<>(),;:"[\]\\]+\.[^\s@<>(),;:"[\]\\.]{2,}$/u
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const DATETIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/
const MAX_NUMBER = 1e18

export type Checked = { value: Value | undefined } | { error: SalesforceError }

const fail = (code: string, message: string, field: FieldDef): Checked => ({
  error: errorOf(code, message, [field.name]),
})

/** Reads one JSON value as the field stores it. Empty text and null mean "no value". */
export function checkValue(org: Org, field: FieldDef, raw: unknown): Checked {
  if (raw === null || raw === '') {
    if (field.type === 'boolean')
      return fail('INVALID_TYPE_ON_FIELD_IN_RECORD', `${field.label}: value not of required type: `, field)
    return { value: undefined }
  }
  switch (field.type) {
    case 'boolean':
      if (typeof raw === 'boolean') return { value: raw }
      if (raw === 'true' || raw === 'false') return { value: raw === 'true' }
      return misread('boolean', raw, field)
    case 'int':
    case 'double':
    case 'currency':
    case 'percent':
      return checkNumber(field, raw)
    case 'date':
      return checkDate(field, raw)
    case 'datetime':
      if (typeof raw !== 'string' || !DATETIME.test(raw) || Number.isNaN(Date.parse(raw)))
        return misread('datetime', raw, field)
      return { value: stampOf(Date.parse(raw)) }
    default:
      return typeof raw === 'string' ? checkText(org, field, raw) : misread('string', raw, field)
  }
}

const TOKENS: Record<string, string> = {
  string: 'VALUE_STRING',
  number: 'VALUE_NUMBER_FLOAT',
  boolean: 'VALUE_TRUE',
  object: 'START_OBJECT',
}

function misread(wanted: string, raw: unknown, field: FieldDef): Checked {
  const token = TOKENS[typeof raw] ?? 'VALUE_STRING'
  const shown = typeof raw === 'object' ? '' : ` value ${String(raw)}`
  return fail(
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${wanted} from ${token}${shown} or request may be missing a required field`,
    field,
  )
}

function checkNumber(field: FieldDef, raw: unknown): Checked {
  const number =
    typeof raw === 'number'
      ? raw
      : typeof raw === 'string' && /^-?\d+(\.\d+)?$/.test(raw)
        ? Number(raw)
        : Number.NaN
  if (!Number.isFinite(number)) return misread(field.type === 'int' ? 'int' : 'double', raw, field)
  if (Math.abs(number) >= MAX_NUMBER)
    return fail(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `${field.label}: value outside of valid range on numeric field: ${number}`,
      field,
    )
  if (field.type === 'int' && !Number.isInteger(number)) return misread('int', raw, field)
  const factor = 10 ** field.scale
  return { value: Math.round(number * factor) / factor }
}

function checkDate(field: FieldDef, raw: unknown): Checked {
  const match = typeof raw === 'string' ? DATE.exec(raw) : null
  const at = match ? new Date(`${match[0]}T00:00:00Z`) : undefined
  // A day that the calendar lacks rolls over or fails to parse.
  if (!match || !at || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== match[0])
    return misread('date', raw, field)
  return { value: match[0] }
}

function checkText(org: Org, field: FieldDef, raw: string): Checked {
  const text = raw.trim()
  if (text === '') return { value: undefined }
  if (field.type === 'reference') return checkReference(org, field, text)
  if (text.length > field.length) {
    return fail(
      'STRING_TOO_LONG',
      `${field.label}: data value too large: ${text.slice(0, 255)} (max length=${field.length})`,
      field,
    )
  }
  if (field.type === 'email' && !EMAIL.test(text))
    return fail('INVALID_EMAIL_ADDRESS', `${field.label}: invalid email address: ${text}`, field)
  if (field.isRestricted) {
    const chosen = field.type === 'multipicklist' ? text.split(';') : [text]
    const bad = chosen.find((value) => !field.options.includes(value))
    if (bad !== undefined) {
      return fail(
        'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        `${field.label}: bad value for restricted picklist field: ${bad}`,
        field,
      )
    }
  }
  return { value: text }
}

function checkReference(org: Org, field: FieldDef, text: string): Checked {
  const id = parseId(text)
  const table = id ? org.tableOfId(id) : undefined
  if (!id || !table || !field.referenceTo.includes(table.def.name)) {
    return fail('MALFORMED_ID', `${field.label}: id value of incorrect type: ${text}`, field)
  }
  const record = table.records.get(id)
  if (!record) return fail('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', field)
  if (record.IsDeleted) return fail('ENTITY_IS_DELETED', 'entity is deleted', field)
  if (table.def.name === 'User' && !record.IsActive) {
    return fail(
      'INACTIVE_OWNER_OR_USER',
      'operation performed with inactive user as owner of the record',
      field,
    )
  }
  return { value: id }
}
