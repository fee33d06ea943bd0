import { expect, test } from 'vitest'
import {
  createScorer,
  decide,
  evaluate,
  prepareValues,
  startingModel,
  train,
  type WrittenField,
  withoutSharedValues,
} from '../../../src/identity/match/index.ts'
import { inventPeople } from './people.ts'

const record = (id: string, written: { [F in WrittenField]?: string }) => ({
  id,
  values: prepareValues(written),
})
const people = inventPeople(1200, 7)
const few = people.slice(0, 200)
const evaluation = evaluate(people)

test('learned without labels, matching merges no strangers, relatives included, and finds far more than equality', () => {
  const { thresholds, outcomes, clusters, naive, blocking } = evaluation
  const [half, , sure] = thresholds
  expect(half!.f1).toBeGreaterThan(0.92)
  expect(half!.precision).toBeGreaterThan(0.99)
  expect(sure!.falsePositives).toBe(0)
  expect(outcomes.merge.pairs).toBe(outcomes.merge.truePairs)
  expect(outcomes.merge.pairs).toBeGreaterThan(0.9 * sure!.truePositives)
  expect(clusters.at(-1)!.precision).toBe(1)
  expect(blocking.completeness).toBeGreaterThan(0.95)
  expect(naive.map(({ by }) => by)).toEqual(['exact e-mail', 'exact name'])
  for (const floor of naive) expect(half!.f1).toBeGreaterThan(floor.f1 + 0.1)
})

test('who is told to be the same with some probability is so at least as often', () => {
  const { calibration, calibrationError } = evaluation
  expect(calibrationError).toBeLessThan(0.02)
  for (const { from, told, found, pairs } of calibration)
    if (pairs >= 40 && from >= 0.5) expect(found).toBeGreaterThan(told - 0.05)
})

test('the same records teach the same model, and it survives JSON', () => {
  const model = train(few)
  expect(train(few)).toEqual(model)
  const kept = JSON.parse(JSON.stringify(model))
  const [a, b] = [people[0]!, people[1]!]
  expect(createScorer(kept).probability(a, b)).toBe(createScorer(model).probability(a, b))
})

test('levels of a model are shares: each side adds up to one', () => {
  const { comparisons, shares } = evaluation.model
  expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
  for (const { levels } of comparisons)
    for (const side of ['m', 'u'] as const)
      expect(levels.reduce((sum, level) => sum + level[side], 0)).toBeCloseTo(1, 9)
})

test('a rare name is worth more than a common one', () => {
  const common = Array.from({ length: 300 }, (_, i) =>
    record(`c${i}`, { first_name: 'Anna', last_name: `N${i}x` }),
  )
  const model = train([...common, ...few])
  const weight = (first_name: string) => {
    const side = record('x', { first_name, last_name: 'Quinn' })
    return createScorer(model)
      .score(side, { ...side, id: 'y' })
      .evidence.find(({ attribute }) => attribute === 'given_name')!.weight
  }
  expect(weight('Thorvald')).toBeGreaterThan(weight('Anna') + 2)
})

test('one record, none, and records without values teach nothing and break nothing', () => {
  for (const records of [[], [record('a', { first_name: 'Ada' })], [record('a', {}), record('b', {})]]) {
    const scorer = createScorer(train(records))
    expect(
      scorer.probability(record('x', { first_name: 'Ada' }), record('y', { first_name: 'Ada' })),
    ).toBeLessThan(0.99)
  }
})

const scorer = createScorer(startingModel(10_000))
const ADA = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@lovelace.example',
  phone: '+44 20 7946 0018',
  street: '12 St James Square',
  city: 'London',
  postal_code: 'SW1Y 4JH',
}
const against = (written: { [F in WrittenField]?: string }) =>
  decide(scorer.score(record('a', ADA), record('b', written)))

test('before anything was learned, the same person is merged and a stranger is not', () => {
  expect(against({ ...ADA, first_name: 'Ada K.' })).toEqual({ outcome: 'merge' })
  expect(against({ first_name: 'Lovelace', last_name: 'Ada', email: 'ADA@lovelace.example' })).toEqual({
    outcome: 'merge',
  })
  expect(against({ first_name: 'Ben', last_name: 'Khan', city: 'London' })).toEqual({ outcome: 'distinct' })
})

