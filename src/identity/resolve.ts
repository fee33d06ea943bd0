import { type EntityKind, isWeakIdentifier, type NormalisedIdentifier } from './normalise-identifier.ts'

/** One appearance of a person or account in a record: identifiers that the record says belong together. */
export interface Mention {
  entityKind: EntityKind
  identifiers: NormalisedIdentifier[]
  at: number
}

/** What is already stored about an identifier. */
export interface KnownIdentifier extends NormalisedIdentifier {
  entity: string
  /** Where it stands by equal identifiers alone: facts of somebody who is only judged to be the same stay apart. */
  root: string
  rootCreatedAt: number
}

export interface KnownStitch {
  anonymous: string
  person: string
  personRoot: string
  at: number
}

export interface Resolution {
  /** Node of each mention, in the order given: where its facts are recorded. Undefined where nothing identifies anyone. */
  nodes: (string | undefined)[]
  /** Root of each of these nodes after the merges and re-roots below. */
  roots: (string | undefined)[]
  created: { id: string; kind: EntityKind; root: string }[]
  merges: { from: string; to: string; by: string }[]
  /** Anonymous nodes that belong to another person than before. */
  reroots: { entity: string; from: string; to: string }[]
  identifiers: (NormalisedIdentifier & { entity: string })[]
  stitches: { anonymous: string; person: string; at: number }[]
}

const RANK = ['email', 'domain', 'user_id', 'group_id', 'vendor_id', 'anonymous_id', 'phone']
const keyOf = (id: NormalisedIdentifier) => `${id.entityKind}\u0000${id.kind}\u0000${id.value}`
const isWeak = (id: NormalisedIdentifier) => isWeakIdentifier(id.kind)

/** Keys are asked for again and again: each is put together once. */
interface KeyedMention {
  at: number
  strong: string[]
  weak: string[]
}

/**
 * Who is who for one chunk of records, in memory. Strong identifiers that appear together are one entity. An anonymous
 * id or a phone number keeps a node of its own that stands with the person it was stitched to *first in time*, so that a
 * shared browser or telephone never joins two people and the result does not depend on the order of arrival.
 */
export function resolve(
  mentions: Mention[],
  known: KnownIdentifier[],
  knownStitches: KnownStitch[],
  deriveId: (kind: EntityKind, identifier: NormalisedIdentifier) => string,
): Resolution {
  const knownByKey = new Map(known.map((k) => [keyOf(k), k]))
  const groups = new UnionFind()
  const byKey = new Map<string, NormalisedIdentifier>()

  const keyed = mentions.map(({ identifiers, at }): KeyedMention => {
    const [strong, weak]: [string[], string[]] = [[], []]
    for (const id of identifiers) {
      const key = keyOf(id)
      byKey.set(key, id)
      groups.add(key)
      if (isWeak(id)) weak.push(key)
      else strong.push(key)
    }
    for (let i = 1; i < strong.length; i++) groups.union(strong[0]!, strong[i]!)
    return { at, strong, weak }
  })
  // Two identifiers of one stored entity are one group, even where this chunk names them apart.
  const firstKeyOfRoot = new Map<string, string>()
  for (const key of byKey.keys()) {
    const stored = knownByKey.get(key)
    if (!stored || isWeak(stored)) continue
    const first = firstKeyOfRoot.get(stored.root)
    if (first) groups.union(first, key)
    else firstKeyOfRoot.set(stored.root, key)
  }

  const result: Resolution = {
    nodes: [],
    roots: [],
    created: [],
    merges: [],
    reroots: [],
    identifiers: [],
    stitches: [],
  }
  const entityOfGroup = new Map<string, string>()
  for (const [group, keys] of groups.sets()) {
    const members = keys.map((key) => byKey.get(key)!)
    if (members.some(isWeak)) continue
    entityOfGroup.set(group, settleGroup(members, knownByKey, deriveId, result))
  }

  const nodeOfAnonymous = new Map<string, string>()
  const rootOfAnonymous = new Map<string, string>()
  for (const [key, id] of byKey) {
    if (!isWeak(id)) continue
    const stored = knownByKey.get(key)
    const node = stored?.entity ?? deriveId('person', id)
    if (!stored) result.identifiers.push({ ...id, entity: node })
    nodeOfAnonymous.set(key, node)
    rootOfAnonymous.set(node, stored?.root ?? node)
  }

  const nodeOf = ({ strong: [strong], weak: [weak] }: KeyedMention): string | undefined => {
    if (strong !== undefined) return entityOfGroup.get(groups.find(strong))
    return weak === undefined ? undefined : nodeOfAnonymous.get(weak)
  }

  const mergedInto = new Map(result.merges.map((m) => [m.from, m.to]))
  const current = (root: string) => mergedInto.get(root) ?? root

  const stitched = new Map(knownStitches.map(({ anonymous, person, at }) => [`${anonymous} ${person}`, at]))
  const owners = new Map<string, { root: string; person: string; at: number }>()
  for (const s of knownStitches)
    owners.set(s.anonymous, { root: current(s.personRoot), person: s.person, at: s.at })
  for (const mention of keyed) {
    if (mention.strong.length === 0 || mention.weak.length === 0) continue
    const person = nodeOf(mention)
    if (!person) continue
    for (const weak of mention.weak) {
      const anonymous = nodeOfAnonymous.get(weak)!
      // Only the earliest time of a pair counts, and most events of a visitor repeat what is known.
      if (mention.at < (stitched.get(`${anonymous} ${person}`) ?? Number.POSITIVE_INFINITY)) {
        stitched.set(`${anonymous} ${person}`, mention.at)
        result.stitches.push({ anonymous, person, at: mention.at })
      }
      const owner = owners.get(anonymous)
      if (!owner || mention.at < owner.at || (mention.at === owner.at && person < owner.person)) {
        owners.set(anonymous, { root: person, person, at: mention.at })
      }
    }
  }
  const createdIds = new Set<string>()
  for (const [key, id] of byKey) {
    if (!isWeak(id)) continue
    const node = nodeOfAnonymous.get(key)!
    const before = current(rootOfAnonymous.get(node)!)
    const after = owners.get(node)?.root ?? before
    if (!knownByKey.has(key)) {
      if (!createdIds.has(node)) result.created.push({ id: node, kind: 'person', root: after })
      createdIds.add(node)
    } else if (after !== before) {
      result.reroots.push({ entity: node, from: before, to: after })
    }
    rootOfAnonymous.set(node, after)
  }

  for (const mention of keyed) {
    const node = nodeOf(mention)
    result.nodes.push(node)
    result.roots.push(node && (rootOfAnonymous.get(node) ?? node))
  }
  return result
}

