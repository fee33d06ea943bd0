import { cluster, type Judgement } from './match/cluster.ts'

/** Who a person is by equal identifiers alone. */
export interface Base {
  id: string
  createdAt: number
}

/** What somebody said of two bases, in any order. */
export interface JudgedBases {
  a: string
  b: string
  by: 'person' | 'model'
  verdict: 'same' | 'different' | 'unsure'
  at: number
  /** Of the model. */
  probability?: number
}

/**
 * Where each base stands: the oldest of those who are the same. A pure function of bases and judgements, so that
 * neither the order of arrival nor what stood together before makes a difference. A person's word counts before the
 * model's, of two words of people on one pair the later, and of two at once the one that keeps apart.
 */
export function judgedRoots(bases: readonly Base[], judgements: readonly JudgedBases[]): Map<string, string> {
  const known = new Map(bases.map((base) => [base.id, base]))
  const relevant = judgements.filter(({ a, b }) => a !== b && known.has(a) && known.has(b))
  const said = lastWords(relevant)
  const judgedByPeople = new Set(said.map(pairOf))
  const edges = relevant.flatMap((judgement) => {
    const { a, b, by, verdict, probability = 0 } = judgement
    return by === 'model' && verdict === 'same' && !judgedByPeople.has(pairOf(judgement))
      ? [{ a, b, probability }]
      : []
  })
  const standing = new Map(bases.map(({ id }) => [id, id]))
  for (const group of cluster(edges, said).clusters) {
    const root = group.map((id) => known.get(id)!).reduce(older).id
    for (const id of group) standing.set(id, root)
  }
  return standing
}

function lastWords(judgements: readonly JudgedBases[]): Judgement[] {
  const last = new Map<string, JudgedBases>()
  for (const judgement of judgements) {
    if (judgement.by !== 'person') continue
    const key = pairOf(judgement)
    const held = last.get(key)
    const isLater = !held || judgement.at > held.at
    if (isLater || (judgement.at === held.at && judgement.verdict === 'different')) last.set(key, judgement)
  }
  return [...last.values()].flatMap(({ a, b, verdict }) => (verdict === 'unsure' ? [] : [{ a, b, verdict }]))
}

const pairOf = ({ a, b }: { a: string; b: string }): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

const older = (x: Base, y: Base): Base =>
  x.createdAt < y.createdAt || (x.createdAt === y.createdAt && x.id < y.id) ? x : y
