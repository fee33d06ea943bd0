import type { ActiveQuery, EntityKind, TouchpointDay, TouchpointDays } from '../engine/ports.ts'
import { dayOf } from '../model/instant.ts'
import type { SqlDatabase } from './sql-database.ts'

const KIND_PREFIX: Record<EntityKind, string> = { person: 'per_', account: 'acc_' }
/** Ids are hashes in hex after their prefix, so that those between two bounds are a sample by chance. */
const SLICES = 4096
const boundOf = (kind: EntityKind, slices: number): string =>
  slices >= SLICES ? '\uffff' : KIND_PREFIX[kind] + slices.toString(16).padStart(3, '0')
/** The known ones are counted in this part of all. */
const COUNTED_SLICES = 64

export async function readTouchpointDays(
  db: SqlDatabase,
  { sinceDay, most }: { sinceDay: number; most: number },
): Promise<TouchpointDays> {
  const share = { account: 1, person: 1 }
  const days: TouchpointDay[] = []
  for (const kind of ['account', 'person'] as const) {
    const [known] = await db.query<{ count: number }>(
      `SELECT count(*) AS count FROM entities WHERE kind = ?1 AND root = id AND is_known = 1 AND id < ?2`,
      [kind, boundOf(kind, COUNTED_SLICES)],
    )
    const all = (known!.count * SLICES) / COUNTED_SLICES
    const slices = all <= most ? SLICES : Math.ceil((SLICES * most) / all)
    share[kind] = slices / SLICES
    days.push(
      ...(await db.query<TouchpointDay & Record<string, string | number>>(
        `SELECT r.kind AS entityKind, d.kind AS kind, d.day AS day, sum(d.count) AS count,
           count(DISTINCT r.id) AS entities
         FROM entities r CROSS JOIN entities e ON e.root = r.id CROSS JOIN touchpoint_days d ON d.entity = e.id
         WHERE r.kind = ?1 AND r.root = r.id AND r.is_known = 1 AND r.id < ?2 AND d.day >= ?3
         GROUP BY d.kind, d.day ORDER BY d.kind, d.day`,
        [kind, boundOf(kind, slices), sinceDay],
      )),
    )
  }
  return { days, share }
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
