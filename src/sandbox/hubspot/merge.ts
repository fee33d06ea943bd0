import { invalid, notFound, Refusal } from './errors.ts'
import { type Collection, claim, findRecord, type Portal, pairsOf, release } from './portal.ts'
import type { StoredRecord } from './types.ts'

/**
 * Merges `otherId` into `primaryId`: the primary's values win, its gaps are filled, e-mails are kept as secondary ones.
 * Both old ids lead to the survivor; with `intoNewId` it has an id of its own, as HubSpot does for some objects.
 */
export function mergeRecords(
  portal: Portal,
  collection: Collection,
  primaryId: string,
  otherId: string,
  intoNewId: boolean,
): StoredRecord {
  const primary = findRecord(collection, primaryId)
  const other = findRecord(collection, otherId)
  const missing = [...(primary ? [] : [primaryId]), ...(other ? [] : [otherId])]
  if (!primary || !other) throw new Refusal(notFound(collection.object, missing))
  if (primary === other) throw new Refusal(invalid('A record cannot be merged with itself'))
  release(collection, primary)
  release(collection, other)
  const now = portal.now()
  const survivor: StoredRecord = {
    ...primary,
    id: intoNewId ? String(portal.ids.next++) : primary.id,
    properties: { ...other.properties, ...primary.properties },
    updatedAt: now,
    ...((primary.companyId ?? other.companyId) ? { companyId: primary.companyId ?? other.companyId } : {}),
    mergedIds: [
      ...(primary.mergedIds ?? []),
      ...(other.mergedIds ?? []),
      other.id,
      ...(intoNewId ? [primary.id] : []),
    ],
  }
  if (collection.object === 'contacts') keepEmails(survivor, primary, other)
  for (const record of [primary, other]) {
    if (record.id === survivor.id) continue
    collection.records.delete(record.id)
    collection.moved.set(record.id, survivor.id)
    moveAssociations(portal, `${collection.object} ${record.id}`, `${collection.object} ${survivor.id}`)
  }
  collection.records.set(survivor.id, survivor)
  claim(collection, survivor)
  portal.writes.updated++
  return survivor
}

function keepEmails(survivor: StoredRecord, ...merged: StoredRecord[]): void {
  const all = merged.flatMap(({ properties }) => [
    properties.email ?? '',
    ...(properties.hs_additional_emails ?? '').split(';'),
  ])
  const secondary = [...new Set(all)].filter((email) => email && email !== survivor.properties.email)
  if (secondary.length > 0) survivor.properties.hs_additional_emails = secondary.join(';')
}

function moveAssociations(portal: Portal, from: string, to: string): void {
  const pairs = portal.associations.get(from)
  if (!pairs) return
  portal.associations.delete(from)
  for (const [other, types] of pairs) {
    pairsOf(portal, to).set(other, types)
    const back = portal.associations.get(other)
    const held = back?.get(from)
    back?.delete(from)
    if (held) back?.set(to, held)
  }
}
