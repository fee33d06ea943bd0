import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** Our shadow of each CRM record: what we last wrote, field by field. */
export const projections = sqliteTable(
  'projections',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    entity: text('entity').notNull(),
    externalId: text('external_id').notNull(),
    crmId: text('crm_id'),
    desiredHash: text('desired_hash'),
    loggedSeq: integer('logged_seq').notNull().default(0),
    written: text('written').notNull().default('{}'),
    /** Why nothing is written to the record any more: `converted`. */
    retired: text('retired'),
  },
  (t) => [
    primaryKey({ columns: [t.destination, t.object, t.entity] }),
    index('projections_entity').on(t.entity),
    index('projections_crm').on(t.destination, t.object, t.crmId).where(sql`crm_id IS NOT NULL`),
    // External ids that outlived a merge; all others are the entity's id.
    index('projections_kept').on(t.destination, t.object, t.externalId).where(sql`external_id <> entity`),
  ],
)

/** What the CRM holds, as last seen. */
export const live = sqliteTable(
  'live',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    crmId: text('crm_id').notNull(),
    fields: text('fields').notNull(),
    seenAt: integer('seen_at').notNull(),
    /** Field → when somebody else changed a value of ours that is still changed. */
    edited: text('edited').notNull().default('{}'),
    /** By the CRM's clock. */
    modifiedAt: integer('modified_at'),
    deletedAt: integer('deleted_at'),
  },
  (t) => [
    primaryKey({ columns: [t.destination, t.object, t.crmId] }),
    // With an edit that stands; null remembers one that is over.
    index('live_edited').on(t.destination, t.object).where(sql`edited GLOB '*:[0-9]*'`),
  ],
)

/** The outbox: at most one pending and one sending operation per CRM record. */
export const operations = sqliteTable(
  'operations',
  {
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    run: text('run'),
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    entity: text('entity').notNull(),
    externalId: text('external_id').notNull(),
    lane: integer('lane').notNull(),
    dueAt: integer('due_at').notNull(),
    kind: text('kind').notNull(),
    onMultiple: text('on_multiple').notNull(),
    mode: text('mode').notNull(),
    state: text('state').notNull().default('pending'),
    attempts: integer('attempts').notNull().default(0),
    notBefore: integer('not_before').notNull().default(0),
    leaseUntil: integer('lease_until'),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
    /** 1 where the CRM record was created by it. */
    created: integer('created').notNull().default(0),
    error: text('error'),
    fields: text('fields').notNull(),
    links: text('links').notNull(),
    matchKeys: text('match_keys').notNull(),
    activity: text('activity'),
    /** Hash of the mapping file that asked for it: see mapping_versions. */
    mapping: text('mapping'),
    /** 1 where what the CRM stored is still to be read back. */
    verify: integer('verify').notNull().default(0),
    /** Bulk job that carries it. */
    job: text('job'),
  },
  (t) => [
    uniqueIndex('operations_pending').on(t.destination, t.object, t.externalId).where(sql`state = 'pending'`),
    uniqueIndex('operations_sending').on(t.destination, t.object, t.externalId).where(sql`state = 'sending'`),
    // Also holds what tells whether an operation is ready, so that counting reads nothing else.
    index('operations_ready')
      .on(t.destination, t.object, t.lane, t.dueAt, t.notBefore, t.externalId)
      .where(sql`state = 'pending'`),
    index('operations_delayed')
      .on(t.destination, t.object, t.notBefore)
      .where(sql`state = 'pending' AND not_before > 0`),
    index('operations_lease').on(t.leaseUntil).where(sql`state = 'sending'`),
    index('operations_dead').on(t.finishedAt).where(sql`state = 'dead'`),
    index('operations_held').on(t.finishedAt).where(sql`state = 'held'`),
    index('operations_entity').on(t.entity),
    index('operations_run').on(t.run).where(sql`run IS NOT NULL`),
    index('operations_verify').on(t.destination, t.object, t.finishedAt).where(sql`verify = 1`),
    index('operations_not_stored').on(t.finishedAt).where(sql`state = 'not_stored'`),
    index('operations_totals').on(t.destination, t.object, t.state, t.created),
  ],
)

/** Bulk jobs of CRMs: writes (`update` by CRM id, `upsert` by external id), and reads before them (`read`). */
export const bulkJobs = sqliteTable(
  'bulk_jobs',
  {
    id: text('id').primaryKey(),
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    kind: text('kind').notNull(),
    state: text('state').notNull(),
    /** The CRM's own id, from the moment it told one. */
    vendorId: text('vendor_id'),
    /** JSON list of field names: columns of its rows. */
    fields: text('fields').notNull().default('[]'),
    rows: integer('rows').notNull().default(0),
    bytes: integer('bytes').notNull().default(0),
    /** Of a read: where its next page begins. */
    page: text('page'),
    /** Nobody looks at it before; also the lease of who is at it. */
    notBefore: integer('not_before').notNull(),
    polls: integer('polls').notNull().default(0),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
    /** JSON: rows by outcome. */
    counts: text('counts').notNull().default('{}'),
    error: text('error'),
    /** JSON list of the lanes whose operations it carries. */
    lanes: text('lanes'),
  },
  (t) => [
    uniqueIndex('bulk_jobs_open').on(t.destination, t.object, t.kind).where(sql`finished_at IS NULL`),
    index('bulk_jobs_finished').on(t.finishedAt).where(sql`finished_at IS NOT NULL`),
  ],
)

