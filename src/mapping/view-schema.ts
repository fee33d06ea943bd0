import { AccountAttributes, ConsentState, Instant, PersonAttributes, Quote } from '#model'
import { always, type Group, type Leaf, leaf, nodeOf, type SchemaNode } from './schema-node.ts'
import type {
  AccountView,
  BillingView,
  PersonView,
  QuoteView,
  RelativeView,
  RollupView,
  TouchView,
} from './view.ts'

const text = leaf('text')
const number = leaf('number')
const datetime = leaf('datetime')
const money = leaf('money')
const oneOf = (values: readonly string[]): Leaf => ({ kind: 'leaf', type: 'text', values })
const group = (keys: Record<string, SchemaNode>): Group => ({ kind: 'group', keys })

const classified = (what: string): Leaf => ({ kind: 'leaf', type: 'text', doc: `${what}, by classify.yaml` })

const campaign = group({ name: text, source: text, medium: text, term: text, content: text })

const touch = group({
  at: datetime,
  kind: text,
  channel: text,
  title: text,
  url: text,
  referrer: text,
  landing_page: text,
  campaign,
} satisfies Record<keyof TouchView, SchemaNode>)

const attributes = (schema: { shape: Record<string, unknown> }): Record<string, SchemaNode> =>
  Object.fromEntries(Object.entries(schema.shape).map(([name, field]) => [name, nodeOf(field, Instant)]))

// Consent is read as consent.marketing, not through the person.
const { consent: _, ...personAttributes } = attributes(PersonAttributes)

const person = group({
  ...personAttributes,
  ...({
    id: text,
    stage: oneOf(['visitor', 'lead', 'contact']),
    lifecycle: oneOf(['subscriber', 'lead', 'opportunity', 'customer', 'former_customer']),
    created_at: datetime,
    first_touch: touch,
    last_touch: touch,
    account_match: group({
      method: oneOf([
        'source',
        'email_domain',
        'phone',
        'postal_code',
        'city',
        'website',
        'country',
        'legal_name',
      ]),
      confidence: number,
    }),
    household: group({ id: text, name: text, members: number }),
  } satisfies Record<Exclude<keyof PersonView, keyof PersonAttributes>, SchemaNode>),
})

const relative = group({ id: text, name: text, domain: text } satisfies Record<
  keyof RelativeView,
  SchemaNode
>)

const rollup = group({
  accounts: number,
  customers: number,
  subscriptions: number,
  open_quotes: number,
  currency: text,
  mrr: money,
  lifetime_paid: money,
  open: money,
  overdue: money,
  last_touch_at: datetime,
} satisfies Record<keyof RollupView, SchemaNode>)

const account = group({
  ...attributes(AccountAttributes),
  ...({
    id: text,
    stage: oneOf(['prospect', 'opportunity', 'customer', 'former_customer']),
    created_at: datetime,
    first_touch: touch,
    last_touch: touch,
    class: classified('What it is to us'),
    activity_band: classified('How lively it is'),
    revenue_band: classified('What it is worth'),
    buyer_stage: classified('How far it is on the way to buying'),
    parent: relative,
    ultimate_parent: relative,
    children: number,
    rollup,
  } satisfies Record<Exclude<keyof AccountView, keyof AccountAttributes>, SchemaNode>),
})

// Sums change daily: people would have to be looked at whenever somebody of a sister company was here.
const { rollup: _rollup, ...ofOthers } = account.keys
const employer = group(ofOthers)

const billing = group({
  plan: text,
  mrr: money,
  currency: text,
  subscription_status: text,
  subscriptions: number,
  renewal_date: datetime,
  cancels_at: datetime,
  churned_at: datetime,
  customer_since: datetime,
  last_invoice_number: text,
  last_invoice_amount: money,
  last_invoice_status: text,
  last_invoice_at: datetime,
  last_paid_at: datetime,
  open: money,
  overdue: money,
  lifetime_paid: money,
  invoices: number,
  open_quotes: number,
} satisfies Record<keyof BillingView, SchemaNode>)

const quote = group({
  ...Object.fromEntries(
    Object.entries(attributes(Quote)).map(([name, node]) => [
      name,
      Quote.shape[name as keyof typeof Quote.shape].isOptional() ||
      Quote.shape[name as keyof typeof Quote.shape].isNullable()
        ? node
        : always(node),
    ]),
  ),
  ...({ id: text } satisfies Record<Exclude<keyof QuoteView, keyof Quote>, SchemaNode>),
})

const consent = group({
  marketing: nodeOf(ConsentState, Instant),
  analytics: nodeOf(ConsentState, Instant),
  gpc: leaf('boolean'),
})

const common = { now: datetime, account, billing, touchpoints: leaf('touchpoints') }

/** What expressions can read, per `from:`. */
export const VIEW_SCHEMAS = {
  person: group({ ...common, account: employer, person, consent }),
  account: group(common),
  /** The engine gives a quote its person and account, no billing and no touchpoints. */
  quote: group({ now: datetime, quote, person, account: employer }),
} as const

/** What conditions outside of mapping files can read. */
export const CONDITION_SCHEMAS = {
  person: group({ now: datetime, person: group(personAttributes), consent }),
  account: group({ now: datetime, account: group(attributes(AccountAttributes)) }),
} as const

/** What a vendor said besides: any depth, unknown types. */
const anything: Group = { kind: 'group', keys: {}, type: 'unknown' }
anything.open = anything

/** What `{…}` in subject and body of an activity can read. */
export const ACTIVITY_SCHEMA: Group = group({
  kind: text,
  title: text,
  url: text,
  channel: text,
  campaign: { ...group({ name: text, source: text, medium: text }), itself: 'name' },
  amount: money,
  occurred_at: datetime,
  count: number,
  props: { kind: 'group', keys: {}, open: anything },
})
