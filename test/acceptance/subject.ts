import { type AnyConnector, type ConnectorContext, type Page, type Stream, silentLog } from '#kit'
import { contextOf } from '../../src/engine/connection.ts'
import { toConnection } from '../../src/hub.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { allExchanges, type Fixtures, type VendorResponse } from './fixtures.ts'
import { type Interference, playVendor, type Vendor } from './vendor.ts'

export type AnyStream = Stream<unknown, unknown>

/** A connector with everything that is judged about it. */
export interface Subject {
  /** Name of its folder. */
  folder: string
  connector: AnyConnector
  fixtures: Fixtures
  readme: string | undefined
  /** Code files by path below the folder. */
  code: Record<string, string>
  /** docs/decisions.md. */
  decisions: string
}

/** One check, bound to its subject. */
export interface Check {
  /** What broken connectors name. */
  name: string
  /** What it states, with the stream or delivery that it is about. */
  title: string
  run(): Promise<void>
}

/** One process with one connection: a door, a clock and a vendor of its own. */
export interface Session {
  ctx: ConnectorContext<Record<string, unknown>>
  clock: FakeClock
  vendor: Vendor
}

export interface SessionOptions {
  interfere?: Interference
  signal?: AbortSignal
  config?: Record<string, unknown>
  /** Milliseconds after the connection's `now`. */
  later?: number
}

export const configOf = ({ connector, fixtures }: Subject): Record<string, unknown> =>
  connector.config.parse(fixtures.connection.config)

export function openSession(subject: Subject, options: SessionOptions = {}): Session {
  const { connector, fixtures } = subject
  const baseUrl = fixtures.connection.baseUrl ?? connector.baseUrl
  const vendor = playVendor(allExchanges(fixtures), baseUrl, options.interfere)
  return { ...connect(subject, { ...options, baseUrl, fetch: vendor.fetch }), vendor }
}

/** A context whose door reaches `fetch`. */
export function connect(
  subject: Subject,
  options: SessionOptions & { baseUrl: string; fetch: typeof globalThis.fetch; clock?: FakeClock },
): Pick<Session, 'ctx' | 'clock'> {
  const { connector, fixtures } = subject
  const { baseUrl, fetch, signal = new AbortController().signal, later = 0 } = options
  const { clock = fakeClock({ start: fixtures.connection.now + later, waiting: 'at once' }) } = options
  const connection = toConnection(
    {
      name: 'acceptance',
      connector,
      config: options.config ?? configOf(subject),
      baseUrl,
      // The limiter reads the machine's clock, which nobody here waits for.
      limits: { intervalCap: 1_000_000, intervalMs: 1 },
    },
    { clock, log: silentLog, fetch, random: () => 0.5 },
  )
  const stored = async (stream: string, key: string) =>
    fixtures.streams[stream]?.records.find(
      (record) => streamOf(subject, stream).key(streamOf(subject, stream).record.parse(record)) === key,
    )
  return { ctx: { ...contextOf(connection, { clock, log: silentLog, signal }), stored }, clock }
}

/** What was read, and how it ended. */
export interface Reading {
  pages: Page[]
  error?: unknown
  session: Session
}

/** Reads a stream as a run does; the cursor goes through JSON as it does through the store. */
export async function read(
  subject: Subject,
  name: string,
  options: SessionOptions & { cursor?: Page['cursor'] } = {},
): Promise<Reading> {
  const session = openSession(subject, options)
  const stream = streamOf(subject, name)
  const pages: Page[] = []
  try {
    const cursor = options.cursor === undefined ? undefined : throughJson(options.cursor)
    for await (const page of stream.pull!.read(session.ctx, cursor)) {
      pages.push({ ...page, records: throughJson(page.records) })
      if (pages.length > 1000) throw new Error('more than 1000 pages: it does not end')
    }
    return { pages, session }
  } catch (error) {
    return { pages, error, session }
  } finally {
    refuseUnknown(session)
  }
}

/** The same; a failure fails the check. */
export async function readWell(...args: Parameters<typeof read>): Promise<Reading> {
  const reading = await read(...args)
  if (reading.error) throw reading.error
  return reading
}

/** Without this, a request that the fixtures do not know looks like an outage. */
export function refuseUnknown({ vendor }: Session): void {
  const [first] = vendor.unknown
  if (first !== undefined) throw new Error(`No exchange of the fixtures answers ${first}`)
}

export const streamOf = ({ connector }: Subject, name: string): AnyStream => connector.streams![name]!

export const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value))

/** A record as the engine stores it: its key, and what makes two of them equal. */
export interface Kept {
  key: string
  content: string
  version: number | undefined
  raw: unknown
}

/** Undefined where the record does not parse. */
export function keep(stream: AnyStream, raw: unknown): Kept | undefined {
  const parsed = stream.record.safeParse(raw)
  if (!parsed.success) return undefined
  return {
    key: stream.key(parsed.data),
    content: JSON.stringify(stream.content ? stream.content(parsed.data) : raw),
    version: stream.updatedAt?.(parsed.data),
    raw,
  }
}

export const rawRecords = ({ pages }: Pick<Reading, 'pages'>): unknown[] =>
  pages.flatMap(({ records }) => records)

/** Records of a reading by key; the last one of a key counts. */
export function keptRecords(stream: AnyStream, reading: Pick<Reading, 'pages'>): Map<string, Kept> {
  const kept = rawRecords(reading).flatMap((raw) => keep(stream, raw) ?? [])
  return new Map(kept.map((record) => [record.key, record]))
}

export const contents = (records: Map<string, Kept>): Record<string, string> =>
  Object.fromEntries(
    [...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, { content }]) => [k, content]),
  )

export const mapped = (subject: Subject, name: string, raw: unknown): unknown => {
  const stream = streamOf(subject, name)
  return throughJson(
    stream.map(stream.record.parse(raw), { connection: 'acceptance', config: configOf(subject) }),
  )
}

export const plain = (status: number, headers: Record<string, string> = {}): VendorResponse => ({
  status,
  headers,
  body: '<html>not the API</html>',
})
