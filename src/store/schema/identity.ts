import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Nodes of the identity graph. Facts name the node they were recorded for and never move; `root` says where the node
 * stands now, so a merge is one update here. Golden values live on roots.
 */
export const entities = sqliteTable(
  'entities',
  {
    id: text('id').primaryKey(),
    /** person · account */
    kind: text('kind').notNull(),
    root: text('root').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Account node a person belongs to; read through that node's root. */
    account: text('account'),
    stage: text('stage'),
    goldenHash: text('golden_hash'),
    /** 0 for visitors, and for accounts that are no more than a billing id. */
    isKnown: integer('is_known').notNull().default(0),
    golden: text('golden'),
    /** Folded text that people search in. */
    search: text('search'),
    /** Where the node stands by equal identifiers alone; NULL where that is the root, and nobody is judged to be the same. */
    base: text('base'),
    /** Of a root account: the node that the best claim names as its parent. */
    parent: text('parent'),
    /** What names share: of accounts their own, of people without account the employer's that they told, else their household. */
    nameKey: text('name_key'),
    /** The UTC day on which a root account is looked at again although nothing happens. */
    reviewDay: integer('review_day'),
  },
  (t) => [
    index('entities_root').on(t.root),
    index('entities_account').on(t.account).where(sql`account IS NOT NULL`),
    index('entities_parent').on(t.parent).where(sql`parent IS NOT NULL`),
    index('entities_name_key').on(t.kind, t.nameKey).where(sql`name_key IS NOT NULL`),
    index('entities_review').on(t.reviewDay).where(sql`review_day IS NOT NULL`),
    // Counts and pages of roots read nothing but this.
    index('entities_roots').on(t.kind, t.id, t.root, t.isKnown).where(sql`root = id`),
  ],
)

/** What one source record says about one entity. */
export const contributions = sqliteTable(
  'contributions',
  {
    connection: text('connection').notNull(),
    stream: text('stream').notNull(),
    key: text('key').notNull(),
    kind: text('kind').notNull(),
    slot: text('slot').notNull(),
    entity: text('entity').notNull(),
    account: text('account'),
    method: text('method').notNull(),
    confidence: real('confidence'),
    licence: text('licence'),
    observedAt: integer('observed_at').notNull(),
    attributes: text('attributes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.connection, t.stream, t.key, t.kind, t.slot] }),
    index('contributions_entity').on(t.entity),
  ],
)

export const identifiers = sqliteTable(
  'identifiers',
  {
    entityKind: text('entity_kind').notNull(),
    kind: text('kind').notNull(),
    value: text('value').notNull(),
    /** The node the identifier was first seen on. */
    entity: text('entity').notNull(),
  },
  (t) => [primaryKey({ columns: [t.entityKind, t.kind, t.value] }), index('identifiers_entity').on(t.entity)],
)

/**
 * Edges that clusters are computed from. Where judged_by is stitch, `a` is the anonymous node and `b` the known person;
 * where it is model or person, `a` < `b`.
 */
export const judgements = sqliteTable(
  'judgements',
  {
    a: text('a').notNull(),
    b: text('b').notNull(),
    judgedBy: text('judged_by').notNull(),
    verdict: text('verdict').notNull(),
    at: integer('at').notNull(),
    /** Probability, where the model judged. */
    score: real('score'),
  },
  (t) => [
    primaryKey({ columns: [t.a, t.b, t.judgedBy] }),
    index('judgements_b').on(t.b),
    // Stitches are millions, these are few.
    index('judgements_a_judged').on(t.a).where(sql`judged_by IN ('person', 'model')`),
    index('judgements_b_judged').on(t.b).where(sql`judged_by IN ('person', 'model')`),
    index('judgements_review').on(t.score, t.a, t.b).where(sql`judged_by = 'model'`),
  ],
)

/** How people are compared, by base (see `entities.base`). */
export const matchRecords = sqliteTable('match_records', {
  entity: text('entity').primaryKey(),
  /** JSON object: attribute → value as it is compared. */
  attributes: text('attributes').notNull(),
  /** JSON list of its block keys. */
  keys: text('keys').notNull(),
  /** JSON list of attributes that are no evidence, because too many others have the same. */
  shared: text('shared').notNull(),
  /** Under which rules it was judged; empty where it has to be judged again. */
  judgedBy: text('judged_by').notNull(),
})

/** Who shares a key is worth comparing. WITHOUT ROWID: the key is all there is. */
export const blockKeys = sqliteTable(
  'block_keys',
  {
    /** Hash of rule and value. */
    key: integer('key').notNull(),
    entity: text('entity').notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.entity] })],
)
