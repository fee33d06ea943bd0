import fc from 'fast-check'
import { expect, test } from 'vitest'
import { edits } from '#kit'
import {
  createScorer,
  prepareValues,
  startingModel,
  WRITTEN_FIELDS,
} from '../../../src/identity/match/index.ts'
import { jaroWinkler } from '../../../src/identity/match/jaro-winkler.ts'
import { phoneticKey } from '../../../src/identity/match/phonetic.ts'
import '../../support/property-seed.ts'

const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '1'), maxLength: 9 })

/** Optimal string alignment by the whole table. */
function alignment(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1)
    }
  return d[a.length]![b.length]!
}

test('edits are those of the whole table, up to the limit', () => {
  fc.assert(
    fc.property(short, short, fc.integer({ min: 0, max: 4 }), (a, b, limit) => {
      expect(edits(a, b, limit)).toBe(Math.min(alignment(a, b), limit + 1))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['martha', 'marhta', 0.9611],
  ['dixon', 'dicksonx', 0.8133],
  ['dwayne', 'duane', 0.84],
  ['abc', 'xyz', 0],
  ['', 'a', 0],
])('%s and %s are alike by %d', (a, b, similarity) => {
  expect(jaroWinkler(a, b)).toBeCloseTo(similarity, 4)
})

test('likeness is the same both ways, and between 0 and 1', () => {
  fc.assert(
    fc.property(short, short, (a, b) => {
      expect(jaroWinkler(a, b)).toBe(jaroWinkler(b, a))
      expect(jaroWinkler(a, b)).toBeGreaterThanOrEqual(0)
      expect(jaroWinkler(a, b)).toBeLessThanOrEqual(1)
    }),
  )
})

test.each([
  ['meyer', 'maier'],
  ['schmidt', 'schmitt'],
  ['catherine', 'katharina'],
  ['philip', 'filip'],
  ['muhammad', 'mhmd'],
])('%s sounds like %s', (a, b) => {
  expect(phoneticKey(a)).toBe(phoneticKey(b))
})

const written = fc.record(
  Object.fromEntries(
    WRITTEN_FIELDS.map((field) => [
      field,
      fc.constantFrom(
        'anna',
        'ana',
        'müller',
        'anna@acme.de',
        'a.nna+x@gmail.com',
        '+49 30 901820',
        '1988-02-29',
        '1989-02-28',
        '12a oak street',
        'DE',
        'Acme GmbH',
        'acme.de',
        '10115',
      ),
    ]),
  ),
  { requiredKeys: [] },
)

test('a score is a probability, the same both ways and every time', () => {
  const scorer = createScorer(startingModel(1000))
  fc.assert(
    fc.property(written, written, (x, y) => {
      const [a, b] = [
        { id: 'a', values: prepareValues(x) },
        { id: 'b', values: prepareValues(y) },
      ]
      const { probability, evidence, relation } = scorer.score(a, b)
      expect(probability).toBeGreaterThanOrEqual(0)
      expect(probability).toBeLessThanOrEqual(1)
      expect(scorer.probability(b, a)).toBeCloseTo(probability, 12)
      expect(scorer.score(b, a)).toMatchObject({
        relation,
        evidence: evidence.map(({ level }) => ({ level })),
      })
      expect(scorer.probability(a, b)).toBe(probability)
    }),
  )
})

test('more of the same evidence never makes two records less the same', () => {
  const scorer = createScorer(startingModel(1000))
  fc.assert(
    fc.property(written, (x) => {
      const values = prepareValues(x)
      const side = (id: string) => ({ id, values })
      const before = scorer.probability(side('a'), side('b'))
      const more = { ...values, birth_date: '19880229', id_number: '4711' }
      const after = scorer.probability({ id: 'a', values: more }, { id: 'b', values: more })
      expect(after).toBeGreaterThanOrEqual(before - 1e-12)
    }),
  )
})
