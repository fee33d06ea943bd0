import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { tributary, tributaryJson, variable, workspace } from './support.ts'

const CONFIG = 'mappings: mappings\nconnections:\n  csv: { connector: csv }\n'
const MAPPING = `apiVersion: tributary/v1
target: { connection: csv, object: Contact }
from: person
match: [{ Email: person.email }]
fields:
  Email: person.email
`

interface Checked {
  ok: boolean
  problems: { file: string; line: number; column: number; code: string; message: string }[]
  warnings: { code: string; line: number; message: string }[]
  notes: string[]
}

test('what is right ends with 0 and says how much was checked', async () => {
  workspace({ 'tributary.yaml': CONFIG, 'mappings/contact.yaml': MAPPING })
  expect(await tributary('check')).toEqual({
    code: 0,
    out: '1 connections, 1 mappings: no problem found\n',
    err: '',
  })
  expect((await tributaryJson<Checked>('check')).json).toMatchObject({ ok: true, problems: [], warnings: [] })
})

test('a slip in a mapping is shown with file:line:column, the line, a caret and the nearest name', async () => {
  workspace({
    'tributary.yaml': CONFIG,
    'mappings/contact.yaml': `${MAPPING}  LastName: person.lst_name\n`,
    'mappings/fine.yaml': MAPPING.replaceAll('Contact', 'Lead'),
  })
  const { code, out } = await tributary('check')
  expect(code).toBe(2)
  expect(out).toContain(
    [
      'mappings/contact.yaml:7:20 error mapping.unknown_name',
      '  person.lst_name is unknown. Did you mean person.last_name?',
      '  7 |   LastName: person.lst_name',
      '    |                    ^',
    ].join('\n'),
  )
  expect(out).toMatch(/1 problems\n$/)
  const { json } = await tributaryJson<Checked>('check')
  expect(json.ok).toBe(false)
  expect(json.problems).toEqual([
    expect.objectContaining({
      file: 'mappings/contact.yaml',
      line: 7,
      column: 20,
      code: 'mapping.unknown_name',
    }),
  ])
})

test('an expectation in a mapping that does not hold is a problem', async () => {
  const tests = 'tests:\n  - { given: { person: { email: a@b.co } }, expect: { Email: c@d.co } }\n'
  workspace({ 'tributary.yaml': CONFIG, 'mappings/contact.yaml': MAPPING + tests })
  const { code, out } = await tributary('check')
  expect(code).toBe(2)
  expect(out).toMatch(/mappings\/contact\.yaml:8:\d+ error mapping\.test_failed/)
  expect(out).toContain('a@b.co')
  expect(out).toContain('c@d.co')
})

test('a warning is shown and does not fail the check', async () => {
  const fields = '  Visits: touchpoints | where(kind = "page.vewed") | count\n'
  workspace({ 'tributary.yaml': CONFIG, 'mappings/contact.yaml': MAPPING + fields })
  const { code, out } = await tributary('check')
  expect([code, out]).toEqual([0, expect.stringContaining('mappings/contact.yaml:7:')])
  expect(out).toMatch(/warning .*\n {2}No shipped connector emits page\.vewed\. Did you mean page\.viewed\?/)
  expect((await tributaryJson<Checked>('check')).json).toMatchObject({ ok: true, warnings: [{ line: 7 }] })
})

test('a mapping for a connection that does not exist is named with the nearest', async () => {
  workspace({
    'tributary.yaml': CONFIG,
    'mappings/contact.yaml': MAPPING.replace('connection: csv', 'connection: cvs'),
  })
  const { code, out } = await tributary('check')
  expect(code).toBe(0)
  expect(out).toContain(
    'note mappings/contact.yaml: no connection is called cvs, so it is not used. Did you mean csv?',
  )
})

test('all that is wrong in the configuration is named at once, with place, nearest key and missing variable', async () => {
  workspace({
    'tributary.yaml': `connections:
  stripe: { connector: stripe, apikey: "${variable('NOWHERE_SET')}" }
  shop: { connector: strype }
lane: { lead: 1s }
`,
  })
  const { code, out } = await tributary('check')
  expect(code).toBe(2)
  for (const line of [
    'tributary.yaml:2:32 config.unknown_key unknown key "apikey" in connections.stripe; did you mean "apiKey"?',
    'tributary.yaml:2:40 config.env_missing the environment variable NOWHERE_SET is not set',
    'tributary.yaml:3:22 config.unknown_connector unknown connector "strype"; did you mean "stripe"?',
    'tributary.yaml:4:1 config.unknown_key unknown key "lane"; did you mean "lanes"?',
  ])
    expect(out.split('\n')).toContain(line)
  const { json } = await tributaryJson<Checked>('check')
  expect(json.ok).toBe(false)
  expect(json.problems).toContainEqual(
    expect.objectContaining({ code: 'config.env_missing', line: 2, column: 40, file: 'tributary.yaml' }),
  )
})

test.each([
  ['is not there', () => {}, 'config.file_missing'],
  ['is a folder', () => mkdirSync('tributary.yaml'), 'config.file_missing'],
])('a configuration file that %s is named, with what to do', async (_, prepare, expected) => {
  workspace()
  prepare()
  const { code, err } = await tributary('check')
  expect(code).toBe(2)
  expect(err).toContain('tributary.yaml')
  expect(err).toContain(`code: ${expected}`)
  expect(err).toContain('copy tributary.example.yaml')
})

test('a mappings folder that is not there is named', async () => {
  const { folder } = workspace({ 'tributary.yaml': 'mappings: ./mapings\nconnections: {}\n' })
  const { code, err } = await tributary('check')
  expect(code).toBe(2)
  expect(err).toContain(`${folder}/mapings`)
})
