import { dayOf } from '#model'
import type { CompiledMapping } from '../mapping/types.ts'
import type { AccountView, MappingView, PersonView } from '../mapping/view.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { hashJson } from './hash.ts'
import { keepMappings } from './mappings/mapping-versions.ts'
import type { DirtyItem, DirtyMark, ProjectCommit, StandingColumns } from './ports.ts'
import { classifierOf, loadedFor } from './projecting/classify.ts'
import { findEmployers } from './projecting/employers.ts'
import { findHouseholds, readsHouseholds, recallHouseholds } from './projecting/households.ts'
import { propose, type Subject } from './projecting/propose.ts'
import { inheritedPaths, placeAccounts, recallStandings } from './projecting/standing.ts'
import { proposeActivities } from './projecting/timeline.ts'
import {
  accountStage,
  accountView,
  type EntityFacts,
  fromDocument,
  type LoadOptions,
  loadFacts,
  personView,
  viewOfAccount,
  viewOfPerson,
  viewOfQuote,
} from './projecting/views.ts'
import { whenAllEnd } from './when-all-end.ts'

const ENTITIES_PER_STEP = 500
const ENTITIES_WHEN_PRESSED = 50
const WORTH_PARTING = 100

/** Dirty people, accounts and quotes → golden values → desired CRM fields → operations where they differ. */
export async function project(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const limit = options.isPressed ? ENTITIES_WHEN_PRESSED : ENTITIES_PER_STEP
  let done = 0
  let more = false
  for (const kind of ['account', 'person', 'quote'] as const) {
    const items = await deps.store.project.nextDirty({
      stage: 'project',
      kind,
      limit,
      now: deps.clock.now(),
      waitForEnrich: deps.clock.now() - deps.enrich.graceMs,
    })
    if (items.length === 0) continue
    await whenAllEnd((await partsOf(deps, kind, items)).map((part) => projectItems(deps, kind, part)))
    done += items.length
    more ||= items.length === limit
  }
  return { done, more }
}

/**
 * Items that are worked at side by side: one part computes while the database has the other. All marks of one person are
 * in one part. Companies stand in one tree, and who lives together is counted, so these are one part.
 */
async function partsOf(
  deps: EngineDeps,
  kind: DirtyMark['kind'],
  items: DirtyItem[],
): Promise<DirtyItem[][]> {
  const isCounted = kind === 'account' || (kind === 'person' && readsHouseholds(deps))
  if (isCounted || items.length < WORTH_PARTING) return [items]
  const roots = new Map<string, string>()
  if (kind === 'person')
    for (const { entity, root } of await deps.store.absorb.rootsOf(items.map(({ id }) => id)))
      roots.set(entity, root)
  const people = [...Map.groupBy(items, ({ id }) => roots.get(id) ?? id).values()]
  const half = Math.ceil(people.length / 2)
  return [people.slice(0, half).flat(), people.slice(half).flat()]
}

interface Projection {
  commit: ProjectCommit
  /** Whose people or quotes must be projected again. */
  accountsChanged: DirtyItem[]
  withQuotes: DirtyItem[]
}

/**
 * What depends on these items is marked before they are done with: a process that dies in between marks it twice, one
 * that did it the other way round would never.
 */
async function projectItems(deps: EngineDeps, kind: DirtyMark['kind'], items: DirtyItem[]): Promise<void> {
  const { store, clock, lanes } = deps
  const { commit, accountsChanged, withQuotes } = await computeProjection(deps, kind, items)
  const now = clock.now()
  for (const [lane, group] of Map.groupBy(accountsChanged, (item) => item.lane))
    await store.project.markPeopleOf(
      group.map((item) => item.id),
      lane,
      now + lanes[lane],
    )
  for (const [lane, group] of Map.groupBy(withQuotes, (item) => item.lane))
    await store.project.markQuotesOf(
      group.map((item) => item.id),
      lane,
      now + lanes[lane],
    )
  await store.project.commit(commit)
}

