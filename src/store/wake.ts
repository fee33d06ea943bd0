import { at, rowsOf, TOKEN, tuplesOf } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { bulk, toJson } from './json.ts'
import { rankOf } from './lanes.ts'
import { type Statement, statement } from './sql-database.ts'

/** Rows: [destination, object, entity]. */
const PROJECT_ROWS = `
  ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), ${at(2)}, ${rankOf('touchpoint')}, ?2, ?2, ${TOKEN}
  FROM ${rowsOf(1)} LEFT JOIN entities e ON e.id = ${at(2)} WHERE true ${RENEW}`
const FORGET_ROWS = `
  UPDATE projections SET desired_hash = NULL WHERE (destination, object, entity) IN ${tuplesOf(1, 3)}`

/** These records are compared anew with what they should hold, as if nothing had been proposed before. */
export function projectAnew(
  rows: readonly { destination: string; object: string; entity: string }[],
  now: number,
): Statement[] {
  const keys = rows.map((row) => [row.destination, row.object, row.entity])
  return [...bulk(FORGET_ROWS, keys), ...bulk(PROJECT_ROWS, keys, now)]
}

/** ?1, ?2: destination and object. */
const EDITED = `
  SELECT DISTINCT p.destination, p.object, p.entity FROM live l
  JOIN projections p ON p.destination = l.destination AND p.object = l.object AND p.crm_id = l.crm_id
  WHERE l.destination = ?1 AND l.object = ?2 AND l.edited GLOB '*:[0-9]*'`

/** With an edit whose time ended after ?4 and not after ?5; ?3: JSON of fields and for how long edits of them hold. */
const LAPSED = `${EDITED} AND EXISTS (
    SELECT 1 FROM json_each(l.edited) e JOIN json_each(?3) h ON h.key = e.key
    WHERE e.value IS NOT NULL AND e.value + h.value > ?4 AND e.value + h.value <= ?5)`

const markOf = (records: string, now: string): string => `
  ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), v.entity, ${rankOf('touchpoint')}, ${now}, ${now}, ${TOKEN}
  FROM (${records}) AS v LEFT JOIN entities e ON e.id = v.entity WHERE true ${RENEW}`
const forgetOf = (records: string): string => `
  UPDATE projections SET desired_hash = NULL WHERE (destination, object, entity) IN (${records})`

/**
 * Records of operations that counted as written and have not reached the CRM, as urgent as these were.
 *
 * @param lost rows of destination, object, entity, lane and due_at; ?2 is the present
 */
export const markLost = (lost: string): string => `
  ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), v.entity, min(v.lane), min(v.due_at), ?2, ${TOKEN}
  FROM (${lost}) AS v LEFT JOIN entities e ON e.id = v.entity LEFT JOIN documents d ON d.id = v.entity
  WHERE e.id IS NOT NULL OR d.type = 'quote' GROUP BY e.kind, v.entity ${RENEW}`
export const forgetLost = (lost: string): string =>
  forgetOf(`SELECT destination, object, entity FROM (${lost})`)

/** Nobody watched these records until now, so that nobody knows whether their edits still stand. */
export const wakeEdited = (destination: string, object: string, now: number): Statement[] => [
  statement(markOf(EDITED, '?3'), destination, object, now),
  statement(forgetOf(EDITED), destination, object),
]

export function wakeLapsed(request: {
  destination: string
  object: string
  holds: Record<string, number>
  since: number
  until: number
}): Statement[] {
  const { destination, object, holds, since, until } = request
  const params = [destination, object, toJson(holds), since, until]
  return [statement(markOf(LAPSED, '?5'), ...params), statement(forgetOf(LAPSED), ...params)]
}
