import {
  type ConnectorContext,
  HubError,
  isRetryable,
  RateLimitError,
  reportOf,
  type WriteOperation,
  type WriteResult,
} from '#kit'
import { inDoubt } from '../deciding/decide.ts'
import { explain } from '../deciding/field-rules.ts'
import type { ReadyOperation } from '../deciding/prepared.ts'
import { sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import { isFieldProblem, setAsideMissingFields } from '../mappings/unknown-fields.ts'
import type { DeliverPort, Delivery, LiveRow, Operation, OperationResult } from '../ports.ts'
import { noteEchoes } from '../watch.ts'
import { backoffMs } from './backoff.ts'
import { unsent } from './pause.ts'
import { toReadBack } from './sample.ts'
import { isNothing, sumOf } from './thresholds.ts'

const MAX_ATTEMPTS = 12

/** What became of one batch. */
export interface SentBatch {
  settled: number
  /** Records that were not read before and that the CRM says it does not have; nothing is committed of them. */
  gone: Operation[]
  /** A batch may be more than one call: whom a call let nobody in with, although others of the batch got through. */
  shutOut?: { error: HubError; operations: Operation[] }
}

/**
 * Sends one batch and commits the outcome of every item. Throws where nothing can be said of any of them: the CRM is out
 * of reach or lets nobody in.
 */
export async function sendBatch(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  batch: ReadyOperation[],
): Promise<SentBatch> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  await deps.store.deliver.announce(
    batch
      .filter(({ operation }) => operation.kind === 'upsert')
      .map((item) => announcementOf(item, deps.clock.now())),
  )
  const outcomes = await api.upsert(
    ctx,
    object,
    batch.map(({ write }) => write),
  )
  if (outcomes.length !== batch.length) {
    throw new Error(`${ctx.connection} answered ${outcomes.length} results for ${batch.length} operations`)
  }
  const outage = outageOf(outcomes)
  if (outage) throw outage
  const answered = batch.map((item, i) => ({ item, outcome: outcomes[i]! }))
  const gone = answered.filter(isUnreadAndGone)
  const shutOut = answered.filter(({ outcome }) => outcome.status === 'failed' && isShutOut(outcome.error))
  const told = answered.filter((one) => !gone.includes(one) && !shutOut.includes(one))
  const settled = await commitOutcomes(deps, ctx, object, told, deps.store.deliver.finish)
  const operationsOf = (some: Sent[]) => some.map(({ item }) => item.operation)
  const [first] = shutOut.flatMap(({ outcome }) => (outcome.status === 'failed' ? [outcome.error] : []))
  return {
    settled,
    gone: operationsOf(gone),
    ...(first ? { shutOut: { error: first, operations: operationsOf(shutOut) } } : {}),
  }
}

/** Commits what became of writes, item by item, by `save`; returns how many are settled. */
export async function commitOutcomes(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  answered: Sent[],
  save: (commit: Parameters<DeliverPort['finish']>[0]) => Promise<void>,
): Promise<number> {
  const sent = await explained(deps, ctx, object, await withoutFieldProblems(deps, ctx, object, answered))
  const now = deps.clock.now()
  const adopted = adoptions(sent)
  const results = sent.map((one) =>
    adopted.has(one) ? adoptedResult(one, now) : toResult(deps, one.item, one.outcome, now),
  )
  const deliveries: Delivery[] = sent.map(({ item: { operation, write }, outcome }) => ({
    operation: operation.id,
    attempt: operation.attempts,
    status: outcome.status,
    at: now,
    ...excerptOf(outcome),
    ...(outcome.status === 'failed' ? { request: requestOf(write) } : {}),
  }))
  const live: LiveRow[] = sent.flatMap(({ item: { operation, write }, outcome }) => {
    if (outcome.status !== 'written' || operation.kind === 'activity') return []
    const { crmId } = outcome
    // Nobody can have changed a record that did not exist.
    const sentOver = write.crmId === undefined ? [] : Object.keys(write.fields)
    const edited = Object.fromEntries(sentOver.map((field) => [field, null]))
    return { destination: ctx.connection, object, crmId, fields: write.fields, seenAt: now, edited }
  })
  const written = sent.filter(({ outcome }) => outcome.status === 'written')
  noteEchoes(ctx, object, written.length)
  const settled = written.flatMap(({ item }) => item.settles ?? [])
  const counts = sumOf(written.map(({ item }) => item.counts))
  const verify = await toReadBack(
    deps,
    written.map(({ item }) => item.operation),
  )
  await save({
    now,
    results,
    deliveries,
    live,
    redirects: [],
    adopted: [...adopted.values()],
    settled,
    verify,
    ...(isNothing(counts) ? {} : { counts: [{ ...counts, destination: ctx.connection, object, at: now }] }),
  })
  return results.filter((result) => result.outcome !== 'retry').length
}

