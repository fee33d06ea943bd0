import {
  type ConnectorContext,
  type CrmFields,
  type CrmValue,
  type Destination,
  type ErrorReport,
  HubError,
  type Inventory,
  isRetryable,
  type LiveRecord,
  reportOf,
} from '#kit'
import { contextOf } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import type { NewCrmChange } from '../ports.ts'
import { sameValue } from '../same-value.ts'
import { type HygieneOperation, type HygienePlan, isAsSeen } from './plan.ts'
import { type Layout, openInventory } from './scan.ts'

export interface AppliedHygiene {
  /** Operations that changed something, by kind. */
  done: { standardise: number; reassign: number; archive: number; merge: number }
  /** The CRM already holds what they want. */
  already: number
  /** Not sent: the record has changed since the plan was made, or is gone. */
  stale: { id: string; why: string }[]
  failed: { id: string; error: ErrorReport }[]
  /** For people. */
  tasks: number
}

type Ctx = ConnectorContext<Record<string, unknown>>
type Of<K> = Extract<HygieneOperation, { kind: K }>
type FieldOperation = Extract<HygieneOperation, { fields: unknown }>
type LinkOperation = Extract<HygieneOperation, { link: unknown }>

interface Work {
  deps: EngineDeps
  ctx: Ctx
  api: Destination<Record<string, unknown>>
  inventory: Inventory<Record<string, unknown>>
  layouts: Map<string, Layout>
  run: string
  destination: string
  applied: AppliedHygiene
  /** What this plan has written so far: object id → fields. */
  written: Map<string, CrmFields>
  signal: AbortSignal
}

/**
 * Does what a plan says to the records of a CRM, as long as they still are what the plan was made against. What is about to
 * be sent is stored first, so that whatever becomes of this process it is known what may have been changed. Applying a
 * plan again does the rest of it.
 */
export async function applyHygiene(
  deps: EngineDeps,
  plan: HygienePlan,
  { signal, run }: { signal: AbortSignal; run: string },
): Promise<AppliedHygiene> {
  const { destination, operations } = plan
  const { inventory, layouts } = await openInventory(deps, destination, signal)
  const connection = deps.connections.get(destination)!
  const applied: AppliedHygiene = {
    done: { standardise: 0, reassign: 0, archive: 0, merge: 0 },
    already: 0,
    stale: [],
    failed: [],
    tasks: operations.filter(({ kind }) => kind === 'task').length,
  }
  const api = connection.connector.destination!
  const ctx = contextOf(connection, { ...deps, signal })
  const work: Work = {
    deps,
    ctx,
    api,
    inventory,
    layouts,
    run,
    destination,
    applied,
    written: new Map(),
    signal,
  }
  for (const kind of ['standardise', 'reassign', 'archive', 'merge'] as const) {
    const own = operations.filter((operation) => operation.kind === kind)
    for (const [object, group] of Map.groupBy(own, (operation) => operation.object)) {
      const spec = api.objects[object]
      if (!spec || !layouts.has(object)) {
        for (const { id } of group) applied.stale.push({ id, why: `the CRM has no ${object} any more` })
        continue
      }
      for (let i = 0; i < group.length; i += spec.batchSize) {
        if (signal.aborted) return applied
        await applyChunk(work, object, group.slice(i, i + spec.batchSize))
      }
    }
  }
  return applied
}

async function applyChunk(work: Work, object: string, operations: HygieneOperation[]): Promise<void> {
  const fieldwise = operations.filter((o): o is FieldOperation => 'fields' in o)
  const linkwise = operations.filter((o): o is LinkOperation => 'link' in o)
  const archives = operations.filter((o): o is Of<'archive'> => o.kind === 'archive')
  const merges = operations.filter((o): o is Of<'merge'> => o.kind === 'merge')
  if (fieldwise.length > 0) await writeFields(work, object, fieldwise)
  if (linkwise.length > 0) await changeLinks(work, object, linkwise)
  if (archives.length > 0) await archiveRecords(work, object, archives)
  for (const merge of merges) await mergeRecords(work, object, merge)
}

const readLive = async (
  { inventory, ctx }: Work,
  object: string,
  crmIds: string[],
  fields: string[],
): Promise<Map<string, LiveRecord>> =>
  new Map((await inventory.read(ctx, { object, crmIds, fields })).map((record) => [record.crmId, record]))

const GONE = 'it is gone from the CRM'
const moved = (live: LiveRecord) => `it was merged into ${live.movedTo}`

