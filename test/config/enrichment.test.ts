import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { formatProblem, parseConfig } from '../../src/config/index.ts'

const parse = (enrich: string) =>
  parseConfig({
    file: 'tributary.yaml',
    text: `connections:
  guess: { connector: inference }
  pdl: { connector: people-data-labs, apiKey: "\${KEY}" }
${enrich}`,
    env: { KEY: 'key-of-the-test' },
    connectors,
  })
const problems = (enrich: string) => parse(enrich).problems.map(formatProblem)
const config = (enrich: string) => parse(enrich).config!.enrich

test('without a word every connection that can enrich is asked, in the order of the file, without any rule', () => {
  expect(config('')).toEqual({ order: ['guess', 'pdl'], graceMs: 2000 })
})

test('a csv connection is asked about companies where firmographics are configured, or where it is named', () => {
  const orderOf = (csv: string, enrich = '') => {
    const text = `connections:\n  guess: { connector: inference }\n  lists: ${csv}\n${enrich}`
    return parseConfig({ file: 'tributary.yaml', text, env: {}, connectors }).config!.enrich.order
  }
  expect(orderOf('{ connector: csv }')).toEqual(['guess'])
  expect(orderOf('{ connector: csv, firmographics: {} }')).toEqual(['guess', 'lists'])
  expect(orderOf('{ connector: csv }', 'enrich: { order: [lists, guess] }')).toEqual(['lists', 'guess'])
})

test('rules of providers and fields are read, with durations and conditions', () => {
  const { providers, fields, perEntity } = config(`
enrich:
  perLead: 3
  providers:
    pdl: { minConfidence: 0.7, maxAge: 180d, when: { account: 'account.country == "DE"', person: consent.marketing == "granted" } }
  fields:
    account: { industry: [pdl], name: { from: [pdl, guess], maxAge: 30d, minConfidence: 0.9 } }
    person: { first_name: [] }`)
  expect(perEntity).toBe(3)
  expect(providers!.pdl).toMatchObject({ minConfidence: 0.7, maxAgeMs: 180 * 86_400_000 })
  expect(fields).toMatchObject({
    account: {
      industry: { from: ['pdl'] },
      name: { from: ['pdl', 'guess'], maxAgeMs: 30 * 86_400_000, minConfidence: 0.9 },
    },
    person: { first_name: { from: [] } },
  })
  const { account, person } = providers!.pdl!.when!
  expect(account!({ values: { country: 'DE' }, now: 0 })).toBe(true)
  expect(account!({ values: { country: 'FR' }, now: 0 })).toBe(false)
  expect(account!({ values: {}, now: 0 })).toBe(false)
  expect(person!({ values: {}, consent: { marketing: 'granted' }, now: 0 })).toBe(true)
  expect(person!({ values: {}, consent: null, now: 0 })).toBe(false)
})

test.each([
  [
    'enrich:\n  providers:\n    pld: { maxAge: 3d }',
    'tributary.yaml:6:5 config.unknown_connection "pld" is not among the connections that are asked; did you mean "pdl"?',
  ],
  [
    'enrich:\n  fields:\n    account: { industri: [pdl] }',
    'tributary.yaml:6:16 config.unknown_key unknown key "industri" in enrich.fields.account; did you mean "industry"?',
  ],
  [
    'enrich:\n  fields:\n    account: { industry: [guess] }',
    'tributary.yaml:6:27 config.invalid guess knows nothing of account.industry; ',
  ],
  [
    'enrich:\n  order: [guess]\n  fields:\n    account: { industry: [pdl] }',
    'tributary.yaml:7:27 config.unknown_connection "pdl" is not among the connections that are asked; ',
  ],
  [
    'enrich:\n  fields:\n    account:\n      industry: { when: account.contry == "DE" }',
    'tributary.yaml:7:33 config.invalid fields.account.industry.when: account.contry is unknown. Did you mean account.country?',
  ],
  [
    "enrich:\n  fields:\n    account:\n      industry: { when: 'account.country and true' }",
    'tributary.yaml:7:25 config.invalid fields.account.industry.when: and joins yes/no values, not text.',
  ],
  [
    'enrich:\n  fields:\n    person:\n      title: { when: account.country | is_set }',
    'tributary.yaml:7:22 config.invalid fields.person.title.when: ',
  ],
  [
    'enrich:\n  providers:\n    pdl: { minConfidence: 70 }',
    'tributary.yaml:6:27 config.invalid enrich.providers.pdl.minConfidence: ',
  ],
  [
    'enrich:\n  fields:\n    account: { industry: { maxAge: soon } }',
    'tributary.yaml:6:36 config.invalid enrich.fields.account.industry.maxAge: expected a duration',
  ],
])('%s is a problem at its place', (text, expected) => {
  const [problem, ...others] = problems(text)
  expect(problem).toContain(expected.trim())
  expect(others).toEqual([])
})
