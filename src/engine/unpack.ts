import { type ConnectorContext, HubError, isRetryable, RecordError, reportOf } from '#kit'
import { absorbLimit, collectCommit } from './absorb.ts'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { AbsorbCommit, NewRecord, Receipt, StoredRecord } from './ports.ts'
import { guardReceived } from './reading/deletions.ts'
import { readRecord, toDeletion, toRecord } from './reading/records.ts'
import { backoffMs } from './sending/backoff.ts'

const RECEIPTS_PER_STEP = 1_000
const RECEIPTS_WHEN_PRESSED = 200
/** Read together and stored together; the next are read while the database stores these. */
const RECEIPTS_PER_PART = 250
/** A batch of events may have 500 kB: bounds the memory of a step, and the time in which nobody else gets a turn. */
const BYTES_PER_STEP = 400_000
const BYTES_WHEN_PRESSED = 100_000
/** About three days, as long as vendors themselves repeat a webhook: an outage is no reason to give one up. */
const MAX_ATTEMPTS = 300
const KEYS_PER_FETCH = 100

interface Outcome {
  records: NewRecord[]
  /** What their streams' schemas made of records that came with their receipt, which are JSON values as they stand. */
  parsed: Map<NewRecord, unknown>
  done: string[]
  dead: { id: string; error: ReturnType<typeof reportOf> }[]
  retry: { id: string; notBefore: number; error: ReturnType<typeof reportOf> }[]
  /** Connections whose vendor answers what it could not be asked before. */
  back: string[]
}

/**
 * Receipts → records. A webhook's hint is turned into the truth by fetching the object anew; equal hints of one part
 * share one fetch.
 */
export async function unpack(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  const maxBytes = options.isPressed ? BYTES_WHEN_PRESSED : BYTES_PER_STEP
  const limit = options.isPressed ? RECEIPTS_WHEN_PRESSED : RECEIPTS_PER_STEP
  const receipts = await deps.store.intake.nextReceipts({ limit, now, maxBytes })
  let isBack = false
  let storing = Promise.resolve()
  try {
    for (let from = 0; from < receipts.length; from += RECEIPTS_PER_PART) {
      const outcome = await readReceipts(deps, options, receipts.slice(from, from + RECEIPTS_PER_PART))
      isBack ||= outcome.back.length > 0
      await storing
      storing = storeOutcome(deps, options, outcome, now)
      // Whether it went well is asked below, after the next have been read.
      storing.catch(() => undefined)
    }
  } finally {
    await storing
  }
  // A character has at most three bytes.
  const bytes = 3 * receipts.reduce((sum, { body }) => sum + body.length, 0)
  return { done: receipts.length, more: receipts.length === limit || bytes >= maxBytes || isBack }
}

async function readReceipts(deps: EngineDeps, options: StepOptions, receipts: Receipt[]): Promise<Outcome> {
  const outcome: Outcome = { records: [], parsed: new Map(), done: [], dead: [], retry: [], back: [] }
  for (const [name, group] of Map.groupBy(receipts, (r) => r.connection)) {
    const connection = deps.connections.get(name)
    if (connection?.connector.webhook) await unpackGroup(deps, options, connection, group, outcome)
    else {
      const error = reportOf(
        new RecordError(
          'webhook.unknown_connection',
          `No connection ${name} is configured to read this receipt`,
        ),
      )
      outcome.dead.push(...group.map(({ id }) => ({ id, error })))
    }
  }
  return outcome
}

async function storeOutcome(
  deps: EngineDeps,
  options: StepOptions,
  outcome: Outcome,
  now: number,
): Promise<void> {
  const { deletions, records } = await guardReceived(deps, outcome.records)
  outcome.records = records
  const { parsed: _, ...commit } = outcome
  const absorbed = options.mayAbsorb ? await absorbNew(deps, options, outcome) : undefined
  await deps.store.intake.finishReceipts({
    ...commit,
    ...(absorbed ? { absorbed } : {}),
    ...(deletions ? { deletions } : {}),
    now,
  })
}

/**
 * What has never been stored before, such as every event of a website, need not wait for the next stage: storing it as
 * pending, reading it again and storing it as absorbed cost a sixth of all work from collector to CRM.
 */
async function absorbNew(
  deps: EngineDeps,
  options: StepOptions,
  { records, parsed }: Outcome,
): Promise<AbsorbCommit | undefined> {
  const times = new Map<string, number>()
  const keyOf = (r: NewRecord) => `${r.connection}\u0000${r.stream}\u0000${r.key}`
  for (const record of records) times.set(keyOf(record), (times.get(keyOf(record)) ?? 0) + 1)
  // Of several forms of one record the store keeps the newest; which one that is, is its business.
  const single = records
    .filter((record) => times.get(keyOf(record)) === 1 && isStorable(record.key))
    .slice(0, absorbLimit(options))
  if (single.length === 0) return undefined
  const areStored = await deps.store.intake.areStored(single)
  const fresh: StoredRecord[] = []
  const parsedFresh = new Map<StoredRecord, unknown>()
  single.forEach((record, i) => {
    if (areStored[i]) return
    const stored = { ...record, isDeleted: record.isDeleted ?? false, isUpdate: false }
    fresh.push(stored)
    if (parsed.has(record)) parsedFresh.set(stored, parsed.get(record))
  })
  return fresh.length > 0 ? collectCommit(deps, fresh, parsedFresh) : undefined
}

