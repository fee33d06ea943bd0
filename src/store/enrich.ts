import type { EnrichmentRow, EnrichPort } from '../engine/ports.ts'
import { columns, rowsOf, tuplesOf } from './dialect.ts'
import { markDirty, unmark } from './dirty.ts'
import { bulk, toJson } from './json.ts'
import { storeRecords } from './records.ts'
import type { SqlDatabase } from './sql-database.ts'

const LEDGER = `
  INSERT INTO enrichments (provider, key, status, cost, at, expires_at) SELECT ${columns(6)} FROM ${rowsOf(1)}
  WHERE true ON CONFLICT (provider, key, at) DO NOTHING`

interface EnrichmentColumns {
  provider: string
  key: string
  status: EnrichmentRow['status']
  cost: number
  at: number
  expires_at: number
}

export function createEnrich(db: SqlDatabase): EnrichPort {
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

    /** A row under `*` pauses a provider as a whole and is no call. */
    async spent(provider, since) {
      const [row] = await db.query<{ calls: number; cost: number }>(
        `SELECT count(*) - (SELECT count(*) FROM enrichments WHERE provider = ?1 AND key = '*' AND at >= ?2) AS calls,
           coalesce(sum(cost), 0) AS cost FROM enrichments WHERE provider = ?1 AND at >= ?2`,
        [provider, since],
      )
      return row ?? { calls: 0, cost: 0 }
    },

    async commit({ rows, records, dirtyDone, dirty, now }) {
      await db.batch([
        ...bulk(
          LEDGER,
          rows.map((row) => [row.provider, row.key, row.status, row.cost, row.at, row.expiresAt]),
        ),
        ...storeRecords(records, now).statements,
        ...unmark(dirtyDone),
        ...markDirty(dirty, now),
      ])
    },
  }
}
