import { isList, isPlain, isStripeObject, type ObjectStore, type StripeObject } from './objects.ts'
import { notExpandable, tooDeep } from './problem.ts'
import { CHILDREN, TYPES } from './schema.ts'

const MAX_LEVELS = 4
/** Lists inside an object show this many entries; the rest is read at their url. */
const NESTED_LIMIT = 10

/** A tree of the fields to expand: `["a.b", "a.c"]` → `{a: {b: {}, c: {}}}`. */
export type ExpandTree = { [field: string]: ExpandTree }

export function parseExpand(paths: readonly string[]): ExpandTree {
  const tree: ExpandTree = {}
  for (const path of paths) {
    const parts = path.split('.')
    if (parts.length > MAX_LEVELS) throw tooDeep(path)
    let node = tree
    for (const part of parts) node = node[part] ??= {}
  }
  return tree
}

/** The object as an answer: references as ids and includable fields absent, unless expanded. */
export function render(store: ObjectStore, object: StripeObject, expand: ExpandTree = {}): StripeObject {
  const type = TYPES[object.object] ?? {}
  const out: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(object)) {
    const isIncludable = type.includable?.includes(field)
    if (isIncludable && !expand[field]) continue
    // Naming an includable field asks for the field itself; anything below it is expanded further.
    const tree = isIncludable && isLeaf(expand[field]) ? undefined : expand[field]
    out[field] = renderValue(store, value, { type: object.object, path: field, field, tree })
  }
  for (const field of Object.keys(expand)) {
    if (field in object) continue
    if (!type.includable?.includes(field)) throw notExpandable(field)
    const list = childrenOf(store, object, field)
    if (list)
      out[field] = renderList(store, list, { type: object.object, path: field, field, tree: expand[field] })
  }
  return out as StripeObject
}

function childrenOf(store: ObjectStore, object: StripeObject, field: string) {
  const family = CHILDREN[object.object]?.[field]
  if (!family) return undefined
  return {
    object: 'list',
    data: [...store.children(family.type, family.by, object.id)],
    has_more: false,
    url: family.url(object.id),
  }
}

const isLeaf = (tree: ExpandTree | undefined): boolean => tree !== undefined && Object.keys(tree).length === 0

interface Place {
  type: string
  /** Path within the object of that type. */
  path: string
  field: string
  tree: ExpandTree | undefined
}

function renderValue(store: ObjectStore, value: unknown, place: Place): unknown {
  const { type, path, field, tree } = place
  const target = TYPES[type]?.references?.[path]
  if (Array.isArray(value)) return value.map((item) => renderValue(store, item, place))
  if (target && typeof value === 'string') {
    const found = tree ? store.get(target, value) : undefined
    return found ? render(store, found, tree) : value
  }
  if (!isPlain(value)) {
    if (tree && value !== null && value !== undefined) throw notExpandable(field)
    return value
  }
  if (typeof value.$part === 'string') {
    const part = store.get(value.$part, String(value.id))
    return part ? render(store, part, tree) : value.id
  }
  if (isList(value)) return renderList(store, value, place)
  if (isStripeObject(value)) return render(store, value, tree)
  if (isLeaf(tree)) throw notExpandable(field)
  const out: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) {
    out[key] = renderValue(store, child, { type, path: `${path}.${key}`, field: key, tree: tree?.[key] })
  }
  for (const key of Object.keys(tree ?? {})) if (!(key in value)) throw notExpandable(key)
  return out
}

function renderList(
  store: ObjectStore,
  list: { data: unknown[] } & Record<string, unknown>,
  { tree, ...place }: Place,
) {
  for (const key of Object.keys(tree ?? {})) if (key !== 'data') throw notExpandable(key)
  const data = list.data
    .slice(0, NESTED_LIMIT)
    .map((item) => renderValue(store, item, { ...place, path: '', tree: tree?.data }))
  return { ...list, data, has_more: list.data.length > NESTED_LIMIT }
}