async function computeProjection(
  deps: EngineDeps,
  kind: DirtyMark['kind'],
  items: DirtyItem[],
): Promise<Projection> {
  const now = deps.clock.now()
  const mappings = deps
    .mappings()
    .filter((m) => m.from === kind && m.mode !== 'off' && deps.connections.has(m.destination))
  await keepMappings(deps, mappings)
  const load = loadOptions(mappings, now)
  const {
    subjects,
    facts,
    accounts,
    before,
    columns,
    placed,
    neighbours = [],
  } = await loadSubjects(deps, kind, items, load)
  const passedOn = inheritedPaths(deps)
  const adopted: NonNullable<ProjectCommit['adopted']> = []
  const commit: ProjectCommit = {
    now,
    golden: [],
    operations: [],
    supersede: [],
    projections: [],
    adopted,
    dirty: [],
    dirtyDone: items.map(({ stage, kind: k, id, stamp }) => ({ stage, kind: k, id, stamp })),
  }

  for (const entity of facts.values()) commit.golden.push(goldenRow(entity, accounts, passedOn))
  for (const mapping of mappings) {
    const proposal = await propose(deps, mapping, subjects, now)
    commit.operations.push(...proposal.operations)
    commit.supersede.push(...proposal.supersede)
    commit.projections.push(...proposal.projections)
    adopted.push(...proposal.adopted)
    const timeline = await proposeActivities(deps, mapping, proposal.visible, now)
    commit.operations.push(...timeline.operations)
    commit.projections.push(...timeline.projections)
    const unfinished = new Set(timeline.unfinished)
    commit.dirtyDone = commit.dirtyDone.filter((item) => !unfinished.has(item.id))
  }

  if (kind === 'quote') return { commit, accountsChanged: [], withQuotes: [] }
  const roots = subjects.map(({ entity, item }): DirtyItem => ({ ...item, id: entity }))
  if (kind === 'person') {
    commit.dirty.push(...movedPeople(deps, roots, facts, before, now))
    commit.standing = changedColumns(before, columns!)
    if (neighbours.length > 0) {
      const { lane } = items[0]!
      commit.workers = [{ keys: neighbours, accounts: [], lane, dueAt: now + deps.lanes[lane] }]
    }
    return { commit, accountsChanged: [], withQuotes: readersOf(deps, 'quote') ? roots : [] }
  }
  commit.standing = changedColumns(before, columns!)
  const laneOf = new Map(roots.map(({ id, lane }) => [id, lane]))
  for (const [id, cause] of placed!.concerned) {
    const lane = laneOf.get(cause) ?? 'backfill'
    commit.dirty.push({ stage: 'project', kind: 'account', id, lane, dueAt: now + deps.lanes[lane] })
  }
  commit.workers = [...Map.groupBy(placed!.called, ([id]) => laneOf.get(id) ?? 'backfill')].map(
    ([lane, called]) => ({
      keys: called.flatMap(([, keys]) => keys),
      accounts: called.map(([id]) => id),
      lane,
      dueAt: now + deps.lanes[lane],
    }),
  )
  const changed = roots.filter(({ id }) => before.get(id)?.hash !== hashOf(facts.get(id)!, passedOn))
  return {
    commit,
    // Quotes learn of their buyer's company through the buyer.
    accountsChanged: readersOf(deps, 'person') || readersOf(deps, 'quote') ? changed : [],
    withQuotes: readersOf(deps, 'quote') ? changed : [],
  }
}

const readersOf = (deps: EngineDeps, kind: DirtyMark['kind']): boolean =>
  deps.mappings().some((m) => m.from === kind && m.mode !== 'off')

type StoredGolden = Awaited<ReturnType<EngineDeps['store']['project']['golden']>>[number]
type Before = Map<string, StoredGolden>

const changedColumns = (
  before: Before,
  columns: ReadonlyMap<string, StandingColumns>,
): NonNullable<ProjectCommit['standing']> =>
  [...columns].flatMap(([id, own]) => {
    const old = before.get(id)
    const isSame =
      old !== undefined &&
      old.parent === own.parent &&
      old.nameKey === own.nameKey &&
      old.reviewDay === own.reviewDay
    return isSame ? [] : [{ id, ...own }]
  })

/** What a company is worth is counted over its people: whoever came or went changes both companies. */
function movedPeople(
  deps: EngineDeps,
  people: DirtyItem[],
  facts: Map<string, EntityFacts>,
  before: Before,
  now: number,
): DirtyMark[] {
  return people.flatMap(({ id, lane }) => {
    const [old, current] = [before.get(id)?.account, facts.get(id)!.account]
    if (old === current) return []
    const dueAt = now + deps.lanes[lane]
    return unique([old, current]).map(
      (account): DirtyMark => ({ stage: 'project', kind: 'account', id: account, lane, dueAt }),
    )
  })
}

export function loadOptions(mappings: CompiledMapping[], now: number): LoadOptions {
  const withTouchpoints = mappings.some((m) => m.reads.touchpoints)
  const longest = Math.max(0, ...mappings.flatMap((m) => m.windows))
  // Unwindowed aggregates (first, last, total counts) need every bucket; the compiler lists them as an infinite window.
  const sinceDay = Number.isFinite(longest) && longest > 0 ? dayOf(now) - longest : undefined
  return { now, withTouchpoints, ...(sinceDay !== undefined ? { sinceDay } : {}) }
}