/** One decided write in a bulk job; gone when its outcome is known. */
export const bulkRows = sqliteTable(
  'bulk_rows',
  {
    job: text('job').notNull(),
    /** What tells the row apart in the CRM's results: CRM id or external id. */
    key: text('key').notNull(),
    operation: text('operation').notNull(),
    /** Record that the write locks besides its own; rows of one parent go together. */
    parent: text('parent').notNull(),
    /** JSON: the write as decided, and its fields with before-images. */
    sent: text('sent').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.job, t.key] }),
    uniqueIndex('bulk_rows_order').on(t.job, t.parent, t.key),
    index('bulk_rows_operation').on(t.operation),
  ],
)

export const deliveries = sqliteTable(
  'deliveries',
  {
    operation: text('operation').notNull(),
    attempt: integer('attempt').notNull(),
    status: text('status').notNull(),
    requestId: text('request_id'),
    excerpt: text('excerpt'),
    at: integer('at').notNull(),
    /** What was sent, of attempts that failed. */
    request: text('request'),
  },
  (t) => [primaryKey({ columns: [t.operation, t.attempt] })],
)

/** Old CRM id → surviving id (merge, conversion, deletion). */
export const redirects = sqliteTable(
  'redirects',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    fromId: text('from_id').notNull(),
    toId: text('to_id').notNull(),
    reason: text('reason').notNull(),
    at: integer('at').notNull(),
    /** Object of the surviving record where it is another one. */
    toObject: text('to_object'),
  },
  (t) => [primaryKey({ columns: [t.destination, t.object, t.fromId] })],
)

/** How far the change poll of a CRM object has come. */
export const feeds = sqliteTable(
  'feeds',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    /** Where the poll under way, or else the next one, begins; by the CRM's clock. */
    since: integer('since').notNull(),
    /** The poll under way: where its next page begins, when it began, and the latest change it has seen. */
    page: text('page'),
    beganAt: integer('began_at'),
    newest: integer('newest'),
    /** When the last complete poll began. */
    polledAt: integer('polled_at'),
    /** When deleted records were last looked for to the end. */
    deletionsAt: integer('deletions_at'),
  },
  (t) => [primaryKey({ columns: [t.destination, t.object] })],
)

/** Fields where somebody's value and ours are at odds, for a person to judge. */
export const conflicts = sqliteTable(
  'conflicts',
  {
    id: text('id').primaryKey(),
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    entity: text('entity').notNull(),
    crmId: text('crm_id').notNull(),
    field: text('field').notNull(),
    /** JSON values: what we would write, what the CRM holds, what we wrote last. */
    ours: text('ours').notNull(),
    theirs: text('theirs').notNull(),
    written: text('written'),
    source: text('source').notNull(),
    reason: text('reason').notNull(),
    operation: text('operation').notNull(),
    state: text('state').notNull().default('open'),
    at: integer('at').notNull(),
    decidedAt: integer('decided_at'),
  },
  (t) => [
    index('conflicts_state').on(t.state, t.at),
    index('conflicts_record').on(t.destination, t.object, t.crmId),
  ],
)

/** Texts of mapping files as they were when they asked for a write. */
export const mappingVersions = sqliteTable('mapping_versions', {
  hash: text('hash').primaryKey(),
  file: text('file').notNull(),
  destination: text('destination').notNull(),
  object: text('object').notNull(),
  seenAt: integer('seen_at').notNull(),
  text: text('text').notNull(),
})

/** What a plan has changed of records as a CRM holds them, whether or not they are ours: what can be taken back. */
export const crmChanges = sqliteTable(
  'crm_changes',
  {
    /** Order in which they were made. */
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    run: text('run').notNull(),
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    crmId: text('crm_id').notNull(),
    kind: text('kind').notNull(),
    /** JSON: what it was and what it became. */
    change: text('change').notNull(),
    /** sending · done · failed */
    state: text('state').notNull(),
    error: text('error'),
    at: integer('at').notNull(),
  },
  (t) => [index('crm_changes_run').on(t.run, t.seq)],
)

/** What the last look at all records of a CRM has found. */
export const hygieneReports = sqliteTable('hygiene_reports', {
  destination: text('destination').primaryKey(),
  /** JSON: the result in short. */
  grade: text('grade').notNull(),
  /** JSON: all of it. */
  report: text('report').notNull(),
})
