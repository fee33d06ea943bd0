import { ConfigError, type HubError, nearestOrAll, reportOf, type Stream } from '#kit'
import { DAY_MS, type Instant } from '#model'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { RunRow, StreamState } from './ports.ts'
import { coverageOf, type FieldCoverage } from './reading/coverage.ts'
import { type Drift, driftOf } from './reading/drift.ts'

export interface StreamReport {
  stream: string
  title?: string
  /** How records come; a stream that pulls may get webhooks as well. */
  arrives: 'pull' | 'webhook' | 'import' | 'enrichment'
  records: { total: number; pending: number; dead: number }
  /** What the runs of the last seven days read, and how much of it was new or different. */
  pulled: { runs: number; records: number; changed: number }
  /** Newest change among the records that came last, or by the last run; absent where there is none. */
  lastRecordAt?: Instant
  lastRun?: RunRow
  /** A first full read is under way. */
  isBackfilling: boolean
  /** How many of the newest records were looked at for what follows. */
  sampled: number
  /** Share of the fields that the connector uses and that hold something, 0…1; absent without records. */
  filled?: number
  /** Fields of the records, those that the connector uses first. */
  fields: FieldCoverage[]
  /** Of the records that say something about somebody: how many of whom more is known than a browser. */
  identified: { of: number; known: number }
  /** How the records changed since somebody last accepted their shape; absent where they did not. */
  drift?: Drift
  /** With `live`: what the first page brings now. Nothing of it is stored. */
  live?:
    | { records: number; fields: FieldCoverage[]; filled?: number }
    | { error: ReturnType<typeof reportOf> }
}

export interface Discovery {
  connection: string
  connector: string
  streams: StreamReport[]
}

const SAMPLE = 1_000
const WEEK_MS = 7 * DAY_MS

/** The streams of a connection: how much there is, how fresh, how complete, and how much of it is about known people. */
export async function discover(
  deps: EngineDeps,
  name: string,
  options: { live?: boolean; signal: AbortSignal },
): Promise<Discovery> {
  const connection = findConnection(deps.connections, name)
  const stored = await deps.store.inspect.streamStates({
    connection: name,
    since: deps.clock.now() - WEEK_MS,
  })
  const states = new Map(stored.map((state) => [state.stream, state]))
  const own = Object.entries(connection.connector.streams ?? {}).flatMap(([stream, { isOn }]) =>
    (isOn?.(connection.config) ?? true) ? [stream] : [],
  )
  const streams = new Set([...own, ...states.keys()])
  const reports: StreamReport[] = []
  for (const stream of streams) {
    const report = await reportOn(deps, connection, stream, states.get(stream))
    const pulls = options.live && connection.connector.streams?.[stream]?.pull
    reports.push(
      pulls ? { ...report, live: await lookLive(deps, connection, stream, options.signal) } : report,
    )
  }
  return { connection: name, connector: connection.connector.name, streams: reports }
}

export function findConnection(connections: ReadonlyMap<string, Connection>, name: string): Connection {
  const connection = connections.get(name)
  if (connection) return connection
  const known = [...connections.keys()]
  throw new ConfigError(
    'config.unknown_connection',
    `There is no connection ${name}; ${nearestOrAll(name, known)}`,
  )
}

async function reportOn(
  deps: EngineDeps,
  connection: Connection,
  name: string,
  state: StreamState | undefined,
): Promise<StreamReport> {
  const { store } = deps
  const stream = connection.connector.streams?.[name]
  const [sample, cursor, drift] = await Promise.all([
    store.inspect.streamSample({ connection: connection.name, stream: name, limit: SAMPLE }),
    store.intake.readCursor(connection.name, name),
    driftOf(deps, connection.name, name),
  ])
  const coverage = coverageOf(
    sample.bodies.map((body) => JSON.parse(body)),
    stream,
  )
  const { counts, startedAt = 0 } = state?.lastRun ?? {}
  const lastRecordAt = Math.max(sample.changedAt ?? 0, counts?.changed ? startedAt : 0)
  return {
    stream: name,
    ...(stream?.title ? { title: stream.title } : {}),
    arrives: arrivalOf(connection, stream),
    records: state?.records ?? { total: 0, pending: 0, dead: 0 },
    pulled: state?.pulled ?? { runs: 0, records: 0, changed: 0 },
    ...(lastRecordAt > 0 ? { lastRecordAt } : {}),
    ...(state?.lastRun ? { lastRun: state.lastRun } : {}),
    isBackfilling: cursor !== undefined && cursor.since === undefined && cursor.run !== undefined,
    sampled: sample.bodies.length,
    ...coverage,
    identified: sample.identified,
    ...(drift ? { drift } : {}),
  }
}

function arrivalOf(
  { connector }: Connection,
  stream: Stream<unknown, unknown> | undefined,
): StreamReport['arrives'] {
  if (stream?.pull) return 'pull'
  if (stream && connector.webhook) return 'webhook'
  return stream ? 'import' : 'enrichment'
}

/** One page from the beginning, as a first run would read it. */
async function lookLive(
  deps: EngineDeps,
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<NonNullable<StreamReport['live']>> {
  const stream = connection.connector.streams![name]!
  try {
    for await (const { records } of stream.pull!.read(contextOf(connection, { ...deps, signal }), undefined))
      return { records: records.length, ...coverageOf(records, stream) }
    return { records: 0, fields: [] }
  } catch (error) {
    const isClassed = (error as HubError | undefined)?.kind !== undefined
    if (!isClassed) throw error
    return { error: reportOf(error) }
  }
}
