import { dayOf, startOfDay } from '#model'
import { bestParent, forestOf, type ParentEdge, ultimateOf } from '../../identity/index.ts'
import type { EngineDeps } from '../deps.ts'
import { hashJson } from '../hash.ts'
import type { Ancestor, ProjectPort, Relative, Rollup, Standing, StandingColumns } from '../ports.ts'
import { classifierOf } from './classify.ts'
import { keysConcerned, nameKeyOf } from './employers.ts'
import { accountStage, type EntityFacts, viewOfAccount } from './views.ts'

type Golden = Awaited<ReturnType<ProjectPort['golden']>>[number]
type Claim = NonNullable<ReturnType<typeof bestParent>>

export interface Placed {
  /** What was stored of the accounts before. */
  before: Map<string, Golden>
  /** What their rows say from now on. */
  columns: Map<string, StandingColumns>
  /** Other accounts whose standing follows from what changed → the account that changed. */
  concerned: Map<string, string>
  /** By account of which something changed: names by which people may mean it. */
  called: Map<string, string[]>
}

/**
 * Puts accounts in their place: parent and ultimate parent, sums over what is below, classes. Answers whom a change
 * concerns besides: the account above, those below where name or top changed, and whoever stands in a circle that opened
 * or closed. What is told of accounts outside of `facts` is as they were last projected.
 */
