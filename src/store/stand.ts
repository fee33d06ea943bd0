import type { Restanding } from '../engine/ports.ts'
import { at, itemsOf, rowsOf } from './dialect.ts'
import { handBackRecords, handOverRecords } from './hand-over.ts'
import { bulk, toJson } from './json.ts'
import { CARRY_MARKS, DROP_UNSENT, FORGET_UNSENT, MARK_SURVIVORS, NOTE_MERGE, RELOG } from './merges.ts'
import { type Statement, statement } from './sql-database.ts'

const STAND = `
  UPDATE entities SET root = s.root, base = s.base
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS root, ${at(2)} AS base FROM ${rowsOf(1)}) AS s WHERE entities.id = s.id`

/** What was written for others as well may be anything by now. */
const FORGET_DESIRED = `UPDATE projections SET desired_hash = NULL WHERE entity IN ${itemsOf(1)}`

/** What the CRM has merged meanwhile it cannot take apart: who lost their record there gets one of their own. */
const UNFUSE = `
  UPDATE projections SET crm_id = NULL, written = '{}' WHERE entity IN ${itemsOf(1)} AND EXISTS (
    SELECT 1 FROM redirects r JOIN projections other ON other.destination = r.destination AND other.object = r.object
      AND other.crm_id = r.to_id AND other.entity <> projections.entity
    WHERE r.destination = projections.destination AND r.object = projections.object
      AND r.from_id = projections.crm_id AND r.to_object IS NULL)`

export function restand({ nodes, merged, hidden, changed, lost }: Restanding, now: number): Statement[] {
  if (nodes.length === 0) return []
  const pairs = (rows: { from: string; to: string }[]) => toJson(rows.map(({ from, to }) => [from, to]))
  const roots = toJson(changed)
  const losers = toJson(lost)
  return [
    ...bulk(
      STAND,
      nodes.map(({ entity, root, base }) => [entity, root, base ?? null]),
    ),
    ...(merged.length > 0 ? [statement(CARRY_MARKS, pairs(merged))] : []),
    ...(lost.length > 0
      ? [
          ...handBackRecords(losers),
          statement(UNFUSE, roots),
          statement(FORGET_UNSENT, losers),
          statement(DROP_UNSENT, losers, now),
        ]
      : []),
    ...(hidden.length > 0 ? handOverRecords(pairs(hidden), now) : []),
    statement(FORGET_DESIRED, roots),
    statement(RELOG, roots),
    statement(MARK_SURVIVORS, toJson(changed.map((root) => [root, root])), now),
    statement(NOTE_MERGE, roots),
  ]
}
