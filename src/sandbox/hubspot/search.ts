import * as z from 'zod'
import { parse, render } from './batch.ts'
import { invalid, Refusal } from './errors.ts'
import { type Collection, propertyOf } from './portal.ts'
import type { StoredRecord } from './types.ts'

const filter = z.object({
  propertyName: z.string(),
  operator: z.enum([
    'EQ',
    'NEQ',
    'LT',
    'LTE',
    'GT',
    'GTE',
    'BETWEEN',
    'IN',
    'NOT_IN',
    'HAS_PROPERTY',
    'NOT_HAS_PROPERTY',
    'CONTAINS_TOKEN',
    'NOT_CONTAINS_TOKEN',
  ]),
  value: z.string().optional(),
  highValue: z.string().optional(),
  values: z.array(z.string()).optional(),
})
type Filter = z.output<typeof filter>

const sort = z.union([
  z.string(),
  z.object({ propertyName: z.string(), direction: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING') }),
])
const body = z.object({
  query: z.string().max(3000).optional(),
  filterGroups: z.array(z.object({ filters: z.array(filter) })).default([]),
  sorts: z.array(sort).default([]),
  properties: z.array(z.string()).default([]),
  limit: z.number().int().positive().default(10),
  after: z.union([z.string(), z.number()]).optional(),
})

const MAX_GROUPS = 5
const MAX_FILTERS = 6
const MAX_ALL_FILTERS = 18
const MAX_VALUES = 100
const MAX_PAGE = 200
const MAX_RESULTS = 10_000

/** Only records that the index has seen: those unchanged since `indexedUntil`. */
export function search(collection: Collection, json: unknown, indexedUntil: number): Record<string, unknown> {
  const request = parse(body, json)
  const start = Number(request.after ?? 0)
  limit(collection, request, start)
  const groups = request.filterGroups.map((group) => group.filters)
  const words = request.query?.toLowerCase().trim()
  const found = [...collection.records.values()].filter(
    (record) =>
      record.archivedAt === undefined &&
      record.updatedAt <= indexedUntil &&
      (groups.length === 0 ||
        groups.some((filters) => filters.every((one) => matches(collection, record, one)))) &&
      (!words || Object.values(record.properties).some((value) => value.toLowerCase().includes(words))),
  )
  found.sort(comparer(request.sorts[0]))
  const end = start + request.limit
  return {
    total: found.length,
    results: found.slice(start, end).map((record) => render(record, request.properties, collection)),
    ...(end < found.length ? { paging: { next: { after: String(end) } } } : {}),
  }
}

function limit(collection: Collection, request: z.output<typeof body>, start: number): void {
  const filters = request.filterGroups.flatMap((group) => group.filters)
  const complaint =
    request.filterGroups.length > MAX_GROUPS
      ? `at most ${MAX_GROUPS} filterGroups`
      : request.filterGroups.some((group) => group.filters.length > MAX_FILTERS) ||
          filters.length > MAX_ALL_FILTERS
        ? `at most ${MAX_FILTERS} filters in a group and ${MAX_ALL_FILTERS} in all`
        : filters.some((one) => (one.values?.length ?? 0) > MAX_VALUES)
          ? `at most ${MAX_VALUES} values in a filter`
          : request.sorts.length > 1
            ? 'one sort rule only'
            : request.limit > MAX_PAGE
              ? `limit is at most ${MAX_PAGE}`
              : start + request.limit > MAX_RESULTS
                ? `a query ends after ${MAX_RESULTS} results`
                : undefined
  if (complaint) throw new Refusal(invalid(`There was a problem with the request: ${complaint}`))
  const unknown = filters.map((one) => one.propertyName).find((name) => !collection.properties.has(name))
  if (unknown)
    throw new Refusal(invalid(`There was a problem with the request: property ${unknown} does not exist`))
}

function matches(
  collection: Collection,
  record: StoredRecord,
  { propertyName, operator, ...operands }: Filter,
): boolean {
  const held = propertyOf(record, propertyName)
  const type = collection.properties.get(propertyName)?.type
  const comparable = (value: string): number | string => {
    if (type === 'number') return Number(value)
    if (type === 'date' || type === 'datetime')
      return /^-?\d+$/.test(value) ? Number(value) : Date.parse(value)
    return value.toLowerCase()
  }
  const live = held === null || held === '' ? undefined : comparable(held)
  const value = comparable(operands.value ?? '')
  // IN does not fold its operands: HubSpot wants them in lower case.
  const values = type === 'string' ? (operands.values ?? []) : (operands.values ?? []).map(comparable)
  switch (operator) {
    case 'HAS_PROPERTY':
      return live !== undefined
    case 'NOT_HAS_PROPERTY':
      return live === undefined
    case 'NEQ':
      return live !== value
    case 'NOT_IN':
      return live === undefined || !values.includes(live)
    case 'NOT_CONTAINS_TOKEN':
      return live === undefined || !hasToken(String(live), String(value))
  }
  if (live === undefined) return false
  switch (operator) {
    case 'EQ':
      return live === value
    case 'LT':
      return live < value
    case 'LTE':
      return live <= value
    case 'GT':
      return live > value
    case 'GTE':
      return live >= value
    case 'BETWEEN':
      return live >= value && live <= comparable(operands.highValue ?? '')
    case 'IN':
      return values.includes(live)
    case 'CONTAINS_TOKEN':
      return hasToken(String(live), String(value))
  }
}

function hasToken(text: string, pattern: string): boolean {
  const wanted = pattern.replaceAll('*', '')
  if (pattern.includes('*')) return text.includes(wanted)
  return text.split(/[^\p{L}\p{N}]+/u).includes(wanted)
}

function comparer(rule: z.output<typeof sort> | undefined): (a: StoredRecord, b: StoredRecord) => number {
  if (!rule) return (a, b) => a.createdAt - b.createdAt || Number(a.id) - Number(b.id)
  const name = typeof rule === 'string' ? rule.replace(/^-/, '') : rule.propertyName
  const isDown = typeof rule === 'string' ? rule.startsWith('-') : rule.direction === 'DESCENDING'
  return (a, b) => {
    const [x, y] = [propertyOf(a, name) ?? '', propertyOf(b, name) ?? '']
    const order = (x < y ? -1 : x > y ? 1 : 0) || Number(a.id) - Number(b.id)
    return isDown ? -order : order
  }
}
