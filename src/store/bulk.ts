import type { BulkJob, BulkPort, BulkRow } from '../engine/ports.ts'
import { columns, itemsOf, rowsOf } from './dialect.ts'
import { announceStatements, finishStatements } from './finish.ts'
import { bulk, jsonOrNull, parse, parseOptional, present, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type OperationColumns, toOperation, UNBLOCKED } from './outbox.ts'
import { type SqlDatabase, type SqlValue, statement } from './sql-database.ts'

const BEGIN = `
  INSERT INTO bulk_jobs (id, destination, object, kind, state, fields, page, not_before, created_at, lanes)
  SELECT ${columns(10)} FROM ${rowsOf(1)} WHERE true ON CONFLICT DO NOTHING`

const ATTACH = `
  INSERT INTO bulk_rows (job, key, operation, parent, sent) SELECT ?2, ${columns(4)} FROM ${rowsOf(1)}
  WHERE true ON CONFLICT DO NOTHING`

const CARRY = `
  UPDATE operations SET job = ?2, lease_until = NULL WHERE state = 'sending' AND id IN ${itemsOf(1)}
    AND EXISTS (SELECT 1 FROM bulk_rows r WHERE r.operation = operations.id AND r.job = ?2)`

const GROW = `
  UPDATE bulk_jobs SET bytes = bytes + ?2, rows = (SELECT count(*) FROM bulk_rows WHERE job = ?1),
    fields = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(bulk_jobs.fields) UNION SELECT value FROM json_each(?3)))
  WHERE id = ?1`

const ROWS = `
  SELECT key, operation, parent, sent FROM bulk_rows WHERE job = ?1 AND (parent, key) > (?2, ?3)
  ORDER BY parent, key LIMIT ?4`

const SENT = `
  SELECT r.key, r.operation, r.parent, r.sent, o.* FROM bulk_rows r JOIN operations o ON o.id = r.operation
  WHERE r.job = ?1 AND r.key IN ${itemsOf(2)}`

const FORGET_ROWS = `DELETE FROM bulk_rows WHERE job = ?2 AND operation IN ${itemsOf(1)}`

interface JobColumns {
  id: string
  destination: string
  object: string
  kind: BulkJob['kind']
  state: BulkJob['state']
  vendor_id: string | null
  fields: string
  rows: number
  bytes: number
  page: string | null
  not_before: number
  polls: number
  created_at: number
  finished_at: number | null
  counts: string
  error: string | null
  lanes: string | null
}

const toJob = (row: JobColumns): BulkJob =>
  present<BulkJob>({
    id: row.id,
    destination: row.destination,
    object: row.object,
    kind: row.kind,
    state: row.state,
    vendorId: row.vendor_id,
    fields: parse(row.fields),
    rows: row.rows,
    bytes: row.bytes,
    page: row.page,
    notBefore: row.not_before,
    polls: row.polls,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    counts: parse(row.counts),
    error: parseOptional(row.error),
    lanes: parseOptional(row.lanes),
  })

interface RowColumns {
  key: string
  operation: string
  parent: string
  sent: string
}

const toRow = ({ key, operation, parent, sent }: RowColumns): BulkRow => ({
  key,
  operation,
  parent,
  sent: parse(sent),
})

export function createBulk(db: SqlDatabase): BulkPort {
  return {
    async open(destination) {
      const rows = await db.query<JobColumns>(
        'SELECT * FROM bulk_jobs WHERE finished_at IS NULL AND destination = ?1 ORDER BY created_at, kind',
        [destination],
      )
      return rows.map(toJob)
    },

    async begin(jobs) {
      const rows = jobs.map((job) => [
        job.id,
        job.destination,
        job.object,
        job.kind,
        job.state,
        toJson(job.fields),
        job.page ?? null,
        job.notBefore,
        job.createdAt,
        jsonOrNull(job.lanes),
      ])
      await db.batch(bulk(BEGIN, rows))
    },

    async hold(id, now, until) {
      const [result] = await db.batch([
        statement(
          `UPDATE bulk_jobs SET not_before = ?3 WHERE id = ?1 AND not_before <= ?2 AND finished_at IS NULL RETURNING id`,
          id,
          now,
          until,
        ),
      ])
      return result?.rows.length === 1
    },

    async change(id, changes) {
      const columnOf: Record<string, SqlValue | undefined> = {
        state: changes.state,
        vendor_id: changes.vendorId,
        page: changes.page,
        not_before: changes.notBefore,
        polls: changes.polls,
        finished_at: changes.finishedAt,
        counts: changes.counts === undefined ? undefined : toJson(changes.counts),
        error: changes.error === undefined ? undefined : jsonOrNull(changes.error),
      }
      const set = Object.entries(columnOf).filter(
        (entry): entry is [string, SqlValue] => entry[1] !== undefined,
      )
      if (set.length === 0) return
      const assignments = set.map(([column], index) => `${column} = ?${index + 2}`).join(', ')
      await db.batch([
        statement(`UPDATE bulk_jobs SET ${assignments} WHERE id = ?1`, id, ...set.map(([, value]) => value)),
      ])
    },

    async attach({ job, rows, fields, bytes, announcements }) {
      const ids = toJson(rows.map((row) => row.operation))
      await db.batch([
        ...announceStatements(announcements),
        ...bulk(
          ATTACH,
          rows.map((row) => [row.key, row.operation, row.parent, row.sent]),
          job,
        ),
        statement(CARRY, ids, job),
        statement(GROW, job, bytes, toJson(fields)),
      ])
    },

    async rows(job, { after, limit }) {
      const rows = await db.query<RowColumns>(ROWS, [job, after?.parent ?? '', after?.key ?? '', limit])
      return rows.map(toRow)
    },

    async sent(job, keys) {
      const rows = await db.query<RowColumns & OperationColumns>(SENT, [job, toJson(keys)])
      return rows.map((row) => ({ ...toRow(row), own: toOperation(row) }))
    },

    async left(job) {
      const [row] = await db.query<{ count: number }>(
        'SELECT count(*) AS count FROM bulk_rows WHERE job = ?1',
        [job],
      )
      return row?.count ?? 0
    },

    async settle(job, commit) {
      await db.batch([
        ...finishStatements(commit),
        statement(FORGET_ROWS, toJson(commit.results.map((result) => result.id)), job),
      ])
    },

    async count({ destination, object, lanes, now, max }) {
      const ready = `operations o WHERE o.state = 'pending' AND o.destination = ?1 AND o.object = ?2
        AND o.lane IN ${itemsOf(3)} AND o.not_before <= ?4 AND ${UNBLOCKED}`
      const known = `EXISTS (SELECT 1 FROM projections p WHERE p.destination = o.destination AND p.object = o.object
        AND p.entity = o.entity AND p.crm_id IS NOT NULL)`
      const [row] = await db.query<{ ready: number; known: number }>(
        `SELECT (SELECT count(*) FROM (SELECT 1 FROM ${ready} LIMIT ?5)) AS ready,
                (SELECT count(*) FROM (SELECT 1 FROM ${ready} AND ${known} LIMIT ?5)) AS known`,
        [destination, object, toJson(lanes.map(rankOf)), now, max],
      )
      return { ready: row?.ready ?? 0, known: row?.known ?? 0 }
    },

    async wake(now) {
      await db.batch([
        statement('UPDATE bulk_jobs SET not_before = ?1 WHERE finished_at IS NULL AND not_before > ?1', now),
      ])
    },

    async prune(before) {
      await db.batch([
        statement('DELETE FROM bulk_jobs WHERE finished_at IS NOT NULL AND finished_at < ?1', before),
      ])
    },
  }
}
