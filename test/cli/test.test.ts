import { existsSync, readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { TriedMapping } from '../../src/engine/mappings/try-mappings.ts'
import { createWorld, DAY, testClock, touch } from '../engine/support.ts'
import { startCrm } from './crm.ts'
import { tributary, tributaryJson, workspace } from './support.ts'

const mapping = (title: string, tests = '') => `apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email
  LastName: person.last_name ?? "Unknown"
  Title: ${title}
${tests}`

/** A hub with two contacts in the CRM. */
async function site() {
  const crm = await startCrm()
  const { write } = workspace({
    'mappings/contact.yaml': mapping('person.title'),
    'people.csv':
      'email,last name,title\nada@example.com,Lovelace,Countess\ngrace@example.com,Hopper,Admiral\n',
  })
  write('tributary.yaml', crm.config('mappings: mappings\n'))
  expect((await tributary('import', 'people.csv', '--as', 'contacts')).code).toBe(0)
  expect((await tributary('apply')).code).toBe(0)
  crm.salesforce.requests.splice(0)
  return { crm, write }
}

test('the working copy is tried on stored records; the database and the CRM stay as they are', async () => {
  const { crm, write } = await site()
  write('mappings/contact.yaml', mapping('person.title | upper'))
  const before = readFileSync('hub.db')
  const { code, out } = await tributary('test')
  expect(code).toBe(0)
  expect(out).toContain('Tests in the mapping files: passed')
  expect(out).toContain(
    '2 people heard of in 30d: 0 new records, 2 would change, 0 stay, 0 not mapped (when)',
  )
  expect(out).toMatch(
    /Title: 2 change {2}\(if_owned, mappings\/contact\.yaml:8\)\n {6}per_\w+: "(Countess|Admiral)" → /,
  )
  expect(crm.salesforce.requests).toEqual([])
  expect(readFileSync('hub.db').equals(before)).toBe(true)
  if (existsSync('hub.db-wal')) expect(statSync('hub.db-wal').size).toBe(0)
})

test('--json has the same, and an expectation that is not met ends with 1', async () => {
  const { write } = await site()
  write(
    'mappings/contact.yaml',
    mapping(
      'person.title',
      'tests:\n  - { given: { person: { email: a@x.example } }, expect: { Title: Boss } }\n',
    ),
  )
  const { code, json } = await tributaryJson<{
    ok: boolean
    failures: { message: string; line: number }[]
    mappings: TriedMapping[]
  }>('test', '--since', '1d')
  expect(code).toBe(1)
  expect(json.ok).toBe(false)
  expect(json.failures).toMatchObject([{ line: 10, message: 'test 1: Title is left out, expected "Boss"' }])
  expect(json.mappings).toMatchObject([{ object: 'Contact', tried: 2, updates: 0, unchanged: 2, fields: [] }])
})

test('a file from elsewhere takes the place of the one that maps the same', async () => {
  const { write } = await site()
  write('draft/new.yaml', mapping('\'"Draft"\''))
  const { json } = await tributaryJson<{ mappings: TriedMapping[] }>('test', '--mapping', 'draft/new.yaml')
  expect(json.mappings).toMatchObject([{ file: 'draft/new.yaml', updates: 2 }])
  expect((await tributary('test', '--mapping', 'draft/none.yaml')).err).toContain(
    'draft/none.yaml cannot be read: ENOENT',
  )
})

test('a broken mapping ends with 2 and its place, and so does a slip in an option', async () => {
  const { write } = await site()
  write('mappings/contact.yaml', mapping('person.titel'))
  const { code, out } = await tributary('test')
  expect(code).toBe(2)
  expect(out).toMatch(/mappings\/contact\.yaml:8:17 error mapping\.unknown_name/)
  expect((await tributary('test', '--since', 'yesterday')).err).toContain(
    '--since is a duration such as 12h or 30d, not yesterday',
  )
  expect((await tributary('test', '--limit', '0')).code).toBe(2)
})

test('forecast tells what rules cost, and --online of which limit', async () => {
  const { write } = await site()
  write(
    'mappings/contact.yaml',
    mapping('person.title', 'activities:\n  - { kind: email.clicked, as: Task, subject: Clicked }\n'),
  )
  expect((await tributary('forecast')).out).toBe(
    'Nothing has been received yet, so there is nothing to forecast from.\n',
  )
  const { code, json } = await tributaryJson('forecast', '--online')
  expect(code).toBe(0)
  expect(json).toMatchObject({
    days: 0,
    rules: [{ kind: 'email.clicked', policy: 'log_each', calls: 0 }],
    totals: [{ destination: 'salesforce', calls: 0, limit: expect.any(Number) }],
    failures: [],
  })
})

test('check, plan and status tell what activities cost a day, and warn where that is too much', async () => {
  const { write, crm } = await site()
  const activity = (policy: string) =>
    mapping(
      'person.title',
      `activities:\n  - { kind: email.clicked, as: Task, policy: ${policy}, subject: Clicked }\n`,
    )
  write('mappings/contact.yaml', activity('log_each'))
  const world = await createWorld({ database: 'file:hub.db', clock: testClock(Date.now()) })
  await world.say(
    ...Array.from({ length: 40 }, (_, n) => ({
      key: `click-${n}`,
      says: [touch('ada@example.com', 'email.clicked', Date.now() - DAY)],
    })),
  )
  await world.work({ stages: ['unpack', 'absorb'] })
  await world.engine.releaseLeases()
  await world.close()
  crm.salesforce.setDailyLimit(30)
  // The CRM tells its limit with the answer.
  expect((await tributary('apply')).code).toBe(0)
  const planned = await tributary('plan')
  const line =
    /^ {2}email\.clicked as log_each: 40 calls a day, 133\.3 % of the day's limit {2}\(\S+contact\.yaml:10\)$/m
  const warning =
    /^warning: salesforce: email\.clicked as log_each takes about 40 API calls a day, .*; policy: daily_digest would take 2 /m
  expect(planned.out).toMatch(line)
  expect(planned.out).toMatch(warning)
  const { json } = await tributaryJson<{ timeline: unknown; warnings: string[] }>('plan')
  expect(json).toMatchObject({
    timeline: { rules: [{ calls: 40, percentOfDay: 133.3 }] },
    warnings: [expect.stringContaining('daily_digest would take 2')],
  })
  for (const command of ['check', 'status']) {
    const { code, out } = await tributary(command)
    expect([code, out]).toEqual([0, expect.stringMatching(line)])
    expect(out).toMatch(warning)
  }
  write('mappings/contact.yaml', activity('daily_digest'))
  const { json: checked } = await tributaryJson('check')
  expect(checked).toMatchObject({ timeline: { rules: [{ calls: 2 }], warnings: [] } })
})

test('check makes no database', async () => {
  const { write } = workspace({ 'mappings/contact.yaml': mapping('person.title') })
  write('tributary.yaml', 'mappings: mappings\nconnections:\n  csv: { connector: csv }\n')
  await tributary('check')
  expect(existsSync('hub.db')).toBe(false)
})

test('schema prints the JSON Schema of mapping files', async () => {
  workspace()
  const { code, json } = await tributaryJson('schema')
  expect(code).toBe(0)
  expect(json).toMatchObject({ title: 'Tributary mapping', type: 'object' })
})
