import { ON_UNMAPPED } from '../language/scope.ts'

/** Keys of a mapping file and their closed values: what the reader accepts and what the JSON Schema shows. */
export interface Key {
  doc: string
  required?: boolean
}

export const FILE_KEYS = {
  apiVersion: { required: true, doc: 'Always tributary/v1' },
  target: { required: true, doc: 'Connection and CRM object that this file writes' },
  from: { required: true, doc: 'What one CRM record stands for' },
  when: { doc: 'Condition; where it is false, the record is neither created nor updated' },
  mode: { doc: 'upsert (default), update (never create), insert (never change) or off' },
  live: {
    doc: 'What is read before a write: every record (read), those of which a policy asks (needed), or less by the change poll (poll)',
  },
  match: { doc: 'CRM fields by which an existing record is adopted, in order' },
  on_multiple: { doc: 'Which record to adopt when several match; quarantine (default) waits for a person' },
  defaults: { doc: 'Policies of fields that do not say their own' },
  tables: { doc: 'Translations for picklist(…): canonical value → CRM value; "*" is any other' },
  fields: { required: true, doc: 'CRM field → expression or long form' },
  associations: { doc: 'Links to other records, for CRMs with associations' },
  activities: { doc: 'Touchpoints that appear on the timeline' },
  tests: { doc: 'Examples that tributary check and npm test run' },
} satisfies Record<string, Key>

/** Of classify.yaml; a rule is a value and its condition, the first that holds decides. */
export const CLASSIFY_KEYS = {
  apiVersion: { required: true, doc: 'Always tributary/v1' },
  class: { doc: 'What the account is to us: customer, former, prospect, …' },
  activity_band: { doc: 'How lively it is' },
  revenue_band: { doc: 'What it is worth' },
  buyer_stage: { doc: 'How far it is on the way to buying' },
  tests: { doc: 'Examples that tributary check and npm test run' },
} satisfies Record<string, Key>

export const TARGET_KEYS = {
  connection: { required: true, doc: 'Name of the connection in tributary.yaml' },
  object: { required: true, doc: "The CRM's API name of the object" },
} satisfies Record<string, Key>

export const DEFAULT_KEYS = {
  write: { doc: 'When a field may be written' },
  on_null: { doc: 'What null does: skip (default) or clear the field' },
  on_unmapped: { doc: 'What picklist(…) does with a value that its table lacks' },
  edits_hold: {
    doc: "How long a person's edit keeps an if_owned field: forever (default) or a time like 30d",
  },
} satisfies Record<string, Key>

export const FIELD_KEYS = {
  from: { required: true, doc: 'Expression' },
  ...DEFAULT_KEYS,
} satisfies Record<string, Key>

export const LOOKUP_KEYS = {
  lookup: { required: true, doc: 'CRM object that the field refers to' },
  by: { required: true, doc: 'person.id, account.id, account.parent.id or quote.id' },
  on_miss: { doc: 'Where that record does not exist yet: skip the field (default) or hold the write' },
} satisfies Record<string, Key>

export const USER_KEYS = {
  user: { required: true, doc: 'Expression that gives the e-mail of a user of the CRM' },
  on_miss: { doc: 'Where no active user has it: skip the field (default) or hold the write' },
  ...DEFAULT_KEYS,
} satisfies Record<string, Key>

export const ASSOCIATION_KEYS = {
  to: { required: true, doc: 'CRM object to link to' },
  by: LOOKUP_KEYS.by,
  on_miss: { doc: 'Where that record does not exist yet: skip the link (default) or hold the write' },
} satisfies Record<string, Key>

export const ACTIVITY_KEYS = {
  kind: { required: true, doc: 'Touchpoint kind, or a list of kinds' },
  as: { required: true, doc: 'CRM object of the timeline entry' },
  policy: { doc: 'log_each (default), daily_digest (one per kind and day) or counter_only (none)' },
  subject: { doc: 'Text with {placeholders}' },
  body: { doc: 'Text with {placeholders}' },
} satisfies Record<string, Key>

export const TEST_KEYS = {
  name: { doc: 'What the test shows' },
  given: { required: true, doc: 'The view: inline, or the path of a JSON file beside this file' },
  expect: { doc: 'CRM field → value; null expects that no record is written' },
  absent: { doc: 'CRM fields that must be left out' },
  links: { doc: 'CRM object → entity id of an association' },
  when: { doc: 'false expects that no record is written' },
} satisfies Record<string, Key>

export const API_VERSION = 'tributary/v1'
export const FROM = ['person', 'account', 'quote'] as const
export const MODES = ['upsert', 'update', 'insert', 'off'] as const
export const LIVE = ['poll', 'needed', 'read'] as const
export const ON_MULTIPLE = ['newest', 'oldest', 'quarantine'] as const
export const WRITE = [
  'always',
  'if_empty',
  'once',
  'if_owned',
  'hold_on_conflict',
  'max',
  'min',
  'never',
] as const
export const ON_NULL = ['skip', 'clear'] as const
export const ON_MISS = ['skip', 'hold'] as const
export const POLICIES = ['log_each', 'daily_digest', 'counter_only'] as const
export { ON_UNMAPPED }
