import { comparableValues, createScorer, type Decision, type Evidence } from '../../identity/match/index.ts'
import type { EngineDeps } from '../deps.ts'
import type { EntityKind, Page, PageQuery, PairRow } from '../ports.ts'
import { pairId } from './judge.ts'
import { currentModel } from './match-model.ts'

/** Two people, or two companies, that are probably the same, and what speaks for and against it. */
export interface ReviewedPair extends PairRow {
  id: string
  /** Bits for (above zero) or against, by attribute. */
  evidence: Evidence[]
  /** Why a pair that is probable enough is not merged without asking. */
  heldBack?: NonNullable<Decision['heldBack']>
}

/** Pairs that wait for a person, the most probable first. */
export async function reviewPairs(
  deps: EngineDeps,
  query: PageQuery & { entity?: string; kind?: EntityKind },
): Promise<Page<ReviewedPair>> {
  const page = await deps.store.match.pairs(query)
  const ids = new Set(page.items.flatMap(({ a, b }) => [a, b]))
  const rows = ids.size > 0 ? await deps.store.match.records([...ids]) : []
  const records = new Map(
    rows.map(({ entity: id, values, shared }) => [
      id,
      { id, values: comparableValues({ values, shared: shared as never[] }) },
    ]),
  )
  const judges = { person: judgeOf('person'), account: judgeOf('account') }
  return {
    ...page,
    items: page.items.map((pair) => {
      const [a, b] = [records.get(pair.a), records.get(pair.b)]
      const { scorer, decide } = judges[pair.kind]
      const score = a && b && scorer.score(a, b)
      const heldBack = score && decide(score).heldBack
      return {
        ...pair,
        id: pairId(pair),
        evidence: score?.evidence ?? [],
        ...(heldBack ? { heldBack } : {}),
      }
    }),
  }
}

function judgeOf(kind: EntityKind) {
  const { model, rules } = currentModel(kind)
  return { scorer: createScorer(model, rules), decide: rules.decide }
}
