import { moreUrgent } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { LateAnswers } from './enriching/late-answers.ts'
import { toSubject } from './enriching/questions.ts'
import {
  askForGaps,
  type Case,
  type Enriched,
  nothingAsked,
  readLedger,
  splitQuiet,
} from './enriching/rounds.ts'
import type { DirtyItem, EntityKind, PutOff } from './ports.ts'
import { whenAllEnd } from './when-all-end.ts'

const ENTITIES_PER_STEP = 100
/** Answers that nobody has absorbed although their entity has waited for its time: it is looked at again. */
const ABSORB_MS = 1_000

/**
 * Dirty people and accounts → what nobody has told us yet is asked for, once; answers are stored as records. Steps may
 * overlap: `inHand` are those that one of them works on.
 */
export async function enrich(
  deps: EngineDeps,
  options: StepOptions,
  late: LateAnswers,
  inHand: Set<string> = new Set(),
): Promise<StepResult> {
  // Side by side: a lead waits for the slower of both answers and not for one after the other.
  const results = await whenAllEnd(
    (['account', 'person'] as const).map(async (kind) => {
      // Whoever is let go of while the marks are read has another mark by then.
      const before = new Set(inHand)
      const marked = await deps.store.project.nextDirty({
        stage: 'enrich',
        kind,
        limit: ENTITIES_PER_STEP,
        now: deps.clock.now(),
      })
      const items = marked.filter(({ id }) => !before.has(id) && !inHand.has(id))
      for (const { id } of items) inHand.add(id)
      try {
        const done = items.length === 0 ? 0 : await enrichItems(deps, late, kind, items, options)
        return { done, more: items.length === ENTITIES_PER_STEP }
      } finally {
        for (const { id } of items) inHand.delete(id)
      }
    }),
  )
  return {
    done: results.reduce((sum, { done }) => sum + done, 0),
    more: results.some(({ more }) => more),
  }
}

/** What is marked of one entity. */
interface MarkedCase extends Case {
  root: string
  items: DirtyItem[]
}

async function enrichItems(
  deps: EngineDeps,
  late: LateAnswers,
  kind: EntityKind,
  items: DirtyItem[],
  options: StepOptions,
): Promise<number> {
  const cases = await casesOf(deps, kind, items)
  const ledger = await readLedger(deps, cases)
  const { quiet, open, waits } = splitQuiet(deps, ledger, cases)
  // Whoever is through, such as those whose answers were absorbed, does not wait for the answers of others.
  const done = quiet.length === 0 ? 0 : await commit(deps, quiet, { ...nothingAsked(), waits })
  if (open.length === 0) return done
  return done + (await commit(deps, open, await askForGaps(deps, late, open, ledger, options)))
}

async function casesOf(deps: EngineDeps, kind: EntityKind, items: DirtyItem[]): Promise<MarkedCase[]> {
  const now = deps.clock.now()
  const rootRows = await deps.store.absorb.rootsOf(items.map((i) => i.id))
  const rootOf = new Map(rootRows.map((r) => [r.entity, r.root]))
  const groups = Map.groupBy(items, ({ id }) => rootOf.get(id) ?? id)
  const contributions = Map.groupBy(
    await deps.store.project.contributions([...groups.keys()]),
    (row) => row.root,
  )
  return [...groups].map(([root, group]) => ({
    root,
    items: group,
    subject: toSubject(deps, kind, contributions.get(root) ?? []),
    mark: { stage: 'enrich', kind, id: root, lane: 'backfill', dueAt: now },
    lane: group.map(({ lane }) => lane).reduce(moreUrgent),
  }))
}

/** What came of it, in one batch; how much that was. */
async function commit(deps: EngineDeps, cases: readonly MarkedCase[], enriched: Enriched): Promise<number> {
  const now = deps.clock.now()
  const { rows, records, answered, waits, unfinished, bugs } = enriched
  const done = cases.flatMap(({ items }, index) => (unfinished.has(index) ? [] : items))
  await deps.store.enrich.commit({
    now,
    rows,
    records,
    dirtyDone: done.map(({ stage, kind, id, stamp }) => ({ stage, kind, id, stamp })),
    // As old as before: whoever finds a provider busy again and again is not waited for again and again.
    dirty: [...waits].map(([index, notBefore]) => ({
      ...cases[index]!.mark,
      dueAt: notBefore,
      notBefore,
      since: oldestOf(cases[index]!).since,
    })),
    putOff: [...answered].flatMap((index) =>
      unfinished.has(index) ? [] : [untilAbsorbed(deps, cases[index]!, now)],
    ),
  })
  if (bugs.length > 0) throw bugs[0]
  return done.length + rows.length
}

/**
 * Whoever has answers keeps its mark until they are absorbed, which marks it again: it is written to a CRM with them and
 * not once before, and nobody else is asked for what they tell.
 */
function untilAbsorbed({ enrich: { graceMs } }: EngineDeps, marked: MarkedCase, now: number): PutOff {
  const { stage, kind, lane, dueAt, since } = oldestOf(marked)
  const graceEnds = since + graceMs
  return {
    stage,
    kind,
    id: marked.root,
    lane,
    dueAt,
    since,
    notBefore: graceEnds > now ? graceEnds : now + ABSORB_MS,
  }
}

const oldestOf = ({ items }: MarkedCase): DirtyItem => items.reduce((a, b) => (b.since < a.since ? b : a))
