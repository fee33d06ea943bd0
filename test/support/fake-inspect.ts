import { createHash } from 'node:crypto'
import type {
  DeadLetter,
  Delivery,
  EntityRow,
  InspectPort,
  Operation,
  Page,
  PageQuery,
  ProjectionRow,
  RunRow,
  Standing,
  StoredRecord,
  Totals,
  TouchpointRow,
} from '../../src/engine/ports.ts'

type Detail = NonNullable<Awaited<ReturnType<InspectPort['entity']>>>
type InspectedRecord = Awaited<ReturnType<InspectPort['records']>>['items'][number]

export interface FakeData {
  totals: Totals
  entities: Detail[]
  records: InspectedRecord[]
  touchpoints: TouchpointRow[]
  operations: Operation[]
  deliveries: Delivery[]
  runs: RunRow[]
  deadLetters: DeadLetter[]
}

const page = <T>(items: T[], { limit, after }: PageQuery): Page<T> => {
  const from = after === undefined ? 0 : Number(after)
  const next = from + limit
  return { items: items.slice(from, next), ...(next < items.length ? { next: String(next) } : {}) }
}

/** An InspectPort over arrays; lists come newest first, as the port promises. */
export function fakeInspect(data: FakeData): InspectPort {
  const equal = <T>(wanted: T | undefined, value: T | undefined) => wanted === undefined || wanted === value
  return {
    totals: async () => data.totals,
    traffic: async () => [],
    records: async (q) =>
      page(
        data.records.filter(
          (r) => equal(q.connection, r.connection) && equal(q.stream, r.stream) && equal(q.key, r.key),
        ),
        q,
      ),
    touchpoints: async (q) =>
      page(
        data.touchpoints
          .filter(
            (t) => equal(q.person, t.personRoot) && equal(q.account, t.accountRoot) && equal(q.kind, t.kind),
          )
          .toSorted((a, b) => b.occurredAt - a.occurredAt),
        q,
      ),
    entities: async (q) =>
      page(
        data.entities
          .filter(
            (e) =>
              e.root === e.id &&
              equal(q.kind, e.kind) &&
              equal(q.isKnown, e.stage !== 'visitor') &&
              JSON.stringify(e.golden)
                .toLowerCase()
                .includes((q.search ?? '').toLowerCase()),
          )
          .map(({ root: _, identifiers: __, projections: ___, ...row }): EntityRow => row),
        q,
      ),
    entity: async (id) => data.entities.find((entity) => entity.id === id),
    operations: async (q) =>
      page(
        data.operations.filter(
          (o) =>
            equal(q.destination, o.destination) &&
            equal(q.object, o.object) &&
            equal(q.state, o.state) &&
            equal(q.entity, o.entity) &&
            equal(q.run, o.run),
        ),
        q,
      ),
    stuckOperations: async () => [],
    touchpointDays: async () => ({ days: [], share: { account: 1, person: 1 } }),
    streamStates: async () => [],
    streamSample: async () => ({ bodies: [], identified: { of: 0, known: 0 } }),
    activeSince: async () => [],
    written: async () => 0,
    outcomes: async (run) =>
      Object.fromEntries(
        [
          ...Map.groupBy(
            data.operations.filter((o) => o.run === run),
            (o) => o.state,
          ),
        ].map(([state, all]) => [state, all.length]),
      ),
    deliveries: async (operation) => data.deliveries.filter((delivery) => delivery.operation === operation),
    runs: async (q) =>
      page(
        data.runs.filter(
          (run) => equal(q.kind, run.kind) && equal(q.state, run.state) && equal(q.scope, run.scope),
        ),
        q,
      ),
    lastPulls: async () => [],
    deadLetters: async (q) =>
      page(
        data.deadLetters.filter((letter) => equal(q.stage, letter.stage)),
        q,
      ),
  }
}

const NOW = Date.UTC(2026, 10, 20, 9, 30)
const HOUR = 3_600_000

