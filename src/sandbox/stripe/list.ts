import { createdOf, isPlain, type ObjectStore, type StripeObject } from './objects.ts'
import { badParameter, missing, unknownParameter } from './problem.ts'
import { parseExpand, render } from './render.ts'
import type { ListSpec } from './schema.ts'

const COMMON = new Set(['limit', 'starting_after', 'ending_before', 'expand'])
const RANGE = /^created\[(gte|gt|lte|lt)\]$/
const EVENT_KEPT_SECONDS = 30 * 86_400
const MAX_TYPES = 20

/** `name[]=…` and `name[0]=…` as one array. */
function arrayOf(query: URLSearchParams, name: string): string[] {
  return [...query].flatMap(([key, value]) => (baseName(key) === name && key !== name ? [value] : []))
}

const baseName = (key: string): string => key.replace(/\[\d*\]$/, '')

function checkParameters(query: URLSearchParams, spec: ListSpec): void {
  for (const key of query.keys()) {
    const name = baseName(key)
    const isCreated = spec.created && (name === 'created' || RANGE.test(key))
    if (!COMMON.has(name) && !spec.filters.includes(name) && !isCreated) throw unknownParameter(name)
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^-?\d+$/.test(text)) throw badParameter(name, `Invalid integer: ${text}`)
  return Number(text)
}

function limitOf(query: URLSearchParams): number {
  const limit = integer(query, 'limit') ?? 10
  if (limit < 1) throw badParameter('limit', 'This value must be greater than or equal to 1.')
  if (limit > 100) throw badParameter('limit', 'This value must be less than or equal to 100.')
  return limit
}

export interface ListAnswer {
  object: 'list'
  url: string
  has_more: boolean
  data: StripeObject[]
}

/** A page of a list, newest first. @see https://docs.stripe.com/api/pagination */
export function listObjects(store: ObjectStore, spec: ListSpec, url: URL, now: number): ListAnswer {
  const query = url.searchParams
  checkParameters(query, spec)
  const limit = limitOf(query)
  const expand = parseExpand(arrayOf(query, 'expand'))
  for (const field of Object.keys(expand)) {
    if (field !== 'data')
      throw badParameter(
        'expand',
        `This property cannot be expanded (${field}). You may want to try expanding 'data.${field}' instead.`,
      )
  }
  const matching = store.all(spec.type).filter(filterOf(query, spec, now))
  const { items, hasMore } = cut(matching, query, spec.type, limit)
  return {
    object: 'list',
    url: url.pathname,
    has_more: hasMore,
    data: items.map((item) => render(store, item, expand.data)),
  }
}

function cut(matching: readonly StripeObject[], query: URLSearchParams, type: string, limit: number) {
  const after = query.get('starting_after')
  const before = query.get('ending_before')
  if (after !== null && before !== null)
    throw badParameter('ending_before', 'You may only specify one of starting_after and ending_before.')
  const at = (id: string, name: string): number => {
    const index = matching.findIndex((item) => item.id === id)
    if (index < 0) throw missing(type, id, name, 400)
    return index
  }
  if (before !== null) {
    const end = at(before, 'ending_before')
    const start = Math.max(0, end - limit)
    return { items: matching.slice(start, end), hasMore: start > 0 }
  }
  const start = after === null ? 0 : at(after, 'starting_after') + 1
  return { items: matching.slice(start, start + limit), hasMore: start + limit < matching.length }
}

type Filter = (object: StripeObject) => boolean

function filterOf(query: URLSearchParams, spec: ListSpec, now: number): Filter {
  const filters: Filter[] = [...createdFilters(query)]
  for (const name of spec.filters) {
    if (['status', 'ids', 'types', 'type', 'lookup_keys'].includes(name)) continue
    const wanted = query.get(name)
    if (wanted !== null) filters.push((object) => String(filterValue(object, name)) === wanted)
  }
  const ids = arrayOf(query, 'ids')
  if (ids.length > 0) filters.push(({ id }) => ids.includes(id))
  filters.push(...statusFilters(query.get('status'), spec))
  if (spec.type === 'event') filters.push(...eventFilters(query, now))
  else if (query.has('type')) filters.push(({ type }) => type === query.get('type'))
  return (object) => filters.every((filter) => filter(object))
}

/** An invoice names its subscription in `parent`. */
function filterValue(object: StripeObject, name: string): unknown {
  // Schedules that have not begun yet.
  if (name === 'scheduled') return object.status === 'not_started'
  if (object.object !== 'invoice' || name !== 'subscription') return object[name]
  const details = isPlain(object.parent) ? object.parent.subscription_details : undefined
  return isPlain(details) ? details.subscription : undefined
}

function createdFilters(query: URLSearchParams): Filter[] {
  const exact = integer(query, 'created')
  const compare = {
    gte: (a: number, b: number) => a >= b,
    gt: (a: number, b: number) => a > b,
    lte: (a: number, b: number) => a <= b,
    lt: (a: number, b: number) => a < b,
  }
  const ranges = (['gte', 'gt', 'lte', 'lt'] as const).flatMap((name) => {
    const bound = integer(query, `created[${name}]`)
    return bound === undefined ? [] : [(object: StripeObject) => compare[name](createdOf(object), bound)]
  })
  return exact === undefined ? ranges : [...ranges, (object) => createdOf(object) === exact]
}

function statusFilters(status: string | null, spec: ListSpec): Filter[] {
  if (status !== null && spec.status && !spec.status.includes(status)) {
    throw badParameter('status', `Invalid status: must be one of ${spec.status.join(', ')}`)
  }
  if (spec.type === 'subscription') {
    // Canceled subscriptions are only listed when they are asked for.
    if (status === null) return [(object) => object.status !== 'canceled']
    if (status === 'all') return []
    if (status === 'ended')
      return [(object) => object.status === 'canceled' || object.status === 'incomplete_expired']
  }
  return status === null ? [] : [(object) => object.status === status]
}

function eventFilters(query: URLSearchParams, now: number): Filter[] {
  const types = arrayOf(query, 'types')
  const type = query.get('type')
  if (types.length > 0 && type !== null)
    throw badParameter('types', 'You may only specify one of type and types.')
  if (types.length > MAX_TYPES) throw badParameter('types', `You may specify at most ${MAX_TYPES} types.`)
  const kept: Filter = (event) => createdOf(event) >= now / 1000 - EVENT_KEPT_SECONDS
  const wanted = type === null ? types : [type]
  const matches = (event: StripeObject) =>
    wanted.some(
      (name) =>
        name === event.type || (name.endsWith('*') && String(event.type).startsWith(name.slice(0, -1))),
    )
  return wanted.length > 0 ? [kept, matches] : [kept]
}
