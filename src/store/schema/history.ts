import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const touchpoints = sqliteTable(
  'touchpoints',
  {
    /** Order of arrival; SQLite appends it to every index, so (person) also finds seq > x. */
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    kind: text('kind').notNull(),
    occurredAt: integer('occurred_at').notNull(),
    person: text('person'),
    account: text('account'),
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    key: text('key').notNull(),
    channel: text('channel').notNull(),
    direction: text('direction').notNull(),
    title: text('title'),
    url: text('url'),
    referrer: text('referrer'),
    campaign: text('campaign'),
    amount: integer('amount'),
    currency: text('currency'),
    isMachine: integer('is_machine').notNull(),
    props: text('props'),
  },
  (t) => [
    index('touchpoints_person_time').on(t.person, t.occurredAt),
    index('touchpoints_account_time').on(t.account, t.occurredAt).where(sql`account IS NOT NULL`),
    // What the timeline has not considered is looked for by kind: most of a visitor's history is of no such kind.
    index('touchpoints_person').on(t.person, t.seq, t.kind).where(sql`person IS NOT NULL`),
    index('touchpoints_account')
      .on(t.account, t.seq, t.kind)
      .where(sql`account IS NOT NULL AND person IS NULL`),
  ],
)

/** Touchpoints counted per node, kind, channel, UTC day and currency ('' where there is no amount). */
export const touchpointDays = sqliteTable(
  'touchpoint_days',
  {
    entity: text('entity').notNull(),
    day: integer('day').notNull(),
    kind: text('kind').notNull(),
    channel: text('channel').notNull(),
    currency: text('currency').notNull(),
    count: integer('count').notNull(),
    amount: integer('amount').notNull(),
    firstAt: integer('first_at').notNull(),
    lastAt: integer('last_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.entity, t.day, t.kind, t.channel, t.currency] }),
    index('touchpoint_days_day').on(t.day, t.entity),
  ],
)

/** How far running counts have come: 'counted touchpoints' is the last seq that buckets and touches include. */
export const counters = sqliteTable('counters', {
  name: text('name').primaryKey(),
  value: integer('value').notNull(),
})

/** First and last inbound touchpoint of a node. */
export const touches = sqliteTable(
  'touches',
  {
    entity: text('entity').notNull(),
    /** first · last */
    which: text('which').notNull(),
    /** 1 where a first touch says nothing of its origin, so that any that does replaces it. */
    isPlain: integer('is_plain').notNull(),
    at: integer('at').notNull(),
    touchpoint: text('touchpoint').notNull(),
  },
  (t) => [primaryKey({ columns: [t.entity, t.which] })],
)

/** Billing documents of all types: the columns that roll-ups read, and the whole document as JSON. */
export const documents = sqliteTable(
  'documents',
  {
    id: text('id').primaryKey(),
    /** subscription · invoice · payment · quote · deal */
    type: text('type').notNull(),
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    recordKey: text('record_key').notNull(),
    person: text('person'),
    account: text('account'),
    /** The vendor's id of the document. */
    key: text('key').notNull(),
    /** Of a payment: charge, refund, dispute, credit_note. */
    kind: text('kind'),
    status: text('status').notNull(),
    currency: text('currency').notNull(),
    /** Minor units: total of an invoice or quote, amount of a payment, MRR of a subscription. */
    total: integer('total').notNull(),
    paid: integer('paid'),
    open: integer('open'),
    /** Issued, paid, started or created, by type. */
    at: integer('at').notNull(),
    dueAt: integer('due_at'),
    paidAt: integer('paid_at'),
    /** Of a payment: the vendor's id of the invoice it settles. */
    invoiceKey: text('invoice_key'),
    body: text('body').notNull(),
  },
  (t) => [
    index('documents_person').on(t.person, t.type).where(sql`person IS NOT NULL`),
    index('documents_account').on(t.account, t.type).where(sql`account IS NOT NULL`),
    index('documents_record').on(t.connection, t.stream, t.recordKey),
    index('documents_type').on(t.type, t.id),
    index('documents_key').on(t.connection, t.key).where(sql`type = 'invoice'`),
    index('documents_invoice').on(t.connection, t.invoiceKey).where(sql`invoice_key IS NOT NULL`),
  ],
)

/** Visits of a site by day and origin, as an analytics tool counted them: of nobody in particular. */
export const traffic = sqliteTable(
  'traffic',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    recordKey: text('record_key').notNull(),
    /** Place among the rows of its record. */
    place: integer('place').notNull(),
    site: text('site').notNull(),
    day: integer('day').notNull(),
    channel: text('channel').notNull(),
    /** '' where the tool names none, in these four. */
    source: text('source').notNull(),
    medium: text('medium').notNull(),
    campaign: text('campaign').notNull(),
    landingPage: text('landing_page').notNull(),
    visits: integer('visits').notNull(),
    engagedVisits: integer('engaged_visits').notNull(),
    newVisitors: integer('new_visitors').notNull(),
    conversions: real('conversions').notNull(),
    /** 1 where counts are not exact: thresholded, sampled, or folded together. */
    isLimited: integer('is_limited').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.connection, t.stream, t.recordKey, t.place] }),
    index('traffic_day').on(t.day),
  ],
)