test('a relative is no duplicate: same home, name and telephone, another given name', () => {
  const relative = record('b', { ...ADA, first_name: 'William', email: 'william@lovelace.example' })
  const score = scorer.score(record('a', ADA), relative)
  expect(score.relation).toBe('relative')
  expect(decide(score).outcome).toBe('distinct')
})

test('a colleague is no duplicate: same employer, office and switchboard', () => {
  const work = {
    company_name: 'Acme GmbH',
    website: 'acme.example.de',
    phone: '+49 30 901820',
    street: '1 Main Street',
    city: 'Berlin',
  }
  const ben = record('a', {
    ...work,
    first_name: 'Ben',
    last_name: 'Khan',
    email: 'ben.khan@acme.example.de',
  })
  const eva = record('b', {
    ...work,
    first_name: 'Eva',
    last_name: 'Weber',
    email: 'eva.weber@acme.example.de',
  })
  expect(decide(scorer.score(ben, eva)).outcome).toBe('distinct')
})

test('who has moved is known by what does not move', () => {
  const moved = { ...ADA, phone: '', street: '7 Mill Lane', city: 'Leeds', postal_code: 'LS1 1AA' }
  expect(against(moved)).toEqual({ outcome: 'merge' })
})

test('a couple with one mailbox is for a person to judge', () => {
  expect(against({ ...ADA, first_name: 'William' }).outcome).not.toBe('merge')
})

test('one kind of evidence does not merge, however rare it is', () => {
  const evidence = [
    { attribute: 'street' as const, level: 'equal', weight: 20 },
    { attribute: 'postal_code' as const, level: 'equal', weight: 12 },
  ]
  expect(decide({ probability: 0.9999, relation: 'same', evidence })).toEqual({
    outcome: 'review',
    heldBack: 'one_kind_of_evidence',
  })
})

test('a value of many people is taken away and told; a family may keep its telephone', () => {
  const desk = ['Anna Weber', 'Omar Khan', 'Petra Novak', 'Hugo Dubois', 'Zoe Quinn'].map((full_name, i) =>
    record(`d${i}`, { full_name, email: 'berlin@acme.example', phone: `+49 30 90182${i}` }),
  )
  const family = ['Ada', 'Byron', 'Anne', 'Ralph', 'Mary', 'Ockham', 'Judith'].map((first_name, i) =>
    record(`f${i}`, { first_name, last_name: 'Lovelace', phone: '+44 20 7946 0018' }),
  )
  const variants = ['Omar Khan', 'Omer Kahn', 'Khan Omar', 'O. Khan', 'Omar Kahn'].map((full_name, i) =>
    record(`v${i}`, { full_name, email: 'omar@acme.example' }),
  )
  const { records, shared } = withoutSharedValues([...desk, ...family, ...variants])
  expect(shared).toEqual([{ attribute: 'email', value: 'berlin@acme.example', records: 5 }])
  expect(records.map(({ values }) => values.email)).toEqual([
    ...desk.map(() => undefined),
    ...family.map(() => undefined),
    ...variants.map(() => 'omar@acme.example'),
  ])
  expect(records[0]!.values.phone).toBe('+4930901820')
})

test('made-up and functional values are no evidence', () => {
  expect(
    prepareValues({
      first_name: 'n/a',
      email: 'info@acme.de',
      phone: '0000000',
      birth_date: '1970-01-01',
      company_name: 'Acme GmbH',
    }),
  ).toEqual({ company: 'acme', domain: 'acme.de' })
})

test.each([
  [1, 'merge'],
  [0.99, 'merge'],
  [0.9899, 'review'],
  [0.5, 'review'],
  [0.4999, 'distinct'],
  [0, 'distinct'],
])('a probability of %d means: %s', (probability, outcome) => {
  const evidence = [
    { attribute: 'email' as const, level: 'equal', weight: 15 },
    { attribute: 'family_name' as const, level: 'equal', weight: 8 },
  ]
  expect(decide({ probability, relation: 'same', evidence })).toEqual({ outcome })
})

test.each([
  ['id_number', 'merge'],
  ['email', 'review'],
  ['birth_date', 'review'],
] as const)('another given name: an equal %s alone means %s', (attribute, outcome) => {
  const evidence = [
    { attribute, level: 'equal', weight: 15 },
    { attribute: 'family_name' as const, level: 'equal', weight: 8 },
    { attribute: 'given_name' as const, level: 'different', weight: -4 },
  ]
  expect(decide({ probability: 0.999, relation: 'same', evidence }).outcome).toBe(outcome)
})
