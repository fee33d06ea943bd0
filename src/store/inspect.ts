import type { Delivery, InspectPort, OperationState, RunRow } from '../engine/ports.ts'
import { readActive, readTouchpointDays } from './activity.ts'
import { readDeadLetters } from './dead-letters.ts'
import { readEntities, readEntity } from './inspect-entities.ts'
import { parse, parseOptional, present } from './json.ts'
import { type OperationColumns, toOperation } from './outbox.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import { RECORD_COLUMNS, type RecordColumns, toRecord } from './records.ts'
import { type RunColumns, toRun } from './runs.ts'
import type { SqlDatabase } from './sql-database.ts'
import { readStreamSample, readStreamStates } from './streams.ts'
import { readTimeline } from './timeline.ts'
import { readTotals } from './totals.ts'
import { readTraffic } from './traffic.ts'

const INDEXED_STATES: ReadonlySet<OperationState> = new Set([
  'pending',
  'sending',
  'dead',
  'held',
  'not_stored',
])

/** For people and tools that look at what is there: pages by sort key, newest first where there is a time. */
export function createInspect(db: SqlDatabase): InspectPort {
  return {
    totals: () => readTotals(db),
    traffic: (query) => readTraffic(db, query),
    touchpointDays: (query) => readTouchpointDays(db, query),
    activeSince: (query) => readActive(db, query),
    touchpoints: (query) => readTimeline(db, query),
    entities: (query) => readEntities(db, query),
    entity: (id) => readEntity(db, id),
    deadLetters: (query) => readDeadLetters(db, query),
    streamStates: (query) => readStreamStates(db, query),
    streamSample: (query) => readStreamSample(db, query),

    async records({ limit, after, connection, stream, key }) {
      const token = readToken(after, 3)
      const c = new Conditions()
        .add('connection = ?', connection)
        .add('stream = ?', stream)
        .add('key = ?', key)
        .add('(connection, stream, key) > (?, ?, ?)', token?.[0], token?.[1], token?.[2])
      const rows = await db.query<
        RecordColumns & { state: 'pending' | 'absorbed' | 'dead'; error: string | null }
      >(
        `SELECT ${RECORD_COLUMNS}, state, error FROM records ${c.where}
         ORDER BY connection, stream, key LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(
        rows,
        limit,
        (row) => {
          const error = parseOptional<NonNullable<RunRow['error']>>(row.error)
          return { ...toRecord(row), state: row.state, ...(error ? { error } : {}) }
        },
        (row) => [row.connection, row.stream, row.key],
      )
    },

    async operations({ limit, after, destination, object, state, entity, run }) {
      const c = new Conditions()
        .add('destination = ?', destination)
        .add('object = ?', object)
        .add('entity = ?', entity)
        .add('run = ?', run)
        .add('seq < ?', readToken(after, 1)?.[0])
      // A literal lets the state's own index be used; the sum keeps it from being passed over for the order of seq.
      const isIndexed = state !== undefined && INDEXED_STATES.has(state)
      if (isIndexed) c.add(`state = '${state}'`)
      else c.add('state = ?', state)
      const order = isIndexed ? 'seq + 0' : 'seq'
      const rows = await db.query<OperationColumns>(
        `SELECT * FROM operations ${c.where} ORDER BY ${order} DESC LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(rows, limit, toOperation, (row) => [row.seq])
    },

    async stuckOperations() {
      const rows = await db.query<{
        destination: string
        object: string
        error: string
        count: number
        next_at: number
      }>(
        `SELECT destination, object, min(error) AS error, count(*) AS count, min(not_before) AS next_at
         FROM operations WHERE state = 'pending' AND not_before > 0 AND error IS NOT NULL
         GROUP BY destination, object, error ->> 'code' ORDER BY destination, object, count DESC`,
      )
      return rows.map(({ next_at, error, ...row }) => ({ ...row, error: parse(error), nextAt: next_at }))
    },

    async written(run) {
      const [row] = await db.query<{ count: number }>(
        `SELECT count(*) AS count FROM operations o WHERE o.run = ?1 AND o.state = 'done'
         AND EXISTS (SELECT 1 FROM deliveries d WHERE d.operation = o.id AND d.status = 'written')`,
        [run],
      )
      return row?.count ?? 0
    },

    async outcomes(run) {
      const rows = await db.query<{ state: OperationState; count: number }>(
        'SELECT state, count(*) AS count FROM operations WHERE run = ?1 GROUP BY state',
        [run],
      )
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
    },

    async deliveries(operation) {
      const rows = await db.query<{
        operation: string
        attempt: number
        status: string
        request_id: string | null
        excerpt: string | null
        at: number
        request: string | null
      }>('SELECT * FROM deliveries WHERE operation = ?1 ORDER BY attempt', [operation])
      return rows.map(({ request_id, ...row }) => present<Delivery>({ ...row, requestId: request_id }))
    },

    async runs({ limit, after, kind, state, scope }) {
      const token = readToken(after, 2)
      const c = new Conditions()
        .add('kind = ?', kind)
        .add('state = ?', state)
        // "/" is followed by "0", and " " by "!".
        .add(
          '(scope = ? OR (scope >= ? AND scope < ?) OR (scope >= ? AND scope < ?))',
          ...(scope === undefined
            ? [undefined]
            : [scope, `${scope}/`, `${scope}0`, `${scope} `, `${scope}!`]),
        )
        .add('(started_at, id) < (?, ?)', token?.[0], token?.[1])
      const rows = await db.query<RunColumns>(
        `SELECT * FROM runs ${c.where} ORDER BY started_at DESC, id DESC LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(rows, limit, toRun, (row) => [row.started_at, row.id])
    },

    async lastPulls() {
      const rows = await db.query<RunColumns>(
        `SELECT r.* FROM (SELECT DISTINCT scope FROM runs) AS s JOIN runs r ON r.id =
           (SELECT id FROM runs WHERE scope = s.scope AND kind = 'pull' ORDER BY started_at DESC, id DESC LIMIT 1)
         ORDER BY r.scope`,
      )
      return rows.map(toRun)
    },
  }
}
