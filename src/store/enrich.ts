import { DAY_MS } from '#model'
import type { EnrichmentRow, EnrichPort } from '../engine/ports.ts'
import { columns, rowsOf, tuplesOf } from './dialect.ts'
import { markDirty, putOff, unmark } from './dirty.ts'
import { bulk, toJson } from './json.ts'
import { storeRecords } from './records.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

const LEDGER = `
  INSERT INTO enrichments (provider, key, status, cost, at, expires_at) SELECT ${columns(6)} FROM ${rowsOf(1)}
  WHERE true ON CONFLICT (provider, key, at) DO UPDATE SET
    status = excluded.status, cost = excluded.cost, expires_at = excluded.expires_at`

const CLAIM = `
  INSERT INTO enrichments (provider, key, status, cost, at, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE NOT EXISTS (SELECT 1 FROM enrichments WHERE provider = ?1 AND key = ?2 AND expires_at > ?5)
    AND (?7 IS NULL OR ?7 > (SELECT count(*) FROM enrichments WHERE provider = ?1 AND at >= ?8 AND status <> 'error'))
  ON CONFLICT (provider, key, at) DO UPDATE SET
    status = excluded.status, cost = excluded.cost, expires_at = excluded.expires_at
  RETURNING key`

interface EnrichmentColumns {
  provider: string
  key: string
  status: EnrichmentRow['status']
  cost: number
  at: number
  expires_at: number
}

function claimOf(
  { provider, key, status, cost, at, expiresAt }: EnrichmentRow,
  budget: { calls: number; since: number } | undefined,
): Statement {
  const { calls = null, since = 0 } = budget ?? {}
  return statement(CLAIM, provider, key, status, cost, at, expiresAt, calls, since)
}

export function createEnrich(db: SqlDatabase): EnrichPort {
  // What is claimed in one go is one commit: each is a durable write.
  const pending: Statement[] = []
  let claims: ReturnType<SqlDatabase['batch']> | undefined
  return {
    /** The latest answer of each key, if it has not expired. */
    async known(keys, now) {
      const rows = await db.query<EnrichmentColumns>(
        `SELECT * FROM (
           SELECT *, row_number() OVER (PARTITION BY provider, key ORDER BY at DESC) AS place
           FROM enrichments WHERE (provider, key) IN ${tuplesOf(1, 2)})
         WHERE place = 1 AND expires_at > ?2`,
        [toJson(keys.map((key) => [key.provider, key.key])), now],
      )
      return rows.map(({ provider, key, status, cost, at, expires_at }) => ({
        provider,
        key,
        status,
        cost,
        at,
        expiresAt: expires_at,
      }))
    },

    claim(row, budget) {
      claims ??= Promise.resolve().then(() => {
        const all = pending.splice(0)
        claims = undefined
        return db.batch(all)
      })
      const index = pending.length
      pending.push(claimOf(row, budget))
      return claims.then((results) => results[index]?.rows.length === 1)
    },

    async spent(provider, since) {
      const [row] = await db.query<{ calls: number; cost: number }>(
        `SELECT count(*) AS calls, coalesce(sum(cost), 0) AS cost FROM enrichments
         WHERE provider = ?1 AND at >= ?2 AND status <> 'error'`,
        [provider, since],
      )
      return row ?? { calls: 0, cost: 0 }
    },

    async days(provider, since) {
      return db.query(
        `SELECT at / ${DAY_MS} AS day, count(*) AS calls, coalesce(sum(cost), 0) AS cost FROM enrichments
         WHERE provider = ?1 AND at >= ?2 AND status <> 'error' GROUP BY 1 ORDER BY 1`,
        [provider, since],
      )
    },

    async commit({ rows, records, dirtyDone, dirty, putOff: waiting = [], now }) {
      await db.batch([
        ...bulk(
          LEDGER,
          rows.map((row) => [row.provider, row.key, row.status, row.cost, row.at, row.expiresAt]),
        ),
        ...storeRecords(records, now).statements,
        ...unmark(dirtyDone),
        ...[...Map.groupBy(dirty, ({ since = now }) => since)].flatMap(([since, marks]) =>
          markDirty(marks, since),
        ),
        ...putOff(waiting),
      ])
    },
  }
}
