import { HubError, isRetryable, RecordError, reportOf } from '#kit'
import { type AuditPlace, type AuditRequest, auditPage, isClean, type ObjectAudit } from './audit.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { hashParts } from './hash.ts'
import type { Chore, RunRow } from './ports.ts'
import { archiveCreated, conclude, restore, type Undone } from './undo.ts'
import { planUndoPage, type UndoPlan, type UndoRequest } from './undo-plan.ts'

/** A CRM that is out of reach, or lets nobody in, is asked again after this. */
const RETRY_MS = 60_000
/** Of each list of a plan so many are kept to be shown. */
const KEPT = 500

export interface UndoChore extends UndoRequest {
  /** Only the plan is made. */
  isDry?: boolean
}

export interface AuditResult {
  objects: ObjectAudit[]
  /** Set at the end. */
  isClean?: boolean
}

export interface UndoResult {
  /** The first of each list, and totals of all. */
  plan: UndoPlan
  isCut: boolean
}

/** Starts an audit in the background; answers its run. */
export const beginAudit = (deps: EngineDeps, request: AuditRequest): Promise<RunRow> =>
  begin(deps, 'audit', request.destination ?? 'all CRMs', { ...request })

/** Starts an undo in the background; answers its run. Throws `request.not_found` for an unknown run. */
export async function beginUndo(deps: EngineDeps, request: UndoChore): Promise<RunRow> {
  const { run, isDry } = request
  if (!(await deps.store.lookup.run(run)) && (await deps.store.repair.objectsOf(run)).length === 0)
    throw new RecordError('request.not_found', `There is no run ${run}`, { at: { run } })
  return await begin(deps, 'undo', `${isDry ? 'plan of the ' : ''}undo of ${run}`, { ...request })
}

async function begin(
  deps: EngineDeps,
  kind: Chore['kind'],
  scope: string,
  request: Record<string, unknown>,
): Promise<RunRow> {
  const startedAt = deps.clock.now()
  const id = `run_${hashParts(kind, JSON.stringify(request), crypto.randomUUID())}`
  const run: RunRow = { id, kind, scope, startedAt, state: 'running', counts: {} }
  await deps.store.control.saveRun(run)
  await deps.store.chores.add({ run: id, kind, request, createdAt: startedAt })
  return run
}

interface ChoreStep {
  /** Where the next step begins; absent when the work is done. */
  place?: Record<string, unknown>
  result: Record<string, unknown>
}

/** One bounded step of the oldest piece of work that somebody asked for. */
export async function tend(deps: EngineDeps, { signal }: StepOptions): Promise<StepResult> {
  const { store, clock } = deps
  const chore = await store.chores.next(clock.now())
  if (!chore) return { done: 0, more: false }
  const run = await store.lookup.run(chore.run)
  if (!run) throw new Error(`chore without a run: ${chore.run}`)
  try {
    const { place, result } = await STEPS[chore.kind](deps, chore, run, signal)
    // What was under way when we were stopped is done again.
    if (signal.aborted) return { done: 0, more: false }
    const now = clock.now()
    const end = place ? {} : { finishedAt: now }
    await store.chores.save({ run: run.id, result, notBefore: now, ...end, ...(place ? { place } : {}) })
    const { error: _, ...rest } = run
    const isOver = !place && run.state === 'running'
    await store.control.saveRun({ ...rest, ...end, ...(isOver ? { state: 'done' as const } : {}) })
    return { done: 1, more: true }
  } catch (error) {
    if (error instanceof HubError && error.code === 'http.aborted') return { done: 0, more: false }
    const isWaiting = error instanceof HubError && (isRetryable(error) || error.kind === 'auth')
    const now = clock.now()
    const wait = (error instanceof HubError && error.details.retryAfterMs) || RETRY_MS
    const end = isWaiting ? {} : { finishedAt: now }
    await store.chores.save({ ...chore, notBefore: now + wait, ...end })
    await store.control.saveRun({
      ...run,
      ...end,
      state: isWaiting ? 'running' : 'failed',
      error: reportOf(error),
    })
    deps.log.warn('work interrupted', { run: run.id, error: reportOf(error), isWaiting })
    if (!(error instanceof HubError)) throw error
    return { done: 0, more: false }
  }
}

