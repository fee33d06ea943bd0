import { judgedRoots } from '../../identity/judged-roots.ts'
import type { EngineDeps } from '../deps.ts'
import type { JudgementRow, NodeRow, Restanding } from '../ports.ts'

/** People, or companies, that judgements connect, near and far, whatever became of these judgements. */
export interface Area {
  nodes: NodeRow[]
  judgements: JudgementRow[]
}

/** An edge of the model that is about to be stored. */
export interface NewEdge {
  a: string
  b: string
  probability: number
}

const follows = (deps: EngineDeps, { by, verdict }: JudgementRow): boolean =>
  verdict === 'same' && (by === 'person' || deps.matching.mode === 'auto')

/**
 * Everybody who stands at these roots, and whoever was ever judged to be the same as one of them.
 *
 * @param start what was read before: all nodes of some roots, and all judgements of these
 */
export async function loadArea(deps: EngineDeps, roots: Iterable<string>, start?: Area): Promise<Area> {
  const nodes = new Map<string, NodeRow>()
  const judgements = new Map<string, JudgementRow>()
  const seen = new Set<string>()
  const next = new Set(roots)
  const add = (found: Area) => {
    for (const node of found.nodes) {
      nodes.set(node.id, node)
      seen.add(node.root)
    }
    for (const row of found.judgements) {
      judgements.set(`${row.a} ${row.b} ${row.by}`, row)
      if (follows(deps, row)) next.add(row.rootA).add(row.rootB)
    }
  }
  if (start) add(start)
  for (;;) {
    const open = [...next].filter((root) => !seen.has(root))
    if (open.length === 0) break
    next.clear()
    for (const root of open) seen.add(root)
    add(await deps.store.match.area(open))
  }
  return { nodes: [...nodes.values()], judgements: [...judgements.values()] }
}

/**
 * Where everybody in the area stands by what is judged now, as the difference to where they stand.
 *
 * @param judgedAnew bases about which the model has said everything in `edges`; its older judgements of them are void
 */
export function restandingOf(
  deps: EngineDeps,
  { nodes, judgements }: Area,
  judgedAnew: ReadonlySet<string>,
  edges: readonly NewEdge[],
): Restanding {
  const createdAt = new Map(nodes.map((node) => [node.id, node.createdAt]))
  const bases = [...new Set(nodes.map(({ base }) => base))]
  const isAuto = deps.matching.mode === 'auto'
  const standing = judgedRoots(
    bases.map((id) => ({ id, createdAt: createdAt.get(id) ?? Number.POSITIVE_INFINITY })),
    [
      ...judgements
        .filter(({ by, a, b }) => by === 'person' || (isAuto && !judgedAnew.has(a) && !judgedAnew.has(b)))
        .map(({ baseA, baseB, by, verdict, at, score }) => ({
          a: baseA,
          b: baseB,
          by,
          verdict,
          at,
          ...(score === undefined ? {} : { probability: score }),
        })),
      ...(isAuto
        ? edges.map(({ a, b, probability }) => ({
            a,
            b,
            by: 'model' as const,
            verdict: 'same' as const,
            at: 0,
            probability,
          }))
        : []),
    ],
  )
  const size = Map.groupBy(standing.values(), (root) => root)
  const isPinned = (root: string) => size.get(root)!.length > 1

  const moved: Restanding['nodes'] = []
  const changed = new Set<string>()
  const lost = new Set<string>()
  const before = new Set<string>()
  for (const node of nodes) {
    before.add(node.root)
    const root = standing.get(node.base)!
    const pinned = isPinned(root)
    if (root === node.root && pinned === node.isPinned) continue
    moved.push({ entity: node.id, root, ...(pinned ? { base: node.base } : {}) })
    if (root === node.root) continue
    changed.add(root)
    lost.add(node.root)
  }
  const isRoot = (id: string) => standing.get(id) === id
  const merged = [...before].flatMap((from) => {
    const to = standing.get(from)
    return to !== undefined && to !== from ? [{ from, to }] : []
  })
  return {
    nodes: moved,
    merged,
    hidden: [...standing].flatMap(([from, to]) => (from !== to && changed.size > 0 ? [{ from, to }] : [])),
    changed: [...new Set([...changed, ...[...lost].filter(isRoot)])],
    lost: [...lost],
  }
}