export async function loadSubjects(
  deps: EngineDeps,
  kind: DirtyMark['kind'],
  items: DirtyItem[],
  options: LoadOptions,
) {
  const port = deps.store.project
  const load: LoadOptions = deps.survivorship ? { ...options, survivorship: deps.survivorship } : options
  const empty = new Map<string, EntityFacts>()
  const itemBy = new Map(items.map((item) => [item.id, item]))
  const subjects: Subject[] = []
  const accountLoad: LoadOptions = { ...load, withTouchpoints: false }

  if (kind === 'quote') {
    const rows = await port.documentsById(items.map((i) => i.id))
    const people = await loadFacts(port, 'person', unique(rows.map((r) => r.personRoot)), accountLoad)
    const accounts = await loadFacts(
      port,
      'account',
      unique([...rows.map((r) => r.accountRoot), ...[...people.values()].map((p) => p.account)]),
      accountLoad,
    )
    if (inheritedPaths(deps, 'quote').length > 0)
      recallStandings(accounts, await port.golden([...accounts.keys()]))
    if (readsHouseholds(deps, 'quote')) recallHouseholds(people, await port.golden([...people.keys()]))
    for (const row of rows) {
      const person = row.personRoot ? people.get(row.personRoot) : undefined
      const account =
        (row.accountRoot && accounts.get(row.accountRoot)) ||
        (person?.account && accounts.get(person.account)) ||
        undefined
      const accountSeen = account ? accountView(account) : undefined
      const personSeen: PersonView | undefined = person && personView(person, accountSeen)
      subjects.push({
        entity: row.id,
        item: itemBy.get(row.id)!,
        view: viewOfQuote(row, personSeen, accountSeen, load.now),
        knownFrom: [fromDocument(row)],
      })
    }
    return { subjects, facts: empty, accounts: empty, before: new Map() as Before }
  }

  const rootRows = await deps.store.absorb.rootsOf(items.map((i) => i.id))
  const itemOfRoot = new Map<string, DirtyItem>()
  for (const { entity, root } of rootRows)
    if (!itemOfRoot.has(root)) itemOfRoot.set(root, itemBy.get(entity)!)
  const roots = [...itemOfRoot.keys()]
  if (kind === 'account') {
    const facts = await loadFacts(port, kind, roots, loadedFor(classifierOf(deps), load))
    const placed = await placeAccounts(deps, facts, load.now)
    for (const root of roots) {
      const own = facts.get(root)!
      const { knownFrom } = own
      subjects.push({
        entity: root,
        item: itemOfRoot.get(root)!,
        view: viewOfAccount(own, load.now),
        knownFrom,
      })
    }
    return { subjects, facts, accounts: empty, before: placed.before, columns: placed.columns, placed }
  }
  const facts = await loadFacts(port, kind, roots, load)
  const columns = await findEmployers(deps, facts)
  const accounts = await loadFacts(
    port,
    'account',
    unique([...facts.values()].map((f) => f.account)),
    accountLoad,
  )
  const stored = await port.golden([
    ...roots,
    ...(inheritedPaths(deps, 'person').length > 0 ? accounts.keys() : []),
  ])
  const before: Before = new Map(stored.map((row) => [row.id, row]))
  recallStandings(accounts, stored)
  const neighbours = await findHouseholds(deps, facts, columns, before)
  for (const root of roots) {
    const own = facts.get(root)!
    subjects.push({
      entity: root,
      item: itemOfRoot.get(root)!,
      view: viewOf(own, accounts, load.now),
      knownFrom: own.knownFrom,
    })
  }
  return { subjects, facts, accounts, before, columns, neighbours }
}

function viewOf(own: EntityFacts, accounts: Map<string, EntityFacts>, now: number): MappingView {
  const account = own.account ? accounts.get(own.account) : undefined
  const seen: AccountView | undefined = account && accountView(account)
  return viewOfPerson(own, seen, now)
}

/** Of what others inherit: golden values, stage, and of an account's standing what their mappings read. */
function hashOf(entity: EntityFacts, passedOn: string[], stage: string = accountStage(entity)): string {
  const own = [entity.golden.values, stage]
  if (!entity.standing || passedOn.length === 0) return hashJson(own)
  const view = accountView(entity) as unknown as Record<string, unknown>
  return hashJson([...own, passedOn.map((name) => view[name] ?? null)])
}

function goldenRow(
  entity: EntityFacts,
  accounts: Map<string, EntityFacts>,
  passedOn: string[],
): ProjectCommit['golden'][number] {
  const isPerson = entity.root.startsWith('per_')
  const account = entity.account ? accounts.get(entity.account) : undefined
  const stage = isPerson ? personView(entity, account && accountView(account)).stage : accountStage(entity)
  const golden = {
    ...entity.golden.values,
    $sources: entity.golden.sources,
    ...(entity.standing ? { $standing: entity.standing } : {}),
    ...(entity.employer ? { $employer: entity.employer } : {}),
    ...(entity.household ? { $household: entity.household } : {}),
  }
  return {
    id: entity.root,
    golden,
    hash: hashOf(entity, passedOn, stage),
    stage,
    isVisitor: !entity.isKnown,
    ...(entity.account ? { account: entity.account } : {}),
  }
}

const unique = (values: (string | undefined)[]): string[] => [
  ...new Set(values.filter((v) => v !== undefined)),
]
