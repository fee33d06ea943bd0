import { RequestError } from './errors.ts'
import { parseId } from './ids.ts'
import { type Org, stampOf } from './org.ts'
import type { FieldDef } from './schema.ts'
import { type Condition, type Literal, parseSoql } from './soql.ts'
import type { StoredRecord, Table, Value } from './table.ts'

export interface QueryResult {
  table: Table
  fields: FieldDef[]
  /** Selected fields of parents (`Owner.Email`). */
  parents: ParentField[]
  records: StoredRecord[]
  isCount: boolean
}

export interface ParentField {
  relation: string
  reference: FieldDef
  name: string
}

type Test = (record: StoredRecord) => boolean

/** Runs SOQL. `includeDeleted` is queryAll. */
export function runQuery(
  org: Org,
  soql: string,
  options: { includeDeleted: boolean; tooling: boolean },
): QueryResult {
  const query = parseSoql(soql)
  const table = org.table(query.object)
  if (!table || table.def.isTooling !== options.tooling) {
    throw new RequestError(400, 'INVALID_TYPE', `sObject type '${query.object}' is not supported.`)
  }
  const field = (name: string): FieldDef => {
    const found = org.field(table, name)
    if (!found)
      throw new RequestError(400, 'INVALID_FIELD', `No such column '${name}' on entity '${table.def.name}'.`)
    return found
  }
  const fields = query.fields.filter((name) => !name.includes('.')).map(field)
  const parents = query.fields
    .filter((name) => name.includes('.'))
    .map((name) => parentField(org, table, name))
  const test = query.where ? compile(query.where, field) : () => true
  const order = query.orderBy.map((by) => ({ field: field(by.field), descending: by.descending }))
  const found = [...candidates(table, query.where, field, options.includeDeleted)].filter(
    (record) => (options.includeDeleted || !record.IsDeleted) && test(record),
  )
  if (order.length > 0) {
    found.sort((a, b) => {
      for (const by of order) {
        const side = compareValues(a[by.field.name], b[by.field.name])
        if (side !== 0) return by.descending ? -side : side
      }
      return 0
    })
  }
  const records = found.slice(
    query.offset,
    query.limit === undefined ? undefined : query.offset + query.limit,
  )
  return { table, fields, parents, records, isCount: query.isCount }
}

/** One level up: `Owner.Email`, `Campaign.Name`, `Site__r.City__c`. */
function parentField(org: Org, table: Table, path: string): ParentField {
  const [relation = '', name = '', ...rest] = path.split('.')
  const reference = org.field(table, relation.endsWith('__r') ? `${relation.slice(0, -1)}c` : `${relation}Id`)
  const parents = (reference?.referenceTo ?? []).flatMap((object) => org.table(object) ?? [])
  const def = parents.map((parent) => org.field(parent, name)).find(Boolean)
  if (reference?.type !== 'reference' || rest.length > 0) {
    throw new RequestError(
      400,
      'INVALID_FIELD',
      `Didn't understand relationship '${relation}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.`,
    )
  }
  if (!def)
    throw new RequestError(
      400,
      'INVALID_FIELD',
      `No such column '${name}' on entity '${parents[0]?.def.name}'.`,
    )
  return { relation: reference.name.replace(/Id$/, '').replace(/__c$/, '__r'), reference, name: def.name }
}

/** An equality on the top level narrows the search by index; everything else scans. */
function candidates(
  table: Table,
  where: Condition | undefined,
  field: (name: string) => FieldDef,
  includeDeleted: boolean,
): Iterable<StoredRecord> {
  const parts = where?.kind === 'and' ? where.parts : where ? [where] : []
  for (const part of parts) {
    if (part.kind !== 'compare' || (part.operator !== '=' && part.operator !== 'in')) continue
    const def = field(part.field)
    const values = part.values.map((literal) => operand(def, literal))
    if (values.includes(null)) continue
    const ids = new Set<string>()
    if (def.type === 'id') for (const value of values) ids.add(String(value))
    // The indexes hold live records only.
    else if (!includeDeleted)
      for (const value of values) for (const id of table.lookup(def, value!)) ids.add(id)
    else continue
    return [...ids].flatMap((id) => table.records.get(id) ?? [])
  }
  return table.records.values()
}

