import type { RepairPort, RunOperation } from '../engine/ports.ts'
import { at, columns, itemsOf, rowsOf, TOKEN, tuplesOf, without } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { announceStatements } from './finish.ts'
import { bulk, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type OperationColumns, toOperation } from './outbox.ts'
import { type ProjectionColumns, toProjection } from './project.ts'
import { readErrorGroups, readSetAside } from './set-aside.ts'
import { type SqlDatabase, statement } from './sql-database.ts'
import { projectAnew } from './wake.ts'

const TAKE_RECEIPTS = `
  UPDATE receipts SET state = 'new', attempts = 0, not_before = received_at, settled_at = NULL, error = NULL
  WHERE id IN ${itemsOf(1)}`

const TAKE_RECORDS = `
  UPDATE records SET state = 'pending', changed_at = ?2, settled_at = NULL, error = NULL
  WHERE (connection, stream, key) IN ${tuplesOf(1, 3)}`

const CHOSEN = `o.id IN ${itemsOf(1)} AND o.state IN ('dead', 'held', 'not_stored')`

/** Who stands for the entities of the chosen upserts today. */
const PROJECT_AGAIN = `
  ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), coalesce(e.root, o.entity), min(o.lane), ?2, ?2, ${TOKEN}
  FROM operations o LEFT JOIN entities e ON e.id = o.entity LEFT JOIN documents d ON d.id = o.entity
  WHERE ${CHOSEN} AND o.kind = 'upsert' AND (e.id IS NOT NULL OR d.type = 'quote')
  GROUP BY e.kind, coalesce(e.root, o.entity) ${RENEW}`

const FORGET_DESIRED = `
  UPDATE projections SET desired_hash = NULL
  WHERE (destination, object, entity) IN (
    SELECT o.destination, o.object, coalesce(e.root, o.entity)
    FROM operations o LEFT JOIN entities e ON e.id = o.entity WHERE ${CHOSEN} AND o.kind = 'upsert')`

const later = (condition: string): string => `NOT EXISTS (SELECT 1 FROM operations n
  WHERE n.entity = operations.entity AND n.destination = operations.destination AND n.object = operations.object
    AND ${condition})`

/** What the CRM did not keep may be tried again. */
const LIFT = `
  UPDATE projections SET written = ${without('projections.written', 'withheld', 'not_stored')}
  WHERE (destination, object, entity) IN (
    SELECT o.destination, o.object, coalesce(e.root, o.entity)
    FROM operations o LEFT JOIN entities e ON e.id = o.entity
    WHERE o.id IN ${itemsOf(1)} AND o.state = 'not_stored')`

const SEND_ENTRIES_AGAIN = `
  UPDATE operations SET state = 'pending', attempts = 0, not_before = 0, due_at = ?2, finished_at = NULL
  WHERE id IN ${itemsOf(1)} AND state IN ('dead', 'held') AND kind = 'activity'
    AND ${later(`(n.seq > operations.seq OR n.state = 'pending')`)}`

const SUPERSEDE = `
  UPDATE operations SET state = 'superseded'
  WHERE id IN ${itemsOf(1)} AND state IN ('dead', 'held', 'not_stored')`

/** A merge may have brought the record to another entity, and then it kept its external id. */
function runOperations(rest: string): string {
  return `
  SELECT o.*, p.entity AS p_entity, p.external_id AS p_external_id, p.crm_id AS p_crm_id,
    p.desired_hash AS p_desired_hash, p.logged_seq AS p_logged_seq, p.written AS p_written,
    p.retired AS p_retired
  FROM operations o
  LEFT JOIN entities e ON e.id = o.entity
  LEFT JOIN projections p ON p.destination = o.destination AND p.object = o.object
    AND p.external_id = o.external_id AND p.entity IN (o.entity, e.root)
  WHERE ${rest}`
}

const OPERATIONS_OF = runOperations(`
  o.run = ?1 AND o.state IN ('done', 'not_stored')
    AND (?4 IS NULL OR (o.destination = ?4 AND o.object = ?5))
    AND (?3 IS NULL OR (o.destination, o.object, o.external_id, o.seq) >
      (SELECT a.destination, a.object, a.external_id, a.seq FROM operations a WHERE a.id = ?3))
  ORDER BY o.destination, o.object, o.external_id, o.seq LIMIT ?2`)

interface RunColumns extends OperationColumns {
  p_entity: string | null
  p_external_id: string
  p_crm_id: string | null
  p_desired_hash: string | null
  p_logged_seq: number
  p_written: string
  p_retired: ProjectionColumns['retired']
}

