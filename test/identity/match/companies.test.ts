import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  COMPANIES,
  createScorer,
  judgeChanges,
  type KnownRecord,
  membersNeeded,
  type Values,
  valuesOfAccount,
} from '../../../src/identity/match/index.ts'

type Golden = Record<string, string>

const scorer = createScorer(COMPANIES.startingModel(100_000), COMPANIES)
const SITE = { street: 'Werkstraße 12', postal_code: '10115', city: 'Berlin', country: 'DE' }
const PHONE = { phone: '+49 30 9018200' }
/** All that one company could share with another. */
const ALL = { ...SITE, ...PHONE, linkedin_url: 'https://www.linkedin.com/company/acme-works/about' }

/** What is done with two companies: not compared, distinct, review, merge; and why a sure pair is not merged. */
function judge(one: Golden, other: Golden): string {
  const [a, b] = [
    { id: 'acc_a', values: valuesOfAccount(one) },
    { id: 'acc_b', values: valuesOfAccount(other) },
  ]
  const keys = new Set(COMPANIES.keys(a.values))
  if (!COMPANIES.keys(b.values).some((key) => keys.has(key))) return 'not compared'
  const { outcome, heldBack } = COMPANIES.decide(scorer.score(a, b))
  expect(COMPANIES.decide(scorer.score(b, a))).toEqual({ outcome, ...(heldBack ? { heldBack } : {}) })
  if (outcome !== 'distinct') expect(scorer.mayBeSame(a, b)).toBe(true)
  return heldBack ? `review: ${heldBack}` : outcome
}

const acme = (name: string, more: Golden = {}): Golden => ({ name, ...more })

test.each<[string, Golden, Golden, string]>([
  ['one name at one address', acme('Novatrend GmbH', SITE), acme('NOVATREND', SITE), 'merge'],
  ['one name and number', acme('Analytical Engines Ltd', PHONE), acme('Analytical Engines', PHONE), 'merge'],
  [
    'a misspelt name at one address with one number',
    acme('Novatrend', { ...SITE, ...PHONE }),
    acme('Novatrent', { ...SITE, ...PHONE }),
    'merge',
  ],
  [
    'one name and VAT id, written differently',
    acme('Novatrend GmbH', { vat_id: 'DE 123456789' }),
    acme('Novatrend', { vat_id: 'de123456789' }),
    'merge',
  ],
  [
    'another script',
    acme('ООО Ромашка', { phone: '+7 495 1234567' }),
    acme('Romashka', { phone: '+7 495 123-45-67' }),
    'merge',
  ],
  [
    'one name in one town: no evidence of its own',
    acme('Analytical Engines', { city: 'London', country: 'GB' }),
    acme('Analytical Engines Ltd', { city: 'London', country: 'GB' }),
    'review: one_kind_of_evidence',
  ],
  ['a name that is rare', acme('Analytical Engines'), acme('Analytical Engines Inc.'), 'review'],
  ['a name that many have', acme('Digital Solutions'), acme('Digital Solutions Inc.'), 'distinct'],
  [
    'a name and a web address',
    acme('Novatrend GmbH', { city: 'Berlin', country: 'DE' }),
    { domain: 'novatrend.de', city: 'Berlin', country: 'DE' },
    'review: one_kind_of_evidence',
  ],
  ['a rare name and a web address', acme('Blue Kestrel Ltd'), { domain: 'blue-kestrel.com' }, 'review'],
  ['a common one', acme('Digital Solutions'), { domain: 'digitalsolutions.com' }, 'distinct'],
  [
    'one name, two endings of a domain',
    acme('Novatrend', { domain: 'novatrend.com' }),
    acme('Novatrend', { domain: 'novatrend.co.uk' }),
    'review',
  ],
  [
    'one name and house, domains that have nothing in common',
    acme('Novatrend', { ...SITE, domain: 'novatrend.com' }),
    acme('Novatrend', { ...SITE, domain: 'blue-kestrel.org' }),
    'review: domains_differ',
  ],
  [
    'one name and house, another legal form',
    acme('Novatrend GmbH', { ...SITE, ...PHONE }),
    acme('Novatrend AG', { ...SITE, ...PHONE }),
    'review: legal_forms_differ',
  ],
  [
    'a partnership and the company that runs it',
    acme('Novatrend GmbH', { ...SITE, ...PHONE }),
    acme('Novatrend GmbH & Co. KG', { ...SITE, ...PHONE }),
    'review: legal_forms_differ',
  ],
  ['a subsidiary', acme('Acme Germany GmbH', ALL), acme('Acme Inc', ALL), 'distinct'],
  ['two subsidiaries', acme('Acme Germany', PHONE), acme('Acme France', PHONE), 'distinct'],
  ['a holding', acme('Acme Holding', ALL), acme('Acme', ALL), 'distinct'],
  [
    'two countries and domains',
    acme('Novatrend', { domain: 'novatrend.de', country: 'DE', ...PHONE }),
    acme('Novatrend', { domain: 'novatrend.com', country: 'US', ...PHONE }),
    'distinct',
  ],
  [
    'two registration ids',
    acme('Novatrend', { ...ALL, vat_id: 'DE123456789' }),
    acme('Novatrend', { ...ALL, vat_id: 'DE987654321' }),
    'distinct',
  ],
  [
    'two LEIs',
    acme('Novatrend', { ...ALL, lei: '529900T8BM49AURSDO55' }),
    acme('Novatrend', { ...ALL, lei: '5493001KJTIIGC8Y1R12' }),
    'distinct',
  ],
  [
    'VAT ids of two countries say nothing',
    acme('Novatrend', { ...SITE, vat_id: 'DE123456789' }),
    acme('Novatrend', { ...SITE, vat_id: 'ATU12345678' }),
    'merge',
  ],
  ['two companies of one house', acme('Novatrend', SITE), acme('Blue Kestrel', SITE), 'distinct'],
  [
    'two companies of one house and switchboard',
    acme('Novatrend', { ...SITE, ...PHONE }),
    acme('Blue Kestrel', { ...SITE, ...PHONE }),
    'distinct',
  ],
  ['a numbered name', acme('Studio 54', { city: 'Rome' }), acme('Studio 55', { city: 'Rome' }), 'distinct'],
])('%s', (_, one, other, said) => {
  expect(judge(one, other)).toBe(said)
})

