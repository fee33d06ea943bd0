import type { AccountAttributes, Invoice, Money, PersonAttributes, Subscription } from '#model'
import {
  type Claim,
  companyDomain,
  type Golden,
  type ParentClaim,
  surviving,
  survivingAccount,
} from '../../identity/index.ts'
import type {
  AccountView,
  BillingView,
  MappingView,
  PersonView,
  QuoteView,
  TouchBucket,
  TouchView,
} from '../../mapping/view.ts'
import { ULTIMATE_SLOT } from '../absorbing/facts.ts'
import type { Survivorship } from '../deps.ts'
import type {
  BillingRow,
  BucketRow,
  ContributionRow,
  DocumentRow,
  EntityKind,
  Household,
  ProjectPort,
  Standing,
  StoredEmployer,
  TouchRow,
} from '../ports.ts'
import type { KnownFrom } from './crm-knows.ts'
import { standingView } from './standing-view.ts'

/** Everything known about some roots of one kind, loaded with a constant number of statements. */
export interface EntityFacts {
  root: string
  golden: Golden
  /** Root of the person's account. */
  account?: string
  /** Of an account: what is said of the company that it belongs to. */
  parents: (Omit<ParentClaim, 'isLookedUp'> & { connection: string })[]
  /** Of a person without account: how they were matched by the name of their employer. */
  employer?: StoredEmployer
  /** Of a person without company: with whom they live. */
  household?: Household
  /** How many nodes stand here of which something is said. */
  nodes: number
  /** Of an account: set where it was placed among others. */
  standing?: Standing
  createdAt: number
  buckets: TouchBucket[]
  first?: TouchView
  last?: TouchView
  billing: BillingView
  hasDocuments: boolean
  /** False for visitors, and for accounts that are no more than a billing id. */
  isKnown: boolean
  knownFrom: KnownFrom[]
}

export interface LoadOptions {
  now: number
  /** Oldest bucket day any mapping looks at; undefined loads none before the epoch, i.e. all. */
  sinceDay?: number
  withTouchpoints: boolean
  survivorship?: Survivorship
}

/** Golden fields by which somebody can be called or reached. */
const NAMING = ['email', 'full_name', 'first_name', 'last_name', 'name', 'domain', 'vat_id', 'phone']

export async function loadFacts(
  port: ProjectPort,
  kind: EntityKind,
  roots: string[],
  options: LoadOptions,
): Promise<Map<string, EntityFacts>> {
  if (roots.length === 0) return new Map()
  const [contributions, buckets, touches, billing, documents] = await Promise.all([
    port.contributions(roots),
    options.withTouchpoints
      ? port.buckets({
          kind,
          roots,
          ...(options.sinceDay !== undefined ? { sinceDay: options.sinceDay } : {}),
        })
      : Promise.resolve<BucketRow[]>([]),
    port.touches({ kind, roots }),
    port.billing({ kind, roots, now: options.now }),
    port.documents({ kind, roots }),
  ])
  const by = <T extends { root: string }>(rows: T[]) => Map.groupBy(rows, (row) => row.root)
  const [contributionsBy, bucketsBy, touchesBy, billingBy] = [
    by(contributions),
    by(buckets),
    by(touches),
    by(billing),
  ]
  const documentsBy = Map.groupBy(documents, (d) => (kind === 'person' ? d.personRoot : d.accountRoot) ?? '')

  const golden = new Map(
    roots.map((root) => [
      root,
      surviving((contributionsBy.get(root) ?? []).map(toClaim), options.survivorship?.[kind]),
    ]),
  )
  const nameless = roots.filter((root) => !NAMING.some((field) => golden.get(root)!.values[field]))
  const identified = new Set(nameless.length > 0 ? await port.identified(nameless) : [])
  const visitors = new Set(nameless.filter((root) => !identified.has(root)))

  const facts = new Map<string, EntityFacts>()
  for (const root of roots) {
    const rows = contributionsBy.get(root) ?? []
    const own = documentsBy.get(root) ?? []
    const touch = (which: 'first' | 'last') =>
      toTouchView(touchesBy.get(root)?.find((t) => t.which === which))
    const [first, last] = [touch('first'), touch('last')]
    const account = kind === 'person' ? accountOf(rows) : undefined
    const firstSeen = Math.min(...rows.map((r) => r.observedAt), first?.at ?? Number.POSITIVE_INFINITY)
    facts.set(root, {
      root,
      golden: golden.get(root)!,
      ...(account ? { account } : {}),
      parents: kind === 'account' ? parentsOf(rows) : [],
      nodes: new Set(rows.map((row) => row.entity)).size,
      createdAt: Number.isFinite(firstSeen) ? firstSeen : options.now,
      buckets: (bucketsBy.get(root) ?? []).map(({ root: _, ...bucket }) => bucket),
      ...(first ? { first } : {}),
      ...(last ? { last } : {}),
      billing: billingView(billingBy.get(root) ?? [], own),
      hasDocuments: own.some((d) => d.type !== 'quote') || (billingBy.get(root)?.length ?? 0) > 0,
      isKnown: !visitors.has(root),
      knownFrom: knownFrom(rows, own),
    })
  }
  return facts
}