export async function placeAccounts(
  deps: EngineDeps,
  facts: Map<string, EntityFacts>,
  now: number,
): Promise<Placed> {
  const port = deps.store.project
  const roots = [...facts.keys()]
  const placed: Placed = { before: new Map(), columns: new Map(), concerned: new Map(), called: new Map() }
  if (roots.length === 0) return placed
  const [rows, children] = await Promise.all([port.golden(roots), port.childrenOf(roots)])
  placed.before = new Map(rows.map((row) => [row.id, row]))
  const claims = claimsOf(deps, facts)
  const above = [
    ...[...claims.values()].map(({ parent }) => parent),
    ...rows.flatMap((row) => row.parent ?? []),
  ]
  const others = new Map<string, Ancestor>()
  if (above.length > 0)
    for (const node of await port.ancestors([...new Set(above)]))
      if (!facts.has(node.id)) others.set(node.id, node)

  const forest = forestOf(edgesOf(claims, others))
  const relative = (id: string): Relative => {
    const { name, domain } = facts.get(id)?.golden.values ?? others.get(id) ?? {}
    return { id, ...(isText(name) ? { name } : {}), ...(isText(domain) ? { domain } : {}) }
  }
  const below = childrenBy(facts, forest, others, children)
  const totals = new Map<string, Rollup>()
  const totalOf = (id: string): Rollup => {
    const known = totals.get(id)
    if (known) return known
    const total = ownTotals(facts.get(id)!)
    for (const child of below.get(id) ?? [])
      addTotals(total, facts.has(child.id) ? totalOf(child.id) : child.standing?.total)
    totals.set(id, total)
    return total
  }

  const classifier = classifierOf(deps)
  for (const [root, own] of facts) {
    const [parent, ultimate, claim] = [forest.get(root), ultimateOf(root, forest), claims.get(root)]
    const standing: Standing = {
      ...(claim ? { claim: weightOf(claim) } : {}),
      ...(parent === undefined ? {} : { parent: relative(parent) }),
      ...(ultimate === undefined ? {} : { ultimate: relative(ultimate) }),
      children: below.get(root)?.length ?? 0,
      total: totalOf(root),
      nodes: own.nodes,
    }
    own.standing = standing
    const old = placed.before.get(root)
    const nameKey = nameKeyOf(own, old)
    const columns: StandingColumns = {
      ...(claim ? { parent: claim.parent } : {}),
      ...(nameKey === undefined ? {} : { nameKey }),
    }
    const called = keysConcerned(own, nameKey, old, (old?.golden.$standing as Standing | undefined)?.nodes)
    if (called) placed.called.set(root, called)
    if (classifier) {
      const view = viewOfAccount(own, now)
      const { classes } = classifier.classify(view)
      if (Object.keys(classes).length > 0) standing.classes = { ...classes }
      const reviewDay = classifier.reviewDay(view, classes)
      if (reviewDay !== undefined) columns.reviewDay = reviewDay
    }
    placed.columns.set(root, columns)
    noteConcerned(placed, root, own, below.get(root) ?? [], facts)
  }
  for (const { id, standing } of others.values())
    if ((standing?.parent === undefined) !== (forest.get(id) === undefined))
      placed.concerned.set(id, roots[0]!)
  return placed
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function claimsOf(deps: EngineDeps, facts: Map<string, EntityFacts>): Map<string, Claim> {
  const claims = new Map<string, Claim>()
  for (const [root, { parents }] of facts) {
    if (parents.length === 0) continue
    const isLookedUp = (name: string) => deps.connections.get(name)?.connector.enricher !== undefined
    const best = bestParent(
      root,
      parents.map(({ connection, ...claim }) => ({ ...claim, isLookedUp: isLookedUp(connection) })),
    )
    if (best) claims.set(root, best)
  }
  return claims
}

const weightOf = ({ tier, confidence, observedAt, ref }: Claim) => ({ tier, confidence, observedAt, ref })

function edgesOf(claims: Map<string, Claim>, others: Map<string, Ancestor>): Map<string, ParentEdge> {
  const edges = new Map<string, ParentEdge>(claims)
  for (const { id, parent, standing } of others.values())
    if (parent !== undefined && parent !== id && standing?.claim) edges.set(id, { parent, ...standing.claim })
  return edges
}

interface Child {
  id: string
  standing?: Standing
}

/** Accounts directly below each of `facts`: in this chunk by what it says, outside by what was last projected. */
function childrenBy(
  facts: Map<string, EntityFacts>,
  forest: Map<string, string>,
  others: Map<string, Ancestor>,
  stored: ({ parent: string } & Child)[],
): Map<string, Child[]> {
  const below = new Map<string, Child[]>()
  const add = (parent: string, child: Child) => below.set(parent, [...(below.get(parent) ?? []), child])
  for (const { parent, ...child } of stored) {
    if (facts.has(child.id) || child.id === parent) continue
    const isBelow = others.has(child.id)
      ? forest.get(child.id) === parent
      : child.standing?.parent !== undefined
    if (isBelow) add(parent, child)
  }
  for (const id of facts.keys()) {
    const parent = forest.get(id)
    if (parent !== undefined && facts.has(parent)) add(parent, { id })
  }
  return below
}

function noteConcerned(
  { before, concerned }: Placed,
  root: string,
  { standing, golden }: EntityFacts,
  below: Child[],
  facts: Map<string, EntityFacts>,
): void {
  const old = before.get(root)
  const stood = old?.golden.$standing as Standing | undefined
  // Most companies have no relatives.
  if (!stood?.parent && !standing!.parent && below.length === 0) return
  const note = (id: string | undefined) => {
    if (id !== undefined && id !== root && !facts.has(id)) concerned.set(id, root)
  }
  const [was, is] = [stood?.parent && old?.parent, standing!.parent?.id]
  if (was !== is) for (const id of [was, is]) note(id)
  else if (hashJson(stood?.total ?? null) !== hashJson(standing!.total)) note(is)
  const seenBefore = [old?.golden.name ?? null, old?.golden.domain ?? null, stood?.ultimate ?? null]
  const seen = [golden.values.name ?? null, golden.values.domain ?? null, standing!.ultimate ?? null]
  if (hashJson(seenBefore) !== hashJson(seen)) for (const { id } of below) note(id)
}

function ownTotals(facts: EntityFacts): Rollup {
  const { billing, last } = facts
  const inCurrency = (money: { amount: number; currency: string } | undefined) =>
    money && money.amount !== 0 ? { [money.currency]: money.amount } : {}
  return {
    accounts: 1,
    customers: accountStage(facts) === 'customer' ? 1 : 0,
    subscriptions: billing.subscriptions ?? 0,
    open_quotes: billing.open_quotes ?? 0,
    mrr: inCurrency(billing.mrr),
    lifetime_paid: inCurrency(billing.lifetime_paid),
    open: inCurrency(billing.open),
    overdue: inCurrency(billing.overdue),
    ...(last ? { last_touch_at: startOfDay(dayOf(last.at)) } : {}),
  }
}

const COUNTS = ['accounts', 'customers', 'subscriptions', 'open_quotes'] as const
const AMOUNTS = ['mrr', 'lifetime_paid', 'open', 'overdue'] as const

/** An account that was never projected is counted when it is. */
function addTotals(sum: Rollup, more: Rollup | undefined): void {
  if (!more) return
  for (const name of COUNTS) sum[name] += more[name]
  for (const name of AMOUNTS) {
    for (const [currency, amount] of Object.entries(more[name]))
      sum[name][currency] = (sum[name][currency] ?? 0) + amount
  }
  const latest = Math.max(sum.last_touch_at ?? -Infinity, more.last_touch_at ?? -Infinity)
  if (Number.isFinite(latest)) sum.last_touch_at = latest
}

/** What people and quotes of these accounts see of their standing: as they were last projected. */
export function recallStandings(accounts: Map<string, EntityFacts>, stored: Iterable<Golden>): void {
  for (const { id, golden } of stored) {
    const facts = accounts.get(id)
    if (facts && golden.$standing) facts.standing = golden.$standing as Standing
  }
}

/** First names of what accounts pass on, below `account`. */
export const INHERITED = [
  'class',
  'activity_band',
  'revenue_band',
  'buyer_stage',
  'parent',
  'ultimate_parent',
  'children',
]

/** Of what accounts pass on to people and quotes, what some mapping of these reads: `account.class` and the like. */
export function inheritedPaths(deps: EngineDeps, kind?: 'person' | 'quote'): string[] {
  const read = new Set(
    deps
      .mappings()
      .filter((m) => m.mode !== 'off' && (kind ? m.from === kind : m.from !== 'account'))
      .flatMap((m) => [...m.reads.paths])
      .flatMap((path) => (path.startsWith('account.') ? path.split('.')[1]! : [])),
  )
  return INHERITED.filter((name) => read.has(name))
}
