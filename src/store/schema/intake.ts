import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** One incoming webhook or collector request. Instants are integer milliseconds in all tables, JSON is text. */
export const receipts = sqliteTable(
  'receipts',
  {
    id: text('id').primaryKey(),
    connection: text('connection').notNull(),
    receivedAt: integer('received_at').notNull(),
    headers: text('headers').notNull(),
    body: text('body').notNull(),
    /** new · done · dead */
    state: text('state').notNull().default('new'),
    attempts: integer('attempts').notNull().default(0),
    /** Equals received_at until a retry delays it: one index gives order, readiness and age. */
    notBefore: integer('not_before').notNull(),
    settledAt: integer('settled_at'),
    error: text('error'),
  },
  (t) => [index('receipts_state').on(t.state, t.notBefore)],
)

/** The latest raw form of each vendor object. */
export const records = sqliteTable(
  'records',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    key: text('key').notNull(),
    version: integer('version').notNull(),
    hash: text('hash').notNull(),
    /** Rank in LANES. */
    lane: integer('lane').notNull(),
    isDeleted: integer('is_deleted').notNull().default(0),
    /** pending · absorbed · dead */
    state: text('state').notNull().default('pending'),
    /** 1 once a body of this record has been absorbed. */
    isUpdate: integer('is_update').notNull().default(0),
    changedAt: integer('changed_at').notNull(),
    settledAt: integer('settled_at'),
    /** Run that stored this body. */
    run: text('run'),
    error: text('error'),
    body: text('body').notNull(),
    /** Receipt that brought this body. */
    receipt: text('receipt'),
  },
  (t) => [
    primaryKey({ columns: [t.connection, t.stream, t.key] }),
    index('records_pending').on(t.lane, t.changedAt).where(sql`state = 'pending'`),
    index('records_dead').on(t.settledAt).where(sql`state = 'dead'`),
    index('records_deleted').on(t.connection, t.stream).where(sql`is_deleted = 1`),
  ],
)

export const cursors = sqliteTable(
  'cursors',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    cursor: text('cursor').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** When the full read that is under way began. */
    fullSince: integer('full_since'),
  },
  (t) => [primaryKey({ columns: [t.connection, t.stream] })],
)

/** What a full read that is under way has seen of its stream. */
export const seen = sqliteTable(
  'seen',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    key: text('key').notNull(),
  },
  (t) => [primaryKey({ columns: [t.connection, t.stream, t.key] })],
)

/** Known records that a source reported as deleted: what waits, and what was applied lately. */
export const deletions = sqliteTable(
  'deletions',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    key: text('key').notNull(),
    version: integer('version').notNull(),
    lane: integer('lane').notNull(),
    at: integer('at').notNull(),
    /** collecting (its run is not complete) · held · applied · released (by a person: counts no more) */
    state: text('state').notNull(),
    run: text('run'),
    receipt: text('receipt'),
  },
  (t) => [
    primaryKey({ columns: [t.connection, t.stream, t.key] }),
    index('deletions_state').on(t.connection, t.stream, t.state, t.at),
  ],
)

/** Streams of which no deletion is applied until a person has decided. */
export const deletionHolds = sqliteTable(
  'deletion_holds',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    at: integer('at').notNull(),
    /** Records of the stream that were known then. */
    known: integer('known').notNull(),
    reason: text('reason').notNull(),
  },
  (t) => [primaryKey({ columns: [t.connection, t.stream] })],
)