/** The store replaces other characters, and ids are derived from keys as they are stored. */
const isStorable = (key: string): boolean => key.isWellFormed() && !key.includes('\0')

async function unpackGroup(
  deps: EngineDeps,
  options: StepOptions,
  connection: Connection,
  receipts: Receipt[],
  outcome: Outcome,
): Promise<void> {
  const { connector, name, config } = connection
  const streams = connector.streams ?? {}
  const hints = new Map<string, { stream: string; key: string; receipts: Receipt[] }>()
  const finished = new Set(receipts)
  for (const receipt of receipts) {
    try {
      const received = connector.webhook!.receive({
        headers: receipt.headers,
        body: receipt.body,
        receivedAt: receipt.receivedAt,
        config,
      })
      for (const { stream, record } of received.records ?? []) {
        const read = readRecord(name, stream, streams[stream]!, record, { fetchedAt: receipt.receivedAt })
        read.record.receipt = receipt.id
        outcome.records.push(read.record)
        if (read.parsed !== undefined) outcome.parsed.set(read.record, read.parsed)
      }
      for (const { stream, key } of received.deleted ?? []) {
        outcome.records.push({
          ...toDeletion(name, stream, key, receipt.receivedAt, streams[stream]!.lane),
          receipt: receipt.id,
        })
      }
      for (const { stream, key } of received.refetch ?? []) {
        const id = `${stream}\u0000${key}`
        const hint = hints.get(id) ?? { stream, key, receipts: [] }
        hint.receipts.push(receipt)
        hints.set(id, hint)
      }
    } catch (error) {
      finished.delete(receipt)
      outcome.dead.push({ id: receipt.id, error: reportOf(error) })
    }
  }
  const ctx = contextOf(connection, { ...deps, signal: options.signal })
  for (const [stream, group] of Map.groupBy(hints.values(), (h) => h.stream)) {
    for (let i = 0; i < group.length; i += KEYS_PER_FETCH) {
      const chunk = group.slice(i, i + KEYS_PER_FETCH)
      try {
        const hinted = new Map(chunk.map((h) => [h.key, h.receipts.at(-1)!.id]))
        for (const record of await refetch(ctx, connection, stream, [...hinted.keys()])) {
          const receipt = hinted.get(record.key)
          outcome.records.push(receipt ? { ...record, receipt } : record)
        }
      } catch (error) {
        setAside(deps, error, new Set(chunk.flatMap((h) => h.receipts)), finished, outcome)
      }
    }
  }
  outcome.done.push(...[...finished].map((r) => r.id))
  // What came during one outage is read together, not each by its own chance: who is a customer is no lead before.
  const asked = [...hints.values()].flatMap((hint) => hint.receipts)
  if (asked.some((receipt) => receipt.attempts > 0 && finished.has(receipt))) outcome.back.push(name)
}

/** The vendor could not be asked: try again later, so that nothing acknowledged is lost. */
function setAside(
  deps: EngineDeps,
  error: unknown,
  receipts: Set<Receipt>,
  finished: Set<Receipt>,
  outcome: Outcome,
): void {
  const report = reportOf(error)
  const now = deps.clock.now()
  for (const receipt of receipts) {
    if (!finished.delete(receipt)) continue
    // Credentials and settings are mended by people: such receipts wait as long as it takes.
    const mayRetry = isRetryable(error)
      ? receipt.attempts < MAX_ATTEMPTS
      : error instanceof HubError && (error.kind === 'auth' || error.kind === 'config')
    const asked = error instanceof HubError ? error.details.retryAfterMs : undefined
    if (mayRetry)
      outcome.retry.push({
        id: receipt.id,
        notBefore: now + (asked ?? backoffMs(receipt.attempts + 1, deps.random)),
        error: report,
      })
    else outcome.dead.push({ id: receipt.id, error: report })
  }
}

async function refetch(
  ctx: ConnectorContext<Record<string, unknown>>,
  connection: Connection,
  name: string,
  keys: string[],
): Promise<NewRecord[]> {
  const stream = connection.connector.streams?.[name]
  if (!stream?.fetch)
    throw new RecordError('record.invalid', `Stream ${name} of ${connection.name} cannot fetch by key`)
  const fetchedAt = ctx.now()
  const records = (await stream.fetch(ctx, keys)).map((raw) =>
    toRecord(connection.name, name, stream, raw, { fetchedAt }),
  )
  const found = new Set(records.map((r) => r.key))
  const gone = keys.filter((key) => !found.has(key))
  return [...records, ...gone.map((key) => toDeletion(connection.name, name, key, fetchedAt, stream.lane))]
}
