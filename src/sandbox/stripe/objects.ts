import { CHILDREN, EVENT_PREFIX, TYPES } from './schema.ts'

/** An object of Stripe's API: `object` names its type. */
export type StripeObject = { id: string; object: string } & Record<string, unknown>

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isStripeObject = (value: unknown): value is StripeObject =>
  isPlain(value) && typeof value.id === 'string' && typeof value.object === 'string'

export const isList = (
  value: unknown,
): value is { data: unknown[]; has_more?: boolean; url?: string } & Record<string, unknown> =>
  isPlain(value) && value.object === 'list' && Array.isArray(value.data)

/** Objects by type and id; each is stored flat: what Stripe would send as an id is an id. */
export interface ObjectStore {
  put(object: StripeObject): void
  /** Whole object: includable fields are present. */
  get(type: string, id: string): StripeObject | undefined
  delete(type: string, id: string): boolean
  isDeleted(type: string, id: string): boolean
  /** Newest first; ties in reverse order of arrival. */
  all(type: string): readonly StripeObject[]
  /** Objects of a type whose `field` names `parent`. */
  children(type: string, field: string, parent: string): readonly StripeObject[]
}

export function createObjectStore(): ObjectStore {
  const byType = new Map<string, Map<string, StripeObject>>()
  const sorted = new Map<string, StripeObject[]>()
  const families = new Map<string, Map<unknown, StripeObject[]>>()
  const gone = new Set<string>()

  function bucket(type: string): Map<string, StripeObject> {
    const found = byType.get(type) ?? new Map<string, StripeObject>()
    byType.set(type, found)
    return found
  }

  /** Stores nested objects of their own under their own type and leaves their ids. */
  function flatten(value: unknown, type: string | undefined, path: string, isTop: boolean): unknown {
    const reference = type === undefined ? undefined : TYPES[type]?.references?.[path]
    if (Array.isArray(value)) return value.map((item) => flatten(item, type, path, false))
    if (!isPlain(value)) return value
    if (reference && isStripeObject(value)) {
      putNested(value)
      return value.id
    }
    if (isList(value))
      return { ...value, data: value.data.map((item) => flatten(item, undefined, '', false)) }
    const ownType = typeof value.object === 'string' ? value.object : undefined
    if (ownType && TYPES[ownType] && !isTop && isStripeObject(value)) {
      // Part of its parent (an item, its price), and readable by itself.
      putNested(value)
      return { $part: ownType, id: value.id }
    }
    const inner = ownType ?? type
    const prefix = ownType ? '' : `${path}.`
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, flatten(child, inner, prefix + key, false)]),
    )
  }

  /** A nested copy may lack what only the whole object has (tiers of a price). */
  function putNested(object: StripeObject): void {
    put({ ...bucket(object.object).get(object.id), ...object })
  }

  /** Children are kept under their own type only, so that parent and list never disagree. */
  function withoutChildren(object: StripeObject): StripeObject {
    const rest = { ...object }
    for (const [field, { by }] of Object.entries(CHILDREN[object.object] ?? {})) {
      const list = rest[field]
      if (!isList(list)) continue
      for (const child of list.data) if (isStripeObject(child)) putNested({ [by]: object.id, ...child })
      delete rest[field]
    }
    return rest
  }

  function put(object: StripeObject): void {
    const { object: type, id } = object
    if (!TYPES[type]) throw new TypeError(`The Stripe simulator does not know objects of type "${type}"`)
    const previous = bucket(type).get(id)
    const flat = flatten(withoutChildren(withDecimal(object)), type, '', true) as StripeObject
    for (const key of families.keys()) if (key.startsWith(`${type}.`)) families.delete(key)
    bucket(type).set(id, flat)
    gone.delete(`${type}/${id}`)
    const list = sorted.get(type)
    // Replaced in place while the order stays; otherwise sorted again at the next read.
    if (list && previous && previous.created === flat.created) list[list.indexOf(previous)] = flat
    else sorted.delete(type)
  }

  function all(type: string): readonly StripeObject[] {
    let list = sorted.get(type)
    if (!list) {
      list = [...bucket(type).values()].reverse().sort((a, b) => createdOf(b) - createdOf(a))
      sorted.set(type, list)
    }
    return list
  }

  return {
    put,
    all,
    get: (type, id) => bucket(type).get(id),
    delete(type, id) {
      if (!bucket(type).delete(id)) return false
      gone.add(`${type}/${id}`)
      sorted.delete(type)
      families.clear()
      return true
    },
    isDeleted: (type, id) => gone.has(`${type}/${id}`),
    children(type, field, parent) {
      const key = `${type}.${field}`
      const family = families.get(key) ?? Map.groupBy(all(type), (child) => child[field])
      families.set(key, family)
      return family.get(parent) ?? []
    },
  }
}

/** Stripe always sends both forms of a price. */
function withDecimal(object: StripeObject): StripeObject {
  if (object.object !== 'price' || typeof object.unit_amount !== 'number') return object
  return { unit_amount_decimal: String(object.unit_amount), ...object }
}

export const createdOf = (object: StripeObject): number =>
  typeof object.created === 'number' ? object.created : 0

export const eventTypeOf = (object: StripeObject, verb: string): string =>
  `${EVENT_PREFIX[object.object] ?? object.object}.${verb}`
