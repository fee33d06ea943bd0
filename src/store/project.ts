import type { DirtyItem, EntityKind, ProjectionRow, ProjectPort } from '../engine/ports.ts'
import { LANES } from '../kit/source.ts'
import { readBilling } from './billing.ts'
import { type ContributionColumns, toContribution } from './contributions.ts'
import { itemsOf, tuplesOf } from './dialect.ts'
import { DOCUMENT_COLUMNS, DOCUMENT_ROOTS, type DocumentColumns, toDocument } from './documents.ts'
import { parse, parseOptional, present, toJson } from './json.ts'
import { laneOf, rankOf } from './lanes.ts'
import { createMarking } from './marking.ts'
import { type OperationColumns, toOperation } from './outbox.ts'
import { commitProjection } from './project-commit.ts'
import { readBuckets, readTouches, readTouchpointsAfter, readTouchpointsOfDays } from './project-history.ts'
import { documentsOf, scopeOf } from './scope.ts'
import type { SqlDatabase } from './sql-database.ts'
import { createStanding } from './standing.ts'

const latestDocuments = (kind: EntityKind): string => `
  WITH ${scopeOf(kind)}, ${documentsOf(kind)},
  chosen AS (
    SELECT owned.id FROM owned JOIN documents d ON d.id = owned.id WHERE d.type IN ('subscription', 'quote')
    UNION SELECT id FROM (
      SELECT owned.id, row_number() OVER (PARTITION BY owned.root ORDER BY d.at DESC, d.id DESC) AS place
      FROM owned JOIN documents d ON d.id = owned.id WHERE d.type = 'invoice' AND d.status <> 'draft')
    WHERE place = 1)
  SELECT ${DOCUMENT_COLUMNS} FROM chosen JOIN documents d ON d.id = chosen.id ${DOCUMENT_ROOTS}`

const LATEST_DOCUMENTS = { person: latestDocuments('person'), account: latestDocuments('account') }

/** Delayed marks have an index of their own: a day's worth of them must not be waded through at every look. */
const nextDirty = (condition: string): string => {
  const range = (delay: string) => `
    SELECT * FROM (SELECT * FROM dirty d WHERE d.stage = ?1 AND d.kind = ?2 AND ${delay} ${condition}
      ORDER BY d.lane, d.since LIMIT ?3)`
  return `SELECT * FROM (${range('d.not_before = 0')} UNION ALL ${range('d.not_before > 0 AND d.not_before <= ?4')})
    ORDER BY lane, since LIMIT ?3`
}
const NEXT_DIRTY = nextDirty('')

/** Younger than ?5, and to be looked at before it is older: it asks, or its answers are being absorbed. */
const IS_OPEN = `e.since > ?5 AND e.not_before <= e.since + (?4 - ?5)`
const openOf = (kind: string, root: string): string =>
  `EXISTS (SELECT 1 FROM dirty e WHERE e.stage = 'enrich' AND e.kind = ${kind} AND e.id = ${root} AND ${IS_OPEN})`
/** Two looks into an index for all marks, so that nobody's accounts are looked for while nobody is asked about. */
const ANY_IS_OPEN = `(
  EXISTS (SELECT 1 FROM dirty WHERE stage = 'enrich' AND kind IN ('account', 'person') AND not_before = 0
    AND lane IN (${LANES.map(rankOf).join(', ')}) AND since > ?5)
  OR EXISTS (SELECT 1 FROM dirty WHERE stage = 'enrich' AND kind IN ('account', 'person') AND not_before > 0
    AND not_before > ?4 AND not_before <= ?4 + (?4 - ?5)))`
/** As sources name them, and where the person was found to work. */
const accountOfIsOpen = (person: string): string => `(
  EXISTS (SELECT 1 FROM entities n JOIN contributions c ON c.entity = n.id JOIN entities a ON a.id = c.account
    WHERE n.root = ${person} AND ${openOf("'account'", 'a.root')})
  OR EXISTS (SELECT 1 FROM entities n JOIN entities a ON a.id = n.account
    WHERE n.id = ${person} AND ${openOf("'account'", 'a.root')}))`
const PARTY_IS_OPEN = `EXISTS (
  SELECT 1 FROM documents q JOIN entities p ON p.id = q.person OR p.id = q.account
  WHERE q.id = d.id AND (${openOf('p.kind', 'p.root')} OR ${accountOfIsOpen('p.root')}))`

const withOthers = (isOpen: string): string => `AND NOT (d.since > ?5 AND ${ANY_IS_OPEN} AND ${isOpen})`
const NEXT_ENRICHED = {
  account: nextDirty(`AND NOT ${openOf('d.kind', 'd.id')}`),
  person: nextDirty(`AND NOT ${openOf('d.kind', 'd.id')} ${withOthers(accountOfIsOpen('d.id'))}`),
  quote: nextDirty(withOthers(PARTY_IS_OPEN)),
}

const IS_BEHIND = `
  SELECT EXISTS (SELECT 1 FROM records WHERE state = 'pending' AND lane = ?1)
    OR EXISTS (SELECT 1 FROM dirty WHERE stage IN ('match', 'project') AND kind IN ('account', 'person', 'quote')
      AND not_before = 0 AND lane = ?1) AS is_behind`

interface DirtyColumns {
  stage: DirtyItem['stage']
  kind: DirtyItem['kind']
  id: string
  lane: number
  due_at: number
  since: number
  stamp: number
  not_before: number
}

const toDirty = (row: DirtyColumns): DirtyItem => ({
  stage: row.stage,
  kind: row.kind,
  id: row.id,
  lane: laneOf(row.lane),
  dueAt: row.due_at,
  since: row.since,
  stamp: row.stamp,
  ...(row.not_before > 0 ? { notBefore: row.not_before } : {}),
})

