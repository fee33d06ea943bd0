import type { EntityKind, EntityRow, InspectPort } from '../engine/ports.ts'
import type { IdentifierKind } from '../model/identifier.ts'
import { parseOptional, present } from './json.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import { type ProjectionColumns, toProjection } from './project.ts'
import { searchTerms } from './search-text.ts'
import type { SqlDatabase } from './sql-database.ts'

interface EntityColumns {
  id: string
  kind: EntityKind
  root: string
  created_at: number
  account_root: string | null
  stage: string | null
  golden: string | null
  identifier: string | null
}

const toEntity = (row: EntityColumns): EntityRow =>
  present<EntityRow>({
    id: row.id,
    kind: row.kind,
    stage: row.stage,
    golden: parseOptional(row.golden) ?? {},
    account: row.account_root,
    createdAt: row.created_at,
    identifier: row.identifier,
  })

/** What tells somebody without a name apart: the identifier that says most to a person who reads it. */
const BEST_IDENTIFIER = `(
  SELECT i.value FROM entities n JOIN identifiers i ON i.entity = n.id WHERE n.root = e.root
  ORDER BY CASE i.kind WHEN 'email' THEN 0 WHEN 'domain' THEN 0 WHEN 'user_id' THEN 1 WHEN 'group_id' THEN 1
    WHEN 'vendor_id' THEN 2 ELSE 3 END, i.value LIMIT 1)`

const ENTITY = `
  SELECT e.id, e.kind, e.root, e.created_at, a.root AS account_root, e.stage, e.golden,
    ${BEST_IDENTIFIER} AS identifier
  FROM entities e LEFT JOIN entities a ON a.id = e.account`

/** Roots by id; `search` finds words, in any order and script, in e-mail, names, domain, phone, city and title. */
export async function readEntities(
  db: SqlDatabase,
  { limit, after, kind, search, isKnown }: Parameters<InspectPort['entities']>[0],
): ReturnType<InspectPort['entities']> {
  const c = new Conditions()
    .add('e.root = e.id')
    .add('e.kind = ?', kind)
    .add('e.id > ?', readToken(after, 1)?.[0])
    .add('e.is_known = ?', isKnown === undefined ? undefined : Number(isKnown))
  for (const term of searchTerms(search ?? '')) c.add('instr(e.search, ?) > 0', term)
  const rows = await db.query<EntityColumns>(
    `${ENTITY} ${c.where} ORDER BY e.id LIMIT ${c.bind(limit + 1)}`,
    c.params,
  )
  return pageOf(rows, limit, toEntity, (row) => [row.id])
}

/** Any node by id; identifiers and projections are those of all nodes at its root. */
export async function readEntity(db: SqlDatabase, id: string): ReturnType<InspectPort['entity']> {
  const [[row], identifiers, projections] = await Promise.all([
    db.query<EntityColumns>(`${ENTITY} WHERE e.id = ?1`, [id]),
    db.query<{ kind: IdentifierKind; value: string }>(
      `SELECT i.kind, i.value FROM entities s JOIN entities n ON n.root = s.root
       JOIN identifiers i ON i.entity = n.id WHERE s.id = ?1 ORDER BY i.kind, i.value`,
      [id],
    ),
    db.query<ProjectionColumns>(
      `SELECT p.* FROM entities s JOIN entities n ON n.root = s.root JOIN projections p ON p.entity = n.id
       WHERE s.id = ?1 ORDER BY p.destination, p.object, p.entity`,
      [id],
    ),
  ])
  return row && { ...toEntity(row), root: row.root, identifiers, projections: projections.map(toProjection) }
}