function toRunOperation(row: RunColumns): RunOperation {
  const operation = toOperation(row)
  if (row.p_entity === null) return { operation }
  const { destination, object } = row
  return {
    operation,
    projection: toProjection({
      destination,
      object,
      entity: row.p_entity,
      external_id: row.p_external_id,
      crm_id: row.p_crm_id,
      desired_hash: row.p_desired_hash,
      logged_seq: row.p_logged_seq,
      written: row.p_written,
      retired: row.p_retired,
    }),
  }
}

/** Rows: [id, destination, object, entity, external id, lane, kind, mode, fields]. */
const BEGIN = `
  INSERT INTO operations (id, destination, object, entity, external_id, lane, kind, mode, fields, due_at, on_multiple,
    state, attempts, lease_until, run, links, match_keys, created_at)
  SELECT ${columns(9)}, ?2, 'quarantine', 'sending', 1, ?3, ?4, '[]', '[]', ?2 FROM ${rowsOf(1)}
  WHERE true ON CONFLICT DO NOTHING RETURNING id`

const UNVERIFIED = `
  SELECT object, count(*) AS count, min(finished_at) AS since FROM operations
  WHERE verify = 1 AND destination = ?1 GROUP BY object`

const NEXT_UNVERIFIED = runOperations(
  'o.verify = 1 AND o.destination = ?1 AND o.object = ?2 ORDER BY o.finished_at LIMIT ?3',
)

const VERIFIED = `UPDATE operations SET verify = 0 WHERE id IN ${itemsOf(1)}`

const NOT_STORED = `
  UPDATE operations SET state = 'not_stored', error = s.error
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS error FROM ${rowsOf(1)}) AS s
  WHERE operations.id = s.id AND operations.state = 'done'`

const SHADOWS = `
  SELECT * FROM projections
  WHERE destination = ?1 AND crm_id IS NOT NULL AND written <> '{}' AND (object, entity) > (?2, ?3)
  ORDER BY object, entity LIMIT ?4`

export function createRepair(db: SqlDatabase): RepairPort {
  return {
    errorGroups: (filter) => readErrorGroups(db, filter),
    setAside: (filter) => readSetAside(db, filter),

    async operationsOf({ run, limit, afterId, of }) {
      const params = [run, limit, afterId ?? null, of?.destination ?? null, of?.object ?? null]
      const rows = await db.query<RunColumns>(OPERATIONS_OF, params)
      return rows.map(toRunOperation)
    },

    objectsOf: (run) =>
      db.query(
        `SELECT DISTINCT destination, object FROM operations WHERE run = ?1 AND state IN ('done', 'not_stored')
         ORDER BY destination, object`,
        [run],
      ),

    unverified: (destination) => db.query(UNVERIFIED, [destination]),

    async nextUnverified({ destination, object, limit }) {
      return (await db.query<RunColumns>(NEXT_UNVERIFIED, [destination, object, limit])).map(toRunOperation)
    },

    async verified({ ids, notStored, written }) {
      await db.batch([
        ...bulk(VERIFIED, ids),
        ...bulk(
          NOT_STORED,
          notStored.map(({ id, error }) => [id, toJson(error)]),
        ),
        ...announceStatements(written),
      ])
    },

    async shadows({ destination, limit, after }) {
      const params = [destination, after?.object ?? '', after?.entity ?? '', limit]
      return (await db.query<ProjectionColumns>(SHADOWS, params)).map(toProjection)
    },

    async operations(ids) {
      const rows = await db.query<OperationColumns>(`SELECT * FROM operations WHERE id IN ${itemsOf(1)}`, [
        toJson(ids),
      ])
      return rows.map(toOperation)
    },

    async heal(rows, now) {
      await db.batch([...announceStatements(rows), ...projectAnew(rows, now)])
    },

    async begin({ operations, run, now, leaseUntil }) {
      const rows = operations.map((o) => [
        o.id,
        o.destination,
        o.object,
        o.entity,
        o.externalId,
        rankOf(o.lane),
        o.kind,
        o.mode,
        toJson(o.fields),
      ])
      const results = await db.batch<{ id: string }>(bulk(BEGIN, rows, now, leaseUntil, run))
      return results.flatMap((result) => result.rows.map(({ id }) => id))
    },

    async replay({ receipts, records, operations, now }) {
      const ids = toJson(operations)
      const [taken, marked, , , , resent, superseded] = await db.batch([
        statement(TAKE_RECEIPTS, toJson(receipts)),
        statement(TAKE_RECORDS, toJson(records.map((r) => [r.connection, r.stream, r.key])), now),
        statement(PROJECT_AGAIN, ids, now),
        statement(FORGET_DESIRED, ids),
        statement(LIFT, ids),
        statement(SEND_ENTRIES_AGAIN, ids, now),
        statement(SUPERSEDE, ids),
      ])
      const changes = (result: { changes: number } | undefined) => result?.changes ?? 0
      return {
        receipts: changes(taken),
        records: changes(marked),
        operations: changes(resent) + changes(superseded),
      }
    },
  }
}
