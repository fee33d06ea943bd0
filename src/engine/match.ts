import { surviving } from '../identity/index.ts'
import {
  blockNumbers,
  type Judged,
  judgeChanges,
  type KnownRecord,
  membersNeeded,
  type Values,
  valuesOfAccount,
  valuesOfPerson,
} from '../identity/match/index.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { currentModel } from './matching/match-model.ts'
import { type Area, loadArea, restandingOf } from './matching/restand.ts'
import type {
  ContributionRow,
  DirtyItem,
  DirtyMark,
  EntityKind,
  MatchCommit,
  MatchPort,
  MatchRow,
  NewJudgement,
} from './ports.ts'
import { toClaim } from './projecting/views.ts'

const ENTITIES_PER_STEP = 100
const ENTITIES_WHEN_PRESSED = 10

/**
 * People and companies whose names, addresses or judgements changed → who is probably the same → who stands with whom. One bounded step
 * at a time, so that it never keeps intake and delivery waiting; what a backfill brings waits until all of it is absorbed.
 */
export async function match(deps: EngineDeps, { isPressed }: StepOptions): Promise<StepResult> {
  let done = 0
  for (const kind of ['account', 'person'] as const) {
    const items = await deps.store.project.nextDirty({
      stage: 'match',
      kind,
      limit: isPressed ? ENTITIES_WHEN_PRESSED : ENTITIES_PER_STEP,
      now: deps.clock.now(),
    })
    if (items.length === 0) continue
    if (items.every(({ lane }) => lane === 'backfill') && (await isAbsorbing(deps))) continue
    await deps.store.match.commit(await computeMatch(deps, kind, items))
    done += items.length
  }
  return { done, more: false }
}

const isAbsorbing = async (deps: EngineDeps): Promise<boolean> =>
  (await deps.store.intake.pendingRecords({ limit: 1 })).length > 0

async function computeMatch(deps: EngineDeps, kind: EntityKind, items: DirtyItem[]): Promise<MatchCommit> {
  const now = deps.clock.now()
  const ids = items.map(({ id }) => id)
  const subjects = await deps.store.match.subjects(kind, ids)
  const { rows, known, judged, changed } = await judge(deps, kind, ids, subjects)

  const edges = judged.pairs.filter(({ verdict }) => verdict === 'same')
  const others = deps.matching.mode === 'auto' ? await rootsOfOthers(deps, edges, new Set(ids)) : []
  const area = await loadArea(deps, others, subjects)
  const restanding = restandingOf(deps, area, changed, edges)
  const lane = items.reduce((held, item) => (item.dueAt < held.dueAt ? item : held)).lane
  const dirty: DirtyMark[] = [
    ...judged.again.map((id) => mark('match', id, 'backfill')),
    ...restanding.changed.map((id) => mark('project', id, lane)),
  ]
  function mark(stage: DirtyMark['stage'], id: string, lane: DirtyItem['lane']): DirtyMark {
    return { stage, kind, id, lane, dueAt: now + deps.lanes[lane] }
  }
  return {
    now,
    records: rows,
    gone: judged.gone.filter((id) => known.has(id)),
    ...keyChanges(judged, known),
    again: judged.again,
    ...judgementChanges(judged, area, changed, now),
    restanding,
    ...(kind === 'account' && restanding.changed.length > 0
      ? { regrouped: { accounts: restanding.changed, lane, dueAt: now + deps.lanes[lane] } }
      : {}),
    dirty,
    dirtyDone: items.map(({ stage, kind, id, stamp }) => ({ stage, kind, id, stamp })),
  }
}