async function writeFields(work: Work, object: string, operations: FieldOperation[]): Promise<void> {
  const { applied } = work
  const names = [...new Set(operations.flatMap(({ fields }) => Object.keys(fields)))]
  const live = await readLive(
    work,
    object,
    operations.map(({ crmId }) => crmId),
    names,
  )
  const ready = operations.filter((operation) => {
    const record = live.get(operation.crmId)
    const why = !record ? GONE : record.movedTo ? moved(record) : changedSince(operation, record)
    if (why) applied.stale.push({ id: operation.id, why })
    return why === undefined
  })
  const pending = ready.filter(({ crmId, fields }) =>
    Object.entries(fields).some(([name, { after }]) => !sameValue(live.get(crmId)!.fields[name], after)),
  )
  applied.already += ready.length - pending.length
  for (const operation of ready) remember(work, object, operation)
  await send(work, pending, async () => {
    const results = await work.api.upsert(
      work.ctx,
      object,
      pending.map(({ id, crmId, fields }) => ({
        id,
        // Written by CRM id: our key is neither needed nor stored.
        externalId: crmId,
        crmId,
        fields: Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after])),
      })),
    )
    return results.map((result) => (result.status === 'failed' ? result.error : undefined))
  })
}

/** Somebody has been there: neither the value of then nor the one that is wanted. */
function changedSince({ fields }: FieldOperation, live: LiveRecord): string | undefined {
  for (const [name, { before, after }] of Object.entries(fields)) {
    const now = live.fields[name]
    if (!sameValue(now, before) && !sameValue(now, after))
      return `${name} is ${JSON.stringify(now ?? null)} now, not ${JSON.stringify(before)}`
  }
  return undefined
}

function remember({ written }: Work, object: string, { crmId, fields }: FieldOperation): void {
  const key = `${object} ${crmId}`
  const values = Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after]))
  written.set(key, { ...written.get(key), ...values })
}

async function changeLinks(work: Work, object: string, operations: LinkOperation[]): Promise<void> {
  const { api, ctx, applied } = work
  for (const [to, group] of Map.groupBy(operations, ({ link }) => link.object)) {
    const found = await api.links!.read(ctx, { object, to, crmIds: group.map(({ crmId }) => crmId) })
    const live = await readLive(
      work,
      object,
      group.map(({ crmId }) => crmId),
      [],
    )
    const pending = group.filter((operation) => {
      const { id, crmId, link } = operation
      const now = (found.get(crmId) ?? []).map((one) => one.crmId)
      const record = live.get(crmId)
      if (!record || record.movedTo) applied.stale.push({ id, why: record ? moved(record) : GONE })
      else if (link.after !== null ? now.includes(link.after) : !now.includes(link.before!)) applied.already++
      else if (link.after !== null && now.length > 0)
        applied.stale.push({ id, why: `it belongs to ${now.join(', ')} now` })
      else return true
      return false
    })
    for (const how of ['add', 'remove'] as const) {
      const own = pending.filter(({ link }) => (link.after === null ? 'remove' : 'add') === how)
      await send(work, own, async () => {
        const pairs = own.map(({ crmId, link }) => ({ from: crmId, to: (link.after ?? link.before)! }))
        await api.links!.change(ctx, { object, to, how, pairs })
        return own.map(() => undefined)
      })
    }
  }
}

async function archiveRecords(work: Work, object: string, operations: Of<'archive'>[]): Promise<void> {
  const { api, ctx, applied } = work
  const names = [...new Set(operations.flatMap(({ seen, crmId }) => Object.keys(seen[crmId] ?? {})))]
  const crmIds = operations.map(({ crmId }) => crmId)
  const live = await readLive(work, object, crmIds, names)
  const occupied = await withChildren(work, object, crmIds)
  const ready = operations.filter(({ id, crmId, seen }) => {
    const record = live.get(crmId)
    if (!record) {
      applied.already++
      return false
    }
    const isSame = isAsSeen(record.fields, seen[crmId] ?? {}, work.written.get(`${object} ${crmId}`))
    const why = record.movedTo
      ? moved(record)
      : occupied.has(crmId)
        ? 'contacts or deals belong to it now'
        : isSame
          ? undefined
          : 'it has changed since'
    if (why) applied.stale.push({ id, why })
    return why === undefined
  })
  if (!api.archive) return
  await send(work, ready, async () => {
    const results = await api.archive!(ctx, { object, crmIds: ready.map(({ crmId }) => crmId) })
    return results.map((result) => (result.status === 'failed' ? result.error : undefined))
  })
}

