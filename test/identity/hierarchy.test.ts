import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bestParent,
  forestOf,
  normaliseIdentifier,
  type ParentClaim,
  type ParentEdge,
  ultimateOf,
} from '../../src/identity/index.ts'

const claim = (parent: string, more: Partial<ParentClaim> = {}): ParentClaim => ({
  parent,
  method: 'asserted',
  isLookedUp: false,
  isConcluded: false,
  observedAt: 1_000,
  ref: `book/facts/${parent}#0`,
  ...more,
})

/** Everything that was said, in some order: a company may be said to have several parents, itself among them. */
const statements = fc.array(
  fc.record({
    child: fc.constantFrom(...'abcdefgh'),
    parent: fc.constantFrom(...'abcdefgh'),
    method: fc.constantFrom('asserted' as const, 'derived' as const, 'inferred' as const),
    isLookedUp: fc.boolean(),
    isConcluded: fc.boolean(),
    confidence: fc.option(fc.constantFrom(0.5, 0.9), { nil: undefined }),
    observedAt: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 24 },
)
type Statement = { child: string; parent: string } & { [K in keyof ParentClaim]?: ParentClaim[K] | undefined }

function edgesOf(said: readonly (Statement & { ref: string })[]): Map<string, ParentEdge> {
  const edges = new Map<string, ParentEdge>()
  for (const [child, own] of Map.groupBy(said, (statement) => statement.child)) {
    const best = bestParent(
      child,
      own.map(({ child: _, ...said }) => said as ParentClaim),
    )
    if (best) edges.set(child, best)
  }
  return edges
}
const sorted = (forest: Map<string, string>) => [...forest].sort()

test('any claims in any order give the same forest, and it has no circle', () => {
  fc.assert(
    fc.property(
      statements.chain((list) => {
        const said = list.map((one, index) => ({ ...one, ref: `r${index}` }))
        return fc.tuple(
          fc.constant(said),
          fc.shuffledSubarray(said, { minLength: said.length, maxLength: said.length }),
        )
      }),
      ([said, shuffled]) => {
        const edges = edgesOf(said)
        const forest = forestOf(edges)
        expect(sorted(forestOf(edgesOf(shuffled)))).toEqual(sorted(forest))
        for (const child of forest.keys()) {
          const above = new Set<string>()
          for (let node: string | undefined = child; node !== undefined; node = forest.get(node)) {
            expect(above.has(node)).toBe(false)
            above.add(node)
          }
          expect(ultimateOf(child, forest)).toBe([...above].at(-1))
          expect(forest.get(child)).toBe(edges.get(child)!.parent)
        }
        // Nobody is left without a parent but one of each ring.
        expect(forestOf(new Map([...edges].filter(([child]) => forest.has(child))))).toEqual(forest)
      },
    ),
    { numRuns: 500 },
  )
})

test('what stands above a company decides about it alone', () => {
  fc.assert(
    fc.property(statements, (list) => {
      const edges = edgesOf(list.map((one, index) => ({ ...one, ref: `r${index}` })))
      const forest = forestOf(edges)
      for (const child of edges.keys()) {
        const above = new Map<string, ParentEdge>()
        for (let node: string | undefined = child; node !== undefined && !above.has(node); ) {
          const edge = edges.get(node)
          if (edge) above.set(node, edge)
          node = edge?.parent
        }
        expect(forestOf(above).get(child)).toBe(forest.get(child))
      }
    }),
    { numRuns: 300 },
  )
})

test('a source of one’s own goes before a register, that before a conclusion, and a guess comes last', () => {
  const own = claim('own', { observedAt: 1 })
  const register = claim('register', { method: 'derived', isLookedUp: true, observedAt: 8 })
  const derived = claim('derived', { method: 'derived', isLookedUp: true, isConcluded: true, observedAt: 9 })
  const guess = claim('guess', { method: 'inferred', observedAt: 9 })
  expect(bestParent('me', [guess, derived, register, own])?.parent).toBe('own')
  expect(bestParent('me', [guess, derived, register])?.parent).toBe('register')
  expect(bestParent('me', [guess, derived])?.parent).toBe('derived')
  expect(bestParent('me', [claim('old'), claim('new', { observedAt: 2_000 })])?.parent).toBe('new')
  expect(bestParent('me', [claim('me')])).toBeUndefined()
})

test('of a ring of claims the weakest is left out', () => {
  const strong = { tier: 0, confidence: 1, observedAt: 1 }
  const claimed = new Map<string, ParentEdge>([
    ['a', { parent: 'b', ...strong }],
    ['b', { parent: 'c', tier: 1, confidence: 1, observedAt: 9 }],
    ['c', { parent: 'a', ...strong }],
    ['d', { parent: 'c', tier: 3, confidence: 0.5, observedAt: 1 }],
  ])
  expect(sorted(forestOf(claimed))).toEqual([
    ['a', 'b'],
    ['c', 'a'],
    ['d', 'c'],
  ])
  expect(ultimateOf('d', forestOf(claimed))).toBe('b')
})

test('an LEI is compared without blanks, and one with a slip identifies nobody', () => {
  const lei = (value: string) => normaliseIdentifier('account', 'book', { kind: 'lei', value })?.value
  expect(lei('HWUPKR0MPOU8FGXBT394')).toBe('HWUPKR0MPOU8FGXBT394')
  expect(lei('hwup-kr0m-pou8-fgxb-t394 ')).toBe('HWUPKR0MPOU8FGXBT394')
  expect(lei('HWUPKR0MPOU8FGXBT395')).toBe(undefined)
})
