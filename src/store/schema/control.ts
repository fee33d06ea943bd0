import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Work to do: one mark per stage and thing, however often it changes. */
export const dirty = sqliteTable(
  'dirty',
  {
    stage: text('stage').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    lane: integer('lane').notNull(),
    dueAt: integer('due_at').notNull(),
    since: integer('since').notNull(),
    /** New with every renewal: a mark is deleted only by who has seen its latest renewal. */
    stamp: integer('stamp').notNull(),
    /** 1 where a merge is among what happened: see project-commit.ts. */
    isMerge: integer('is_merge').notNull().default(0),
    notBefore: integer('not_before').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.stage, t.kind, t.id] }),
    index('dirty_ready').on(t.stage, t.kind, t.lane, t.since).where(sql`not_before = 0`),
    index('dirty_delayed').on(t.stage, t.kind, t.notBefore).where(sql`not_before > 0`),
  ],
)

/** Answers of enrichers: cache (latest per key) and ledger (all) in one. */
export const enrichments = sqliteTable(
  'enrichments',
  {
    provider: text('provider').notNull(),
    key: text('key').notNull(),
    at: integer('at').notNull(),
    /** hit · miss · error */
    status: text('status').notNull(),
    cost: real('cost').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.key, t.at] }),
    index('enrichments_spent').on(t.provider, t.at, t.cost),
  ],
)

export const runs = sqliteTable(
  'runs',
  {
    id: text('id').primaryKey(),
    kind: text('kind').notNull(),
    scope: text('scope').notNull(),
    startedAt: integer('started_at').notNull(),
    finishedAt: integer('finished_at'),
    state: text('state').notNull(),
    counts: text('counts').notNull(),
    error: text('error'),
  },
  (t) => [index('runs_started').on(t.startedAt, t.id), index('runs_scope').on(t.scope, t.startedAt)],
)

export const leases = sqliteTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  until: integer('until').notNull(),
})

/** Calls per connection and UTC day. */
export const usage = sqliteTable(
  'usage',
  {
    connection: text('connection').notNull(),
    day: integer('day').notNull(),
    calls: integer('calls').notNull(),
    failures: integer('failures').notNull(),
  },
  (t) => [primaryKey({ columns: [t.connection, t.day] })],
)

export const settings = sqliteTable('settings', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})

/** What was written to the objects of a CRM, by hour: thresholds of continuous delivery look back over a window. */
export const writeCounts = sqliteTable(
  'write_counts',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    hour: integer('hour').notNull(),
    creates: integer('creates').notNull().default(0),
    nulls: integer('nulls').notNull().default(0),
    owners: integer('owners').notNull().default(0),
    records: integer('records').notNull().default(0),
    remapped: integer('remapped').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.destination, t.object, t.hour] })],
)

/** Objects whose writing was paused because of a threshold; open until a person has accepted. */
export const holds = sqliteTable(
  'holds',
  {
    destination: text('destination').notNull(),
    object: text('object').notNull(),
    reason: text('reason').notNull(),
    at: integer('at').notNull(),
    acceptedAt: integer('accepted_at'),
  },
  (t) => [primaryKey({ columns: [t.destination, t.object] })],
)

/** What consents gave: sealed with TRIBUTARY_KEY, one for each connection. */
export const credentials = sqliteTable('credentials', {
  connection: text('connection').primaryKey(),
  sealed: text('sealed').notNull(),
  updatedAt: integer('updated_at').notNull(),
})

/** Long work that somebody asked for: an audit, an undo. Its run tells how it went. */
export const chores = sqliteTable(
  'chores',
  {
    run: text('run').primaryKey(),
    kind: text('kind').notNull(),
    request: text('request').notNull(),
    /** JSON: where the next step begins. */
    place: text('place'),
    /** JSON: what was found so far. */
    result: text('result').notNull().default('{}'),
    notBefore: integer('not_before').notNull(),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
  },
  (t) => [index('chores_open').on(t.notBefore).where(sql`finished_at IS NULL`)],
)
