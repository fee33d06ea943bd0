export interface Edge {
  a: string
  b: string
  probability: number
}

/** What a person (or a rule that is never wrong) has said about two records. */
export interface Judgement {
  a: string
  b: string
  verdict: 'same' | 'different'
}

export interface RefusedEdge extends Edge {
  /** `different`: somebody in one group is judged not to be somebody in the other. `size`: the group would be too large. */
  because: 'different' | 'size'
}

export interface Clusters {
  /** Groups of two and more, each in order, the groups by their first member. */
  clusters: string[][]
  refused: RefusedEdge[]
}

/** More records than that are hardly ever one person; rather a value that is shared. */
const MAX_CLUSTER = 100

/**
 * Connected groups that no negative judgement runs through. Judgements come first, then edges by probability, so that of
 * two edges that exclude each other the better one stands; ties go by id, so the order of the input does not matter.
 */
export function cluster(
  edges: readonly Edge[],
  judgements: readonly Judgement[] = [],
  { from = 0.99, maxSize = MAX_CLUSTER }: { from?: number; maxSize?: number } = {},
): Clusters {
  const groups = new Groups(judgements.filter(({ verdict }) => verdict === 'different'))
  const refused: RefusedEdge[] = []
  const said = judgements.flatMap(({ a, b, verdict }) =>
    verdict === 'same' ? [{ a, b, probability: 1 }] : [],
  )
  for (const edge of inOrder(said))
    if (groups.join(edge, Number.POSITIVE_INFINITY) !== 'joined')
      refused.push({ ...edge, because: 'different' })
  for (const edge of inOrder(edges.filter(({ probability }) => probability >= from))) {
    const result = groups.join(edge, maxSize)
    if (result !== 'joined') refused.push({ ...edge, because: result })
  }
  return { clusters: groups.all(), refused }
}

const inOrder = (edges: readonly Edge[]): Edge[] =>
  edges
    .map(({ a, b, probability }) => (a < b ? { a, b, probability } : { a: b, b: a, probability }))
    .sort((x, y) => y.probability - x.probability || compare(x.a, y.a) || compare(x.b, y.b))

const compare = (x: string, y: string): number => (x < y ? -1 : x > y ? 1 : 0)

class Groups {
  #groupOf = new Map<string, string[]>()
  #enemies = new Map<string, Set<string>>()

  constructor(negative: readonly Judgement[]) {
    for (const { a, b } of negative) {
      this.#enemiesOf(a).add(b)
      this.#enemiesOf(b).add(a)
    }
  }

  join({ a, b }: Edge, maxSize: number): 'joined' | RefusedEdge['because'] {
    const [x, y] = [this.#group(a), this.#group(b)]
    if (x === y) return 'joined'
    const [small, large] = x.length < y.length ? [x, y] : [y, x]
    if (small.some((member) => this.#hasEnemyIn(member, large))) return 'different'
    if (x.length + y.length > maxSize) return 'size'
    for (const member of small) {
      large.push(member)
      this.#groupOf.set(member, large)
    }
    return 'joined'
  }

  all(): string[][] {
    return [...new Set(this.#groupOf.values())]
      .filter((group) => group.length > 1)
      .map((group) => [...group].sort(compare))
      .sort((x, y) => compare(x[0]!, y[0]!))
  }

  #group(id: string): string[] {
    let group = this.#groupOf.get(id)
    if (!group) {
      group = [id]
      this.#groupOf.set(id, group)
    }
    return group
  }

  #hasEnemyIn(member: string, group: readonly string[]): boolean {
    for (const enemy of this.#enemies.get(member) ?? []) if (this.#groupOf.get(enemy) === group) return true
    return false
  }

  #enemiesOf(id: string): Set<string> {
    const enemies = this.#enemies.get(id) ?? new Set<string>()
    this.#enemies.set(id, enemies)
    return enemies
  }
}