export interface ProjectionColumns {
  destination: string
  object: string
  entity: string
  external_id: string
  crm_id: string | null
  desired_hash: string | null
  logged_seq: number
  written: string
  retired: NonNullable<ProjectionRow['retired']> | null
}

export const toProjection = (row: ProjectionColumns): ProjectionRow =>
  present<ProjectionRow>({
    destination: row.destination,
    object: row.object,
    entity: row.entity,
    externalId: row.external_id,
    crmId: row.crm_id,
    written: parse(row.written),
    desiredHash: row.desired_hash,
    loggedSeq: row.logged_seq,
    retired: row.retired,
  })

type Golden = Awaited<ReturnType<ProjectPort['golden']>>[number]

export function createProject(db: SqlDatabase): ProjectPort {
  return {
    async nextDirty({ stage, kind, limit, now, waitForEnrich }) {
      const params = [stage, kind, limit, now]
      const rows =
        waitForEnrich === undefined
          ? await db.query<DirtyColumns>(NEXT_DIRTY, params, 'narrow')
          : await db.query<DirtyColumns>(NEXT_ENRICHED[kind], [...params, waitForEnrich], 'narrow')
      return rows.map(toDirty)
    },

    async isBehind(lane) {
      const [row] = await db.query<{ is_behind: number }>(IS_BEHIND, [rankOf(lane)])
      return row?.is_behind === 1
    },

    async contributions(roots) {
      const rows = await db.query<ContributionColumns>(
        `SELECT c.*, e.root AS root, a.root AS account_root
         FROM entities e JOIN contributions c ON c.entity = e.id LEFT JOIN entities a ON a.id = c.account
         WHERE e.root IN ${itemsOf(1)}`,
        [toJson(roots)],
        'narrow',
      )
      return rows.map(toContribution)
    },

    async identified(roots) {
      const rows = await db.query<{ root: string }>(
        `SELECT DISTINCT e.root FROM entities e JOIN identifiers i ON i.entity = e.id
         WHERE e.root IN ${itemsOf(1)} AND i.kind <> 'phone'
           AND i.kind <> CASE e.kind WHEN 'person' THEN 'anonymous_id' ELSE 'vendor_id' END`,
        [toJson(roots)],
        'narrow',
      )
      return rows.map((row) => row.root)
    },

    buckets: (request) => readBuckets(db, request),
    touches: (request) => readTouches(db, request),
    billing: (request) => readBilling(db, request),
    touchpointsAfter: (request) => readTouchpointsAfter(db, request),
    touchpointsOfDays: (request) => readTouchpointsOfDays(db, request),

    async documents({ kind, roots }) {
      return (await db.query<DocumentColumns>(LATEST_DOCUMENTS[kind], [toJson(roots)])).map(toDocument)
    },

    async documentsById(ids) {
      const rows = await db.query<DocumentColumns>(
        `SELECT ${DOCUMENT_COLUMNS} FROM documents d ${DOCUMENT_ROOTS} WHERE d.id IN ${itemsOf(1)}`,
        [toJson(ids)],
      )
      return rows.map(toDocument)
    },

    async heardElsewhere({ kind, roots, connection }) {
      const rows = await db.query<{ root: string }>(
        `WITH ${scopeOf(kind)}
         SELECT DISTINCT root FROM scope WHERE EXISTS (
           SELECT 1 FROM touchpoints t WHERE t.person = scope.node AND t.connection <> ?2)
         OR EXISTS (SELECT 1 FROM touchpoints t WHERE t.account = scope.node AND t.person IS NULL AND t.connection <> ?2)`,
        [toJson(roots), connection],
      )
      return rows.map((row) => row.root)
    },

    async projections(keys) {
      const rows = await db.query<ProjectionColumns>(
        `SELECT * FROM projections WHERE (destination, object, entity) IN ${tuplesOf(1, 3)}`,
        [toJson(keys.map((key) => [key.destination, key.object, key.entity]))],
      )
      return rows.map(toProjection)
    },

    async sending(keys) {
      const rows = await db.query<OperationColumns>(
        `SELECT * FROM operations WHERE state = 'sending' AND (destination, object, external_id) IN ${tuplesOf(1, 3)}`,
        [toJson(keys.map((key) => [key.destination, key.object, key.externalId]))],
      )
      return rows.map(toOperation)
    },

    async inCrm(destination) {
      return db.query<{ object: string; count: number }>(
        `SELECT object, count(*) AS count FROM projections
         WHERE destination = ?1 AND crm_id IS NOT NULL GROUP BY object`,
        [destination],
      )
    },

    async golden(roots) {
      const rows = await db.query<{
        id: string
        kind: EntityKind
        golden: string | null
        golden_hash: string | null
        account: string | null
        stage: string | null
        created_at: number
        parent: string | null
        name_key: string | null
        review_day: number | null
      }>(
        `SELECT e.id, e.kind, e.golden, e.golden_hash, a.root AS account, e.stage, e.created_at, q.root AS parent,
           e.name_key, e.review_day
         FROM entities e LEFT JOIN entities a ON a.id = e.account LEFT JOIN entities q ON q.id = e.parent
         WHERE e.id IN ${itemsOf(1)}`,
        [toJson(roots)],
      )
      return rows.map((row) =>
        present<Golden>({
          id: row.id,
          kind: row.kind,
          golden: parseOptional(row.golden) ?? {},
          hash: row.golden_hash,
          account: row.account,
          stage: row.stage,
          createdAt: row.created_at,
          parent: row.parent,
          nameKey: row.name_key,
          reviewDay: row.review_day,
        }),
      )
    },

    commit: (commit) => commitProjection(db, commit),
    ...createMarking(db),
    ...createStanding(db),
  }
}