const entity = (
  id: string,
  kind: 'person' | 'account',
  values: Record<string, unknown>,
  more: Partial<Detail> = {},
): Detail => ({
  id,
  root: id,
  kind,
  golden: {
    ...values,
    $sources: Object.fromEntries(
      Object.keys(values).map((field, i) => [
        field,
        i % 2 ? `website/events/msg_${i}#person:0` : 'stripe-eu/customers/cus_Nf#person:0',
      ]),
    ),
  },
  createdAt: NOW - 400 * 24 * HOUR,
  identifiers: [],
  projections: [],
  ...more,
})

const projection = (
  destination: string,
  object: string,
  id: string,
  crmId: string,
  fields: Record<string, unknown>,
): ProjectionRow => ({
  destination,
  object,
  entity: id,
  externalId: id,
  crmId,
  written: Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, { value, at: NOW - 2 * HOUR, operation: 'op_1' }]),
  ),
  loggedSeq: 0,
})

function touchpoint(
  seq: number,
  kind: string,
  hoursAgo: number,
  more: Partial<TouchpointRow> = {},
): TouchpointRow {
  const [connection, stream] =
    kind.startsWith('page') || kind.startsWith('form') ? ['website', 'events'] : ['stripe-eu', 'invoices']
  return {
    id: `tp_${createHash('sha256').update(String(seq)).digest('hex').slice(0, 24)}`,
    seq,
    kind,
    occurredAt: NOW - hoursAgo * HOUR,
    connection,
    stream,
    key: `key_${seq}`,
    channel: 'website',
    direction: 'inbound',
    isMachine: false,
    person: 'per_fatima',
    personRoot: 'per_fatima',
    accountRoot: 'acc_lahore',
    ...more,
  }
}

const operation = (id: string, more: Partial<Operation> = {}): Operation => ({
  id,
  destination: 'salesforce',
  object: 'Contact',
  entity: 'per_fatima',
  externalId: 'per_fatima',
  lane: 'billing',
  dueAt: NOW,
  kind: 'upsert',
  fields: {
    MRR__c: { after: 490, before: 0, policy: 'always', from: 'mappings/salesforce/contact.yaml:14' },
  },
  links: [{ field: 'AccountId', object: 'Account', entity: 'acc_lahore', onMiss: 'skip' }],
  match: [{ field: 'Email', value: 'fatima@lahore.example' }],
  onMultiple: 'quarantine',
  mode: 'upsert',
  state: 'pending',
  attempts: 0,
  notBefore: NOW,
  createdAt: NOW - HOUR,
  ...more,
})

const LOCKED = {
  kind: 'admin_rule',
  code: 'admin_rule.validation',
  message: 'Phone: enter a number of this country <script>alert(1)</script>',
  fix: 'Satisfy the rule quoted in the message, or change the rule in the CRM.',
  vendorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
  at: { connection: 'salesforce', field: 'Phone' },
} as const

const STANDING: Standing = {
  classes: { class: 'customer', activity_band: 'warm' },
  parent: { id: 'acc_shanghai', name: '上海贸易有限公司' },
  ultimate: { id: 'acc_group', domain: 'group.example' },
  children: 2,
  nodes: 1,
  total: {
    accounts: 4,
    customers: 1,
    subscriptions: 3,
    open_quotes: 0,
    mrr: { PKR: 4_900_000 },
    lifetime_paid: {},
    open: {},
    overdue: {},
    last_touch_at: 1_795_132_800_000,
  },
}

