import type { CrmChange, CrmChangePort } from '../engine/ports.ts'
import { at, columns, rowsOf } from './dialect.ts'
import { bulk, jsonOrNull, parse, parseOptional, present, toJson } from './json.ts'
import type { SqlDatabase } from './sql-database.ts'

interface Columns {
  seq: number
  run: string
  destination: string
  object: string
  crm_id: string
  kind: CrmChange['kind']
  change: string
  state: CrmChange['state']
  error: string | null
  at: number
}

function toChange(row: Columns): CrmChange {
  const { fields, link, into } = parse<Pick<CrmChange, 'fields' | 'link' | 'into'>>(row.change)
  return present<CrmChange>({
    seq: row.seq,
    run: row.run,
    destination: row.destination,
    object: row.object,
    crmId: row.crm_id,
    kind: row.kind,
    fields: fields ?? null,
    link: link ?? null,
    into: into ?? null,
    state: row.state,
    error: parseOptional(row.error),
    at: row.at,
  })
}

/** Rows: [run, destination, object, CRM id, kind, change]. */
const BEGIN = `
  INSERT INTO crm_changes (run, destination, object, crm_id, kind, change, state, at)
  SELECT ${columns(6)}, 'sending', ?2 FROM ${rowsOf(1)} WHERE true RETURNING seq`

const FINISH = `
  UPDATE crm_changes SET state = CASE WHEN s.error IS NULL THEN 'done' ELSE 'failed' END, error = s.error
  FROM (SELECT ${at(0)} AS seq, ${at(1)} AS error FROM ${rowsOf(1)}) AS s
  WHERE crm_changes.seq = s.seq`

const OF_RUN = `
  SELECT * FROM crm_changes WHERE run = ?1 AND seq > ?2 AND state <> 'failed' ORDER BY seq LIMIT ?3`

export function createCrmChanges(db: SqlDatabase): CrmChangePort {
  return {
    async begin(changes, now) {
      const rows = changes.map(({ run, destination, object, crmId, kind, ...change }) => [
        run,
        destination,
        object,
        crmId,
        kind,
        toJson(change),
      ])
      const results = await db.batch<{ seq: number }>(bulk(BEGIN, rows, now))
      // Numbers rise in the order of insertion; that of the answer is not promised.
      return results.flatMap((result) => result.rows.map(({ seq }) => seq)).sort((a, b) => a - b)
    },

    async finish(results) {
      await db.batch(
        bulk(
          FINISH,
          results.map(({ seq, error }) => [seq, jsonOrNull(error)]),
        ),
      )
    },

    ofRun: async ({ run, limit, after }) =>
      (await db.query<Columns>(OF_RUN, [run, after ?? 0, limit])).map(toChange),
  }
}
