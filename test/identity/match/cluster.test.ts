import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bCubed, cluster, type Edge, type Judgement } from '../../../src/identity/match/index.ts'
import '../../support/property-seed.ts'

const id = fc.constantFrom(...'abcdefgh')
const edge: fc.Arbitrary<Edge> = fc.record({
  a: id,
  b: id,
  probability: fc.constantFrom(0.3, 0.99, 0.995, 1),
})
const judgement: fc.Arbitrary<Judgement> = fc.record({
  a: id,
  b: id,
  verdict: fc.constantFrom('same', 'different'),
})

test('the order of edges and judgements does not matter, nor which side comes first', () => {
  const shuffled = fc
    .record({ edges: fc.array(edge, { maxLength: 12 }), judgements: fc.array(judgement, { maxLength: 5 }) })
    .chain(({ edges, judgements }) =>
      fc.record({
        edges: fc.constant(edges),
        judgements: fc.constant(judgements),
        otherEdges: fc.shuffledSubarray(edges, { minLength: edges.length }),
        otherJudgements: fc.shuffledSubarray(judgements, { minLength: judgements.length }),
      }),
    )
  fc.assert(
    fc.property(shuffled, ({ edges, judgements, otherEdges, otherJudgements }) => {
      const turned = otherEdges.map(({ a, b, probability }) => ({ a: b, b: a, probability }))
      expect(cluster(turned, otherJudgements).clusters).toEqual(cluster(edges, judgements).clusters)
    }),
    { numRuns: 500 },
  )
})

test('nobody stands with whom somebody said to be another, also not by way of others', () => {
  fc.assert(
    fc.property(fc.array(edge), fc.array(judgement), (edges, judgements) => {
      const { clusters } = cluster(edges, judgements)
      for (const { a, b, verdict } of judgements)
        if (verdict === 'different' && a !== b)
          expect(clusters.some((group) => group.includes(a) && group.includes(b))).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('without judgements the groups are what is connected', () => {
  const edges = [
    { a: 'a', b: 'b', probability: 0.99 },
    { a: 'c', b: 'b', probability: 1 },
    { a: 'd', b: 'e', probability: 0.995 },
    { a: 'e', b: 'a', probability: 0.98 },
  ]
  expect(cluster(edges)).toEqual({
    clusters: [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ],
    refused: [],
  })
  expect(cluster(edges, [], { from: 0.5 }).clusters).toEqual([['a', 'b', 'c', 'd', 'e']])
})

test('of two edges that exclude each other the better one stands, the other is told', () => {
  const different: Judgement = { a: 'a', b: 'c', verdict: 'different' }
  const edges = [
    { a: 'a', b: 'b', probability: 0.991 },
    { a: 'b', b: 'c', probability: 0.999 },
  ]
  expect(cluster(edges, [different])).toEqual({
    clusters: [['b', 'c']],
    refused: [{ a: 'a', b: 'b', probability: 0.991, because: 'different' }],
  })
})

test('what a person said to be the same is so at any size; what was computed stops growing', () => {
  const edges = [
    { a: 'a', b: 'b', probability: 1 },
    { a: 'b', b: 'c', probability: 0.999 },
  ]
  expect(cluster(edges, [], { maxSize: 2 })).toMatchObject({
    clusters: [['a', 'b']],
    refused: [{ because: 'size' }],
  })
  const said: Judgement[] = [{ a: 'b', b: 'c', verdict: 'same' }]
  expect(cluster([], [...said, { a: 'a', b: 'b', verdict: 'same' }], { maxSize: 2 }).clusters).toEqual([
    ['a', 'b', 'c'],
  ])
})

test('B-cubed of the textbook: one group of two and three mixed, one of two right', () => {
  // Found {1,2,3}{4,5}, true {1,2}{3}{4,5}.
  const measured = bCubed([1, 1, 1, 2, 2], ['x', 'x', 'y', 'z', 'z'])
  expect(measured.precision).toBeCloseTo((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5, 12)
  expect(measured.recall).toBe(1)
  expect(bCubed([1, 2], ['x', 'x'])).toEqual({ precision: 1, recall: 0.5, f1: 2 / 3 })
})
