import type { AbsorbCommit } from '../engine/ports.ts'
import { at, itemsOf, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { handOverRecords } from './hand-over.ts'
import { toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type Statement, statement } from './sql-database.ts'

/** Rows: [from, to]. */
const PAIRS = `pairs AS (SELECT ${at(0)} AS source, ${at(1)} AS target FROM ${rowsOf(1)})`

/** The nodes in `column` get the root that `to` stands at. */
const reRoot = (column: string): string => `
  WITH ${PAIRS}
  UPDATE entities SET root = s.root
  FROM (SELECT pairs.source, coalesce(e.root, pairs.target) AS root
        FROM pairs LEFT JOIN entities e ON e.id = pairs.target) AS s
  WHERE entities.${column} = s.source`

/** Work that waited for the merged node waits for the survivor as well. */
const CARRY_MARKS = `
  WITH ${PAIRS} ${MARK}
  SELECT d.stage, d.kind, pairs.target, d.lane, d.due_at, d.since, ${TOKEN}
  FROM pairs JOIN entities e ON e.id = pairs.source JOIN dirty d ON d.kind = e.kind AND d.id = e.id
  WHERE d.stage IN ('enrich', 'project') ${RENEW}`

const MARK_SURVIVORS = `
  WITH ${PAIRS} ${MARK}
  SELECT 'project', e.kind, e.id, ${rankOf('touchpoint')}, ?2, ?2, ${TOKEN}
  FROM pairs JOIN entities e ON e.id = pairs.target WHERE true GROUP BY e.kind, e.id ${RENEW}`

/** Activities of the node that came or left are older than what its root has logged up to. */
const RELOG = `UPDATE projections SET logged_seq = 0 WHERE entity IN ${itemsOf(1)}`

/** Activities of somebody that wait to be sent, among them those of a node that left. */
const UNSENT = `
  SELECT seq FROM operations WHERE state = 'pending' AND kind = 'activity'
    AND links -> 0 ->> 'entity' IN ${itemsOf(1)}`

/** What stays theirs is proposed again, because their timeline is looked at anew. */
const FORGET_UNSENT = `
  UPDATE projections SET desired_hash = NULL WHERE (destination, object, entity) IN (
    SELECT destination, object, entity FROM operations WHERE seq IN (${UNSENT}))`
const DROP_UNSENT = `UPDATE operations SET state = 'superseded', finished_at = ?2 WHERE seq IN (${UNSENT})`

const NOTE_MERGE = `
  UPDATE dirty SET is_merge = 1 WHERE stage = 'project' AND kind IN ('person', 'account')
    AND id IN ${itemsOf(1)}`

export interface MergeStatements {
  merge: Statement[]
  /** After the caller's own marks. */
  note: Statement[]
}

export function mergeEntities({ merges, reroots, dirty, now }: AbsorbCommit): MergeStatements {
  const merged = survivors(merges)
  const moved = reroots.map(({ entity, to }): [string, string] => [entity, to])
  // Of someone who had it until now; a visitor leaves only themselves.
  const lost = reroots.flatMap(({ entity, from }) => (from === entity ? [] : from))
  const pairs = [...merged, ...moved]
  if (pairs.length === 0) return { merge: [], note: [] }
  const marked = new Set(dirty.filter((mark) => mark.stage === 'project').map((mark) => mark.id))
  const unmarked = pairs.filter(([, to]) => !marked.has(to))
  const losers = toJson(lost)
  const anew = toJson([...pairs.map(([, to]) => to), ...lost])
  return {
    merge: [
      ...(merged.length > 0
        ? [
            statement(reRoot('root'), toJson(merged)),
            statement(CARRY_MARKS, toJson(merged)),
            ...handOverRecords(toJson(merged), now),
          ]
        : []),
      ...(moved.length > 0 ? [statement(reRoot('id'), toJson(moved))] : []),
      ...(lost.length > 0 ? [statement(FORGET_UNSENT, losers), statement(DROP_UNSENT, losers, now)] : []),
      // The caller's own mark says how urgent it is; without one it leaves at once.
      ...(unmarked.length > 0 ? [statement(MARK_SURVIVORS, toJson(unmarked), now)] : []),
      statement(RELOG, anew),
    ],
    note: [statement(NOTE_MERGE, anew)],
  }
}

/** Follows chains (a → b, b → c) to their end, so that one update does all. */
function survivors(merges: AbsorbCommit['merges']): [from: string, to: string][] {
  const next = new Map(merges.map(({ from, to }) => [from, to]))
  return merges.flatMap(({ from }): [string, string][] => {
    let to = from
    const seen = new Set<string>()
    while (next.has(to) && !seen.has(to)) {
      seen.add(to)
      to = next.get(to)!
    }
    return to === from ? [] : [[from, to]]
  })
}
