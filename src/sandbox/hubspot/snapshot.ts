import { type Collection, findRecord, type Portal } from './portal.ts'
import type { StoredRecord } from './types.ts'

/** What a portal holds, without ids, times and order: equal for two portals that were brought to the same state. */
export interface Snapshot {
  /** Object → our key (or e-mail, domain, name where there is none) → properties with sorted names. */
  records: Record<string, Record<string, Record<string, string>>>
  /** "contacts p1 → companies a1", sorted; one line per pair. */
  associations: string[]
}

export function snapshotOf(portal: Portal, keyProperty: string): Snapshot {
  const keys = new Map<string, string>()
  const records: Snapshot['records'] = {}
  for (const collection of portal.collections.values()) {
    const live = [...collection.records.values()].filter((record) => record.archivedAt === undefined)
    if (live.length === 0) continue
    const named = live
      .map((record) => [keyOf(record, keyProperty), record] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const byKey: Record<string, Record<string, string>> = {}
    for (const [name, record] of named) {
      let key = name
      for (let n = 2; key in byKey; n++) key = `${name} #${n}`
      byKey[key] = Object.fromEntries(Object.entries(record.properties).sort(([a], [b]) => (a < b ? -1 : 1)))
      keys.set(`${collection.object} ${record.id}`, `${collection.object} ${key}`)
    }
    records[collection.object] = byKey
  }
  return { records, associations: associationsOf(portal, keys) }
}

const keyOf = ({ properties }: StoredRecord, keyProperty: string): string =>
  properties[keyProperty] ??
  `~${properties.email ?? properties.domain ?? properties.name ?? properties.dealname ?? JSON.stringify(properties)}`

function associationsOf(portal: Portal, keys: Map<string, string>): string[] {
  const lines = new Set<string>()
  for (const [end, pairs] of portal.associations) {
    for (const other of pairs.keys()) {
      const one = keys.get(end)
      const two = keys.get(other)
      // Each pair is stored both ways; the line starts at the alphabetically later object (contacts → companies).
      if (one && two) lines.add(one > two ? `${one} → ${two}` : `${two} → ${one}`)
    }
  }
  return [...lines].sort()
}

/** Values of a live record as a test reads them. */
export function viewOf(
  collection: Collection,
  id: string,
): { id: string; properties: Record<string, string> } | undefined {
  const record = findRecord(collection, id)
  return record && { id: record.id, properties: { ...record.properties } }
}
