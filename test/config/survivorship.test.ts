import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { formatProblem, parseConfig } from '../../src/config/index.ts'

const read = (section: string) => {
  const text = `connections:\n  csv: { connector: csv }\n  guess: { connector: inference }\n${section}`
  const { config, problems } = parseConfig({ file: 'tributary.yaml', text, env: {}, connectors })
  return { config, problems: problems.map(formatProblem) }
}

test('whom to believe is read by kind and field; without a section nothing is', () => {
  expect(read('').config).not.toHaveProperty('survivorship')
  const { config } = read(`survivorship:
  sources: [csv, guess]
  fields:
    person: { phone: [guess], title: { sources: [csv], lock: [guess] } }
    account: { name: { lock: [csv] } }
`)
  expect(config?.survivorship).toEqual({
    person: {
      sources: ['csv', 'guess'],
      fields: { phone: { sources: ['guess'] }, title: { sources: ['csv'], lock: ['guess'] } },
    },
    account: { sources: ['csv', 'guess'], fields: { name: { lock: ['csv'] } } },
  })
})

test('names and fields that do not exist are told with their place and the nearest that do', () => {
  const { problems } = read(`survivorship:
  sources: [csw]
  fields:
    person: { phon: [csv], consent: [csv] }
    account: { name: { lock: [gues] } }
`)
  expect(problems).toEqual([
    'tributary.yaml:5:13 config.unknown_connection unknown connection "csw"; did you mean "csv"?',
    'tributary.yaml:7:15 config.unknown_key unknown key "phon" in survivorship.fields.person; did you mean "phone"?',
    expect.stringContaining('unknown key "consent" in survivorship.fields.person'),
    'tributary.yaml:8:31 config.unknown_connection unknown connection "gues"; did you mean "guess"?',
  ])
})

test('how people are matched is review unless something else is written', () => {
  expect(read('').config?.matching).toEqual({ mode: 'review' })
  expect(read('matching: { mode: auto }\n').config?.matching).toEqual({ mode: 'auto' })
  expect(read('matching: { mode: on }\n').problems[0]).toContain('expected off, review or auto')
})
