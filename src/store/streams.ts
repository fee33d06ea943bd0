import type { InspectPort, StreamSample, StreamState } from '../engine/ports.ts'
import { ARRIVAL } from './dialect.ts'
import { type RunColumns, toRun } from './runs.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Each count reads an index only; there is none of records by stream and state, but few are pending or dead. */
const COUNTS = `
  SELECT 'total' AS name, stream, count(*) AS count FROM records WHERE connection = ?1 GROUP BY stream
  UNION ALL SELECT 'pending', stream, count(*) FROM records
    WHERE state = 'pending' AND +connection = ?1 GROUP BY stream
  UNION ALL SELECT 'dead', stream, count(*) FROM records
    WHERE state = 'dead' AND +connection = ?1 GROUP BY stream`

/** The newest run of each scope; ?1 and ?2 enclose the scopes of a connection. */
const LAST_RUNS = `
  SELECT * FROM (
    SELECT r.*, row_number() OVER (PARTITION BY scope ORDER BY started_at DESC, id DESC) AS place FROM runs r
    WHERE kind IN ('pull', 'import') AND scope >= ?1 AND scope < ?2) AS ranked
  WHERE place = 1`

const PULLED = `
  SELECT scope, count(*) AS runs, sum(counts ->> 'records') AS records, sum(counts ->> 'changed') AS changed
  FROM runs WHERE kind IN ('pull', 'import') AND scope >= ?1 AND scope < ?2 AND started_at >= ?3 GROUP BY scope`

type StatesQuery = Parameters<InspectPort['streamStates']>[0]

export async function readStreamStates(
  db: SqlDatabase,
  { connection, since }: StatesQuery,
): Promise<StreamState[]> {
  // "/" is followed by "0": everything that begins with "connection/".
  const scopes = [`${connection}/`, `${connection}0`]
  const [counts, lastRuns, pulled] = await Promise.all([
    db.query<{ name: 'total' | 'pending' | 'dead'; stream: string; count: number }>(COUNTS, [connection]),
    db.query<RunColumns & { place: number }>(LAST_RUNS, scopes),
    db.query<{ scope: string; runs: number; records: number | null; changed: number | null }>(PULLED, [
      ...scopes,
      since,
    ]),
  ])
  const states = new Map<string, StreamState>()
  const stateOf = (stream: string): StreamState => {
    const state = states.get(stream) ?? {
      stream,
      records: { total: 0, pending: 0, dead: 0 },
      pulled: { runs: 0, records: 0, changed: 0 },
    }
    states.set(stream, state)
    return state
  }
  // An import names its file after the stream.
  const streamIn = (scope: string): string => scope.slice(connection.length + 1).split(' ')[0]!
  for (const { name, stream, count } of counts) stateOf(stream).records[name] = count
  for (const { place: _, ...run } of lastRuns) {
    const state = stateOf(streamIn(run.scope))
    if ((state.lastRun?.startedAt ?? 0) <= run.started_at) state.lastRun = toRun(run)
  }
  for (const { scope, runs, records, changed } of pulled) {
    const sum = stateOf(streamIn(scope)).pulled
    sum.runs += runs
    sum.records += records ?? 0
    sum.changed += changed ?? 0
  }
  return [...states.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1))
}

/** Records and touchpoints that are looked through for those of one stream: no index has them by stream and time. */
const NEWEST = 20_000

/** What arrived last of a stream; where that is long ago, any of its records, as the primary key finds them. */
const CHOSEN = `
  SELECT place FROM (
    SELECT * FROM (
      SELECT r.place FROM
        (SELECT ${ARRIVAL} AS place, connection, stream FROM records ORDER BY ${ARRIVAL} DESC LIMIT ${NEWEST}) AS r
      WHERE r.connection = ?1 AND r.stream = ?2 LIMIT ?3)
    UNION SELECT * FROM (
      SELECT ${ARRIVAL} FROM records WHERE connection = ?1 AND stream = ?2 ORDER BY key DESC LIMIT ?3)) AS chosen
  ORDER BY place DESC LIMIT ?3`

const SAMPLE = `SELECT body, changed_at FROM records WHERE ${ARRIVAL} IN (${CHOSEN}) AND is_deleted = 0`

/**
 * Who the records of the sample are about: the persons and accounts of their contributions and documents, and those of
 * the touchpoints of the stream that came last. A fact that names nobody counts as unknown.
 */
const IDENTIFIED = `
  WITH sample AS (SELECT key FROM records WHERE ${ARRIVAL} IN (${CHOSEN})),
  facts AS (
    SELECT c.key, c.entity AS node FROM sample s
      JOIN contributions c ON c.connection = ?1 AND c.stream = ?2 AND c.key = s.key
    UNION SELECT d.record_key, d.person FROM sample s
      JOIN documents d ON d.connection = ?1 AND d.stream = ?2 AND d.record_key = s.key
    UNION SELECT d.record_key, d.account FROM sample s
      JOIN documents d ON d.connection = ?1 AND d.stream = ?2 AND d.record_key = s.key
    UNION SELECT t.key, t.person FROM
      (SELECT * FROM touchpoints ORDER BY seq DESC LIMIT ?4) AS t WHERE t.connection = ?1 AND t.stream = ?2
    UNION SELECT t.key, t.account FROM
      (SELECT * FROM touchpoints ORDER BY seq DESC LIMIT ?4) AS t WHERE t.connection = ?1 AND t.stream = ?2),
  judged AS (
    SELECT f.key, max(coalesce(r.is_known, 0)) AS known FROM facts f
      LEFT JOIN entities e ON e.id = f.node LEFT JOIN entities r ON r.id = e.root GROUP BY f.key)
  SELECT count(*) AS "of", coalesce(sum(known), 0) AS known FROM judged`

type SampleQuery = Parameters<InspectPort['streamSample']>[0]

export async function readStreamSample(
  db: SqlDatabase,
  { connection, stream, limit }: SampleQuery,
): Promise<StreamSample> {
  const [rows, [identified]] = await Promise.all([
    db.query<{ body: string; changed_at: number }>(SAMPLE, [connection, stream, limit]),
    db.query<{ of: number; known: number }>(IDENTIFIED, [connection, stream, limit, NEWEST]),
  ])
  const changedAt = rows.reduce((latest, row) => Math.max(latest, row.changed_at), 0)
  return {
    bodies: rows.map(({ body }) => body),
    ...(rows.length > 0 ? { changedAt } : {}),
    identified: identified ?? { of: 0, known: 0 },
  }
}