/** A small company's data: several scripts, every optional field once present and once absent. */
export function demoData(): FakeData {
  const people: Detail[] = [
    entity(
      'per_fatima',
      'person',
      {
        full_name: 'فاطمہ علی',
        first_name: 'فاطمہ',
        last_name: 'علی',
        email: 'fatima@lahore.example',
        title: 'خریداری منیجر',
        phone: '+92 42 3578 1234',
        country: 'PK',
        language: 'ur',
        is_free_mail: false,
        consent: { marketing: 'granted', gpc: false },
        linkedin_url: null,
      },
      {
        stage: 'contact',
        account: 'acc_lahore',
        identifiers: [
          { kind: 'email', value: 'fatima@lahore.example' },
          { kind: 'vendor_id', value: 'stripe-eu:cus_Nf' },
          { kind: 'anonymous_id', value: '5b1c3e0a-7d42-4d64-9f0f-1a2b3c4d5e6f' },
        ],
        projections: [
          projection('salesforce', 'Contact', 'per_fatima', '003Hu00003ABCDE', {
            LastName: 'علی',
            Email: 'fatima@lahore.example',
            MRR__c: 490,
            Phone: null,
          }),
          projection('hubspot', 'contacts', 'per_fatima', '901', {
            lastname: 'علی',
            lifecyclestage: 'customer',
          }),
        ],
      },
    ),
    entity(
      'per_wang',
      'person',
      { full_name: '王小明', email: 'wang@shanghai.example', country: 'CN', language: 'zh' },
      { stage: 'contact', account: 'acc_shanghai' },
    ),
    entity(
      'per_layla',
      'person',
      { first_name: 'ليلى', last_name: 'حداد', email: 'layla@beirut.example', language: 'ar' },
      { stage: 'lead' },
    ),
    entity(
      'per_script',
      'person',
      { full_name: '<img src=x onerror=alert(1)>', email: 'x"y@z.example' },
      { stage: 'lead' },
    ),
    entity('per_nobody', 'person', {}),
    { ...entity('per_merged', 'person', { email: 'f.ali@lahore.example' }), root: 'per_fatima' },
    ...Array.from({ length: 60 }, (_, i) =>
      entity(
        `per_${String(i).padStart(3, '0')}`,
        'person',
        { full_name: `Person ${i}`, email: `p${i}@example.com` },
        { stage: i % 3 ? 'lead' : 'contact' },
      ),
    ),
  ]
  const accounts: Detail[] = [
    entity(
      'acc_lahore',
      'account',
      {
        name: 'لاہور ٹیکسٹائل ملز',
        domain: 'lahore.example',
        industry: 'Textiles',
        employees: 420,
        annual_revenue: 5_000_000,
        country: 'PK',
        website: 'https://lahore.example/',
        $standing: STANDING,
      },
      {
        stage: 'customer',
        identifiers: [{ kind: 'domain', value: 'lahore.example' }],
        projections: [
          projection('salesforce', 'Account', 'acc_lahore', '001Hu00002XYZ', { Name: 'لاہور ٹیکسٹائل ملز' }),
        ],
      },
    ),
    entity(
      'acc_shanghai',
      'account',
      { name: '上海贸易有限公司', domain: 'shanghai.example' },
      { stage: 'prospect' },
    ),
  ]
  const record: StoredRecord = {
    connection: 'stripe-eu',
    stream: 'customers',
    key: 'cus_Nf',
    version: NOW - HOUR,
    hash: 'h',
    lane: 'billing',
    isDeleted: false,
    isUpdate: true,
    body: JSON.stringify({
      id: 'cus_Nf',
      name: 'فاطمہ علی',
      description: 'Basic Monthly',
      echoed: 'sk_live_51SECRETSECRET',
    }),
  }
  return {
    totals: {
      receipts: { new: 1, done: 8412, dead: 2 },
      records: { total: 21_904, pending: 3, dead: 1 },
      people: 65,
      accounts: 2,
      knownPeople: 64,
      knownAccounts: 2,
      touchpoints: 48_211,
      documents: { invoice: 412, subscription: 40 },
      operations: [
        { destination: 'salesforce', object: 'Contact', state: 'done', count: 812, created: 59 },
        { destination: 'salesforce', object: 'Contact', state: 'pending', count: 4, created: 0 },
        { destination: 'hubspot', object: 'contacts', state: 'dead', count: 1, created: 0 },
      ],
      dirty: [{ stage: 'project', count: 7 }],
      usage: [{ connection: 'salesforce', calls: 31, failures: 1 }],
      enrichments: [{ provider: 'people-data-labs', status: 'hit', count: 12, cost: 1.2 }],
      deletionHolds: [
        {
          connection: 'stripe-eu',
          stream: 'customers',
          at: Date.UTC(2026, 10, 20, 11),
          count: 900,
          known: 1_000,
          reason: '900 of 1,000 known records deleted within 24 h > maxPercent 10 %',
          sample: ['cus_1', 'cus_2'],
        },
      ],
      holds: [
        {
          destination: 'hubspot',
          object: 'deals',
          reason: '1,200 cleared fields within 24 h > maxNulls 100',
          at: Date.UTC(2026, 10, 22, 9),
        },
      ],
    },
    entities: [...people, ...accounts],
    records: [
      { ...record, state: 'absorbed' },
      {
        ...record,
        key: 'cus_bad',
        body: 'not json',
        state: 'dead',
        error: { ...LOCKED, kind: 'record', code: 'record.invalid' },
      },
    ],
    touchpoints: [
      touchpoint(1, 'page.viewed', 900, {
        title: 'قیمتیں',
        url: 'https://shop.example/ur/pricing?utm_source=news',
        referrer: 'https://www.google.com/',
        campaign: { name: 'spring', source: 'newsletter', medium: 'email' },
      }),
      touchpoint(2, 'form.submitted', 899, {
        title: 'Contact form',
        props: { form: 'contact', نام: 'فاطمہ' },
      }),
      touchpoint(3, 'invoice.paid', 30, {
        channel: 'billing',
        title: 'Invoice LHR-0042',
        amount: 49_000,
        currency: 'EUR',
      }),
      touchpoint(4, 'payment.succeeded', 29, { channel: 'billing', amount: 5000, currency: 'JPY' }),
      touchpoint(5, 'email.clicked', 5, {
        channel: 'email',
        isMachine: true,
        title: 'نئی قیمتیں',
        url: 'javascript:alert(1)',
      }),
      touchpoint(6, 'quote.sent', 2, { channel: 'quoting', direction: 'outbound', title: 'Quote 2026-117' }),
      ...Array.from({ length: 80 }, (_, i) =>
        touchpoint(100 + i, 'page.viewed', 1000 + i * 7, { title: `Page ${i}` }),
      ),
    ],
    operations: [
      operation('op_2'),
      operation('op_3', { state: 'dead', attempts: 3, error: LOCKED, finishedAt: NOW, run: 'run_2' }),
      operation('op_1', {
        state: 'done',
        attempts: 1,
        finishedAt: NOW - 2 * HOUR,
        destination: 'hubspot',
        object: 'contacts',
      }),
    ],
    deliveries: [
      {
        operation: 'op_3',
        attempt: 1,
        status: '400',
        requestId: 'req_1',
        excerpt: '[{"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION"}]',
        at: NOW - HOUR,
      },
      { operation: 'op_3', attempt: 2, status: 'timeout', at: NOW },
    ],
    runs: [
      {
        id: 'run_2',
        kind: 'deliver',
        scope: 'salesforce/Contact',
        startedAt: NOW - HOUR,
        state: 'running',
        counts: {},
      },
      {
        id: 'run_1',
        kind: 'pull',
        scope: 'stripe-eu/invoices',
        startedAt: NOW - 3 * HOUR,
        finishedAt: NOW - 2 * HOUR,
        state: 'done',
        counts: { records: 412 },
      },
    ],
    deadLetters: [
      {
        id: 'op_3',
        stage: 'operation',
        connection: 'salesforce',
        subject: 'Contact/per_fatima',
        error: LOCKED,
        at: NOW,
      },
      {
        id: 'rec_1',
        stage: 'record',
        connection: 'stripe-eu',
        subject: 'customers/cus_bad',
        error: { ...LOCKED, kind: 'record', code: 'record.invalid' },
        at: NOW - HOUR,
      },
    ],
  }
}
