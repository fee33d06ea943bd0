import type { Lane } from '#kit'
import type { ProjectPort } from '../engine/ports.ts'
import { itemsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

/** Lane ?2, deadline ?3. These calls know no present: the deadline stands in for the age, which orders marks of a lane. */
const URGENCY = `?2, ?3, ?3, ${TOKEN}`

const MARK_PEOPLE = `
  ${MARK}
  SELECT 'project', 'person', p.id, ${URGENCY}
  FROM entities a JOIN entities p ON p.account = a.id AND p.root = p.id
  WHERE a.root IN ${itemsOf(1)} ${RENEW}`

const MARK_QUOTES = `
  WITH node AS (SELECT id FROM entities WHERE root IN ${itemsOf(1)}),
  quote AS (
    SELECT d.id FROM node JOIN documents d ON d.person = node.id AND d.type = 'quote'
    UNION SELECT d.id FROM node JOIN documents d ON d.account = node.id AND d.type = 'quote')
  ${MARK}
  SELECT 'project', 'quote', id, ${URGENCY} FROM quote WHERE true ${RENEW}`

/** Whoever has a bucket of these days, and the accounts of these people, which count them too. */
const MARK_BUCKETS = `
  WITH root AS (
    SELECT DISTINCT r.id, r.kind, r.account
    FROM touchpoint_days d JOIN entities n ON n.id = d.entity JOIN entities r ON r.id = n.root
    WHERE d.day IN ${itemsOf(1)}),
  touched AS (
    SELECT id, kind FROM root
    UNION SELECT a.root, a.kind FROM root JOIN entities a ON a.id = root.account)
  ${MARK}
  SELECT 'project', kind, id, ${URGENCY} FROM touched WHERE true ${RENEW}`

/** A page of ids, with the numbers of its parameters: kind, after, limit. */
const pageOf = (source: string, [kind, after, limit]: [number, number, number]): string =>
  source === 'quote'
    ? `SELECT id FROM documents WHERE type = ?${kind} AND id > ?${after} ORDER BY id LIMIT ?${limit}`
    : `SELECT id FROM entities WHERE root = id AND kind = ?${kind} AND id > ?${after} ORDER BY id LIMIT ?${limit}`

export const markPeopleOf = (accounts: readonly string[], lane: Lane, dueAt: number): Statement =>
  statement(MARK_PEOPLE, toJson(accounts), rankOf(lane), dueAt)

export const markQuotesOf = (roots: readonly string[], lane: Lane, dueAt: number): Statement =>
  statement(MARK_QUOTES, toJson(roots), rankOf(lane), dueAt)

export function createMarking(
  db: SqlDatabase,
): Pick<ProjectPort, 'markPeopleOf' | 'markQuotesOf' | 'markAll' | 'markBuckets'> {
  async function run(one: Statement): Promise<number> {
    const [result] = await db.batch([one])
    return result?.changes ?? 0
  }

  return {
    markPeopleOf: (...request) => run(markPeopleOf(...request)),

    markQuotesOf: (...request) => run(markQuotesOf(...request)),

    markBuckets: (days, lane, dueAt) => run(statement(MARK_BUCKETS, toJson(days), rankOf(lane), dueAt)),

    async markAll({ kind, after = '', limit, lane, dueAt }) {
      const markPage = `${MARK} SELECT 'project', ?1, id, ${URGENCY} FROM (${pageOf(kind, [1, 4, 5])}) AS page
        WHERE true ${RENEW}`
      const endOfPage = `SELECT max(id) AS id, count(*) AS count FROM (${pageOf(kind, [1, 2, 3])}) AS page`
      const [, end] = await db.batch<{ id: string | null; count: number }>([
        statement(markPage, kind, rankOf(lane), dueAt, after, limit),
        statement(endOfPage, kind, after, limit),
      ])
      const page = end?.rows[0]
      return page?.count === limit ? (page.id ?? undefined) : undefined
    },
  }
}
