import { didYouMean, type FieldDescription, listOr, nearest, type ObjectSpec } from '#kit'
import type { CompiledMapping, MappedField, MappingProblem, Place } from './types.ts'

/** A problem of one field of a CRM object. */
export interface FieldProblem extends MappingProblem {
  field: string
}

type Report = Omit<MappingProblem, keyof Place>

/** Whether the CRM's connector knows the objects that a mapping names. */
export function checkObjects(
  mapping: CompiledMapping,
  objects: Record<string, ObjectSpec>,
): MappingProblem[] {
  const { destination, object, activities, links = [], file } = mapping
  const start: Place = { file, line: 1, column: 1 }
  const known = Object.keys(objects)
  const timeline = known.filter((name) => objects[name]!.activity)
  const unknown = (name: string, place: Place | undefined, among: string[]): MappingProblem[] =>
    among.includes(name)
      ? []
      : [
          {
            code: 'mapping.unknown_name',
            ...(place ?? start),
            message: `${destination} has no ${among === timeline ? 'timeline object' : 'object'} ${name} that can be written.${didYouMean(name, among) || ` Known: ${listOr(among)}.`}`,
          },
        ]
  return [
    ...unknown(object, mapping.place, known),
    ...activities.flatMap((rule) => unknown(rule.as, rule.place, timeline)),
    ...links.flatMap((link) => unknown(link.object, link.place, known)),
  ]
}

/** Holds the fields that a mapping writes against the fields that the CRM has, as the integration user sees them. */
export function checkFields(
  mapping: CompiledMapping,
  fields: readonly FieldDescription[],
  { externalId }: Pick<ObjectSpec, 'externalId'>,
): FieldProblem[] {
  const known = new Map(fields.map((field) => [field.name, field]))
  const start: Place = { file: mapping.file, line: 1, column: 1 }
  const own = mapping.fields.flatMap((mapped) =>
    problemsOf(mapped, known, mapping).map((found) => ({ ...found, ...mapped.place, field: mapped.name })),
  )
  const matches = mapping.matchFields
    .filter((name) => !known.has(name) && !mapping.fields.some((mapped) => mapped.name === name))
    .map((field) => ({
      ...unknownField(field, known),
      ...(mapping.place ?? start),
      field,
    }))
  return [
    ...own,
    ...matches,
    ...coverage(mapping, fields, externalId),
    ...keyProblems(mapping, known, externalId),
  ]
}

function problemsOf(
  mapped: MappedField,
  known: ReadonlyMap<string, FieldDescription>,
  mapping: CompiledMapping,
): Report[] {
  const field = known.get(mapped.name)
  if (!field) return [unknownField(mapped.name, known)]
  if (!field.isWritable && mapped.policy !== 'never')
    return [{ code: 'mapping.field_not_writable', message: 'the field is not writable' }]
  const wrongType = typeProblem(mapped, field)
  if (wrongType) return [{ code: 'mapping.type', message: wrongType }]
  const sure: Report[] =
    field.isRequired && !mapped.isSure && mapping.mode !== 'update'
      ? [
          {
            code: 'mapping.required',
            severity: 'warning',
            message: 'the CRM requires it, and the expression may have no value; end it with ?? and a text',
          },
        ]
      : []
  return [...valueProblems(mapped, field), ...lengthProblems(mapped, field), ...sure]
}

