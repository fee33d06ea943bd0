import type { ProjectCommit, StandingPort } from '../engine/ports.ts'
import { at, itemsOf, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { bulk, parse, parseOptional, present, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

const STANDING = `golden -> '$."$standing"'`

const CHILDREN = `
  SELECT n.root AS parent, x.id, x.${STANDING} AS standing
  FROM entities n JOIN entities x ON x.parent = n.id AND x.root = x.id
  WHERE n.root IN ${itemsOf(1)}`

/** UNION, not UNION ALL: a circle ends where it is met again. */
const ANCESTORS = `
  WITH RECURSIVE up(id) AS (
    SELECT root FROM entities WHERE id IN ${itemsOf(1)}
    UNION
    SELECT p.root FROM up JOIN entities e ON e.id = up.id JOIN entities p ON p.id = e.parent)
  SELECT e.id, p.root AS parent, e.golden ->> '$.name' AS name, e.golden ->> '$.domain' AS domain,
    e.${STANDING} AS standing
  FROM up JOIN entities e ON e.id = up.id LEFT JOIN entities p ON p.id = e.parent`

/** Columns of a company in the order of NamesakeRow. */
const NAMESAKE = `e.id, e.name_key, ${['name', 'domain', 'phone', 'city', 'postal_code', 'country']
  .map((field) => `e.golden ->> '$.${field}' AS ${field}`)
  .join(', ')}`

/** The plus keeps the index of all roots out of it: by name there are few. */
const NAMESAKES = `
  SELECT ${NAMESAKE} FROM entities e
  WHERE e.kind = 'account' AND e.name_key IN ${itemsOf(1)} AND +e.root = e.id
  UNION
  SELECT ${NAMESAKE} FROM identifiers i JOIN entities n ON n.id = i.entity JOIN entities e ON e.id = n.root
  WHERE i.entity_kind = 'account' AND i.kind = 'domain' AND i.value IN ${itemsOf(2)}`

const MARK_WORKERS = `
  ${MARK}
  SELECT 'project', 'person', p.id, ?3, ?4, ?4, ${TOKEN} FROM entities p
  WHERE p.kind = 'person' AND p.root = p.id AND p.name_key IN (
    SELECT value FROM json_each(?1)
    UNION SELECT n.name_key FROM entities n WHERE n.root IN ${itemsOf(2)} AND n.name_key IS NOT NULL) ${RENEW}`

const UNSURE = `
  SELECT id, golden FROM entities
  WHERE kind = 'person' AND name_key IS NOT NULL AND +root = id AND id > ?1
    AND golden -> '$."$employer".candidates' IS NOT NULL
  ORDER BY id LIMIT ?2`

/** A key may be held by thousands: no more of them are read than are asked for. */
const PEOPLE_NAMED = `
  SELECT j.value AS key, (SELECT json_group_array(json_array(id, first_name, last_name, full_name, country)) FROM (
    SELECT e.id, ${['first_name', 'last_name', 'full_name', 'country'].map((field) => `e.golden ->> '$.${field}' AS ${field}`).join(', ')}
    FROM entities e WHERE e.kind = 'person' AND e.name_key = j.value AND +e.root = e.id ORDER BY e.id LIMIT ?2)) AS people
  FROM json_each(?1) AS j`

const HOUSEHOLDS_LEFT = `
  SELECT id, name_key AS key FROM entities
  WHERE root IN ${itemsOf(1)} AND id <> root AND kind = 'person' AND name_key LIKE 'household:%'`

const MARK_REVIEWS = `
  ${MARK}
  SELECT 'project', 'account', id, ?2, ?3, ?3, ${TOKEN} FROM entities
  WHERE review_day IS NOT NULL AND review_day <= ?1 AND +root = id AND kind = 'account' ${RENEW}`

const SET_STANDING = `
  UPDATE entities SET parent = s.parent, name_key = s.name_key, review_day = s.review_day
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS parent, ${at(2)} AS name_key, ${at(3)} AS review_day FROM ${rowsOf(1)}) AS s
  WHERE entities.id = s.id`

/** Only rows of which one of these values changed. */
export const setStanding = (rows: NonNullable<ProjectCommit['standing']>): Statement[] =>
  bulk(
    SET_STANDING,
    rows.map((row) => [row.id, row.parent ?? null, row.nameKey ?? null, row.reviewDay ?? null]),
  )

export const markWorkers = (workers: NonNullable<ProjectCommit['workers']>): Statement[] =>
  workers.map(({ keys, accounts, lane, dueAt }) =>
    statement(MARK_WORKERS, toJson(keys), toJson(accounts), rankOf(lane), dueAt),
  )

type NamesakeRow = Awaited<ReturnType<StandingPort['namesakes']>>[number]
type Unsure = Awaited<ReturnType<StandingPort['unsureEmployers']>>[number]['employer']
type Child = Awaited<ReturnType<StandingPort['childrenOf']>>[number]
type Ancestor = Awaited<ReturnType<StandingPort['ancestors']>>[number]

export const createStanding = (db: SqlDatabase): StandingPort => ({
  async childrenOf(roots) {
    const rows = await db.query<{ parent: string; id: string; standing: string | null }>(
      CHILDREN,
      [toJson(roots)],
      'narrow',
    )
    return rows.map((row) => present<Child>({ ...row, standing: parseOptional(row.standing) ?? null }))
  },

  async ancestors(accounts) {
    const rows = await db.query<{
      id: string
      parent: string | null
      name: string | null
      domain: string | null
      standing: string | null
    }>(ANCESTORS, [toJson(accounts)])
    return rows.map((row) => present<Ancestor>({ ...row, standing: parseOptional(row.standing) ?? null }))
  },

  async namesakes({ keys, domains }) {
    const rows = await db.query<Record<string, string | null>>(NAMESAKES, [toJson(keys), toJson(domains)])
    return rows.map(({ name_key, ...row }) =>
      present<NamesakeRow>({ ...(row as unknown as Required<NamesakeRow>), nameKey: name_key ?? null }),
    )
  },

  async unsureEmployers({ after = '', limit }) {
    const rows = await db.query<{ id: string; golden: string }>(UNSURE, [after, limit])
    return rows.map((row) => {
      const golden = parse<Record<string, unknown>>(row.golden)
      return { id: row.id, golden, employer: golden.$employer as Unsure }
    })
  },

  async peopleNamed(keys, limit) {
    const rows = await db.query<{ key: string; people: string }>(
      PEOPLE_NAMED,
      [toJson(keys), limit],
      'narrow',
    )
    return rows.flatMap(({ key, people }) =>
      parse<[string, ...(string | null)[]][]>(people).map(
        ([id, first_name, last_name, full_name, country]) => ({
          id,
          key,
          golden: { first_name, last_name, full_name, country },
        }),
      ),
    )
  },

  householdsLeft: (roots) => db.query(HOUSEHOLDS_LEFT, [toJson(roots)], 'narrow'),

  async markReviews(day, lane, dueAt) {
    const [result] = await db.batch([statement(MARK_REVIEWS, day, rankOf(lane), dueAt)])
    return result?.changes ?? 0
  },
})
