import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startCrm } from './crm.ts'
import { tributary, tributaryJson, workspace } from './support.ts'

interface Report {
  grade: number
  records: number
  checks: { check: string; count: number; examples: { crmId: string }[] }[]
  plan?: { totals: Record<string, number> }
}

const FAMILIES = '--only=phone,name,owner'

async function orgWithIssues() {
  const crm = await startCrm({ isBare: true })
  const { folder } = workspace({ 'tributary.yaml': crm.config() })
  const account = crm.salesforce.edit('Account', undefined, { Name: 'Spreewerk GmbH' })
  const make = (fields: Record<string, unknown>) =>
    crm.salesforce.edit('Contact', undefined, { AccountId: account, MailingCountry: 'Germany', ...fields })
  const anke = make({ FirstName: 'ANKE', LastName: 'SOMMER', Phone: '030 9018 2977' })
  make({ FirstName: 'Юлия', LastName: 'Кузнецова', Phone: '+49 30 90182978' })
  return { crm, folder, anke }
}

test('hygiene grades a CRM that nothing has been set up in, and ends with 1 where something is wrong', async () => {
  const { anke } = await orgWithIssues()
  const { code, json } = await tributaryJson<Report>('hygiene', 'salesforce', FAMILIES)
  expect(code).toBe(1)
  expect(json).toMatchObject({ records: 3, clean: 2 })
  expect(json.checks.map(({ check, count, examples }) => [check, count, examples[0]!.crmId])).toEqual([
    ['name.capitals', 1, anke],
    ['phone.national', 1, anke],
  ])
  const { out } = await tributary('hygiene', 'salesforce', FAMILIES)
  expect(out).toContain('66.6 % of 3 records are in order')
  expect(out).toContain(
    'phone.national  1 Contact: telephone number without country; a plan can put all right',
  )
  const fields = await tributary('hygiene', 'salesforce', '--only=website', '--fields')
  expect(fields.code).toBe(0)
  expect(fields.out).toContain('100 % of 3 records are in order')
  expect(fields.out).toMatch(/^ {2}Fax +0 +0 % +never +never +drop$/m)
})

test('a plan is kept, sent by apply and taken back by undo; every issue is listed', async () => {
  const { crm, anke } = await orgWithIssues()
  const before = crm.salesforce.record('Contact', anke)!
  const kept = await tributaryJson<Report>(
    'hygiene',
    'salesforce',
    FAMILIES,
    '--out=fix.json',
    '--list=all.jsonl',
  )
  expect(kept.json.plan!.totals).toMatchObject({ standardise: 1, merge: 0 })
  const listed = readFileSync('all.jsonl', 'utf8').trim().split('\n')
  expect(listed.map((line) => JSON.parse(line).check).sort()).toEqual([
    'name.capitals',
    'name.capitals',
    'phone.national',
  ])
  expect(crm.written()).toBe(0)

  const applied = await tributaryJson<{ run: { id: string } }>('apply', 'fix.json')
  expect(applied.code).toBe(0)
  expect(crm.salesforce.record('Contact', anke)).toMatchObject({
    FirstName: 'Anke',
    LastName: 'Sommer',
    Phone: '+493090182977',
  })
  expect((await tributary('apply', 'fix.json')).out).toContain('1 needed no change')
  expect((await tributary('runs', '--kind', 'hygiene')).out).toMatch(
    /hygiene {2}salesforce {2}done {3}1 already\n.*hygiene {2}salesforce {2}done {3}1 standardise\n/,
  )

  const dry = await tributary('undo', applied.json.run.id, '--out=back.json')
  expect(dry.out).toContain('1 records would go back')
  expect((await tributary('apply', 'back.json')).code).toBe(0)
  const { FirstName, LastName, Phone } = before
  expect(crm.salesforce.record('Contact', anke)).toMatchObject({ FirstName, LastName, Phone })
})

test('a record that somebody has changed is not written, and the plan ends with 1', async () => {
  const { crm, anke } = await orgWithIssues()
  await tributary('hygiene', 'salesforce', FAMILIES, '--out=fix.json')
  crm.salesforce.edit('Contact', anke, { Phone: '+49 171 1234567' })
  const { code, out } = await tributary('apply', 'fix.json')
  expect(code).toBe(1)
  expect(out).toContain('Phone is "+49 171 1234567" now, not "030 9018 2977"')
  expect(crm.written()).toBe(0)
})

test('what cannot be done is said before anything is read', async () => {
  await orgWithIssues()
  const code = async (...args: string[]) => {
    const { code, err } = await tributary('hygiene', ...args)
    return [code, /code: (\S+)/.exec(err)?.[1]]
  }
  expect(await code('nothing')).toEqual([2, 'config.unknown_connection'])
  expect(await code('salesforce', '--only=phnoe')).toEqual([2, 'cli.usage'])
  expect(await code('salesforce', '--yearly-decay=120')).toEqual([2, 'cli.usage'])
  expect(await code('salesforce', '--reassign-to=nobody@acme.example')).toEqual([2, 'cli.usage'])
  writeFileSync(
    'odd.json',
    JSON.stringify({ version: 1, kind: 'hygiene', destination: 'salesforce', operations: [{}] }),
  )
  const { code: ended, err } = await tributary('apply', 'odd.json')
  expect([ended, err]).toEqual([2, expect.stringContaining('is no hygiene plan of this version')])
})
