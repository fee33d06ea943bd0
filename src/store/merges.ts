import type { AbsorbCommit } from '../engine/ports.ts'
import { at, itemsOf, nestedRows, rowsOf, TOKEN } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { handOverRecords } from './hand-over.ts'
import { toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type Statement, statement } from './sql-database.ts'

/** Rows: [from, to]. */
const PAIRS = `pairs AS (SELECT ${at(0)} AS source, ${at(1)} AS target FROM ${rowsOf(1)})`

/** The nodes in `column` get the root that `to` stands at. */
const RE_ROOT = `
  WITH ${PAIRS}
  UPDATE entities SET root = s.root
  FROM (SELECT pairs.source, coalesce(e.root, pairs.target) AS root
        FROM pairs LEFT JOIN entities e ON e.id = pairs.target) AS s
  WHERE entities.root = s.source`

/** A single node also takes over what it is by identifiers alone. */
const MOVE_NODE = `
  WITH ${PAIRS}
  UPDATE entities SET root = s.root, base = s.base
  FROM (SELECT pairs.source, coalesce(e.root, pairs.target) AS root, e.base
        FROM pairs LEFT JOIN entities e ON e.id = pairs.target) AS s
  WHERE entities.id = s.source`

/** Rows: [from, to, roots of both]. */
const REBASE = `
  UPDATE entities SET base = s.target
  FROM (SELECT ${at(0)} AS source, ${at(1)} AS target, n.value AS root FROM ${rowsOf(1)}, ${nestedRows(2)}) AS s
  WHERE entities.root = s.root AND coalesce(entities.base, entities.root) = s.source`

/** Whoever stood alone is now one of several that are judged to be the same. */
const PIN = `UPDATE entities SET base = root WHERE base IS NULL AND root IN ${itemsOf(1)}`

/** Work that waited for the merged node waits for the survivor as well. */
export const CARRY_MARKS = `
  WITH ${PAIRS} ${MARK}
  SELECT d.stage, d.kind, pairs.target, d.lane, d.due_at, d.since, ${TOKEN}
  FROM pairs JOIN entities e ON e.id = pairs.source JOIN dirty d ON d.kind = e.kind AND d.id = e.id
  WHERE d.stage IN ('enrich', 'project') ${RENEW}`

export const MARK_SURVIVORS = `
  WITH ${PAIRS} ${MARK}
  SELECT 'project', e.kind, e.id, ${rankOf('touchpoint')}, ?2, ?2, ${TOKEN}
  FROM pairs JOIN entities e ON e.id = pairs.target WHERE true GROUP BY e.kind, e.id ${RENEW}`

/** Activities of the node that came or left are older than what its root has logged up to. */
export const RELOG = `UPDATE projections SET logged_seq = 0 WHERE entity IN ${itemsOf(1)}`

/** Activities of somebody that wait to be sent, among them those of a node that left. */
const UNSENT = `
  SELECT seq FROM operations WHERE state = 'pending' AND kind = 'activity'
    AND links -> 0 ->> 'entity' IN ${itemsOf(1)}`

/** What stays theirs is proposed again, because their timeline is looked at anew. */
export const FORGET_UNSENT = `
  UPDATE projections SET desired_hash = NULL WHERE (destination, object, entity) IN (
    SELECT destination, object, entity FROM operations WHERE seq IN (${UNSENT}))`
export const DROP_UNSENT = `UPDATE operations SET state = 'superseded', finished_at = ?2 WHERE seq IN (${UNSENT})`

export const NOTE_MERGE = `
  UPDATE dirty SET is_merge = 1 WHERE stage = 'project' AND kind IN ('person', 'account')
    AND id IN ${itemsOf(1)}`

export interface MergeStatements {
  merge: Statement[]
  /** After the caller's own marks. */
  note: Statement[]
}

export function mergeEntities({
  merges,
  rebases = [],
  reroots,
  dirty,
  now,
}: Pick<AbsorbCommit, 'merges' | 'rebases' | 'reroots' | 'dirty' | 'now'>): MergeStatements {
  const merged = survivors(merges)
  const moved = reroots.map(({ entity, to }): [string, string] => [entity, to])
  // Of someone who had it until now; a visitor leaves only themselves.
  const lost = reroots.flatMap(({ entity, from }) => (from === entity ? [] : from))
  const pairs = [...merged, ...moved]
  const rebase = rebaseNodes(rebases)
  if (pairs.length === 0) return { merge: rebase, note: [] }
  const marked = new Set(dirty.filter((mark) => mark.stage === 'project').map((mark) => mark.id))
  const unmarked = pairs.filter(([, to]) => !marked.has(to))
  const losers = toJson(lost)
  const anew = toJson([...pairs.map(([, to]) => to), ...lost])
  return {
    merge: [
      ...rebase,
      ...(merged.length > 0
        ? [
            statement(RE_ROOT, toJson(merged)),
            statement(CARRY_MARKS, toJson(merged)),
            ...handOverRecords(toJson(merged), now),
          ]
        : []),
      ...(moved.length > 0 ? [statement(MOVE_NODE, toJson(moved))] : []),
      ...(lost.length > 0 ? [statement(FORGET_UNSENT, losers), statement(DROP_UNSENT, losers, now)] : []),
      // The caller's own mark says how urgent it is; without one it leaves at once.
      ...(unmarked.length > 0 ? [statement(MARK_SURVIVORS, toJson(unmarked), now)] : []),
      statement(RELOG, anew),
    ],
    note: [statement(NOTE_MERGE, anew)],
  }
}

function rebaseNodes(rebases: NonNullable<AbsorbCommit['rebases']>): Statement[] {
  if (rebases.length === 0) return []
  const targets = new Map(survivors(rebases))
  return [
    statement(REBASE, toJson(rebases.map(({ from, roots }) => [from, targets.get(from) ?? from, roots]))),
    statement(PIN, toJson([...new Set(rebases.flatMap(({ roots }) => roots))])),
  ]
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