function unknownField(name: string, known: ReadonlyMap<string, FieldDescription>): Report {
  const near = nearest(name, known.keys())
  return {
    code: 'mapping.unknown_field',
    message: `the CRM has no such field${near ? ` (nearest: ${near})` : ''}`,
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['number', 'integer', 'currency'])
/** HubSpot's owner is a picklist without options. */
const NAMES_USERS: ReadonlySet<string> = new Set(['reference', 'picklist', 'text', 'other'])
const MOMENTS: ReadonlySet<string> = new Set(['date', 'datetime', 'boolean'])

function typeProblem({ type, lookup, user }: MappedField, field: FieldDescription): string | undefined {
  if (lookup !== undefined) {
    if (field.type !== 'reference') return `it is a ${field.type} and cannot refer to ${lookup}`
    return !field.references || field.references.includes(lookup)
      ? undefined
      : `it refers to ${listOr(field.references)}, not to ${lookup}`
  }
  if (user && !NAMES_USERS.has(field.type)) return `it is a ${field.type} and cannot name a user`
  if (type === 'unknown') return undefined
  if (NUMBERS.has(field.type) && type !== 'number')
    return `the CRM's field is a ${field.type}, the expression gives ${type}; add | ${type === 'text' ? 'number' : 'days_since'}`
  if (MOMENTS.has(field.type) && type !== field.type)
    return `the CRM's field is a ${field.type}, the expression gives ${type}; add | ${field.type}`
  if (field.type === 'reference' && type !== 'text')
    return `it refers to ${listOr(field.references ?? ['another record'])}, the expression gives ${type}`
  return undefined
}

/** Values that a restricted picklist does not take. */
function valueProblems(
  { values, type, user }: MappedField,
  { options, type: crm }: FieldDescription,
): Report[] {
  if (!options || type !== 'text' || user) return []
  if (values) {
    const wrong = values.filter((value) => value !== '' && !options.includes(value))
    return wrong.map((value) => ({
      code: 'mapping.type',
      message: `the picklist has no value "${value}".${didYouMean(value, options) || ` It has ${listOr(options.slice(0, 12))}${options.length > 12 ? ' and more' : ''}.`}`,
    }))
  }
  const use = crm === 'multipicklist' ? 'multipicklist' : 'picklist'
  return [
    {
      code: 'mapping.type',
      severity: 'warning',
      message: `the picklist takes ${options.length} values only, and the expression may give any text; use | ${use}(table)`,
    },
  ]
}

const ROOMY = 255

function lengthProblems(
  { type, user, maxLength = Number.POSITIVE_INFINITY }: MappedField,
  { maxLength: limit, type: crm, options }: FieldDescription,
): Report[] {
  // Half of an address is none, and a picklist is held against its values.
  if (type !== 'text' || user || limit === undefined || maxLength <= limit || crm === 'email' || options)
    return []
  // What has room for a line is rarely too short for what sources hold; only a text that is known to be longer is told of.
  if (limit >= ROOMY && maxLength === Number.POSITIVE_INFINITY) return []
  return [
    {
      code: 'mapping.type',
      severity: 'warning',
      message: `the field takes ${limit} characters, and the text may be longer; add | truncate(${limit})`,
    },
  ]
}

/** Fields that the CRM requires of a new record and no line maps. */
function coverage(
  { fields: mapped, mode, place, file }: CompiledMapping,
  fields: readonly FieldDescription[],
  externalId: string,
): FieldProblem[] {
  if (mode === 'update') return []
  const names = new Set([...mapped.map(({ name }) => name), externalId])
  return fields
    .filter(({ name, isRequired, isWritable }) => isRequired && isWritable && !names.has(name))
    .map(({ name }) => ({
      code: 'mapping.required',
      severity: 'warning',
      ...(place ?? { file, line: 1, column: 1 }),
      field: name,
      message: `the CRM requires ${name}, and nothing is mapped to it: new records will be refused; map it, or use mode: update`,
    }))
}

function keyProblems(
  { place, file }: CompiledMapping,
  known: ReadonlyMap<string, FieldDescription>,
  externalId: string,
): FieldProblem[] {
  const field = known.get(externalId)
  const at = { ...(place ?? { file, line: 1, column: 1 }), field: externalId }
  if (!field)
    return [
      {
        code: 'mapping.unknown_field',
        ...at,
        message: 'the field for our key is missing; tributary setup --apply creates it',
      },
    ]
  if (field.isExternalId && field.isWritable) return []
  return [
    {
      code: 'mapping.type',
      ...at,
      message: field.isExternalId
        ? 'the field for our key is not writable; grant access to the integration user'
        : 'the field for our key is not unique, so records would be written twice; make it a unique external id',
    },
  ]
}
