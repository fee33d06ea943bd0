import { type ConnectorContext, HubError, isRetryable, RecordError, reportOf } from '#kit'
import { backoffMs } from './backoff.ts'
import { type Connection, contextOf } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { NewRecord, Receipt } from './ports.ts'
import { toDeletion, toRecord } from './records.ts'

const RECEIPTS_PER_STEP = 200
/** A batch of events may have 500 kB: bounds the memory of a step, and the time in which nobody else gets a turn. */
const BYTES_PER_STEP = 500_000
const BYTES_WHEN_PRESSED = 100_000
/** About three days, as long as vendors themselves repeat a webhook: an outage is no reason to give one up. */
const MAX_ATTEMPTS = 300
const KEYS_PER_FETCH = 100

interface Outcome {
  records: NewRecord[]
  done: string[]
  dead: { id: string; error: ReturnType<typeof reportOf> }[]
  retry: { id: string; notBefore: number; error: ReturnType<typeof reportOf> }[]
}

/**
 * Receipts → records. A webhook's hint is turned into the truth by fetching the object anew; equal hints of one step
 * share one fetch.
 */
export async function unpack(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const now = deps.clock.now()
  const maxBytes = options.isPressed ? BYTES_WHEN_PRESSED : BYTES_PER_STEP
  const receipts = await deps.store.intake.nextReceipts({ limit: RECEIPTS_PER_STEP, now, maxBytes })
  if (receipts.length === 0) return { done: 0, more: false }
  const outcome: Outcome = { records: [], done: [], dead: [], retry: [] }
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
  await deps.store.intake.finishReceipts({ ...outcome, now })
  // A character has at most three bytes.
  const bytes = 3 * receipts.reduce((sum, { body }) => sum + body.length, 0)
  return { done: receipts.length, more: receipts.length === RECEIPTS_PER_STEP || bytes >= maxBytes }
}

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
        outcome.records.push({
          ...toRecord(name, stream, streams[stream]!, record, { fetchedAt: receipt.receivedAt }),
          receipt: receipt.id,
        })
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
