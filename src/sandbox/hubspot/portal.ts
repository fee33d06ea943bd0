import { calculatedOf } from './calculated.ts'
import { defaultGroup, defaultProperties, OBJECTS } from './defaults.ts'
import type { Marketing, Owner, PortalState, Property, Rule, StoredRecord } from './types.ts'

/** One object type of a portal with its indexes. */
export interface Collection {
  object: string
  records: Map<string, StoredRecord>
  moved: Map<string, string>
  properties: Map<string, Property>
  /** Unique property → value → record id; for contacts also `email`, primary and secondary. */
  unique: Map<string, Map<string, string>>
  groups: Map<string, { name: string; label: string; displayOrder: number; archived: boolean }>
  /** What HubSpot works out by itself of a record and of what it is associated with. */
  calculated(record: StoredRecord, name: string): string | undefined
}

export interface Portal {
  id: number
  now(): number
  collections: Map<string, Collection>
  /** "object id" → "object id" → association type ids. */
  associations: Map<string, Map<string, Set<number>>>
  rules: Rule[]
  owners: Map<string, Owner>
  marketing: Marketing
  writes: { created: number; updated: number; archived: number; associated: number }
  ids: { next: number }
}

/** HubSpot ids have outgrown 32 bits; the first one says so. */
const FIRST_ID = 12_877_900_001

export function createPortal(id: number, now: () => number, state?: PortalState): Portal {
  const portal: Portal = {
    id,
    now,
    collections: new Map(OBJECTS.map((object) => [object, createCollection(object, state)])),
    associations: new Map(),
    rules: state?.rules ? [...state.rules] : [],
    owners: new Map((state?.owners ?? []).map((owner) => [owner.id, { ...owner }])),
    marketing: structuredClone(
      state?.marketing ?? { forms: [], submissions: [], occurrences: [], mailEvents: [], campaigns: [] },
    ),
    writes: { created: 0, updated: 0, archived: 0, associated: 0 },
    ids: { next: state?.nextId ?? FIRST_ID },
  }
  for (const [from, fromId, to, toId, types] of state?.associations ?? []) {
    pairsOf(portal, `${from} ${fromId}`).set(`${to} ${toId}`, new Set(types))
  }
  for (const collection of portal.collections.values())
    collection.calculated = (record, name) => calculatedOf(portal, collection.object, record, name)
  return portal
}

function createCollection(object: string, state: PortalState | undefined): Collection {
  const groupName = defaultGroup(object)
  const groups = state?.groups[object] ?? [
    { name: groupName, label: groupName, displayOrder: 0, archived: false },
  ]
  const collection: Collection = {
    object,
    records: new Map(),
    moved: new Map(Object.entries(state?.moved[object] ?? {})),
    properties: new Map(
      (state?.properties[object] ?? defaultProperties(object)).map((property) => [property.name, property]),
    ),
    unique: new Map(object === 'contacts' ? [['email', new Map()]] : []),
    groups: new Map(groups.map((group) => [group.name, { ...group }])),
    calculated: () => undefined,
  }
  for (const property of collection.properties.values())
    if (property.hasUniqueValue) collection.unique.set(property.name, new Map())
  for (const record of state?.records[object] ?? []) {
    const copy = { ...record, properties: { ...record.properties } }
    collection.records.set(copy.id, copy)
    if (!copy.archivedAt) claim(collection, copy)
  }
  return collection
}

/** Enters a record's unique values into the indexes. */
export function claim(collection: Collection, record: StoredRecord): void {
  for (const [property, ids] of collection.unique)
    for (const value of uniqueValues(record, property)) ids.set(value, record.id)
}

export function release(collection: Collection, record: StoredRecord): void {
  for (const [property, ids] of collection.unique) {
    for (const value of uniqueValues(record, property)) if (ids.get(value) === record.id) ids.delete(value)
  }
}

function uniqueValues({ properties }: StoredRecord, property: string): string[] {
  const value = properties[property]
  const values = value ? [value] : []
  const more = property === 'email' ? properties.hs_additional_emails : undefined
  return more ? [...values, ...more.split(';')] : values
}

/** Follows merges; undefined for ids that never existed or are archived. */
export function findRecord({ records, moved }: Collection, id: string): StoredRecord | undefined {
  let current = id
  while (moved.has(current)) current = moved.get(current)!
  const record = records.get(current)
  return record && !record.archivedAt ? record : undefined
}

export function findBy(collection: Collection, property: string, value: string): StoredRecord | undefined {
  const key = property === 'email' ? value.trim().toLowerCase() : value
  const id = collection.unique.get(property)?.get(key)
  return id === undefined ? undefined : findRecord(collection, id)
}

export function pairsOf(portal: Portal, end: string): Map<string, Set<number>> {
  let pairs = portal.associations.get(end)
  if (!pairs) {
    pairs = new Map()
    portal.associations.set(end, pairs)
  }
  return pairs
}

/** A record's own and system properties, by name; null where it has no value. */
export function propertyOf(record: StoredRecord, name: string): string | null {
  switch (name) {
    case 'hs_object_id':
      return record.id
    case 'createdate':
    case 'hs_createdate':
      return new Date(record.createdAt).toISOString()
    case 'lastmodifieddate':
    case 'hs_lastmodifieddate':
      return new Date(record.updatedAt).toISOString()
    case 'hs_merged_object_ids':
      return record.mergedIds?.join(';') ?? null
    case 'associatedcompanyid':
      return record.companyId ?? null
    case 'hs_is_closed_won':
      return record.properties.dealstage === undefined
        ? null
        : String(record.properties.dealstage === 'closedwon')
    case 'hs_is_closed':
      return record.properties.dealstage === undefined
        ? null
        : String(/^closed/.test(record.properties.dealstage))
    default:
      return record.properties[name] ?? null
  }
}

export function stateOf(portal: Portal): PortalState {
  const perObject = <T>(pick: (collection: Collection) => T): Record<string, T> =>
    Object.fromEntries([...portal.collections].map(([object, collection]) => [object, pick(collection)]))
  return {
    nextId: portal.ids.next,
    records: perObject(({ records }) =>
      [...records.values()].map((record) => ({ ...record, properties: { ...record.properties } })),
    ),
    moved: perObject(({ moved }) => Object.fromEntries(moved)),
    properties: perObject(({ properties }) => [...properties.values()]),
    groups: perObject(({ groups }) => [...groups.values()]),
    associations: [...portal.associations].flatMap(([end, pairs]) =>
      [...pairs].map(([other, types]): PortalState['associations'][number] => {
        const [from = '', fromId = ''] = end.split(' ')
        const [to = '', toId = ''] = other.split(' ')
        return [from, fromId, to, toId, [...types]]
      }),
    ),
    rules: [...portal.rules],
    marketing: structuredClone(portal.marketing),
    owners: [...portal.owners.values()].map((owner) => ({ ...owner })),
  }
}

const ALIASES: Record<string, string> = {
  '0-1': 'contacts',
  '0-2': 'companies',
  '0-3': 'deals',
  '0-14': 'quotes',
  '0-18': 'communications',
  '0-27': 'tasks',
  '0-46': 'notes',
  '0-47': 'meetings',
  '0-48': 'calls',
  '0-49': 'emails',
  company: 'companies',
}

/** Object by plural, singular or numeric name. */
export function collectionOf(portal: Portal, name: string): Collection | undefined {
  const lower = name.toLowerCase()
  return portal.collections.get(lower) ?? portal.collections.get(ALIASES[lower] ?? `${lower}s`)
}