/** Accounts that contacts or deals belong to. */
async function withChildren(
  { api, inventory, ctx, layouts }: Work,
  object: string,
  crmIds: string[],
): Promise<Set<string>> {
  const occupied = new Set<string>()
  if (layouts.get(object)?.spec.kind !== 'account') return occupied
  for (const child of layouts.values()) {
    const field = child.spec.fields.account
    if (field === undefined || !child.has.has('account')) continue
    if (child.spec.accountBy === 'association') {
      const found = await api.links!.read(ctx, { object, to: child.object, crmIds })
      for (const [id, others] of found) if (others.length > 0) occupied.add(id)
    } else {
      const found = await inventory.find(ctx, {
        object: child.object,
        field,
        values: crmIds,
        fields: [field],
      })
      for (const { fields } of found) occupied.add(String(fields[field]))
    }
  }
  return occupied
}

/** One loser after the other, since each merge may give the survivor another id. */
async function mergeRecords(work: Work, object: string, operation: Of<'merge'>): Promise<void> {
  const { applied, ctx, deps } = work
  const { merge } = work.inventory
  const { id, crmId, losers, seen } = operation
  const names = [...new Set(Object.values(seen).flatMap((fields) => Object.keys(fields)))]
  const live = await readLive(work, object, [crmId, ...losers], names)
  const kept = live.get(crmId)
  // After a merge that was cut short the survivor may have another id.
  let winner = kept?.movedTo ?? crmId
  const left = losers.filter((loser) => live.get(loser)?.movedTo !== winner)
  const isBegun = left.length < losers.length
  const changed = [crmId, ...left].find((one) => {
    const record = live.get(one)
    if (!record || (record.movedTo && one !== crmId)) return true
    // What has been merged already has filled the survivor's gaps.
    if (one === crmId && isBegun) return false
    return !isAsSeen(record.fields, seen[one] ?? {}, work.written.get(`${object} ${one}`))
  })
  if (typeof merge !== 'function' || changed !== undefined || (kept?.movedTo && !isBegun)) {
    applied.stale.push({ id, why: `${changed ?? crmId} has changed since, or is gone` })
    return
  }
  if (left.length === 0) {
    applied.already++
    return
  }
  for (const loser of left) {
    const [seq] = await deps.store.crmChanges.begin(
      [changeOf(work, { object, crmId: loser, kind: 'merge', into: winner })],
      deps.clock.now(),
    )
    const result = await merge(ctx, { object, winner, loser })
    const error = result.status === 'failed' ? reportOf(result.error) : undefined
    await deps.store.crmChanges.finish([{ seq: seq!, ...(error ? { error } : {}) }])
    if (error) {
      applied.failed.push({ id, error })
      return
    }
    if (result.status === 'merged') winner = result.crmId
  }
  applied.done.merge++
}

const changeOf = (
  { run, destination }: Work,
  change: Omit<NewCrmChange, 'run' | 'destination'>,
): NewCrmChange => ({ run, destination, ...change })

/** Stores what is about to change, changes it, and stores what became of it. */
async function send(
  work: Work,
  operations: (FieldOperation | LinkOperation | Of<'archive'>)[],
  change: () => Promise<(HubError | undefined)[]>,
): Promise<void> {
  if (operations.length === 0) return
  const { deps, applied } = work
  const seqs = await deps.store.crmChanges.begin(
    operations.map((operation) => {
      const { object, crmId, kind } = operation
      const rest =
        'fields' in operation
          ? { fields: operation.fields }
          : 'link' in operation
            ? { fields: linkAsField(operation), link: linkOf(operation) }
            : {}
      return changeOf(work, { object, crmId, kind, ...rest })
    }),
    deps.clock.now(),
  )
  let errors: (HubError | undefined)[]
  try {
    errors = await change()
  } catch (error) {
    if (!(error instanceof HubError) || isRetryable(error)) throw error
    errors = operations.map(() => error)
  }
  const reports = errors.map((error) => (error ? reportOf(error) : undefined))
  // What may have arrived all the same stays under way: an undo looks at what the CRM holds.
  const settled = seqs.flatMap((seq, i) => {
    if (errors[i] && isRetryable(errors[i])) return []
    return [{ seq, ...(reports[i] ? { error: reports[i] } : {}) }]
  })
  await deps.store.crmChanges.finish(settled)
  for (const [i, { id, kind }] of operations.entries()) {
    const error = reports[i]
    if (error) applied.failed.push({ id, error })
    else applied.done[kind]++
  }
}

const linkOf = ({ link }: LinkOperation) => ({ object: link.object, crmId: (link.after ?? link.before)! })
const linkAsField = ({ link }: LinkOperation): Record<string, { before: CrmValue; after: CrmValue }> => ({
  '→': { before: link.before, after: link.after },
})
