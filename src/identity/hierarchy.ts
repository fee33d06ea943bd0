import type { Method } from '#model'

/** That one company belongs to another, by somebody's word. */
export interface ParentClaim {
  /** Root of the company that is named as the parent. */
  parent: string
  method: Method
  /** Looked up with a provider or register, and not said by a source of one's own. */
  isLookedUp: boolean
  /** It follows from who is at the top of another company. */
  isConcluded: boolean
  confidence?: number
  observedAt: number
  /** "connection/stream/key#slot" */
  ref: string
}

/** An edge of the forest to be, with what is needed to weigh it against others. */
export interface ParentEdge {
  parent: string
  tier: number
  confidence: number
  observedAt: number
}

/** Own sources before registers, those before what follows from other claims, guesses last. */
const tierOf = ({ method, isLookedUp, isConcluded }: ParentClaim): number =>
  method === 'inferred' ? 3 : isConcluded ? 2 : isLookedUp ? 1 : 0

const compareEdges = (a: ParentEdge, b: ParentEdge): number =>
  a.tier - b.tier || b.confidence - a.confidence || b.observedAt - a.observedAt

/** The claim that counts for a company: by tier, confidence, recency; ties by ref. What names itself says nothing. */
export function bestParent(
  self: string,
  claims: readonly ParentClaim[],
): (ParentEdge & { ref: string }) | undefined {
  const edges = claims
    .filter(({ parent }) => parent !== self)
    .map((claim) => ({
      parent: claim.parent,
      tier: tierOf(claim),
      confidence: claim.confidence ?? 1,
      observedAt: claim.observedAt,
      ref: claim.ref,
    }))
  return edges.sort((a, b) => compareEdges(a, b) || (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0))[0]
}

/**
 * Child → parent, without circles. Every company has at most one claimed parent, so a circle is a ring of claims: of each
 * ring the weakest claim is left out, by the same order as above and then by id. The answer for a company depends on
 * nothing but the claims above it, whatever order they came in.
 */
export function forestOf(claimed: ReadonlyMap<string, ParentEdge>): Map<string, string> {
  const forest = new Map([...claimed].map(([child, { parent }]) => [child, parent]))
  const done = new Set<string>()
  for (const start of claimed.keys()) {
    const path: string[] = []
    const onPath = new Set<string>()
    let node: string | undefined = start
    while (node !== undefined && !done.has(node) && !onPath.has(node)) {
      path.push(node)
      onPath.add(node)
      node = claimed.get(node)?.parent
    }
    if (node !== undefined && onPath.has(node))
      forest.delete(weakestOf(path.slice(path.indexOf(node)), claimed))
    for (const each of path) done.add(each)
  }
  return forest
}

const weakestOf = (ring: readonly string[], claimed: ReadonlyMap<string, ParentEdge>): string =>
  [...ring].sort((a, b) => compareEdges(claimed.get(b)!, claimed.get(a)!) || (a < b ? 1 : -1))[0]!

/** The company at the top; undefined for one that has no parent. */
export function ultimateOf(child: string, forest: ReadonlyMap<string, string>): string | undefined {
  let top = forest.get(child)
  for (let next = top; next !== undefined; next = forest.get(next)) top = next
  return top
}
