import { type EnrichmentQuestion, HubError, reportOf } from '#kit'
import {
  type AccountAttributes,
  type Consent,
  dayOf,
  type Method,
  type PersonAttributes,
  startOfDay,
} from '#model'
import {
  type Ask,
  answerRecord,
  answerStream,
  expiryOf,
  ledgerKeys,
  planBatch,
  type Subject,
  type WaterfallStep,
} from '../enrich/index.ts'
import { normaliseEmail, surviving } from '../identity/index.ts'
import { contextOf } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { ContributionRow, DirtyItem, EnrichmentRow, EntityKind, NewRecord } from './ports.ts'
import { toRecord } from './records.ts'
import { refOf } from './views.ts'

const ENTITIES_PER_STEP = 100
/** A provider that failed is left alone for this question for a while; the others are asked meanwhile. */
const RETRY_FAILED_MS = 15 * 60_000

/** Dirty people and accounts → what nobody has told us yet is asked for, once; answers are stored as records. */
export async function enrich(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  let done = 0
  let more = false
  for (const kind of ['account', 'person'] as const) {
    const items = await deps.store.project.nextDirty({
      stage: 'enrich',
      kind,
      limit: ENTITIES_PER_STEP,
      now: deps.clock.now(),
    })
    if (items.length === 0) continue
    await enrichItems(deps, kind, items, options.signal)
    done += items.length
    more ||= items.length === ENTITIES_PER_STEP
  }
  return { done, more }
}

async function enrichItems(
  deps: EngineDeps,
  kind: EntityKind,
  items: DirtyItem[],
  signal: AbortSignal,
): Promise<void> {
  const now = deps.clock.now()
  const steps = waterfall(deps)
  const rootRows = await deps.store.absorb.rootsOf(items.map((i) => i.id))
  const roots = [...new Set(rootRows.map((r) => r.root))]
  const contributions = Map.groupBy(await deps.store.project.contributions(roots), (row) => row.root)
  const subjects = roots.map((root) => toSubject(kind, contributions.get(root) ?? []))
  const known = await deps.store.enrich.known(
    subjects.flatMap(({ question }) => ledgerKeys(steps, question)),
    now,
  )
  const spentToday: Record<string, number> = {}
  for (const { connection } of steps)
    spentToday[connection] = (await deps.store.enrich.spent(connection, startOfDay(dayOf(now)))).calls

  const plans = planBatch({ enrichers: steps, known, spentToday, now, subjects })
  const answers = await Promise.all(
    plans.flatMap((plan, i) => plan.asks.map((ask) => askOne(deps, ask, subjects[i]!.question, signal))),
  )
  const waitUntil = new Map<string, number>()
  plans.forEach((plan, i) => {
    for (const { until } of plan.deferred)
      waitUntil.set(roots[i]!, Math.min(until, waitUntil.get(roots[i]!) ?? until))
    for (const { key } of plan.asks) {
      const failed = answers.find((a) => a.row.key === key && a.row.status === 'error')
      if (failed) waitUntil.set(roots[i]!, failed.row.expiresAt)
    }
  })
  await deps.store.enrich.commit({
    now,
    rows: answers.map((a) => a.row),
    records: answers.flatMap((a) => a.record ?? []),
    dirtyDone: items.map(({ stage, kind: k, id, stamp }) => ({ stage, kind: k, id, stamp })),
    dirty: [...waitUntil].map(([id, notBefore]) => ({
      stage: 'enrich',
      kind,
      id,
      lane: 'backfill',
      dueAt: notBefore,
      notBefore,
    })),
  })
}

function waterfall(deps: EngineDeps): WaterfallStep[] {
  return deps.enrich.order.flatMap((name) => {
    const connection = deps.connections.get(name)
    const enricher = connection?.connector.enricher
    if (!connection || !enricher) return []
    const { dailyBudget } = connection.config
    return [{ connection: name, enricher, ...(typeof dailyBudget === 'number' ? { dailyBudget } : {}) }]
  })
}

function toSubject(kind: EntityKind, rows: ContributionRow[]): Subject {
  const methods = new Map(rows.map((row) => [refOf(row), row.method]))
  const golden = surviving(rows.map((row) => ({ ...row, ref: refOf(row) })))
  const goldenFields: Record<string, { method: Method } | undefined> = {}
  for (const [field, value] of Object.entries(golden.values)) {
    const method = methods.get(golden.sources[field]!)
    if (value !== null && value !== '' && method) goldenFields[field] = { method }
  }
  const question = kind === 'person' ? personQuestion(golden.values) : accountQuestion(golden.values)
  return { question, goldenFields, consent: golden.values.consent as Consent | undefined }
}

function personQuestion(values: PersonAttributes): EnrichmentQuestion {
  const email = values.email ? normaliseEmail(values.email) : undefined
  const name = values.full_name || [values.first_name, values.last_name].filter(Boolean).join(' ')
  return {
    kind: 'person',
    ...(email ? { email } : {}),
    ...(name ? { name } : {}),
    ...(values.country ? { country: values.country } : {}),
    ...(values.phone ? { phone: values.phone } : {}),
  }
}

function accountQuestion(values: AccountAttributes): EnrichmentQuestion {
  return {
    kind: 'account',
    ...(values.domain ? { domain: values.domain } : {}),
    ...(values.name ? { name: values.name } : {}),
    ...(values.country ? { country: values.country } : {}),
    ...(values.phone ? { phone: values.phone } : {}),
  }
}

async function askOne(
  deps: EngineDeps,
  ask: Ask,
  question: EnrichmentQuestion,
  signal: AbortSignal,
): Promise<{ row: EnrichmentRow; record?: NewRecord }> {
  const connection = deps.connections.get(ask.connection)!
  const base = { provider: ask.connection, key: ask.key }
  try {
    const answer = await ask.enricher.enrich(contextOf(connection, { ...deps, signal }), question)
    const at = deps.clock.now()
    const row: EnrichmentRow = {
      ...base,
      status: answer.status,
      cost: answer.cost,
      at,
      expiresAt: expiryOf(ask.enricher, answer.status, at),
    }
    const body = answerRecord(ask.connection, question, answer, at)
    return {
      row,
      record: toRecord(ask.connection, question.kind, answerStream(ask.enricher), body, { fetchedAt: at }),
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const at = deps.clock.now()
    const wait = error.details.retryAfterMs ?? RETRY_FAILED_MS
    deps.log.warn('enrichment failed', { provider: ask.connection, error: reportOf(error) })
    return { row: { ...base, status: 'error', cost: 0, at, expiresAt: at + wait } }
  }
}
