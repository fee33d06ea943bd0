import type {
  AbsorbCommit,
  DirtyMark,
  NewContribution,
  NewDocument,
  NewEntity,
  NewOperation,
  NewReceipt,
  NewRecord,
  NewTouchpoint,
  OperationResult,
  ProjectCommit,
  Store,
} from '../../../src/engine/ports.ts'
import type { ErrorReport } from '../../../src/kit/errors.ts'
import type { BillingDocument, Invoice, Payment } from '../../../src/model/documents.ts'

export type Current = () => Store

export const DAY = 86_400_000
export const NOW = 20_000 * DAY + 12 * 3_600_000

export const ERROR: ErrorReport = {
  kind: 'record',
  code: 'record.invalid',
  message: 'The field “سعر” is not a number',
  fix: 'Correct it.',
  at: { field: 'سعر' },
}

export const receipt = (id: string, more: Partial<NewReceipt> = {}): NewReceipt => ({
  id,
  connection: 'stripe-eu',
  receivedAt: NOW,
  headers: { 'content-type': 'application/json' },
  body: `{"id":"${id}"}`,
  ...more,
})

export const record = (key: string, more: Partial<NewRecord> = {}): NewRecord => ({
  connection: 'stripe-eu',
  stream: 'customers',
  key,
  version: NOW,
  hash: `hash of ${key}`,
  body: `{"id":"${key}"}`,
  lane: 'billing',
  ...more,
})

export const entity = (id: string, more: Partial<NewEntity> = {}): NewEntity => ({
  id,
  kind: id.startsWith('acc') ? 'account' : 'person',
  root: id,
  createdAt: NOW,
  ...more,
})

export const touchpoint = (id: string, more: Partial<NewTouchpoint> = {}): NewTouchpoint => ({
  id,
  kind: 'page.viewed',
  occurredAt: NOW,
  person: 'per_1',
  connection: 'website',
  stream: 'events',
  key: id,
  channel: 'direct',
  direction: 'inbound',
  isMachine: false,
  ...more,
})

export const contribution = (key: string, more: Partial<NewContribution> = {}): NewContribution => ({
  connection: 'stripe-eu',
  stream: 'customers',
  key,
  slot: 'person:0',
  kind: 'person',
  entity: 'per_1',
  attributes: { email: 'a@example.com' },
  method: 'asserted',
  observedAt: NOW,
  ...more,
})

export const document = (document: BillingDocument, more: Partial<NewDocument> = {}): NewDocument => ({
  id: `doc_${document.type}_${document.key}`,
  connection: 'stripe-eu',
  stream: `${document.type}s`,
  recordKey: document.key,
  person: 'per_1',
  document,
  ...more,
})

const money = (amount: number, currency: string) => ({ amount, currency })

export const invoice = (
  key: string,
  {
    total = 0,
    paid = 0,
    open = 0,
    currency = 'EUR',
    ...more
  }: Partial<Omit<Invoice, 'total' | 'paid' | 'open'>> & {
    total?: number
    paid?: number
    open?: number
  },
): Invoice => ({
  type: 'invoice',
  key,
  currency,
  status: open > 0 ? 'open' : 'paid',
  issued_at: NOW,
  total: money(total, currency),
  paid: money(paid, currency),
  open: money(open, currency),
  ...more,
})

export const payment = (
  key: string,
  { amount = 0, currency = 'EUR', ...more }: Partial<Omit<Payment, 'amount'>> & { amount?: number },
): Payment => ({
  type: 'payment',
  key,
  currency,
  status: 'succeeded',
  kind: 'charge',
  at: NOW,
  amount: money(amount, currency),
  ...more,
})

export const mark = (id: string, more: Partial<DirtyMark> = {}): DirtyMark => ({
  stage: 'project',
  kind: id.startsWith('acc') ? 'account' : 'person',
  id,
  lane: 'touchpoint',
  dueAt: NOW + 60_000,
  ...more,
})

export const facts = (more: Partial<AbsorbCommit>): AbsorbCommit => ({
  now: NOW,
  records: [],
  dead: [],
  entities: [],
  merges: [],
  reroots: [],
  identifiers: [],
  judgements: [],
  contributions: [],
  touchpoints: [],
  documents: [],
  dirty: [],
  ...more,
})

export const absorb = (store: Store, more: Partial<AbsorbCommit>): Promise<{ newTouchpoints: number }> =>
  store.absorb.commit(facts(more))

export const project = (store: Store, more: Partial<ProjectCommit>): Promise<void> =>
  store.project.commit({
    now: NOW,
    golden: [],
    operations: [],
    supersede: [],
    projections: [],
    dirtyDone: [],
    dirty: [],
    ...more,
  })

export const CONTACT = { destination: 'sf', object: 'Contact' }

export const operation = (id: string, more: Partial<NewOperation> = {}): NewOperation => ({
  id,
  ...CONTACT,
  entity: 'per_1',
  externalId: more.entity ?? 'per_1',
  lane: 'touchpoint',
  dueAt: NOW + 60_000,
  kind: 'upsert',
  fields: { Email: { after: 'a@example.com', policy: 'if_owned', from: 'contact.yaml:3' } },
  links: [],
  match: [],
  onMultiple: 'quarantine',
  mode: 'upsert',
  ...more,
})

export const claim = (store: Store, more: Partial<Parameters<Store['deliver']['claim']>[0]> = {}) =>
  store.deliver.claim({ ...CONTACT, limit: 100, now: NOW, leaseUntil: NOW + 1_000, ...more })

export const finish = (store: Store, results: OperationResult[], now = NOW): Promise<void> =>
  store.deliver.finish({ now, results, deliveries: [], live: [], redirects: [] })

export const nextDirty = (store: Store, more: Partial<Parameters<Store['project']['nextDirty']>[0]> = {}) =>
  store.project.nextDirty({ stage: 'project', kind: 'person', limit: 100, now: NOW, ...more })
