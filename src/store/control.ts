import type { ControlPort } from '../engine/ports.ts'
import { columns, rowsOf } from './dialect.ts'
import { bulk, jsonOrNull, toJson } from './json.ts'
import { NEXT_AT, QUEUES } from './queues.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

const ACQUIRE = `
  INSERT INTO leases (name, holder, until) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
  WHERE leases.holder = excluded.holder OR leases.until <= ?4
  RETURNING holder`

const SAVE_RUN = `
  INSERT INTO runs (id, kind, scope, started_at, finished_at, state, counts, error)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, state = excluded.state, counts = excluded.counts,
    error = excluded.error`

/** Deliveries stay: they can be taken back. */
const FORGET_RUNS = `
  DELETE FROM runs WHERE id IN (SELECT id FROM runs AS r
    WHERE kind IN ('pull', 'import') AND started_at < max(?1, ?2)
      AND (started_at < ?1 OR (state = 'done' AND coalesce(counts ->> 'changed', 0) + coalesce(counts ->> 'deleted', 0)
        + coalesce(counts ->> 'held', 0) + coalesce(counts ->> 'failed', 0) = 0))
      AND EXISTS (SELECT 1 FROM runs AS n WHERE n.scope = r.scope AND n.started_at > r.started_at)
    ORDER BY started_at LIMIT ?3)`

const SAVE_MAPPINGS = `
  INSERT INTO mapping_versions (hash, file, destination, object, seen_at, text)
  SELECT ${columns(6)} FROM ${rowsOf(1)} WHERE true ON CONFLICT (hash) DO NOTHING`

const ADD_USAGE = `
  INSERT INTO usage (connection, day, calls, failures) SELECT ${columns(4)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, day) DO UPDATE SET
    calls = usage.calls + excluded.calls, failures = usage.failures + excluded.failures`

/** D1 allows five terms in a compound SELECT. */
const NEXT_WAKE = `
  WITH RECURSIVE ${QUEUES}
  SELECT min(at) AS at FROM (
    SELECT min(not_before) AS at FROM receipts WHERE state = 'new'
    UNION ALL SELECT ?1 WHERE EXISTS (SELECT 1 FROM records WHERE state = 'pending')
      OR EXISTS (SELECT 1 FROM dirty WHERE not_before = 0)
    UNION ALL SELECT min(not_before) FROM dirty WHERE not_before > 0
    UNION ALL SELECT min(at) FROM (SELECT min(lease_until) AS at FROM operations WHERE state = 'sending'
      UNION ALL SELECT min(not_before) FROM bulk_jobs WHERE finished_at IS NULL
      UNION ALL SELECT min(not_before) FROM chores WHERE finished_at IS NULL)
    UNION ALL SELECT ${NEXT_AT} FROM queue WHERE NOT EXISTS (SELECT 1 FROM holds h
      WHERE h.destination = queue.destination AND h.object = queue.object AND h.accepted_at IS NULL))`

export function createControl(db: SqlDatabase): ControlPort {
  return {
    async acquireLease({ name, holder, now, ttlMs }) {
      const [result] = await db.batch([statement(ACQUIRE, name, holder, now + ttlMs, now)])
      return result?.rows.length === 1
    },

    async releaseLease(name, holder) {
      await db.batch([statement('DELETE FROM leases WHERE name = ?1 AND holder = ?2', name, holder)])
    },

    async leaseHolders(now) {
      const rows = await db.query<{ holder: string }>('SELECT DISTINCT holder FROM leases WHERE until > ?1', [
        now,
      ])
      return rows.map(({ holder }) => holder)
    },

    async releaseHolder(holder) {
      await db.batch([statement('DELETE FROM leases WHERE holder = ?1', holder)])
    },

    async saveRun(run) {
      await db.batch([
        statement(
          SAVE_RUN,
          run.id,
          run.kind,
          run.scope,
          run.startedAt,
          run.finishedAt ?? null,
          run.state,
          toJson(run.counts),
          jsonOrNull(run.error),
        ),
      ])
    },

    async endLostRuns(scope, error) {
      await db.batch([
        statement(
          `UPDATE runs SET state = 'stopped', error = ?2 WHERE scope = ?1 AND kind IN ('pull', 'import') AND state = 'running'`,
          scope,
          toJson(error),
        ),
      ])
    },

    async forgetRuns({ before, quietBefore, limit }) {
      const [result] = await db.batch([statement(FORGET_RUNS, before, quietBefore, limit)])
      return result?.changes ?? 0
    },

    async saveMappings(versions) {
      await db.batch(
        bulk(
          SAVE_MAPPINGS,
          versions.map((v) => [v.hash, v.file, v.destination, v.object, v.seenAt, v.text]),
        ),
      )
    },

    async addUsage(rows) {
      await db.batch(
        bulk(
          ADD_USAGE,
          rows.map((row) => [row.connection, row.day, row.calls, row.failures]),
        ),
      )
    },

    async getSetting(key) {
      const [row] = await db.query<{ value: string }>('SELECT value FROM settings WHERE key = ?1', [key])
      return row?.value
    },

    async setSetting(key, value) {
      await db.batch([
        statement(
          `INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
          key,
          value,
        ),
      ])
    },

    settings: (prefix) =>
      db.query<{ key: string; value: string }>(
        'SELECT key, value FROM settings WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key',
        [prefix],
      ),

    async nextWake(now) {
      const [row] = await db.query<{ at: number | null }>(NEXT_WAKE, [now])
      return row?.at ?? undefined
    },
  }
}
