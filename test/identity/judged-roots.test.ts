import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Base, type JudgedBases, judgedRoots } from '../../src/identity/judged-roots.ts'

const PEOPLE: Base[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, i) => ({ id, createdAt: 10 - i }))
const said = (a: string, b: string, verdict: JudgedBases['verdict'], at = 1): JudgedBases => ({
  a,
  b,
  by: 'person',
  verdict,
  at,
})
const thinks = (a: string, b: string, probability: number): JudgedBases => ({
  a,
  b,
  by: 'model',
  verdict: probability >= 0.99 ? 'same' : 'unsure',
  at: 1,
  probability,
})
const groups = (judgements: JudgedBases[]): string[] =>
  [...Map.groupBy(judgedRoots(PEOPLE, judgements), ([, root]) => root)]
    .map(([root, members]) => `${root}: ${members.map(([id]) => id).join(' ')}`)
    .filter((line) => line.length > 4)

const id = fc.constantFrom(...PEOPLE.map((person) => person.id))
const judgement: fc.Arbitrary<JudgedBases> = fc
  .record({
    a: id,
    b: id,
    by: fc.constantFrom('person' as const, 'model' as const),
    verdict: fc.constantFrom('same' as const, 'different' as const, 'unsure' as const),
    at: fc.integer({ min: 0, max: 3 }),
    probability: fc.constantFrom(0.5, 0.9, 0.99, 0.995, 1),
  })
  .map(({ by, verdict, probability, ...rest }) =>
    by === 'person'
      ? { ...rest, by, verdict }
      : { ...rest, by, verdict: probability >= 0.99 ? ('same' as const) : ('unsure' as const), probability },
  )

test('whoever is judged to be the same stands with the oldest of them', () => {
  expect(groups([said('a', 'b', 'same'), thinks('b', 'c', 0.995), thinks('d', 'e', 0.9)])).toEqual([
    'c: a b c',
  ])
})

test("a person's word counts before the model's, and the later word before the earlier", () => {
  expect(groups([thinks('a', 'b', 1), said('b', 'a', 'different')])).toEqual([])
  expect(groups([said('a', 'b', 'different', 1), said('a', 'b', 'same', 2)])).toEqual(['b: a b'])
  expect(groups([said('a', 'b', 'same', 2), said('b', 'a', 'different', 2)])).toEqual([])
})

test('who is said to be different does not come together by way of a third', () => {
  expect(groups([said('a', 'c', 'different'), thinks('a', 'b', 0.999), thinks('b', 'c', 0.995)])).toEqual([
    'b: a b',
  ])
})

test('neither the order of people nor that of judgements makes a difference', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(judgement, { maxLength: 12, selector: ({ a, b, by, at }) => `${a}${b}${by}${at}` }),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      (judgements, places) => {
        const other = judgements
          .map((one, i) => [places[i]!, one] as const)
          .sort(([x], [y]) => x - y)
          .map(([, { a, b, ...rest }]) => ({ ...rest, a: b, b: a }))
        const [x, y] = [judgedRoots(PEOPLE, judgements), judgedRoots(PEOPLE.toReversed(), other)]
        for (const { id } of PEOPLE) expect(y.get(id)).toBe(x.get(id))
      },
    ),
  )
})

test('nobody stands with whom somebody said to be different, and every root stands with itself', () => {
  fc.assert(
    fc.property(fc.array(judgement, { maxLength: 15 }), (judgements) => {
      const roots = judgedRoots(PEOPLE, judgements)
      for (const root of roots.values()) expect(roots.get(root)).toBe(root)
      const last = Math.max(...judgements.map(({ at }) => at))
      for (const { a, b, by, verdict, at } of judgements)
        if (a !== b && by === 'person' && verdict === 'different' && at === last)
          expect(roots.get(a)).not.toBe(roots.get(b))
    }),
  )
})