/** Picks or creates the entity of a group of strong identifiers; several stored roots become one. */
function settleGroup(
  members: NormalisedIdentifier[],
  knownByKey: Map<string, KnownIdentifier>,
  deriveId: (kind: EntityKind, identifier: NormalisedIdentifier) => string,
  result: Resolution,
): string {
  const stored = members.flatMap((id) => knownByKey.get(keyOf(id)) ?? [])
  const roots = [...new Map(stored.map((k) => [k.root, k.rootCreatedAt]))].sort(
    ([a, aAt], [b, bAt]) => aAt - bAt || (a < b ? -1 : 1),
  )
  let survivor = roots[0]?.[0]
  if (survivor === undefined) {
    const first = [...members].sort(byRank)[0]!
    survivor = deriveId(first.entityKind, first)
    result.created.push({ id: survivor, kind: first.entityKind, root: survivor })
  }
  const via = [...members].sort(byRank)[0]!.kind
  for (const [root] of roots.slice(1))
    result.merges.push({ from: root, to: survivor, by: `identifier:${via}` })
  for (const id of members)
    if (!knownByKey.has(keyOf(id))) result.identifiers.push({ ...id, entity: survivor })
  return survivor
}

const byRank = (a: NormalisedIdentifier, b: NormalisedIdentifier) =>
  RANK.indexOf(a.kind) - RANK.indexOf(b.kind) || (a.value < b.value ? -1 : 1)

class UnionFind {
  #parent = new Map<string, string>()

  add(key: string) {
    if (!this.#parent.has(key)) this.#parent.set(key, key)
  }

  find(key: string): string {
    let root = key
    while (this.#parent.get(root) !== root) root = this.#parent.get(root)!
    for (let at = key; at !== root; ) {
      const next = this.#parent.get(at)!
      this.#parent.set(at, root)
      at = next
    }
    return root
  }

  union(a: string, b: string) {
    this.#parent.set(this.find(b), this.find(a))
  }

  sets(): Map<string, string[]> {
    const sets = new Map<string, string[]>()
    for (const key of this.#parent.keys()) {
      const root = this.find(key)
      const set = sets.get(root)
      if (set) set.push(key)
      else sets.set(root, [key])
    }
    return sets
  }
}
