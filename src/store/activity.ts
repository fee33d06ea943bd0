import type { ActiveQuery, TouchpointDay } from '../engine/ports.ts'
import { dayOf } from '../model/instant.ts'
import type { SqlDatabase } from './sql-database.ts'

export async function readTouchpointDays(db: SqlDatabase, sinceDay: number): Promise<TouchpointDay[]> {
  return db.query<TouchpointDay & Record<string, string | number>>(
    `SELECT r.kind AS entityKind, d.kind AS kind, d.day AS day, sum(d.count) AS count,
       count(DISTINCT r.id) AS entities
     FROM touchpoint_days d JOIN entities e ON e.id = d.entity JOIN entities r ON r.id = e.root
     WHERE d.day >= ?1 AND r.is_known = 1 GROUP BY r.kind, d.kind, d.day ORDER BY r.kind, d.kind, d.day`,
    [sinceDay],
  )
}

/** A node of `r` of which something was heard; ?3 is a day, ?4 an instant. */
const HEARD_OF = `
  EXISTS (SELECT 1 FROM touchpoint_days d WHERE d.entity = n.id AND d.day >= ?3)
  OR EXISTS (SELECT 1 FROM contributions c WHERE c.entity = n.id AND c.observed_at >= ?4)
  OR EXISTS (SELECT 1 FROM documents d WHERE d.person = n.id AND d.at >= ?4)
  OR EXISTS (SELECT 1 FROM documents d WHERE d.account = n.id AND d.at >= ?4)`

/** Walks the index of roots, so that all pages together cost one pass. */
const ACTIVE = (isKnown: boolean): string => `
  SELECT r.id FROM entities r
  WHERE r.kind = ?1 AND r.root = r.id AND r.id > ?2 ${isKnown ? 'AND r.is_known = 1' : ''} AND EXISTS (
    SELECT 1 FROM entities n WHERE n.root = r.id AND (${HEARD_OF}
      OR EXISTS (SELECT 1 FROM entities p JOIN touchpoint_days d ON d.entity = p.id
                 WHERE p.account = n.id AND d.day >= ?3)))
  ORDER BY r.id LIMIT ?5`

export async function readActive(
  db: SqlDatabase,
  { kind, since, after = '', limit, isKnown = false }: ActiveQuery,
): Promise<string[]> {
  const rows =
    kind === 'quote'
      ? await db.query<{ id: string }>(
          `SELECT id FROM documents WHERE type = 'quote' AND id > ?1 AND at >= ?2 ORDER BY id LIMIT ?3`,
          [after, since, limit],
        )
      : await db.query<{ id: string }>(ACTIVE(isKnown), [kind, after, dayOf(since), since, limit])
  return rows.map(({ id }) => id)
}