/** Real companies that share words, countries and groups: every pair of them is two. */
const REAL: [name: string, country: string][] = [
  ['ABN Amro Bank N.V.', 'NL'],
  ['ABN Amro Holding N.V.', 'NL'],
  ['AES Drax Energy Ltd.', 'GB'],
  ['AES Drax Holdings Ltd.', 'GB'],
  ['Asia Pacific Resources International Ltd.', 'BM'],
  ['Asia Pacific Resources Ltd.', 'CA'],
  ['Banco de Chile', 'CL'],
  ['Banco Santiago', 'CL'],
  ['Bank of Montreal', 'CA'],
  ['Bank of Nova Scotia', 'CA'],
  ['Barclays Bank plc', 'GB'],
  ['Barclays plc', 'GB'],
  ['Brasil Telecom Participacoes S.A.', 'BR'],
  ['Brasil Telecom S.A.', 'BR'],
  ['BVR Systems Ltd.', 'IL'],
  ['BVR Technologies Ltd.', 'IL'],
  ['Canadian National Railway Ltd.', 'CA'],
  ['Canadian Natural Resources Ltd.', 'CA'],
  ['Canadian Pacific Railway Ltd.', 'CA'],
  ['China Eastern Airlines Corp. Ltd.', 'CN'],
  ['China Southern Airlines Corp. Ltd.', 'CN'],
  ['Coca-Cola Embonor S.A.', 'CL'],
  ['Coca-Cola Femsa S.A. de C.V.', 'MX'],
  ['Corus Entertainment Inc.', 'CA'],
  ['Corus Group plc', 'GB'],
  ['Deutsche Bank AG', 'DE'],
  ['Deutsche Telekom AG', 'DE'],
  ['Elbit Systems Ltd.', 'IL'],
  ['Elbit Vision Systems Ltd.', 'IL'],
  ['EMCO spol. s r.o.', 'CZ'],
  ['Emco Ltd.', 'CA'],
  ['General Electric', 'US'],
  ['General Motors', 'US'],
  ['Merck & Co.', 'US'],
  ['Merck KGaA', 'DE'],
  ['Siemens AG', 'DE'],
  ['Siemens Energy AG', 'DE'],
  ['Siemens Mobility GmbH', 'DE'],
  ['Siemens Österreich AG', 'AT'],
  ['Stadtwerke Köln GmbH', 'DE'],
  ['Stadtwerke Leipzig GmbH', 'DE'],
  ['株式会社日立製作所', 'JP'],
  ['日立建機株式会社', 'JP'],
]

