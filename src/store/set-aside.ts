import type { ErrorGroup, RepairPort, SetAside, SetAsideFilter } from '../engine/ports.ts'
import { parse, present } from './json.ts'
import { Conditions } from './paging.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Held for a conflict, without an error of its own. */
const CODE = `coalesce(error ->> 'code', 'record.conflict')`

/** A literal state each, so that its own index is read. */
const operationsIn = (state: 'dead' | 'held' | 'not_stored'): string => `
  SELECT 'operation' AS stage, id, destination AS connection, object AS subject, NULL AS key, '${state}' AS state,
    ${CODE} AS code, error, finished_at AS at, run
  FROM operations WHERE state = '${state}'`

/** D1 allows five terms in a compound SELECT. */
const SET_ASIDE = `
  SELECT 'receipt' AS stage, id, connection, NULL AS subject, NULL AS key, 'dead' AS state, ${CODE} AS code, error,
    coalesce(settled_at, received_at) AS at, NULL AS run
  FROM receipts WHERE state = 'dead'
  UNION ALL
  SELECT 'record', connection || '/' || stream || '/' || key, connection, stream, key, 'dead', ${CODE}, error,
    settled_at, run
  FROM records WHERE state = 'dead'
  UNION ALL ${operationsIn('dead')}
  UNION ALL ${operationsIn('held')}
  UNION ALL ${operationsIn('not_stored')}`

const WAITING = `
  SELECT 'operation' AS stage, id, destination AS connection, object AS subject, NULL AS key, 'waiting' AS state,
    ${CODE} AS code, error, created_at AS at, run
  FROM operations WHERE state = 'pending' AND not_before > 0 AND error IS NOT NULL`

const GROUP = `
  stage, connection, subject, state, code, count(*) AS count, min(at) AS first_at, max(at) AS last_at,
  min(error) AS error`

interface GroupColumns {
  stage: ErrorGroup['stage']
  connection: string
  subject: string | null
  state: ErrorGroup['state']
  code: ErrorGroup['error']['code']
  count: number
  first_at: number
  last_at: number
  error: string | null
}

const conditionsOf = ({ stage, code, run }: SetAsideFilter): Conditions =>
  new Conditions().add('stage = ?', stage).add('code = ?', code).add('run = ?', run)

/** The text of a conflict that has no error of its own is written by who shows it. */
const toGroup = (row: GroupColumns): ErrorGroup =>
  present<ErrorGroup>({
    stage: row.stage,
    connection: row.connection,
    subject: row.subject,
    state: row.state,
    code: row.code,
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    error: row.error === null ? { kind: 'record', code: row.code, message: '', fix: '' } : parse(row.error),
  })

export async function readErrorGroups(
  db: SqlDatabase,
  filter: SetAsideFilter = {},
): ReturnType<RepairPort['errorGroups']> {
  const groups = async (source: string) => {
    const c = conditionsOf(filter)
    return db.query<GroupColumns>(
      `SELECT ${GROUP} FROM (${source}) ${c.where} GROUP BY stage, connection, subject, state, code`,
      c.params,
    )
  }
  const rows = (await Promise.all([groups(SET_ASIDE), groups(WAITING)])).flat()
  return rows.map(toGroup).sort((a, b) => b.count - a.count || b.lastAt - a.lastAt)
}

export async function readSetAside(
  db: SqlDatabase,
  { limit, ...filter }: SetAsideFilter & { limit: number },
): Promise<SetAside[]> {
  const c = conditionsOf(filter)
  const rows = await db.query<{
    stage: SetAside['stage']
    id: string
    connection: string
    subject: string | null
    key: string | null
  }>(
    `SELECT stage, id, connection, subject, key FROM (${SET_ASIDE}) ${c.where} ORDER BY at, stage, id LIMIT ${c.bind(limit)}`,
    c.params,
  )
  return rows.map(({ stage, id, connection, subject, key }) =>
    stage === 'record'
      ? { stage, id, record: { connection, stream: subject ?? '', key: key ?? '' } }
      : { stage, id },
  )
}
