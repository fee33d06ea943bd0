import * as z from 'zod'
import { ERROR_CATALOGUE, LANES } from '#kit'
import { Campaign, Money } from '#model'

/** Schemas with a name of their own in the OpenAPI document. */
export const components = z.registry<{ id: string }>()

export function named<S extends z.ZodType>(id: string, schema: S): S {
  components.add(schema, { id })
  return schema
}

export const At = z.iso.datetime().describe('ISO 8601, UTC')

const MoneyText = named(
  'Money',
  Money.extend({ text: z.string().describe('Exact decimal text in major units: "19.99"') }),
)

export const ErrorReport = named(
  'ErrorReport',
  z.object({
    kind: z
      .string()
      .describe('What the hub does about it: config, auth, rate_limit, transient, record, admin_rule or bug'),
    code: z.string().describe('Stable code; docs/errors.md lists them with their fixes'),
    message: z.string(),
    fix: z.string(),
    vendor_code: z.string().optional(),
    at: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
)

export const Problem = named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERROR_CATALOGUE) as [string, ...string[]]),
    fix: z.string(),
    at: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
  }),
)

const count = () => z.int().min(0)

export const HeldDeletions = named(
  'HeldDeletions',
  z.object({
    connection: z.string(),
    stream: z.string(),
    at: z.iso.datetime().describe('When the first of them was held'),
    count: count().describe('Deletions that wait'),
    known: count().describe('Records of the stream that were known then'),
    reason: z.string().describe('Which limit, and by how much'),
    sample: z.array(z.string()).describe('Keys of some of them'),
  }),
)

export const Status = named(
  'Status',
  z.object({
    receipts: z.object({ new: count(), done: count(), dead: count() }),
    records: z.object({ total: count(), pending: count(), dead: count() }),
    people: count(),
    accounts: count(),
    known_people: count().describe('People with an e-mail address or a name'),
    known_accounts: count(),
    touchpoints: count(),
    documents: z.record(z.string(), count()).describe('By type: invoice, subscription, payment, quote'),
    operations: z.array(
      z.object({
        destination: z.string(),
        object: z.string(),
        state: z.string(),
        count: count(),
        created: count(),
      }),
    ),
    waiting: z
      .array(z.object({ stage: z.string(), count: count() }))
      .describe('Entities that a stage has still to look at'),
    usage: z.array(z.object({ connection: z.string(), calls: count(), failures: count() })),
    enrichments: z.array(
      z.object({ provider: z.string(), status: z.string(), count: count(), cost: z.number() }),
    ),
    holds: z
      .array(
        z.object({ destination: z.string(), object: z.string(), reason: z.string(), at: z.iso.datetime() }),
      )
      .describe('CRM objects to which nothing is written until a person has looked'),
    held_deletions: z
      .array(HeldDeletions)
      .describe('Streams of which no deletion is applied until a person has decided'),
    mapping_trouble: z
      .object({ since: z.iso.datetime(), problems: z.array(z.string()) })
      .optional()
      .describe('Set while mapping files on disk are broken; the ones before are in use'),
  }),
)

export const SourceRecord = named(
  'Record',
  z.object({
    connection: z.string(),
    stream: z.string(),
    key: z.string(),
    version: At.describe("The vendor's update time, or the time of the fetch"),
    lane: z.enum(LANES),
    state: z.enum(['pending', 'absorbed', 'dead']),
    is_deleted: z.boolean(),
    body: z.unknown().describe('The record as the vendor sent it'),
    error: ErrorReport.optional(),
  }),
)

export const Touchpoint = named(
  'Touchpoint',
  z.object({
    id: z.string(),
    kind: z.string().describe('noun.verb'),
    occurred_at: At,
    person: z.string().optional(),
    account: z.string().optional(),
    channel: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    title: z.string().optional(),
    url: z.string().optional(),
    referrer: z.string().optional(),
    campaign: Campaign.optional(),
    amount: MoneyText.optional(),
    is_machine: z.boolean(),
    props: z.record(z.string(), z.unknown()).optional(),
    record: z
      .object({ connection: z.string(), stream: z.string(), key: z.string() })
      .describe('Where it was read'),
  }),
)

