import {
  isWeakIdentifier,
  type Mention,
  normaliseIdentifier,
  type Resolution,
  resolve,
} from '../../identity/index.ts'
import type { EngineDeps } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { AbsorbCommit, EntityKind, IdentifierKey, IdentifierMatch } from '../ports.ts'
import type { LinkedRecord } from './mirror.ts'

/**
 * Who is who by identifiers, and where they stand with those who are judged to be the same. Facts are recorded for the
 * node of their own identifiers, so that a judgement can be taken back; marks and roots are of whoever shows it.
 */
export interface Standing extends Resolution {
  rebases: NonNullable<AbsorbCommit['rebases']>
  /** What `merges` and `reroots` are by identifiers alone. */
  joined: Resolution['merges']
  moved: Resolution['reroots']
  /** Bases by node, where they are other than the roots. */
  bases: (string | undefined)[]
  /** Companies of the people and companies that were found by an identifier, by root; undefined where there is none. */
  accounts: ReadonlyMap<string, string | undefined>
}

export async function resolveMentions(
  deps: EngineDeps,
  mentions: Mention[],
  linked: LinkedRecord[],
): Promise<Standing> {
  const keys = new Map<string, IdentifierKey>()
  for (const { identifiers } of mentions)
    for (const id of identifiers) keys.set(`${id.entityKind} ${id.kind} ${id.value}`, id)
  const found = keys.size > 0 ? await deps.store.absorb.findIdentifiers([...keys.values()]) : []
  const byShadow = await knownByShadow(deps, found, linked)
  const known = [...found, ...byShadow]
  const anonymous = [...new Set(known.filter((k) => isWeakIdentifier(k.kind)).map((k) => k.entity))]
  const stitches = anonymous.length > 0 ? await deps.store.absorb.firstStitches(anonymous) : []
  const stitched = new Map<string, { root: string; base?: string }>(known.map((row) => [row.entity, row]))
  const people = [...new Set(stitches.map((s) => s.person))].filter((person) => !stitched.has(person))
  if (people.length > 0)
    for (const row of await deps.store.absorb.rootsOf(people)) stitched.set(row.entity, row)
  /** Of those who are judged to be somebody's: base → root. */
  const judged = new Map<string, string>()
  for (const { base, root } of [...known, ...stitched.values()])
    if (base !== undefined) judged.set(base, root)

  const resolution = resolve(
    mentions,
    known.map((id) => ({ ...id, root: id.base ?? id.root })),
    stitches.map((s) => {
      const row = stitched.get(s.person)
      return { ...s, personRoot: row?.base ?? row?.root ?? s.person }
    }),
    entityId,
  )
  const links = byShadow.map(({ root: _root, base: _base, rootCreatedAt: _at, ...identifier }) => identifier)
  const identifiers = [...resolution.identifiers, ...links]
  const accounts = new Map(found.map(({ root, account }) => [root, account]))
  if (judged.size === 0)
    return {
      ...resolution,
      identifiers,
      accounts,
      rebases: [],
      joined: resolution.merges,
      moved: resolution.reroots,
      bases: resolution.roots,
    }
  return { ...standWith(judged, resolution), identifiers, accounts }
}

function standWith(judged: ReadonlyMap<string, string>, resolution: Resolution): Omit<Standing, 'accounts'> {
  const rootOf = (base: string) => judged.get(base) ?? base
  return {
    ...resolution,
    bases: resolution.roots,
    roots: resolution.roots.map((base) => base && rootOf(base)),
    created: resolution.created.map((entity) =>
      judged.has(entity.root) ? { ...entity, root: rootOf(entity.root), base: entity.root } : entity,
    ),
    joined: resolution.merges,
    moved: resolution.reroots,
    merges: resolution.merges
      .map(({ from, to, by }) => ({ from: rootOf(from), to: rootOf(to), by }))
      .filter(({ from, to }) => from !== to),
    rebases: resolution.merges
      .filter(({ from, to }) => judged.has(from) || judged.has(to))
      .map(({ from, to }) => ({ from, to, roots: [...new Set([rootOf(from), rootOf(to)])] })),
    reroots: resolution.reroots.map(({ entity, from, to }) => ({
      entity,
      from: judged.has(from) || from !== entity ? rootOf(from) : from,
      to,
    })),
  }
}

/** CRM records that we write to, and that nobody has named yet by their CRM id. */
async function knownByShadow(
  deps: EngineDeps,
  found: IdentifierMatch[],
  linked: LinkedRecord[],
): Promise<IdentifierMatch[]> {
  const known = new Set(found.map((id) => `${id.entityKind} ${id.kind} ${id.value}`))
  const missing = linked.flatMap(({ entityKind, connection, identifier, entity }) => {
    const id = normaliseIdentifier(entityKind, connection, identifier)
    return id && !known.has(`${id.entityKind} ${id.kind} ${id.value}`) ? [{ ...id, entity }] : []
  })
  if (missing.length === 0) return []
  const nodes = await deps.store.absorb.rootsOf(missing.map(({ entity }) => entity))
  const standing = new Map(nodes.map((row) => [row.entity, row]))
  const bases = new Set(nodes.map(({ base, root }) => base ?? root))
  const created = new Map((await deps.store.project.golden([...bases])).map((row) => [row.id, row.createdAt]))
  return missing.flatMap((id) => {
    const row = standing.get(id.entity)
    const rootCreatedAt = row && created.get(row.base ?? row.root)
    if (!row || rootCreatedAt === undefined) return []
    return [{ ...id, root: row.root, ...(row.base === undefined ? {} : { base: row.base }), rootCreatedAt }]
  })
}

/** Derived from the first identifier, so that the same history gives the same ids on any machine. */
export const entityId = (kind: EntityKind, identifier: { kind: string; value: string }): string =>
  `${kind === 'person' ? 'per' : 'acc'}_${hashParts(kind, identifier.kind, identifier.value).slice(0, 24)}`
