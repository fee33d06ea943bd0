import type { ConflictRow, QuarantinePort } from '../engine/ports.ts'
import { columns, itemsOf, rowsOf, TOKEN, tuplesOf } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { bulk, parse, parseOptional, present, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

interface ConflictColumns {
  id: string
  destination: string
  object: string
  entity: string
  crm_id: string
  field: string
  ours: string
  theirs: string
  written: string | null
  source: string
  reason: string
  operation: string
  state: ConflictRow['state']
  at: number
  decided_at: number | null
}

const toConflict = (row: ConflictColumns): ConflictRow => ({
  ...present<Omit<ConflictRow, 'ours' | 'theirs' | 'written'>>({
    id: row.id,
    destination: row.destination,
    object: row.object,
    entity: row.entity,
    crmId: row.crm_id,
    field: row.field,
    from: row.source,
    reason: row.reason,
    operation: row.operation,
    state: row.state,
    at: row.at,
    decidedAt: row.decided_at,
  }),
  ours: parse(row.ours),
  theirs: parse(row.theirs),
  ...(row.written === null ? {} : { written: parseOptional(row.written) }),
})

/** A conflict about other values than before is a new question. */
const RENEW_CONFLICT = `
  INSERT INTO conflicts (id, destination, object, entity, crm_id, field, ours, theirs, written, source, reason,
    operation, at)
  SELECT ${columns(13)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (id) DO UPDATE SET entity = excluded.entity, operation = excluded.operation,
    source = excluded.source, reason = excluded.reason, ours = excluded.ours, theirs = excluded.theirs,
    written = excluded.written, state = 'open', decided_at = NULL,
    at = CASE WHEN conflicts.state = 'open' THEN conflicts.at ELSE excluded.at END`

export const conflictStatements = (conflicts: ConflictRow[] = [], settled: string[] = []): Statement[] => [
  ...bulk(
    RENEW_CONFLICT,
    conflicts.map((row) => [
      row.id,
      row.destination,
      row.object,
      row.entity,
      row.crmId,
      row.field,
      toJson(row.ours ?? null),
      toJson(row.theirs ?? null),
      row.written === undefined ? null : toJson(row.written),
      row.from,
      row.reason,
      row.operation,
      row.at,
    ]),
  ),
  ...(settled.length > 0
    ? [statement(`DELETE FROM conflicts WHERE id IN ${itemsOf(1)}`, toJson(settled))]
    : []),
]

/** Accepting makes the record's difference an operation again, wherever its entity stands by now. */
const FORGET_DESIRED = `
  UPDATE projections SET desired_hash = NULL
  WHERE (destination, object, entity) IN (SELECT c.destination, c.object, coalesce(e.root, c.entity)
    FROM conflicts c LEFT JOIN entities e ON e.id = c.entity WHERE c.id = ?1)`
const MARK_ENTITY = `
  ${MARK}
  SELECT 'project', coalesce(r.kind, 'quote'), coalesce(r.id, c.entity), ${rankOf('billing')}, ?2, ?3, ${TOKEN}
  FROM conflicts c LEFT JOIN entities e ON e.id = c.entity LEFT JOIN entities r ON r.id = e.root
  WHERE c.id = ?1 ${RENEW}`

export function createQuarantine(db: SqlDatabase): QuarantinePort {
  return {
    async list({ limit, after, destination, object, state = 'open' }) {
      const token = readToken(after, 2)
      const c = new Conditions()
        .add('state = ?', state)
        .add('destination = ?', destination)
        .add('object = ?', object)
        .add('(at, id) > (?, ?)', token?.[0], token?.[1])
      const rows = await db.query<ConflictColumns>(
        `SELECT * FROM conflicts ${c.where} ORDER BY at, id LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(rows, limit, toConflict, (row) => [row.at, row.id])
    },

    async of(keys) {
      const rows = await db.query<ConflictColumns>(
        `SELECT * FROM conflicts WHERE (destination, object, crm_id) IN ${tuplesOf(1, 3)}`,
        [toJson(keys.map((key) => [key.destination, key.object, key.crmId]))],
      )
      return rows.map(toConflict)
    },

    async decide({ id, state, now, dueAt }) {
      const results = await db.batch<ConflictColumns>([
        statement(
          'UPDATE conflicts SET state = ?2, decided_at = ?3 WHERE id = ?1 RETURNING *',
          id,
          state,
          now,
        ),
        ...(state === 'accepted'
          ? [statement(FORGET_DESIRED, id), statement(MARK_ENTITY, id, dueAt, now)]
          : []),
      ])
      const row = results[0]?.rows[0]
      return row && toConflict(row)
    },
  }
}