const entity = {
  id: z.string(),
  name: z.string().describe('Display name; without one, the identifier that tells most'),
  stage: z
    .string()
    .optional()
    .describe(
      'Of people visitor, lead, contact; of companies prospect, opportunity, customer, former_customer',
    ),
  values: z
    .record(z.string(), z.unknown())
    .describe('Golden values; an absent key means that no source speaks of it'),
  sources: z.record(z.string(), z.string()).describe('Golden value → source record it was taken from'),
  created_at: At,
}
const detail = {
  identifiers: z.array(z.object({ kind: z.string(), value: z.string() })),
  crm: z.array(
    z.object({
      destination: z.string(),
      object: z.string(),
      external_id: z.string(),
      crm_id: z.string().optional(),
      written: z
        .record(z.string(), z.object({ value: z.unknown(), at: At, operation: z.string() }))
        .describe('What was last written, by field'),
    }),
  ),
}
export const Person = named('Person', z.object({ ...entity, account: z.string().optional() }))
export const PersonDetail = named('PersonDetail', z.object({ ...Person.shape, ...detail }))
export const Account = named('Account', z.object(entity))

const relative = z.object({
  id: z.string(),
  name: z.string().optional(),
  domain: z.string().optional(),
})
const byCurrency = z.record(z.string(), z.int()).describe('Minor units by currency')
const Standing = named(
  'Standing',
  z.object({
    classes: z.record(z.string(), z.string()).optional().describe('What the rules of classify.yaml say'),
    parent: relative.optional(),
    ultimate_parent: relative.optional(),
    children: count().describe('Companies directly below'),
    rollup: z
      .object({
        accounts: count(),
        customers: count(),
        subscriptions: count(),
        open_quotes: count(),
        mrr: byCurrency,
        lifetime_paid: byCurrency,
        open: byCurrency,
        overdue: byCurrency,
        last_touch_at: At.optional(),
      })
      .describe('Over the company and all below it'),
  }),
)
export const AccountDetail = named(
  'AccountDetail',
  z.object({
    ...entity,
    ...detail,
    standing: Standing.optional().describe('Its place among others, as last projected'),
  }),
)

export const OPERATION_STATES = [
  'pending',
  'sending',
  'done',
  'held',
  'dead',
  'superseded',
  'not_stored',
] as const

export const Operation = named(
  'Operation',
  z.object({
    id: z.string(),
    destination: z.string(),
    object: z.string(),
    entity: z.string(),
    external_id: z.string(),
    kind: z.enum(['upsert', 'activity', 'archive']),
    state: z.enum(OPERATION_STATES),
    lane: z.enum(LANES),
    mode: z.enum(['upsert', 'update', 'insert']),
    fields: z.record(
      z.string(),
      z.object({
        after: z.unknown(),
        before: z.unknown().optional().describe('Value in the CRM when it was sent'),
        policy: z.string(),
        from: z.string().describe('Mapping line'),
      }),
    ),
    attempts: count(),
    created_at: At,
    due_at: At,
    not_before: At,
    finished_at: At.optional(),
    run: z.string().optional(),
    mapping: z
      .string()
      .optional()
      .describe('Hash of the mapping file as it was: /api/mapping-versions/:hash'),
    created: z.boolean().optional().describe('true: the CRM record was created by it'),
    error: ErrorReport.optional(),
  }),
)

export const Delivery = named(
  'Delivery',
  z.object({
    operation: z.string(),
    attempt: count(),
    status: z.string(),
    request_id: z.string().optional(),
    excerpt: z.string().optional().describe('Start of the answer, redacted'),
    request: z.string().optional().describe('What was sent, as JSON; of attempts that failed'),
    at: At,
  }),
)

export const RUN_KINDS = [
  'pull',
  'import',
  'deliver',
  'demo',
  'apply',
  'replay',
  'undo',
  'audit',
  'hygiene',
] as const

export const RUN_STATES = ['running', 'done', 'failed', 'stopped'] as const

export const Run = named(
  'Run',
  z.object({
    id: z.string(),
    kind: z.enum(RUN_KINDS),
    scope: z.string().describe('connection/stream, or what it ran on'),
    state: z.enum(RUN_STATES),
    started_at: At,
    finished_at: At.optional(),
    took_ms: z.int().min(0).optional(),
    counts: z
      .record(z.string(), z.number())
      .describe(
        'Of a pull: pages, records, new, changed (with the new ones), unchanged, failed (could not be read), deleted, held. Of an import: also skipped',
      ),
    error: ErrorReport.optional(),
  }),
)

export const DEAD_STAGES = ['receipt', 'record', 'operation'] as const

export const DeadLetter = named(
  'DeadLetter',
  z.object({
    id: z.string(),
    stage: z.enum(DEAD_STAGES),
    connection: z.string(),
    subject: z.string().describe('stream/key, or object/external id'),
    error: ErrorReport,
    at: At,
  }),
)

export const pageOf = <S extends z.ZodType>(id: string, item: S) =>
  named(
    id,
    z.object({
      items: z.array(item),
      next: z.string().optional().describe('Send as `after` for the next page; absent on the last'),
    }),
  )

/** Cursor paging, shared by all lists. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Items per page'),
  after: z.string().min(1).max(1024).optional().describe('`next` of the previous page'),
}
