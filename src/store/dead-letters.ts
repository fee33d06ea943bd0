import type { DeadLetter, InspectPort } from '../engine/ports.ts'
import { parse } from './json.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import type { SqlDatabase } from './sql-database.ts'

const DEAD: Record<DeadLetter['stage'], string> = {
  receipt: `
    SELECT id, 'receipt' AS stage, connection, id AS subject, error, coalesce(settled_at, received_at) AS at
    FROM receipts WHERE state = 'dead'`,
  record: `
    SELECT connection || '/' || stream || '/' || key AS id, 'record' AS stage, connection,
      stream || '/' || key AS subject, error, settled_at AS at
    FROM records WHERE state = 'dead'`,
  operation: `
    SELECT id, 'operation' AS stage, destination AS connection, object || '/' || external_id AS subject, error,
      finished_at AS at
    FROM operations WHERE state = 'dead'`,
}

interface DeadColumns {
  id: string
  stage: DeadLetter['stage']
  connection: string
  subject: string
  error: string
  at: number
}

/** Newest first; the id of a record is connection/stream/key. */
export async function readDeadLetters(
  db: SqlDatabase,
  { limit, after, stage }: Parameters<InspectPort['deadLetters']>[0],
): ReturnType<InspectPort['deadLetters']> {
  const token = readToken(after, 3)
  const c = new Conditions().add('(at, stage, id) < (?, ?, ?)', token?.[0], token?.[1], token?.[2])
  const sources = stage ? [DEAD[stage]] : Object.values(DEAD)
  const rows = await db.query<DeadColumns>(
    `SELECT * FROM (${sources.join(' UNION ALL ')}) ${c.where}
     ORDER BY at DESC, stage DESC, id DESC LIMIT ${c.bind(limit + 1)}`,
    c.params,
  )
  return pageOf(
    rows,
    limit,
    (row): DeadLetter => ({
      id: row.id,
      stage: row.stage,
      connection: row.connection,
      subject: row.subject,
      error: parse(row.error),
      at: row.at,
    }),
    (row) => [row.at, row.stage, row.id],
  )
}
