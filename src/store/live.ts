import type { Instant } from '#model'
import type { LiveRow, RedirectRow } from '../engine/ports.ts'
import { columns, greatest, rowsOf } from './dialect.ts'
import { bulk, parse, present, toJson } from './json.ts'
import type { Statement } from './sql-database.ts'

/** Object `a` with the members of object `b` laid over it, whatever their types, null included. */
const laidOver = (a: string, b: string): string =>
  `(SELECT json_group_object(key, json(value)) FROM (
      SELECT key, ${a} -> key AS value FROM json_each(${a}) WHERE key NOT IN (SELECT key FROM json_each(${b}))
      UNION ALL SELECT key, ${b} -> key FROM json_each(${b})))`

const ifNewer = (then: string, otherwise: string): string =>
  `CASE WHEN excluded.seen_at >= live.seen_at THEN ${then} ELSE ${otherwise} END`

const SEE = `
  INSERT INTO live (destination, object, crm_id, fields, seen_at, edited, modified_at, deleted_at)
  SELECT ${columns(8)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, crm_id) DO UPDATE SET seen_at = ${greatest('live.seen_at', 'excluded.seen_at')},`

/** From a read or a write of some fields: the others stay as they were seen before. */
const SEE_SOME = `${SEE}
  fields = ${ifNewer(laidOver('live.fields', 'excluded.fields'), 'live.fields')},
  edited = ${ifNewer(laidOver('live.edited', 'excluded.edited'), 'live.edited')},
  deleted_at = ${ifNewer('excluded.deleted_at', 'live.deleted_at')}`

/** From the change poll, which tells all: where it is overtaken, it cannot be said which of its values are newer. */
const SEE_ALL = `${SEE}
  fields = ${ifNewer('excluded.fields', `'{}'`)},
  edited = ${ifNewer('excluded.edited', 'live.edited')},
  modified_at = excluded.modified_at, deleted_at = excluded.deleted_at`

const rowOf = (row: LiveRow) => [
  row.destination,
  row.object,
  row.crmId,
  toJson(row.fields),
  row.seenAt,
  toJson(row.edited ?? {}),
  row.modifiedAt ?? null,
  row.deletedAt ?? null,
]

export const seeSome = (rows: LiveRow[]): Statement[] => bulk(SEE_SOME, rows.map(rowOf))
export const seeAll = (rows: LiveRow[]): Statement[] => bulk(SEE_ALL, rows.map(rowOf))

const REDIRECT = `
  INSERT INTO redirects (destination, object, from_id, to_id, reason, to_object, at)
  SELECT ${columns(6)}, ?2 FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, from_id) DO UPDATE SET
    to_id = excluded.to_id, to_object = excluded.to_object, reason = excluded.reason, at = excluded.at`

export const redirect = (rows: RedirectRow[], now: number): Statement[] =>
  bulk(
    REDIRECT,
    rows.map((row) => [row.destination, row.object, row.from, row.to, row.reason, row.toObject ?? null]),
    now,
  )

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
  present<LiveRow>({
    destination: row.destination,
    object: row.object,
    crmId: row.crm_id,
    fields: parse(row.fields),
    seenAt: row.seen_at,
    edited: standing(parse(row.edited)),
    modifiedAt: row.modified_at,
    deletedAt: row.deleted_at,
  })

/** null remembers an edit that is over. */
const standing = (edited: Record<string, Instant | null>): Record<string, Instant> =>
  Object.fromEntries(
    Object.entries(edited).flatMap(([field, since]) => (since === null ? [] : [[field, since]])),
  )
