import { dayOf, startOfDay } from '#model'
import {
  ledgerKeys,
  PAUSE_KEY,
  type Plan,
  planBatch,
  type Subject,
  type WaterfallStep,
  withAnswer,
} from '../enrich/index.ts'
import { type Asked, askAll } from './ask.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { DirtyItem, EnrichmentRow, EntityKind, NewRecord } from './ports.ts'
import { toSubject } from './questions.ts'

const ENTITIES_PER_STEP = 100

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
    done += await enrichItems(deps, kind, items, options.signal)
    more ||= items.length === ENTITIES_PER_STEP
  }
  return { done, more }
}

async function enrichItems(
  deps: EngineDeps,
  kind: EntityKind,
  items: DirtyItem[],
  signal: AbortSignal,
): Promise<number> {
  const now = deps.clock.now()
  const steps = waterfall(deps)
  const rootRows = await deps.store.absorb.rootsOf(items.map((i) => i.id))
  const rootOf = new Map(rootRows.map((r) => [r.entity, r.root]))
  const roots = [...new Set(rootOf.values())]
  const contributions = Map.groupBy(await deps.store.project.contributions(roots), (row) => row.root)
  const subjects = roots.map((root) => toSubject(kind, contributions.get(root) ?? []))
  const { rows, records, waits, unfinished } = await askForGaps(deps, steps, subjects, signal)
  const cut = new Set(unfinished.map((index) => roots[index]!))
  const done = items.filter((item) => !cut.has(rootOf.get(item.id) ?? item.id))
  await deps.store.enrich.commit({
    now,
    rows,
    records,
    dirtyDone: done.map(({ stage, kind: k, id, stamp }) => ({ stage, kind: k, id, stamp })),
    dirty: [...waits].map(([index, notBefore]) => ({
      stage: 'enrich',
      kind,
      id: roots[index]!,
      lane: 'backfill',
      dueAt: notBefore,
      notBefore,
    })),
  })
  return done.length + rows.length
}

interface Enriched {
  rows: EnrichmentRow[]
  records: NewRecord[]
  /** Subjects (by index) worth another look at an instant. */
  waits: Map<number, number>
  /** Subjects for which time was up; they are looked at again at once. */
  unfinished: number[]
}

/** Round by round: what one provider leaves open, or a failing one cannot say, the next is asked for. */
async function askForGaps(
  deps: EngineDeps,
  steps: WaterfallStep[],
  subjects: Subject[],
  signal: AbortSignal,
): Promise<Enriched> {
  const now = deps.clock.now()
  const keys = subjects.flatMap(({ question }) => ledgerKeys(steps, question))
  const known = [...(await deps.store.enrich.known(keys, now))]
  const spentToday: Record<string, number> = {}
  for (const { connection } of steps)
    spentToday[connection] = (await deps.store.enrich.spent(connection, startOfDay(dayOf(now)))).calls
  const enriched: Enriched = { rows: [], records: [], waits: new Map(), unfinished: [] }
  const current = [...subjects]
  const wait = (index: number, until: number) =>
    enriched.waits.set(index, Math.min(until, enriched.waits.get(index) ?? until))

  for (;;) {
    const plans = planBatch({ enrichers: steps, known, spentToday, now, subjects: current })
    const questions = plans.flatMap(({ asks }, index) =>
      asks.map((ask) => ({ ask, index, question: current[index]!.question })),
    )
    const asked = questions.length > 0 ? await askAll(deps, questions, signal) : []
    for (const [i, { ask, index }] of questions.entries()) {
      const outcome = asked[i]!
      if (outcome.status === 'cut') {
        enriched.unfinished.push(index)
        continue
      }
      note(outcome, known, spentToday, enriched)
      if (outcome.status === 'answered') {
        const { question, consent, goldenFields } = current[index]!
        current[index] = {
          question,
          consent,
          goldenFields: withAnswer(goldenFields, ask.enricher, outcome.answer),
        }
      } else if (outcome.row.key !== PAUSE_KEY) wait(index, outcome.row.expiresAt)
    }
    if (questions.length > 0 && enriched.unfinished.length === 0) continue
    plans.forEach(({ deferred }: Plan, index) => {
      for (const { until } of deferred) wait(index, until)
    })
    return enriched
  }
}

function note(
  outcome: Exclude<Asked, { status: 'cut' }>,
  known: EnrichmentRow[],
  spent: Record<string, number>,
  enriched: Enriched,
): void {
  const { row } = outcome
  const isRepeated = enriched.rows.some(
    (other) => other.provider === row.provider && other.key === row.key && other.at === row.at,
  )
  if (!isRepeated) enriched.rows.push(row)
  known.push(row)
  if (row.key !== PAUSE_KEY) spent[row.provider] = (spent[row.provider] ?? 0) + 1
  if (outcome.status === 'answered') enriched.records.push(outcome.record)
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
