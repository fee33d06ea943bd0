import type { AbsorbCommit } from '../engine/ports.ts'
import { at, nestedRows, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { jsonChunks } from './json.ts'
import { rankOf } from './lanes.ts'
import { type Statement, statement } from './sql-database.ts'

/**
 * What a record said before and no longer says goes away, and whoever it was said of becomes dirty: nobody else knows.
 * Rows: [connection, stream, key, [[kind, slot, entity]…], [[document id, person, account]…]].
 */
const LOST_CONTRIBUTIONS = `
  SELECT c.connection, c.stream, c.key, c.kind, c.slot, c.entity
  FROM ${rowsOf(1)} JOIN contributions c ON c.connection = ${at(0)} AND c.stream = ${at(1)} AND c.key = ${at(2)}
  WHERE NOT EXISTS (SELECT 1 FROM ${nestedRows(3)}
    WHERE n.value ->> 0 = c.kind AND n.value ->> 1 = c.slot AND n.value ->> 2 = c.entity)`

const LOST_DOCUMENTS = `
  SELECT d.id, d.person, d.account
  FROM ${rowsOf(1)} JOIN documents d ON d.connection = ${at(0)} AND d.stream = ${at(1)} AND d.record_key = ${at(2)}
  WHERE NOT EXISTS (SELECT 1 FROM ${nestedRows(4)}
    WHERE n.value ->> 0 = d.id AND coalesce(n.value ->> 1, '') = coalesce(d.person, '')
      AND coalesce(n.value ->> 2, '') = coalesce(d.account, ''))`

const MARK_LOSERS = `
  WITH contribution AS (${LOST_CONTRIBUTIONS}), document AS (${LOST_DOCUMENTS}),
  loser AS (
    SELECT entity AS id FROM contribution
    UNION SELECT person FROM document UNION SELECT account FROM document
    UNION SELECT r.account FROM document JOIN entities p ON p.id = document.person JOIN entities r ON r.id = p.root)
  ${MARK}
  SELECT 'project', e.kind, e.root, ${rankOf('backfill')}, ?3, ?2, ${TOKEN} FROM loser JOIN entities e ON e.id = loser.id
  WHERE true GROUP BY e.kind, e.root ${RENEW}`

const MARK_UNLIKE = `
  WITH contribution AS (${LOST_CONTRIBUTIONS})
  ${MARK}
  SELECT 'match', e.kind, coalesce(e.base, e.root), ${rankOf('backfill')}, ?3, ?2, ${TOKEN}
  FROM contribution c JOIN entities e ON e.id = c.entity
  WHERE true GROUP BY e.kind, coalesce(e.base, e.root) ${RENEW}`

const FORGET_CONTRIBUTIONS = `
  DELETE FROM contributions WHERE (connection, stream, key, kind, slot) IN
    (SELECT connection, stream, key, kind, slot FROM (${LOST_CONTRIBUTIONS}))`

const FORGET_DOCUMENTS = `DELETE FROM documents WHERE id IN (SELECT id FROM (${LOST_DOCUMENTS}))`

export function forgetReplaced(commit: AbsorbCommit): Statement[] {
  const keyOf = (connection: string, stream: string, key: string) => JSON.stringify([connection, stream, key])
  const kept = new Map(
    commit.records
      .filter(({ isUpdate }) => isUpdate !== false)
      .map((r) => [
        keyOf(r.connection, r.stream, r.key),
        { contributions: [] as unknown[], documents: [] as unknown[], record: r },
      ]),
  )
  if (kept.size === 0) return []
  for (const c of commit.contributions) {
    kept.get(keyOf(c.connection, c.stream, c.key))?.contributions.push([c.kind, c.slot, c.entity])
  }
  for (const d of commit.documents) {
    kept
      .get(keyOf(d.connection, d.stream, d.recordKey))
      ?.documents.push([d.id, d.person ?? null, d.account ?? null])
  }
  const rows = [...kept.values()].map(({ record, contributions, documents }) => [
    record.connection,
    record.stream,
    record.key,
    contributions,
    documents,
  ])
  // The least urgent mark there is: for those whom the record still concerns the caller's own mark decides.
  const dueAt = Math.max(commit.now, ...commit.dirty.map((mark) => mark.dueAt))
  return jsonChunks(rows).flatMap((chunk) => [
    statement(MARK_LOSERS, chunk, commit.now, dueAt),
    ...(commit.isMatching ? [statement(MARK_UNLIKE, chunk, commit.now, dueAt)] : []),
    statement(FORGET_CONTRIBUTIONS, chunk),
    statement(FORGET_DOCUMENTS, chunk),
  ])
}
