import type { InspectPort } from '../engine/ports.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import type { SqlDatabase } from './sql-database.ts'
import { TOUCHPOINT_COLUMNS, TOUCHPOINT_ROOTS, type TouchpointColumns, toTouchpoint } from './touchpoints.ts'

/** Any node stands for its whole person or account; an account's timeline holds its people's touchpoints too. */
const OF_PERSON = `
  t.person IN (SELECT n.id FROM entities s JOIN entities n ON n.root = s.root WHERE s.id = ?)`
const OF_ACCOUNT = `
  t.seq IN (
    WITH own AS (SELECT n.id FROM entities s JOIN entities n ON n.root = s.root WHERE s.id = ?)
    SELECT o.seq FROM touchpoints o JOIN own ON o.account = own.id
    UNION SELECT o.seq FROM own JOIN entities p ON p.account = own.id AND p.root = p.id
      JOIN entities n ON n.root = p.id JOIN touchpoints o ON o.person = n.id)`

/** Newest first by when they happened; without a person or account by when they came in. */
export async function readTimeline(
  db: SqlDatabase,
  { limit, after, person, account, kind }: Parameters<InspectPort['touchpoints']>[0],
): ReturnType<InspectPort['touchpoints']> {
  const isTimeline = person !== undefined || account !== undefined
  const token = readToken(after, 2)
  const c = new Conditions().add(OF_PERSON, person).add(OF_ACCOUNT, account).add('t.kind = ?', kind)
  if (isTimeline) c.add('(t.occurred_at, t.seq) < (?, ?)', token?.[0], token?.[1])
  else c.add('t.seq < ?', token?.[1])
  const rows = await db.query<TouchpointColumns>(
    `SELECT ${TOUCHPOINT_COLUMNS} FROM touchpoints t ${TOUCHPOINT_ROOTS} ${c.where}
     ORDER BY ${isTimeline ? 't.occurred_at DESC, t.seq DESC' : 't.seq DESC'} LIMIT ${c.bind(limit + 1)}`,
    c.params,
  )
  return pageOf(rows, limit, toTouchpoint, (row) => [row.occurred_at, row.seq])
}
