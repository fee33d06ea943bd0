import type { ProjectCommit, StandingPort } from '../engine/ports.ts'
import { at, itemsOf, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { bulk, parseOptional, present, toJson } from './json.ts'
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

const MARK_REVIEWS = `
  ${MARK}
  SELECT 'project', 'account', id, ?2, ?3, ?3, ${TOKEN} FROM entities
  WHERE review_day IS NOT NULL AND review_day <= ?1 AND root = id AND kind = 'account' ${RENEW}`

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

  async markReviews(day, lane, dueAt) {
    const [result] = await db.batch([statement(MARK_REVIEWS, day, rankOf(lane), dueAt)])
    return result?.changes ?? 0
  },
})