/** With `always` nobody asks whose the CRM's value is, so what had been sent before is not kept. */
export function announcementOf({ operation, fields, written }: ReadyOperation, now: number) {
  const { id, destination, object, entity, externalId } = operation
  const noted = Object.entries(fields).map(([name, { after, policy, undoes, wanted }]) => {
    const { withheld: _, wanted: __, earlier: ___, ...before } = written[name] ?? {}
    const withheld = policy === 'undo' ? { withheld: { value: undoes, because: 'undone' as const } } : {}
    const asked = wanted === undefined ? {} : { wanted }
    const doubts = policy === 'always' ? [] : inDoubt(written[name] ?? {})
    const others = doubts.filter((value) => !sameValue(value, after))
    const earlier = others.length > 0 ? { earlier: others } : {}
    return [
      name,
      { at: now, ...before, ...withheld, ...asked, ...earlier, maybe: after, operation: id },
    ] as const
  })
  return { destination, object, entity, externalId, written: Object.fromEntries(noted) }
}

/** Refusals with what the CRM's fields say about them. */
async function explained(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  sent: Sent[],
): Promise<Sent[]> {
  const refused = sent.flatMap(({ item, outcome }) =>
    outcome.status === 'failed' ? [{ item, error: outcome.error }] : [],
  )
  if (refused.length === 0) return sent
  const errors = await explain(deps, ctx, object, refused)
  const byItem = new Map(refused.map(({ item }, i) => [item, errors[i]!]))
  return sent.map((one) => {
    const error = byItem.get(one.item)
    return error ? { ...one, outcome: { status: 'failed', error } } : one
  })
}

/**
 * A record that was to be created is there already, says the CRM's own duplicate rule, and it is one: it is adopted. The
 * operation comes again and is decided against what that record holds, like any other that people made.
 */
function adoptable({ item: { operation, write }, outcome }: Sent) {
  if (outcome.status !== 'failed' || outcome.error.code !== 'admin_rule.duplicate') return undefined
  // It was adopted and still is refused: somebody else of ours has that record.
  if (operation.error?.at?.matches !== undefined) return undefined
  const [crmId, ...others] = outcome.error.details.matches ?? []
  if (!crmId || others.length > 0 || write.crmId !== undefined) return undefined
  if (operation.kind !== 'upsert' || operation.mode !== 'upsert') return undefined
  const { destination, object, entity, externalId } = operation
  return { destination, object, entity, externalId, crmId }
}

/** A record is adopted once, also where it was found for several of ours. */
function adoptions(sent: Sent[]) {
  const adopted = new Map<Sent, NonNullable<ReturnType<typeof adoptable>>>()
  const taken = new Set<string>()
  for (const one of sent) {
    const record = adoptable(one)
    if (!record || taken.has(record.crmId)) continue
    taken.add(record.crmId)
    adopted.set(one, record)
  }
  return adopted
}

const adoptedResult = ({ item, outcome }: Sent, now: number): OperationResult => ({
  ...unsent(item.operation, now),
  ...(outcome.status === 'failed' ? { error: reportOf(outcome.error) } : {}),
})

