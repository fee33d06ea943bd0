import type { MatchCommit } from '../engine/ports.ts'
import { itemsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { markPeopleOf, markQuotesOf } from './marking.ts'
import { type Statement, statement } from './sql-database.ts'
import { markWorkers } from './standing.ts'

/** Companies directly above and below, by the claims of any node: they count and name other companies than before. */
const MARK_RELATIVES = `
  WITH node AS (SELECT id, parent FROM entities WHERE root IN ${itemsOf(1)}),
  relative AS (
    SELECT c.root AS id FROM node JOIN entities c ON c.parent = node.id
    UNION SELECT p.root FROM node JOIN entities p ON p.id = node.parent)
  ${MARK}
  SELECT 'project', 'account', id, ?2, ?3, ?3, ${TOKEN} FROM relative WHERE true ${RENEW}`

/** Whoever is concerned by companies that came together or went apart, although nothing was said of themselves. */
export const markRegrouped = ({
  accounts,
  lane,
  dueAt,
}: NonNullable<MatchCommit['regrouped']>): Statement[] => [
  statement(MARK_RELATIVES, toJson(accounts), rankOf(lane), dueAt),
  markPeopleOf(accounts, lane, dueAt),
  markQuotesOf(accounts, lane, dueAt),
  ...markWorkers([{ keys: [], accounts, lane, dueAt }]),
]