/** What the model says of those of one kind whose values changed, or who have to be judged again. */
async function judge(
  deps: EngineDeps,
  kind: EntityKind,
  ids: string[],
  subjects: Awaited<ReturnType<MatchPort['subjects']>>,
) {
  const { rules, version, scorer } = currentModel(kind)
  const stored = subjects.records
  const known = new Map(stored.map((row) => [row.entity, toKnown(row)]))
  const judgedBy = new Map(stored.map((row) => [row.entity, row.judgedBy]))
  const changed = new Map<string, Values | undefined>()
  if (deps.matching.mode !== 'off') {
    const said = Map.groupBy(subjects.contributions, ({ base }) => base)
    const bases = new Set(subjects.nodes.flatMap(({ id, base }) => (base === id ? [id] : [])))
    for (const id of ids) {
      const claims = bases.has(id) ? said.get(id) : undefined
      const values = claims && valuesOf(deps, kind, claims)
      const before = known.get(id)
      if (!before && !values) continue
      if (before && values && judgedBy.get(id) === version && isSame(before.values, values)) continue
      changed.set(id, values)
    }
  }
  const empty: Judged = { records: [], gone: [], pairs: [], again: [] }
  if (changed.size === 0) return { rows: [], known, judged: empty, changed: new Set<string>() }

  const keys = new Set<number>()
  for (const [id, values] of changed)
    for (const key of [...(known.get(id)?.keys ?? []), ...(values ? blockNumbers(values, rules) : [])])
      keys.add(key)
  const found = await deps.store.match.neighbours({
    keys: [...keys],
    limit: membersNeeded(changed.size),
    except: [...known.keys()],
  })
  for (const row of found.others) known.set(row.entity, toKnown({ ...row, keys: [] }))
  const judged = judgeChanges({ changed, members: found.members, records: known, scorer, rules })
  const rows = judged.records.map(
    ({ id, values, keys, shared }): MatchRow => ({
      entity: id,
      values: values as Record<string, string>,
      keys: [...keys],
      shared: [...shared],
      judgedBy: version,
    }),
  )
  return { rows, known, judged, changed: new Set(changed.keys()) }
}

function valuesOf(
  deps: EngineDeps,
  kind: EntityKind,
  claims: (ContributionRow & { accountBase?: string })[],
): Values {
  const { values } = surviving(claims.map(toClaim), deps.survivorship?.[kind])
  return kind === 'person'
    ? valuesOfPerson(values)
    : valuesOfAccount(
        values,
        claims.flatMap(({ accountBase = [] }) => accountBase),
      )
}

const toKnown = ({ entity, values, keys, shared }: Omit<MatchRow, 'judgedBy'>): KnownRecord => ({
  id: entity,
  values,
  keys,
  shared: shared as KnownRecord['shared'],
})

const isSame = (a: Values, b: Values): boolean => {
  const [x, y] = [Object.entries(a), b as Record<string, unknown>]
  return x.length === Object.keys(b).length && x.every(([name, value]) => y[name] === value)
}

async function rootsOfOthers(
  deps: EngineDeps,
  edges: readonly { a: string; b: string }[],
  known: ReadonlySet<string>,
): Promise<string[]> {
  const others = new Set(edges.flatMap(({ a, b }) => [a, b]).filter((id) => !known.has(id)))
  return others.size === 0 ? [] : (await deps.store.absorb.rootsOf([...others])).map(({ root }) => root)
}

function keyChanges(
  { records, gone }: Judged,
  known: ReadonlyMap<string, KnownRecord>,
): Pick<MatchCommit, 'keysAdded' | 'keysRemoved'> {
  const keysAdded: MatchCommit['keysAdded'] = []
  const keysRemoved: MatchCommit['keysRemoved'] = []
  for (const { id, keys } of [...records, ...gone.map((id) => ({ id, keys: [] as number[] }))]) {
    const before = new Set(known.get(id)?.keys)
    for (const key of keys) if (!before.delete(key)) keysAdded.push({ key, entity: id })
    for (const key of before) keysRemoved.push({ key, entity: id })
  }
  return { keysAdded, keysRemoved }
}

/** Only differences are written: most of what is judged again is judged as before. */
function judgementChanges(
  { pairs }: Judged,
  { judgements }: Area,
  changed: ReadonlySet<string>,
  now: number,
): Pick<MatchCommit, 'judgements' | 'withdrawn'> {
  const idOf = ({ a, b }: { a: string; b: string }) => `${a} ${b}`
  const old = new Map(
    judgements
      .filter(({ by, a, b }) => by === 'model' && (changed.has(a) || changed.has(b)))
      .map((row) => [idOf(row), row]),
  )
  const news: NewJudgement[] = []
  for (const { a, b, verdict, probability } of pairs) {
    const held = old.get(idOf({ a, b }))
    old.delete(idOf({ a, b }))
    if (held?.verdict === verdict && held.score === probability) continue
    news.push({ a, b, verdict, by: 'model', at: now, score: probability })
  }
  return { judgements: news, withdrawn: [...old.values()].map(({ a, b }) => ({ a, b })) }
}