/** Nobody looked whether the record is still there: that is done before it is given up. */
const isUnreadAndGone = ({ item, outcome }: Sent): boolean =>
  item.isUnread === true && outcome.status === 'failed' && outcome.error.code === 'record.not_found'

export interface Sent {
  item: ReadyOperation
  outcome: WriteResult
}

/** What a missing field holds up is no failure of the record: it waits until the field is there. */
async function withoutFieldProblems(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  sent: Sent[],
): Promise<Sent[]> {
  const stuck = sent.filter(({ outcome }) => outcome.status === 'failed' && isFieldProblem(outcome.error))
  if (stuck.length === 0) return sent
  const unexplained = new Set(
    await setAsideMissingFields(
      deps,
      ctx,
      object,
      stuck.map(({ item }) => item.operation),
    ),
  )
  return sent.filter((one) => !stuck.includes(one) || unexplained.has(one.item.operation))
}

/**
 * The answer is about us and not about a record: too many calls, or nobody is let in. Of errors of settings only those of a
 * call as a whole, which alone have a status: one record may well use what the CRM's edition does not have.
 */
const isShutOut = (error: HubError): boolean =>
  error instanceof RateLimitError ||
  error.code === 'auth.rejected' ||
  ((error.kind === 'auth' || error.kind === 'config') &&
    error.details.httpStatus !== undefined &&
    !isFieldProblem(error))

/** Answers of a gateway in front of the CRM. A 500 may well be the fault of one record, which must not be tried for ever. */
const OUT_OF_SERVICE = new Set([502, 503, 504])

/** What says of no record anything: the first such error, where all outcomes are of this kind. */
function outageOf(outcomes: WriteResult[]): HubError | undefined {
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.error] : []))
  const isOutage = (error: HubError) =>
    error instanceof RateLimitError ||
    error.code === 'http.network' ||
    (isRetryable(error) && OUT_OF_SERVICE.has(error.details.httpStatus ?? 0))
  return errors.length === outcomes.length && errors.every(isOutage) ? errors[0] : undefined
}

function toResult(
  deps: EngineDeps,
  { operation, fields }: ReadyOperation,
  outcome: WriteResult,
  now: number,
): OperationResult {
  const { id } = operation
  if (outcome.status === 'written')
    return { id, outcome: 'done', crmId: outcome.crmId, created: outcome.created, fields }
  if (outcome.status === 'skipped')
    return { id, outcome: 'skipped', fields: {}, ...(outcome.crmId ? { crmId: outcome.crmId } : {}) }
  const { error } = outcome
  // It is us who stop, not the CRM: whoever goes on need not wait.
  if (error.code === 'http.aborted') return { id, outcome: 'retry', fields: {}, notBefore: now }
  const report = reportOf(error)
  if (isRetryable(error) && operation.attempts < MAX_ATTEMPTS) {
    const wait = error.details.retryAfterMs ?? backoffMs(operation.attempts, deps.random)
    return { id, outcome: 'retry', fields: {}, notBefore: now + wait, error: report }
  }
  return { id, outcome: 'dead', fields: {}, error: report }
}

function excerptOf(outcome: WriteResult): { excerpt?: string } {
  if (outcome.status === 'written') return {}
  const text =
    outcome.status === 'skipped'
      ? outcome.reason
      : outcome.error instanceof HubError
        ? outcome.error.message
        : String(outcome.error)
  return { excerpt: text.slice(0, 500) }
}

const LONGEST_REQUEST = 4_000

/** What went over the wire for one record, for whoever looks into a failure. */
function requestOf({ externalId, crmId, adopt, fields, links }: WriteOperation): string {
  const text = JSON.stringify({ externalId, crmId, adopt, fields, links })
  return text.length > LONGEST_REQUEST ? `${text.slice(0, LONGEST_REQUEST)}…` : text
}