type Step = (deps: EngineDeps, chore: Chore, run: RunRow, signal: AbortSignal) => Promise<ChoreStep>

const STEPS: Record<Chore['kind'], Step> = { audit: auditStep, undo: undoStep }

async function auditStep(
  deps: EngineDeps,
  { request, place, result }: Chore,
  run: RunRow,
  signal: AbortSignal,
): Promise<ChoreStep> {
  const { objects = [] } = result as Partial<AuditResult>
  const page = await auditPage(
    deps,
    request as AuditRequest,
    place as AuditPlace | undefined,
    objects,
    signal,
  )
  const { checked = 0, healed = 0 } = run.counts
  run.counts = { checked: checked + page.checked, healed: healed + page.healed.length }
  return page.place
    ? { place: { ...page.place }, result: { objects } }
    : { result: { objects, isClean: objects.every(isClean) } }
}

/** The plan is made whole before anything is sent; each part is planned once more when its turn comes. */
type Phase = 'plan' | 'archive' | 'restore'

interface UndoPlace {
  phase: Phase
  /** Of the objects of the phase, in its order. */
  index: number
  afterId?: string
}

async function undoStep(
  deps: EngineDeps,
  chore: Chore,
  run: RunRow,
  signal: AbortSignal,
): Promise<ChoreStep> {
  const { isDry = false, ...request } = chore.request as unknown as UndoChore
  const place = (chore.place ?? { phase: 'plan', index: 0 }) as unknown as UndoPlace
  const { phase, index } = place
  const objects = await objectsInOrder(deps, request.run, phase)
  const of = objects[index]
  const undone = undoneSoFar(run)
  let { plan, isCut = false } = chore.result as Partial<UndoResult>
  let next: UndoPlace | undefined
  if (of) {
    const { afterId } = place
    const page = await planUndoPage(deps, request, { of, ...(afterId ? { afterId } : {}) }, signal)
    if (phase === 'plan') {
      plan = plan ? added(plan, page.plan) : page.plan
      isCut = cut(plan) || isCut
    } else if (phase === 'archive') await archiveCreated(deps, page.plan, undone, signal)
    else await restore(deps, page.plan, undone, signal)
    next = page.afterId ? { ...place, afterId: page.afterId } : { phase, index: index + 1 }
  } else {
    const following: Record<Phase, Phase | undefined> = {
      plan: isDry ? undefined : request.deleteCreated ? 'archive' : 'restore',
      archive: 'restore',
      restore: undefined,
    }
    next = following[phase] && { phase: following[phase], index: 0 }
    if (!next && !isDry) await conclude(deps, undone, signal)
  }
  const { fields, archived, busy, waiting, failed } = undone
  run.counts = isDry ? {} : { fields, archived, busy, waiting, failed }
  return { ...(next ? { place: { ...next } } : {}), result: { ...(plan ? { plan } : {}), isCut } }
}

/** Children are archived before their parents, and everything else happens to parents first. */
async function objectsInOrder(deps: EngineDeps, run: string, phase: Phase) {
  const rankOf = ({ destination, object }: { destination: string; object: string }) =>
    deps.connections.get(destination)?.connector.destination?.objects[object]?.rank ?? 0
  const ranked = (await deps.store.repair.objectsOf(run)).sort((a, b) => rankOf(a) - rankOf(b))
  return phase === 'archive' ? ranked.reverse() : ranked
}

function undoneSoFar(run: RunRow): Undone {
  const { fields = 0, archived = 0, busy = 0 } = run.counts
  return { run, fields, archived, busy, waiting: 0, failed: 0 }
}

function added(plan: UndoPlan, page: UndoPlan): UndoPlan {
  const sum = (key: keyof UndoPlan['totals']) => plan.totals[key] + page.totals[key]
  return {
    ...plan,
    records: [...plan.records, ...page.records],
    created: [...plan.created, ...page.created],
    gone: [...plan.gone, ...page.gone],
    totals: { fields: sum('fields'), kept: sum('kept'), records: sum('records'), archive: sum('archive') },
  }
}

/** Shortens the lists to what is shown; says whether there was more. */
function cut(plan: UndoPlan): boolean {
  const lists = [plan.records, plan.created, plan.gone]
  const isLong = lists.some((list) => list.length > KEPT)
  for (const list of lists) list.length = Math.min(list.length, KEPT)
  return isLong
}