function compile(condition: Condition, field: (name: string) => FieldDef): Test {
  switch (condition.kind) {
    case 'not': {
      const inner = compile(condition.part, field)
      return (record) => !inner(record)
    }
    case 'and': {
      const parts = condition.parts.map((part) => compile(part, field))
      return (record) => parts.every((part) => part(record))
    }
    case 'or': {
      const parts = condition.parts.map((part) => compile(part, field))
      return (record) => parts.some((part) => part(record))
    }
    case 'compare':
      return compileComparison(condition, field(condition.field))
  }
}

function compileComparison({ operator, values }: Condition & { kind: 'compare' }, def: FieldDef): Test {
  if (def.type === 'textarea' && def.length > 255) {
    throw new RequestError(400, 'INVALID_FIELD', `field '${def.name}' can not be filtered in a query call`)
  }
  const operands = values.map((literal) => operand(def, literal))
  const fold = (value: Value | null | undefined) =>
    typeof value === 'string' && !def.isCaseSensitive && def.type !== 'id' && def.type !== 'reference'
      ? value.toLowerCase()
      : (value ?? null)
  const folded = new Set(operands.map(fold))
  const [first = null] = folded
  switch (operator) {
    case '=':
    case 'in':
      return (record) => folded.has(fold(record[def.name]))
    case '!=':
    case 'not in':
      return (record) => !folded.has(fold(record[def.name]))
    case 'like': {
      const pattern = new RegExp(`^${likePattern(String(first))}$`, 'isu')
      return (record) => pattern.test(String(record[def.name] ?? ''))
    }
    default: {
      const holds: Record<string, (side: number) => boolean> = {
        '<': (side) => side < 0,
        '<=': (side) => side <= 0,
        '>': (side) => side > 0,
        '>=': (side) => side >= 0,
      }
      return (record) => {
        const value = record[def.name]
        return (
          value !== undefined && holds[operator]!(compareValues(fold(value) ?? undefined, first ?? undefined))
        )
      }
    }
  }
}

const likePattern = (like: string): string =>
  like.replace(/\\([_%])|([_%])|[.*+?^${}()|[\]\\]/g, (char, escaped, wild) => {
    if (escaped) return escaped
    if (wild) return wild === '_' ? '.' : '.*'
    return `\\${char}`
  })

const QUOTED = new Set([
  'string',
  'textarea',
  'email',
  'phone',
  'url',
  'picklist',
  'multipicklist',
  'id',
  'reference',
])

/** A literal as the field's type; the wrong kind of literal refuses the query. */
function operand(def: FieldDef, literal: Literal): Value | null {
  if (literal.kind === 'null' || literal.value === null) return null
  const wanted = QUOTED.has(def.type)
    ? 'string'
    : def.type === 'boolean'
      ? 'boolean'
      : def.type.startsWith('date')
        ? 'date'
        : 'number'
  if (literal.kind !== wanted) {
    const quoting = wanted === 'string' ? 'should be enclosed in quotes' : 'should not be enclosed in quotes'
    throw new RequestError(
      400,
      'INVALID_FIELD',
      `value of filter criterion for field '${def.name}' must be of type ${def.type} and ${quoting}`,
    )
  }
  if (def.type === 'id' || def.type === 'reference') {
    const id = parseId(String(literal.value))
    if (!id)
      throw new RequestError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${literal.value}`)
    return id
  }
  return def.type === 'datetime' ? stampOf(Date.parse(String(literal.value))) : literal.value
}

function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a < b ? -1 : 1
}