test('real companies that are called alike are not taken for one', () => {
  const found: string[] = []
  for (const [i, [a, here]] of REAL.entries())
    for (const [b, there] of REAL.slice(i + 1)) {
      const said = judge({ name: a, country: here }, { name: b, country: there })
      if (said !== 'distinct' && said !== 'not compared') found.push(`${a} | ${b}: ${said}`)
    }
  expect(found).toEqual([])
})

test('whom a source says to belong to another, or to a third, is not that one', () => {
  const record = (id: string, parents: string[]) => ({
    id,
    values: valuesOfAccount({ name: 'Novatrend', ...SITE }, parents),
  })
  const areApart = (a: string[], b: string[]) => COMPANIES.areApart(record('acc_a', a), record('acc_b', b))
  expect(areApart([], [])).toBe(false)
  expect(areApart(['acc_b'], [])).toBe(true)
  expect(areApart([], ['acc_x', 'acc_a'])).toBe(true)
  expect(areApart(['acc_c'], ['acc_c'])).toBe(true)
  expect(areApart(['acc_c'], ['acc_d'])).toBe(false)
})

const RECORDS: [string, Values][] = [
  acme('Novatrend GmbH', { ...SITE, ...PHONE }),
  acme('Novatrend', PHONE),
  acme('Novatrent', { ...SITE, ...PHONE }),
  acme('Blue Kestrel Ltd', { ...PHONE, city: 'Berlin', country: 'DE' }),
  acme('Blue Kestrel', { city: 'Berlin', country: 'DE' }),
  acme('Amber Logistics', PHONE),
  acme('Quartz Optik', PHONE),
  { domain: 'novatrend.com', city: 'Berlin', country: 'DE' },
].map((golden, i) => [`acc_${i}`, valuesOfAccount(golden)])

/** What is said of all of them after they came in these portions. */
function outcomeOf(order: readonly [string, Values][], size: number, most: number) {
  const records = new Map<string, KnownRecord>()
  const pairs = new Map<string, string>()
  const waiting = new Map<string, Values>(order)
  while (waiting.size > 0) {
    const changed = new Map([...waiting].slice(0, size))
    for (const id of changed.keys()) waiting.delete(id)
    const members = new Map<number, string[]>()
    for (const { id, keys } of records.values())
      for (const key of keys) members.set(key, [...(members.get(key) ?? []), id])
    const judged = judgeChanges({
      changed,
      members: new Map(
        [...members].map(([key, ids]) => [key, ids.sort().slice(0, membersNeeded(changed.size, most))]),
      ),
      records: new Map(records),
      scorer,
      rules: COMPANIES,
      most,
    })
    for (const pair of pairs.keys()) if (pair.split(' ').some((id) => changed.has(id))) pairs.delete(pair)
    for (const { a, b, verdict, probability } of judged.pairs)
      pairs.set(`${a} ${b}`, `${verdict} ${probability}`)
    for (const record of judged.records) records.set(record.id, record)
    for (const id of judged.again) waiting.set(id, records.get(id)!.values)
  }
  return [...pairs].map(([pair, said]) => `${pair} ${said}`).sort()
}

test.each([1_000, 2])(
  'in whatever order and portions companies come, they are judged the same (keys of up to %i)',
  (most) => {
    const whole = outcomeOf(RECORDS, RECORDS.length, most)
    expect(whole.length).toBeGreaterThan(0)
    fc.assert(
      fc.property(
        fc.shuffledSubarray(RECORDS, { minLength: RECORDS.length }),
        fc.constantFrom(1, 2, 3),
        (order, size) => {
          expect(outcomeOf(order, size, most)).toEqual(whole)
        },
      ),
    )
  },
)

test('a number at which many companies stand is no evidence', () => {
  const pairOf = (records: readonly [string, Values][]) =>
    outcomeOf(records, 1, 1_000).filter((pair) => pair.startsWith('acc_1 acc_2'))
  const [novatrend, misspelt] = [RECORDS[1]!, ['acc_2', valuesOfAccount(acme('Novatrent', PHONE))] as const]
  const two: [string, Values][] = [novatrend, [...misspelt]]
  expect(pairOf(two)).toHaveLength(1)
  const tenants = ['Amber Logistics', 'Quartz Optik', 'Blue Kestrel', 'Delta Ferro'].map(
    (name, i): [string, Values] => [`acc_t${i}`, valuesOfAccount(acme(name, PHONE))],
  )
  expect(pairOf([...two, ...tenants])).toEqual([])
})