const knownFrom = (rows: ContributionRow[], documents: DocumentRow[]): KnownFrom[] => [
  ...rows.map(({ connection, stream, key, slot, attributes }) => ({
    connection,
    stream,
    key,
    slot,
    isSaying: Object.keys(attributes).length > 0,
  })),
  ...documents.map(fromDocument),
]

export const fromDocument = ({ connection, id }: DocumentRow): KnownFrom => ({
  connection,
  stream: '',
  key: id,
  slot: 'document',
  isSaying: true,
})

export const refOf = (row: ContributionRow): string =>
  `${row.connection}/${row.stream}/${row.key}#${row.slot}`

export const toClaim = (row: ContributionRow): Claim => ({
  attributes: row.attributes,
  method: row.method,
  observedAt: row.observedAt,
  ref: refOf(row),
  ...(row.confidence !== undefined ? { confidence: row.confidence } : {}),
})

const accountOf = (rows: ContributionRow[]): string | undefined =>
  survivingAccount(
    rows.flatMap((row) =>
      row.accountRoot
        ? [{ account: row.accountRoot, method: row.method, observedAt: row.observedAt, ref: refOf(row) }]
        : [],
    ),
  )

const parentsOf = (rows: ContributionRow[]): EntityFacts['parents'] =>
  rows.flatMap((row) =>
    row.accountRoot
      ? [
          {
            parent: row.accountRoot,
            connection: row.connection,
            method: row.method,
            observedAt: row.observedAt,
            ref: refOf(row),
            isConcluded: row.slot.startsWith(ULTIMATE_SLOT),
            ...(row.confidence !== undefined ? { confidence: row.confidence } : {}),
          },
        ]
      : [],
  )

function toTouchView(row: TouchRow | undefined): TouchView | undefined {
  if (!row) return undefined
  const { at, kind, channel, title = null, url = null, referrer = null, campaign = {} } = row
  const { name = null, source = null, medium = null, term = null, content = null } = campaign
  return {
    at,
    kind,
    channel,
    title,
    url,
    landing_page: url,
    referrer,
    campaign: { name, source, medium, term, content },
  }
}

const LIVE = new Set(['active', 'trialing', 'past_due', 'unpaid', 'paused'])
const STATUS_ORDER = [
  'active',
  'past_due',
  'trialing',
  'unpaid',
  'paused',
  'incomplete',
  'canceled',
  'incomplete_expired',
]
const PAYING = new Set(['active', 'past_due', 'trialing'])

/** Amounts of one currency only: the one of the live subscriptions, else the one most was paid in. */
function billingView(rows: BillingRow[], documents: DocumentRow[]): BillingView {
  const subscriptions = documents.flatMap((d) =>
    d.document.type === 'subscription' ? [d.document as Subscription] : [],
  )
  const invoice = documents.find((d) => d.document.type === 'invoice')?.document as Invoice | undefined
  const quotes = documents.filter(
    (d) => d.document.type === 'quote' && ['draft', 'sent', 'viewed'].includes(d.document.status),
  )
  const live = subscriptions.filter((s) => LIVE.has(s.status))
  const ranked = [...subscriptions].sort(
    (a, b) =>
      statusRank(a.status) - statusRank(b.status) || b.started_at - a.started_at || (a.key < b.key ? -1 : 1),
  )
  const mostPaid = [...rows].sort(
    (a, b) => b.lifetimePaid - a.lifetimePaid || (a.currency < b.currency ? -1 : 1),
  )[0]
  const currency =
    ranked.find((s) => LIVE.has(s.status))?.currency ?? mostPaid?.currency ?? ranked[0]?.currency
  const view: BillingView = {}
  if (quotes.length > 0) view.open_quotes = quotes.length
  if (!currency) return view

  const inCurrency = (amount: number): Money => ({ amount, currency })
  const sums = rows.find((r) => r.currency === currency)
  view.currency = currency
  view.lifetime_paid = inCurrency(sums?.lifetimePaid ?? 0)
  view.open = inCurrency(sums?.open ?? 0)
  view.overdue = inCurrency(sums?.overdue ?? 0)
  view.invoices = rows.reduce((n, r) => n + r.invoices, 0)
  const since = [...rows.flatMap((r) => r.firstPaidAt ?? []), ...subscriptions.map((s) => s.started_at)]
  if (since.length > 0) view.customer_since = Math.min(...since)
  const paidAt = rows.flatMap((r) => r.lastPaidAt ?? [])
  if (paidAt.length > 0) view.last_paid_at = Math.max(...paidAt)

  if (subscriptions.length > 0) {
    view.subscriptions = live.length
    view.subscription_status = ranked[0]!.status
    const paying = live.filter((s) => PAYING.has(s.status) && s.currency === currency)
    view.mrr = inCurrency(paying.reduce((sum, s) => sum + s.mrr.amount, 0))
    const plans = [
      ...new Set((live.length > 0 ? live : ranked.slice(0, 1)).flatMap((s) => s.plan || [])),
    ].sort()
    if (plans.length > 0) view.plan = plans.join(' + ')
    const renewals = live.flatMap((s) => s.renews_at ?? [])
    if (renewals.length > 0) view.renewal_date = Math.min(...renewals)
    const cancels = live.flatMap((s) => s.cancels_at ?? [])
    if (cancels.length > 0) view.cancels_at = Math.min(...cancels)
    const ended = subscriptions.flatMap((s) => s.ended_at ?? [])
    if (live.length === 0 && ended.length > 0) view.churned_at = Math.max(...ended)
  }
  if (invoice) {
    view.last_invoice_number = invoice.number ?? invoice.key
    view.last_invoice_amount = invoice.total
    view.last_invoice_status = invoice.status
    view.last_invoice_at = invoice.issued_at
  }
  return view
}

