import { expect, test } from 'vitest'
import { Candidates } from '../../src/engine/hygiene/candidates.ts'
import { NumberedGroups } from '../../src/engine/hygiene/numbered-groups.ts'
import { PairList } from '../../src/engine/hygiene/pair-list.ts'
import { Piles } from '../../src/engine/hygiene/piles.ts'
import { findTwins, type Skipped } from '../../src/engine/hygiene/twin-search.ts'
import { COMPANIES_ALIKE, PEOPLE_ALIKE } from '../../src/hygiene/index.ts'
import { prepareValues, type WrittenField } from '../../src/identity/match/index.ts'
import { openScratch } from '../../src/store/open-scratch.ts'
import { SIGNAL } from './world.ts'

type Written = { [F in WrittenField]?: string }

async function search(records: readonly Written[], likeness = PEOPLE_ALIKE) {
  const scratch = await openScratch(':memory:')
  const candidates = new Candidates({ scratch, piles: new Piles(scratch), likeness, kind: 1 })
  for (const [n, record] of records.entries()) {
    candidates.add({
      id: `r${n}`,
      crmId: `r${n}`,
      object: 'Contact',
      number: n,
      isOurs: false,
      filled: 10,
      createdAt: n,
      values: prepareValues(record),
    })
    if (n % 1000 === 999) await candidates.settle()
  }
  await candidates.settle()
  const skipped: Skipped[] = []
  const found: Record<'certain' | 'possible', string[]> = { certain: [], possible: [] }
  for await (const { crmId, issues } of findTwins(candidates, skipped, SIGNAL))
    for (const { check, others } of issues)
      found[check === 'duplicate.certain' ? 'certain' : 'possible'].push(`${crmId}: ${others!.join(' ')}`)
  await scratch.close()
  return { ...found, skipped }
}

/** Letters that stand for a number, so that no two names are alike. */
const word = (n: number): string =>
  [n % 20, Math.floor(n / 20) % 20, Math.floor(n / 400) % 20]
    .map((i, place) => 'bdfghjklmnprstvwzcxq'[i]! + 'aeiou'[(i + place) % 5]!)
    .join('')

const person = (n: number): Written => ({
  first_name: `${word(n)}on`,
  last_name: `${word(n * 7 + 3)}sen`,
  email: `${word(n)}.${n}@${word(n)}.de`,
  phone: `+49 30 ${20_000_000 + n}`,
  company_name: `${word(n * 3 + 1)} ${n} GmbH`,
  city: 'Berlin',
  country: 'Germany',
})

test('among thousands, exactly those are told who are there twice, each with the others', async () => {
  const people = Array.from({ length: 3000 }, (_, n) => person(n))
  // Spelt otherwise, far away from each other, with one thing of their own in common.
  const again = (n: number, more: Written): Written => ({ ...person(n), ...more })
  people.push(again(5, { first_name: `${word(5)}o`, email: 'private5@elsewhere.de' }))
  people.push(again(5, { phone: '+49 171 4039917' }))
  people.push(again(2990, { email: 'new@elsewhere.de' }))
  const { certain, possible, skipped } = await search(people)
  expect(certain.sort()).toEqual(
    ['r5: r3000 r3001', 'r3000: r5 r3001', 'r3001: r5 r3000', 'r2990: r3002', 'r3002: r2990'].sort(),
  )
  expect(possible).toEqual([])
  expect(skipped).toEqual([])
})

test('a value that too many share is told, and its holders still meet by what else they share', async () => {
  const people = Array.from({ length: 400 }, (_, n) => ({ ...person(n), street: 'Hauptstrasse 1' }))
  // An initial and a tagged address: of all rules only those after the one of streets bring the two together.
  const { phone: _, email, ...known } = people[17]!
  people.push({ ...known, first_name: known.first_name![0]!, email: email!.replace('@', '+crm@') })
  const { certain, skipped } = await search(people)
  expect(certain.sort()).toEqual(['r17: r400', 'r400: r17'])
  expect(skipped).toEqual([{ rule: 'street and number', keys: 1, records: 401 }])
})

test('a switchboard makes nobody the same, and is none of the values that were not compared', async () => {
  const line = { phone: '+49 30 90182 0', company_name: 'Spreewerk GmbH' }
  const people = Array.from({ length: 350 }, (_, n) => ({ ...person(n), ...line }))
  expect(await search(people)).toEqual({ certain: [], possible: [], skipped: [] })
})

test('no more than a hundred records become one, the most probable first', () => {
  const pairs = new PairList()
  for (let n = 1; n < 150; n++) pairs.add(n - 1, n, n === 50 ? 0.991 : 0.999)
  const refused: number[][] = []
  const groups = new NumberedGroups(150)
  groups.join(pairs, (a, b) => refused.push([a, b]))
  expect([...groups.all(10)].flat().map((group) => [group[0], group.length])).toEqual([
    [0, 50],
    [50, 100],
  ])
  // What would have joined the two is left for a person.
  expect(refused).toEqual([[49, 50]])
})

test('companies of one website under two names are for a person, under one name they are one', async () => {
  const company = (n: number): Written => ({
    company_name: `${word(n)} ${word(n * 3 + 1)} GmbH`,
    website: `www.${word(n)}-works.de`,
    street: `${word(n * 5)}strasse ${n + 1}`,
    city: 'Berlin',
    country: 'Germany',
  })
  const companies = Array.from({ length: 50 }, (_, n) => company(n))
  companies.push({ company_name: 'Olivares Export', website: company(7).website!, city: 'Hamburg' })
  companies.push(company(9))
  const { certain, possible } = await search(companies, COMPANIES_ALIKE)
  expect(certain.sort()).toEqual(['r51: r9', 'r9: r51'])
  expect(possible.sort()).toEqual(['r50: r7', 'r7: r50'])
})
