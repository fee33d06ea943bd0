import type { Instant } from '#model'
import type { LiveRow, RedirectRow } from '../engine/ports.ts'
import { at, columns, greatest, overlay, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { bulk, parse, present } from './json.ts'
import { rankOf } from './lanes.ts'
import type { Statement } from './sql-database.ts'

const ifNewer = (then: string, otherwise: string): string =>
  `CASE WHEN excluded.seen_at >= live.seen_at THEN ${then} ELSE ${otherwise} END`

const SEE = `
  INSERT INTO live (destination, object, crm_id, fields, seen_at, edited, modified_at, deleted_at)
  SELECT ${columns(8)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, crm_id) DO UPDATE SET seen_at = ${greatest('live.seen_at', 'excluded.seen_at')},`

const see = (fields: string): string => `${SEE}
  fields = ${ifNewer(fields, 'live.fields')},
  edited = ${ifNewer('json_patch(live.edited, excluded.edited)', 'live.edited')},
  deleted_at = ${ifNewer('excluded.deleted_at', 'live.deleted_at')}`

/** From a read or a write of some fields: the others stay as they were seen before. */
const SEE_SOME = see(overlay('live.fields', 'excluded.fields'))
/** The same where none of the new values is null or an object, for a tenth of the CPU in a record of 50 fields. */
const SEE_VALUES = see('json_patch(live.fields, excluded.fields)')
/** From a read of everything that anybody asks for. */
const SEE_WHOLE = see('excluded.fields')

/** From the change poll, which tells all: where it is overtaken, it cannot be said which of its values are newer. */
const SEE_ALL = `${SEE}
  fields = ${ifNewer('excluded.fields', `'{}'`)},
  edited = ${ifNewer('excluded.edited', 'live.edited')},
  modified_at = excluded.modified_at, deleted_at = excluded.deleted_at`

const rowOf = (row: LiveRow) => [
  row.destination,
  row.object,
  row.crmId,
  row.fields,
  row.seenAt,
  row.edited ?? {},
  row.modifiedAt ?? null,
  row.deletedAt ?? null,
]

const hasValuesOnly = ({ fields }: LiveRow): boolean =>
  Object.values(fields).every((value) => value !== null && typeof value !== 'object')

/** A record is in `rows` once. */
export function seeSome(rows: LiveRow[]): Statement[] {
  const whole = rows.filter((row) => row.isWhole)
  const values = rows.filter((row) => !row.isWhole && hasValuesOnly(row))
  const others = rows.filter((row) => !row.isWhole && !hasValuesOnly(row))
  return [
    ...bulk(SEE_WHOLE, whole.map(rowOf)),
    ...bulk(SEE_VALUES, values.map(rowOf)),
    ...bulk(SEE_SOME, others.map(rowOf)),
  ]
}
export const seeAll = (rows: LiveRow[]): Statement[] => bulk(SEE_ALL, rows.map(rowOf))

const REDIRECT = `
  INSERT INTO redirects (destination, object, from_id, to_id, reason, to_object, at)
  SELECT ${columns(6)}, ?2 FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, from_id) DO UPDATE SET
    to_id = excluded.to_id, to_object = excluded.to_object, reason = excluded.reason, at = excluded.at`

/**
 * A record that became one of another object is not written any more, and its entity goes on with that one; not where
 * that one is another entity's: then it has no record of its own there, and gets none. Rows: as for redirects.
 */
const CONVERSIONS = `
  conversions AS (
    SELECT p.destination, p.object, p.entity, ${at(5)} AS to_object, ${at(3)} AS to_id,
      EXISTS (SELECT 1 FROM projections o WHERE o.destination = p.destination AND o.object = ${at(5)}
        AND o.crm_id = ${at(3)} AND o.entity <> p.entity) AS is_taken
    FROM ${rowsOf(1)} JOIN projections p ON p.destination = ${at(0)} AND p.object = ${at(1)} AND p.crm_id = ${at(2)}
    WHERE p.retired IS NULL AND ${at(5)} IS NOT NULL AND ${at(5)} <> p.object)`

const MARK_CONVERTED = `
  WITH ${CONVERSIONS} ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), c.entity, ?3, ?2, ?2, ${TOKEN}
  FROM conversions c LEFT JOIN entities e ON e.id = c.entity LEFT JOIN documents d ON d.id = c.entity
  WHERE e.id IS NOT NULL OR d.type = 'quote' GROUP BY e.kind, c.entity ${RENEW}`

const SUCCEED = `
  WITH ${CONVERSIONS}
  INSERT INTO projections (destination, object, entity, external_id, crm_id, retired)
  SELECT destination, to_object, entity, entity, CASE WHEN is_taken THEN NULL ELSE to_id END,
    CASE WHEN is_taken THEN 'taken' END
  FROM conversions WHERE true
  ON CONFLICT (destination, object, entity) DO UPDATE SET crm_id = excluded.crm_id, retired = excluded.retired,
    desired_hash = NULL
  WHERE projections.crm_id IS NULL`

const RETIRE = `
  WITH ${CONVERSIONS}
  UPDATE projections SET retired = 'converted'
  WHERE (destination, object, entity) IN (SELECT destination, object, entity FROM conversions)`

export const redirect = (rows: RedirectRow[], now: number): Statement[] => {
  const values = rows.map((row) => [
    row.destination,
    row.object,
    row.from,
    row.to,
    row.reason,
    row.toObject ?? null,
  ])
  const conversions = values.filter((_, index) => rows[index]!.toObject !== undefined)
  return [
    ...bulk(REDIRECT, values, now),
    ...bulk(MARK_CONVERTED, conversions, now, rankOf('touchpoint')),
    ...bulk(SUCCEED, conversions),
    ...bulk(RETIRE, conversions),
  ]
}

export interface LiveColumns {
  destination: string
  object: string
  crm_id: string
  fields: string
  seen_at: number
  edited: string
  modified_at: number | null
  deleted_at: number | null
}

export const toLive = (row: LiveColumns): LiveRow =>
  present<Omit<LiveRow, 'isWhole'>>({
    destination: row.destination,
    object: row.object,
    crmId: row.crm_id,
    fields: parse(row.fields),
    seenAt: row.seen_at,
    edited: standing(parse(row.edited)),
    modifiedAt: row.modified_at,
    deletedAt: row.deleted_at,
  })

/** null: an edit that is over, of a record that was not known. */
const standing = (edited: Record<string, Instant | null>): Record<string, Instant> =>
  Object.fromEntries(
    Object.entries(edited).flatMap(([field, since]) => (since === null ? [] : [[field, since]])),
  )
