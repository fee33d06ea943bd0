import { enricherOf } from '#kit'
import { dayOf, startOfDay } from '#model'
import {
  ledgerKeys,
  type Plan,
  planBatch,
  type Subject,
  type WaterfallStep,
  withAnswer,
} from '../enrich/index.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { type Asked, askAll } from './enriching/ask.ts'
import type { LateAnswers } from './enriching/late-answers.ts'
import { toSubject } from './enriching/questions.ts'
import type { DirtyItem, DirtyMark, EnrichmentRow, EntityKind, NewRecord } from './ports.ts'
import { whenAllEnd } from './when-all-end.ts'

const ENTITIES_PER_STEP = 100

/** Dirty people and accounts → what nobody has told us yet is asked for, once; answers are stored as records. */
export async function enrich(deps: EngineDeps, options: StepOptions, late: LateAnswers): Promise<StepResult> {
  // Side by side: a lead waits for the slower of both answers and not for one after the other.
  const results = await whenAllEnd(
    (['account', 'person'] as const).map(async (kind) => {
      const items = await deps.store.project.nextDirty({
        stage: 'enrich',
        kind,
        limit: ENTITIES_PER_STEP,
        now: deps.clock.now(),
      })
      const done = items.length === 0 ? 0 : await enrichItems(deps, late, kind, items, options.signal)
      return { done, more: items.length === ENTITIES_PER_STEP }
    }),
  )
  return {
    done: results.reduce((sum, { done }) => sum + done, 0),
    more: results.some(({ more }) => more),
  }
}

async function enrichItems(
  deps: EngineDeps,
  late: LateAnswers,
  kind: EntityKind,
  items: DirtyItem[],
  signal: AbortSignal,
): Promise<number> {
  const now = deps.clock.now()
  const rootRows = await deps.store.absorb.rootsOf(items.map((i) => i.id))
  const rootOf = new Map(rootRows.map((r) => [r.entity, r.root]))
  const roots = [...new Set(rootOf.values())]
  const contributions = Map.groupBy(await deps.store.project.contributions(roots), (row) => row.root)
  const subjects = roots.map((root) => toSubject(deps, kind, contributions.get(root) ?? []))
  const marks = roots.map((id): DirtyMark => ({ stage: 'enrich', kind, id, lane: 'backfill', dueAt: now }))
  const { rows, records, waits, unfinished, bugs } = await askForGaps(deps, late, subjects, marks, signal)
  const cut = new Set([...unfinished].map((index) => roots[index]!))
  const done = items.filter((item) => !cut.has(rootOf.get(item.id) ?? item.id))
  await deps.store.enrich.commit({
    now,
    rows,
    records,
    dirtyDone: done.map(({ stage, kind: k, id, stamp }) => ({ stage, kind: k, id, stamp })),
    dirty: [...waits].map(([index, notBefore]) => ({ ...marks[index]!, dueAt: notBefore, notBefore })),
  })
  if (bugs.length > 0) throw bugs[0]
  return done.length + rows.length
}

interface Enriched {
  rows: EnrichmentRow[]
  records: NewRecord[]
  /** Subjects (by index) worth another look at an instant. */
  waits: Map<number, number>
  /** Subjects for which time was up; they are looked at again at once. */
  unfinished: Set<number>
  /** What was thrown and is no failure of a provider: told once the answers of the others are stored. */
  bugs: unknown[]
}

/** Round by round: what one provider leaves open, or a failing one cannot say, the next is asked for. */
async function askForGaps(
  deps: EngineDeps,
  late: LateAnswers,
  subjects: Subject[],
  marks: DirtyMark[],
  signal: AbortSignal,
): Promise<Enriched> {
  const steps = waterfall(deps)
  const now = deps.clock.now()
  const keys = subjects.flatMap(({ question }) => ledgerKeys(steps, question))
  const known = [...(await deps.store.enrich.known(keys, now))]
  const spentToday: Record<string, number> = {}
  for (const { connection } of steps)
    spentToday[connection] = (await deps.store.enrich.spent(connection, startOfDay(dayOf(now)))).calls
  const enriched: Enriched = { rows: [], records: [], waits: new Map(), unfinished: new Set(), bugs: [] }
  const current = [...subjects]
  const wait = (index: number, until: number) =>
    enriched.waits.set(index, Math.min(until, enriched.waits.get(index) ?? until))

  for (;;) {
    const { perEntity } = deps.enrich
    const plans = planBatch({ enrichers: steps, known, spentToday, now, perEntity, subjects: current })
    const questions = plans.flatMap(({ asks }, index) =>
      asks.map((ask) => ({ ask, index, question: current[index]!.question, mark: marks[index]! })),
    )
    const asked = questions.length > 0 ? await askAll(deps, late, questions, signal) : []
    const open = new Set<number>()
    let isBusy = false
    for (const [i, { ask, index }] of questions.entries()) {
      const outcome = asked[i]!
      note(outcome, ask.connection, { known, spentToday, enriched })
      if (outcome.status === 'cut') enriched.unfinished.add(index)
      // Who absorbs a hit marks its entity; of the others nobody else would ask the next provider.
      if (outcome.status === 'skipped' || outcome.status === 'taken' || isMiss(outcome)) open.add(index)
      if (outcome.status === 'failed')
        wait(index, Math.max(...outcome.rows.map(({ expiresAt }) => expiresAt)))
      if (outcome.status === 'answered')
        current[index] = {
          ...current[index]!,
          goldenFields: withAnswer(current[index]!.goldenFields, ask.enricher, outcome.answer),
        }
      if (outcome.status !== 'busy') continue
      isBusy = true
      wait(index, outcome.until)
    }
    if (questions.length > 0 && enriched.unfinished.size === 0 && !isBusy) continue
    for (const index of open) enriched.unfinished.add(index)
    plans.forEach(({ deferred }: Plan, index) => {
      for (const { until } of deferred) wait(index, until)
    })
    return enriched
  }
}

const isMiss = (asked: Asked): boolean =>
  asked.status === 'failed' || (asked.status === 'answered' && asked.answer.status === 'miss')

/** What the next round knows more than this one. */
function note(
  asked: Asked,
  provider: string,
  round: { known: EnrichmentRow[]; spentToday: Record<string, number>; enriched: Enriched },
): void {
  const { known, spentToday, enriched } = round
  switch (asked.status) {
    case 'answered':
      known.push(...asked.rows)
      enriched.rows.push(...asked.rows)
      spentToday[provider] = (spentToday[provider] ?? 0) + 1
      if (asked.record) enriched.records.push(asked.record)
      return
    case 'failed':
      known.push(...asked.rows)
      enriched.rows.push(...asked.rows)
      if (asked.bug) enriched.bugs.push(asked.bug)
      return
    case 'late':
      known.push(asked.row)
      spentToday[provider] = (spentToday[provider] ?? 0) + 1
      return
    case 'taken':
      if (asked.row) known.push(asked.row)
      else spentToday[provider] = Number.POSITIVE_INFINITY
  }
}

/** Who is asked, in order, with what the configuration says of each. */
export function waterfall({
  connections,
  enrich: { order, providers, fields },
}: EngineDeps): WaterfallStep[] {
  return order.flatMap((connection) => {
    const found = connections.get(connection)
    const enricher = found && enricherOf(found.connector, found.config)
    if (!found || !enricher) return []
    const { dailyBudget } = found.config
    const rule = providers?.[connection]
    return [
      {
        connection,
        enricher,
        ...(typeof dailyBudget === 'number' ? { dailyBudget } : {}),
        ...(rule ? { rule } : {}),
        ...(fields ? { fields } : {}),
      },
    ]
  })
}
