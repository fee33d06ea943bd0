import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createScorer,
  judgeChanges,
  type KnownRecord,
  membersNeeded,
  startingModel,
  type Values,
} from '../../../src/identity/match/index.ts'
import { inventPeople } from './people.ts'

const scorer = createScorer(startingModel(100_000))

/** An index in memory, kept as the stage keeps the one in the store. */
function createIndex(most: number) {
  const records = new Map<string, KnownRecord>()
  const waiting = new Map<string, Values | undefined>()
  const pairs = new Map<string, string>()
  let looks = 0
  return {
    looks: () => looks,
    pairs: () => [...pairs].map(([pair, said]) => `${pair} ${said}`).sort(),
    shared: () =>
      [...records.values()]
        .flatMap(({ id, shared }) => (shared.length > 0 ? [`${id} ${shared}`] : []))
        .sort(),
    change(id: string, values: Values | undefined) {
      waiting.set(id, values)
    },
    /** Judges so many of those who wait, until none does. */
    judge(size: number) {
      while (waiting.size > 0) {
        looks++
        const changed = new Map([...waiting].slice(0, size))
        for (const id of changed.keys()) waiting.delete(id)
        const all = [...records.values()]
        const keys = new Set(all.flatMap(({ keys }) => keys))
        const judged = judgeChanges({
          changed,
          members: new Map(
            [...keys].map((key) => [
              key,
              all
                .flatMap(({ id, keys }) => (keys.includes(key) ? [id] : []))
                .sort()
                .slice(0, membersNeeded(changed.size, most)),
            ]),
          ),
          records: new Map(records),
          scorer,
          most,
        })
        for (const pair of pairs.keys()) if (pair.split(' ').some((id) => changed.has(id))) pairs.delete(pair)
        for (const { a, b, verdict, probability } of judged.pairs)
          pairs.set(`${a} ${b}`, `${verdict} ${probability}`)
        for (const record of judged.records) records.set(record.id, record)
        for (const id of judged.gone) records.delete(id)
        for (const id of judged.again) waiting.set(id, records.get(id)!.values)
      }
    },
  }
}

const PEOPLE = inventPeople(40, 7)
/** One switchboard for many: whoever holds it last makes it worthless for all. */
const withSwitchboard = PEOPLE.map((record, i) =>
  i % 3 === 0 ? { ...record, values: { ...record.values, phone: '+493012345678' } } : record,
)

test.each([
  ['when everybody is compared with everybody', 1_000],
  ['when keys become too common on the way', 2],
])('in whatever order and portions people come, they are judged the same %s', (_, most) => {
  const whole = createIndex(most)
  for (const { id, values } of withSwitchboard) whole.change(id, values)
  whole.judge(1_000)
  expect(whole.pairs().length).toBeGreaterThan(10)
  fc.assert(
    fc.property(
      fc.shuffledSubarray(withSwitchboard, { minLength: withSwitchboard.length }),
      fc.constantFrom(1, 3, 17),
      fc.nat(withSwitchboard.length - 1),
      (order, size, visitor) => {
        const index = createIndex(most)
        const guest = { ...order[visitor]!, id: 'guest' }
        for (const [i, { id, values }] of order.entries()) {
          // Somebody comes and goes, and whoever is known already has said something else before.
          if (i === 5) index.change(guest.id, guest.values)
          if (i % 4 === 0) index.change(id, { ...values, phone: '+493099999999' })
          index.judge(size)
          index.change(id, values)
          if (i % 3 === 0) index.judge(size)
        }
        index.change(guest.id, undefined)
        index.judge(size)
        expect(index.shared()).toEqual(whole.shared())
        expect(index.pairs()).toEqual(whole.pairs())
      },
    ),
    { numRuns: 6 },
  )
})

test('who is passed over without being weighed is not the same', () => {
  const people = inventPeople(60, 3)
  let passed = 0
  for (const a of people)
    for (const b of people) {
      if (scorer.mayBeSame(a, b)) continue
      passed++
      expect(scorer.probability(a, b)).toBeLessThan(0.5)
    }
  expect(passed).toBeGreaterThan(people.length ** 2 / 2)
})

test('a number that many people share is no evidence any more, not even where it was before', () => {
  const index = createIndex(1_000)
  const sister = { given_name: 'ana', family_name: 'silva', phone: '+493011111111', city: 'bonn' }
  index.change('a', { ...sister, company: 'acme' })
  index.change('b', { ...sister, given_name: 'anna', company: 'acme' })
  index.judge(10)
  const before = index.pairs()
  expect(before).toHaveLength(1)
  const strangers = [
    'petra vogel',
    'omar haddad',
    'lena novak',
    'hugo costa',
    'zoe khan',
    'walid arslan',
    'marco rossi',
  ]
  for (const [i, name] of strangers.entries()) {
    const [given_name, family_name] = name.split(' ') as [string, string]
    index.change(`s${i}`, { given_name, family_name, phone: '+493011111111' })
    index.judge(1)
  }
  expect(index.pairs()).not.toEqual(before)
  expect(index.shared()).toHaveLength(9)
  index.change('s0', undefined)
  index.change('s1', undefined)
  index.change('s2', undefined)
  index.judge(10)
  expect(index.pairs()).toEqual(before)
})