const statusRank = (status: string) => {
  const rank = STATUS_ORDER.indexOf(status)
  return rank < 0 ? STATUS_ORDER.length : rank
}

export function accountStage(facts: Pick<EntityFacts, 'billing' | 'hasDocuments'>): AccountView['stage'] {
  const { billing, hasDocuments } = facts
  if ((billing.subscriptions ?? 0) > 0) return 'customer'
  if (billing.churned_at !== undefined) return 'former_customer'
  if (hasDocuments && (billing.lifetime_paid?.amount ?? 0) + (billing.open?.amount ?? 0) > 0)
    return 'customer'
  return (billing.open_quotes ?? 0) > 0 ? 'opportunity' : 'prospect'
}

export function accountView(facts: EntityFacts): AccountView {
  return {
    ...(facts.golden.values as AccountAttributes),
    id: facts.root,
    stage: accountStage(facts),
    created_at: facts.createdAt,
    ...(facts.first ? { first_touch: facts.first } : {}),
    ...(facts.last ? { last_touch: facts.last } : {}),
    ...(facts.standing ? standingView(facts.standing, facts.billing.currency) : {}),
  }
}

export function personView(facts: EntityFacts, account: AccountView | undefined): PersonView {
  const own = accountStage(facts)
  const stage = own === 'prospect' || own === 'opportunity' ? (account?.stage ?? 'prospect') : own
  const isContact =
    own === 'customer' ||
    own === 'former_customer' ||
    account?.stage === 'customer' ||
    account?.stage === 'former_customer'
  const { consent: _, ...attributes } = facts.golden.values as PersonAttributes
  const match = accountMatch(facts, account)
  return {
    ...attributes,
    ...(match ? { account_match: match } : {}),
    ...(facts.household ? { household: facts.household } : {}),
    id: facts.root,
    stage: isContact ? 'contact' : facts.isKnown ? 'lead' : 'visitor',
    lifecycle: stage === 'prospect' ? 'lead' : stage,
    created_at: facts.createdAt,
    ...(facts.first ? { first_touch: facts.first } : {}),
    ...(facts.last ? { last_touch: facts.last } : {}),
  }
}

/** How somebody came to their account. */
function accountMatch(
  { employer, golden }: EntityFacts,
  account: AccountView | undefined,
): PersonView['account_match'] {
  if (!account) return undefined
  if (employer && 'account' in employer) return { method: employer.method, confidence: employer.confidence }
  const { email } = golden.values
  const isOfAddress = typeof email === 'string' && account.domain && companyDomain(email) === account.domain
  return { method: isOfAddress ? 'email_domain' : 'source', confidence: 1 }
}

export function viewOfPerson(facts: EntityFacts, account: AccountView | undefined, now: number): MappingView {
  const consent = (facts.golden.values.consent ?? {}) as MappingView['consent']
  return {
    now,
    person: personView(facts, account),
    ...(account ? { account } : {}),
    billing: facts.billing,
    consent,
    touchpoints: facts.buckets,
  }
}

export const viewOfAccount = (facts: EntityFacts, now: number): MappingView => ({
  now,
  account: accountView(facts),
  billing: facts.billing,
  consent: {},
  touchpoints: facts.buckets,
})

export function viewOfQuote(
  row: DocumentRow,
  person: PersonView | undefined,
  account: AccountView | undefined,
  now: number,
): MappingView {
  return {
    now,
    ...(person ? { person } : {}),
    ...(account ? { account } : {}),
    billing: {},
    consent: {},
    touchpoints: [],
    quote: { ...(row.document as QuoteView), id: row.id },
  }
}
