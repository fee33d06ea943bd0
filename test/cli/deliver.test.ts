import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Plan } from '../../src/engine/plan.ts'
import type { StuckOperations } from '../../src/engine/ports.ts'
import { CUSTOMERS, startCrm } from './crm.ts'
import { startTributary, tributary, tributaryJson, workspace } from './support.ts'

interface Applied {
  run: { state: string; counts: Record<string, number> }
  failed: { externalId: string; error: { code: string; message: string } }[]
  stuck: StuckOperations[]
}

/** An org, and three customers in the hub that it does not have yet. */
async function world(options: { isBare?: boolean; more?: string } = {}) {
  const crm = await startCrm(options)
  const space = workspace({ 'tributary.yaml': crm.config(options.more), 'customers.csv': CUSTOMERS })
  const imported = await tributary('import', 'customers.csv', '--as', 'customers')
  expect(imported.code).toBe(0)
  const names = () => crm.salesforce.records('Lead').map((lead) => lead.FirstName)
  return { ...crm, ...space, names }
}

/** Moves the clock of this process, simulators included. */
function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
  onTestFinished(() => void vi.useRealTimers())
}

test('plan says what would be written and why, and writes nothing', async () => {
  const { written } = await world()
  const { code, out } = await tributary('plan')
  expect(code).toBe(0)
  expect(out.match(/^create +salesforce Lead /gm)).toHaveLength(3)
  expect(out).toMatch(/FirstName: .*"فاطمہ".*mappings\/salesforce\/lead\.yaml:\d+/)
  const { json } = await tributaryJson<Plan>('plan')
  expect(json.operations.map(({ action, object }) => `${action} ${object}`)).toEqual(
    Array(3).fill('create Lead'),
  )
  expect(written()).toBe(0)
})

test('a kept plan is sent once; then it is refused, because nothing in it is still to be done', async () => {
  const { written, names } = await world()
  const planned = await tributary('plan', '--out', 'plan.json')
  expect([planned.code, planned.out]).toEqual([0, expect.stringContaining('tributary apply plan.json')])
  const applied = await tributaryJson<Applied>('apply', 'plan.json')
  expect([applied.code, applied.json.run]).toEqual([0, expect.objectContaining({ state: 'done' })])
  expect(applied.json.run.counts).toMatchObject({ sent: 3, failed: 0, waiting: 0, stale: 0 })
  expect(names()).toEqual(['Ada', 'Grace', 'فاطمہ'])

  const sent = written()
  expect(await tributary('plan')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to write') })
  expect(await tributary('apply')).toEqual({ code: 0, out: '0 operations sent\n', err: '' })
  const again = await tributaryJson<Applied>('apply', 'plan.json')
  expect([again.code, again.json.run.counts]).toEqual([1, expect.objectContaining({ sent: 0, stale: 3 })])
  expect(written()).toBe(sent)
})

test('what changed since the plan was made is not sent, its neighbours are, and apply ends with 1', async () => {
  const { write, names } = await world()
  await tributary('plan', '--out', 'plan.json')
  write('customers.csv', CUSTOMERS.replace('Ada,', 'Augusta,'))
  await tributary('import', 'customers.csv', '--as', 'customers')
  const { code, out } = await tributary('apply', 'plan.json')
  expect(code).toBe(1)
  expect(out).toMatch(/^2 operations sent$/m)
  expect(out).toMatch(/^1 operations.* changed since the plan was made and were not sent/m)
  expect(names()).toEqual(['Grace', 'فاطمہ'])
  expect((await tributary('apply')).code).toBe(0)
  expect(names()).toEqual(['Grace', 'فاطمہ', 'Augusta'])
})

test('above a threshold plan and apply end with 3 and nothing is sent', async () => {
  const { written } = await world({ more: 'thresholds: { maxCreates: 2 }\n' })
  const planned = await tributary('plan', '--out', 'plan.json')
  expect([planned.code, planned.out]).toEqual([
    3,
    expect.stringMatching(/over threshold: 3 .*maxCreates is 2/),
  ])
  for (const args of [['apply'], ['apply', 'plan.json']]) {
    const { code, out } = await tributary(...args)
    expect(code).toBe(3)
    expect(out).toMatch(/over threshold: 3 .*\nNothing was sent\.\n/)
    expect(await tributaryJson(...args)).toMatchObject({
      code: 3,
      json: { error: { code: 'plan.threshold' }, exceeded: [expect.stringContaining('maxCreates')] },
    })
  }
  expect(written()).toBe(0)
})

test('a CRM that is down fails plan and apply with its reason; status names what waits; nothing is lost', async () => {
  const { setDown, names, written } = await world()
  await tributary('plan', '--out', 'plan.json')
  setDown(true)
  const planned = await tributary('plan')
  expect([planned.code, planned.err]).toEqual([1, expect.stringContaining('code: http.server_error')])

  const applied = await tributary('apply')
  expect(applied.code).toBe(1)
  expect(applied.out).toMatch(
    /^0 operations sent\nwaiting salesforce Lead \(3\): .*503.*\n {2}code: http\.server_error/,
  )
  later(60_000)
  const { code, json } = await tributaryJson<Applied>('apply', 'plan.json')
  expect(code).toBe(1)
  expect(json.run).toMatchObject({ state: 'failed', counts: { sent: 0, waiting: 3, stale: 0 } })
  expect(json.stuck).toEqual([
    expect.objectContaining({ destination: 'salesforce', object: 'Lead', count: 3 }),
  ])

  const status = await tributary('status')
  expect(status.code).toBe(0)
  expect(status.out).toMatch(
    /waiting salesforce Lead \(3\): .*503.*\n.*tried again from 2\d{3}-.*\n {2}fix: /,
  )
  const { json: told } = await tributaryJson<{ stuck: StuckOperations[] }>('status')
  expect(told.stuck).toEqual([expect.objectContaining({ count: 3 })])

  setDown(false)
  later(60_000)
  expect((await tributary('apply', 'plan.json')).code).toBe(0)
  expect(names()).toEqual(['Ada', 'Grace', 'فاطمہ'])
  expect((await tributary('status')).out).not.toContain('waiting salesforce')
  expect(written()).toBe(3)
})

test.each([
  // The answer of a write that was under way is lost, and the CRM had stored it.
  ['a write', '/composite/', /^0 operations sent\n3 needed no write/],
  ['a token', '/oauth2/token', /^3 operations sent\nTo take this back: tributary undo run_[\w-]+\n$/],
])(
  'apply that is stopped while it waits for %s ends at once with 1; the next one sends the rest, and nothing twice',
  async (_, path, next) => {
    const { salesforce, hold, names } = await world()
    const held = hold(({ url }) => url.includes(path))
    const apply = startTributary(['apply'])
    await held.reached
    apply.stop('SIGTERM')
    const { code, out } = await apply.ended
    held.release()
    expect([code, out]).toEqual([1, '0 operations sent\nStopped; apply again to send what is left\n'])
    expect(await tributary('apply')).toEqual({
      code: 0,
      out: expect.stringMatching(next),
      err: '',
    })
    expect(names()).toEqual(['Ada', 'Grace', 'فاطمہ'])
    expect(salesforce.records('Lead')).toHaveLength(3)
  },
)

test('a record that the CRM refuses fails apply with the rule, its neighbours are written', async () => {
  const { salesforce, names } = await world()
  salesforce.addValidationRule('Lead', ({ FirstName }) =>
    FirstName === 'Grace' ? 'No admirals, please' : undefined,
  )
  const { code, out } = await tributary('apply')
  expect(code).toBe(1)
  expect(out).toMatch(
    /^2 operations sent\nfailed salesforce Lead per_\w+: .*No admirals, please.*\n {2}fix: /,
  )
  expect(names()).toEqual(['Ada', 'فاطمہ'])
  const status = await tributary('status')
  expect(status.out).toMatch(/^dead operation salesforce Lead\/per_\w+: .*No admirals, please.*\n {2}fix: /m)
  // What failed is told once; the next run has nothing to send.
  expect(await tributary('apply')).toEqual({ code: 0, out: '0 operations sent\n', err: '' })
})

test('audit ends with 0 where all is as written, with 1 and the place where it is not, and heals by a plan', async () => {
  const { salesforce } = await world({ more: 'verify: { first: 0, sample: 0% }' })
  salesforce.revert('Lead', 'FirstName')
  await tributary('apply')
  const grace = () => salesforce.records('Lead').find((lead) => lead.Email === 'grace@navy.example')!
  const before = await tributary('audit')
  expect(before.code).toBe(1)
  expect(before.out).toMatch(/salesforce Lead: 3 records, 0 as written, 0 deleted, 0 merged/)
  expect(before.out).toMatch(/FirstName not stored: wrote "Grace", holds null/)
  salesforce.revert('Lead', 'FirstName', false)
  expect((await tributary('audit', '--out', 'heal.json')).code).toBe(2)
  const healing = await tributary('audit', 'salesforce', '--heal', '--out', 'heal.json')
  expect(healing.out).toContain('Plan of 3 records kept in heal.json')
  expect((await tributary('apply', 'heal.json')).code).toBe(0)
  expect(grace().FirstName).toBe('Grace')
  const after = await tributary('audit')
  expect(after).toMatchObject({ code: 0, out: expect.stringContaining('The CRMs hold what was written.') })
  expect((await tributary('audit', 'csv')).code).toBe(2)
})

test('undo takes back what an apply wrote, by itself or from a kept plan', async () => {
  const { salesforce, write } = await world()
  const applied = await tributaryJson<{ run: { id: string } }>('apply')
  write('customers.csv', CUSTOMERS.replace('Navy Yards', 'Naval Works'))
  await tributary('import', 'customers.csv', '--as', 'customers')
  const second = await tributaryJson<{ run: { id: string } }>('apply')
  const grace = () => salesforce.records('Lead').find((lead) => lead.FirstName === 'Grace')
  expect(grace()!.Company).toBe('Naval Works')
  const dry = await tributary('undo', second.json.run.id, '--dry-run')
  expect(dry.out).toMatch(
    / {7}Company: "Naval Works" → "Navy Yards"\n[\s\S]*1 fields of 1 records go back, 0 stay/,
  )
  expect(grace()!.Company).toBe('Naval Works')
  expect((await tributary('undo', second.json.run.id, '--out', 'undo.json')).code).toBe(0)
  const { code, out } = await tributary('apply', 'undo.json')
  expect(code).toBe(0)
  expect(out).toContain('1 fields written back, 0 records archived')
  expect(grace()!.Company).toBe('Navy Yards')
  expect((await tributary('undo', applied.json.run.id)).out).toContain('3 records were created and stay')
  expect((await tributary('undo', applied.json.run.id, '--delete-created')).code).toBe(0)
  expect(salesforce.records('Lead')).toEqual([])
  expect((await tributary('undo', 'run_none')).code).toBe(1)
})

test('why leads a value in the CRM back to the row of the file it came from', async () => {
  const { salesforce } = await world()
  await tributary('apply')
  const { Id } = salesforce.records('Lead').find((lead) => lead.FirstName === 'Grace')!
  const { code, out } = await tributary('why', 'salesforce', 'Lead', String(Id), 'FirstName')
  expect(code).toBe(0)
  expect(out).toMatch(/^FirstName = "Grace"$/m)
  expect(out).toMatch(/← operation op_\w+, done, \S+: "Grace" \(/)
  expect(out).toMatch(/run run_[\w-]+ \(apply, /)
  expect(out).toMatch(/← .*lead\.yaml:\d+, version \w{12}$/m)
  expect(out).toMatch(
    /\* "Grace" {2}asserted, .*, won\n {8}record csv\/customers\/2, stored .*\n {8}counts for per_\w+ by .*email grace@navy.example/,
  )
  const { json } = await tributaryJson<{ fields: { field: string }[] }>(
    'why',
    'salesforce',
    'Lead',
    String(Id),
  )
  expect(json.fields.length).toBeGreaterThan(3)
  expect((await tributary('why', 'salesforce', 'Lead', '00Q000000000000AAA')).code).toBe(1)
})

test('a refused record is shown with what was sent and answered, and replayed when the rule is gone', async () => {
  const { salesforce, names } = await world()
  let isOn = true
  salesforce.addValidationRule('Lead', ({ FirstName }) =>
    isOn && FirstName === 'Grace' ? 'No admirals, please' : undefined,
  )
  await tributary('apply')
  const listed = await tributaryJson<{ groups: { code: string; count: number }[]; items: { id: string }[] }>(
    'dead',
  )
  expect(listed.json.groups).toMatchObject([{ code: 'admin_rule.validation', count: 1 }])
  const { id } = listed.json.items[0]!
  expect((await tributary('dead', 'list')).out).toContain('fix: ')
  const shown = await tributary('dead', 'show', id)
  expect(shown.out).toMatch(/sent: .*"FirstName":"Grace".*\n {2}answered: .*No admirals, please/)
  isOn = false
  expect((await tributary('replay')).code).toBe(2)
  expect((await tributary('replay', '--dead', '--dry-run')).out).toContain(
    'Would be replayed: 0 receipts, 0 records, 1 operations',
  )
  expect((await tributary('replay', '--code', 'admin_rule.validation')).out).toContain(
    'Replayed: 0 receipts, 0 records, 1 operations',
  )
  expect((await tributary('apply')).code).toBe(0)
  expect(names()).toContain('Grace')
  expect((await tributary('dead')).out).toBe('Nothing was set aside.\n')
  expect((await tributary('dead', 'show', 'op_none')).code).toBe(1)
})

test('fields that the org lacks are named by check --online, setup and apply; setup --apply makes them', async () => {
  const { names } = await world({ isBare: true })
  const checked = await tributary('check', '--online')
  expect(checked.code).toBe(1)
  expect(checked.out).toMatch(/^ok +salesforce Lead\.Email$/m)
  expect(checked.out).toMatch(
    /^FAIL salesforce Lead\.Lifecycle__c: \S*mappings\/salesforce\/lead\.yaml:\d+:\d+: the CRM has no such field/m,
  )
  const shown = await tributary('setup', 'salesforce')
  expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(/Lead +.*Lifecycle__c.* missing/)])
  expect(shown.out).toContain('create them with: tributary setup salesforce --apply')

  const early = await tributary('apply')
  expect(early.code).toBe(1)
  expect(early.out).toMatch(/waiting salesforce Lead \(3\): /)
  expect(names()).toEqual([])

  const made = await tributaryJson<{ steps: { state: string }[] }>('setup', 'salesforce', '--apply')
  expect(made.code).toBe(0)
  expect(new Set(made.json.steps.map(({ state }) => state))).not.toContain('missing')
  expect((await tributary('check', '--online')).code).toBe(0)
  later(10 * 60_000)
  expect((await tributary('apply')).code).toBe(0)
  expect(names()).toEqual(['Ada', 'Grace', 'فاطمہ'])
})

test('a mapped field that the CRM does not have is shown with its place and the nearest', async () => {
  const { config } = await startCrm()
  workspace({
    'tributary.yaml': config('mappings: mappings\n'),
    'mappings/lead.yaml': `apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
match: [{ Email: person.email }]
fields:
  Emial: person.email
  CreatedDate: person.created_at
`,
  })
  const { code, out } = await tributary('check', '--online')
  expect(code).toBe(1)
  expect(out).toMatch(
    /FAIL salesforce Lead\.Emial: mappings\/lead\.yaml:6:\d+: the CRM has no such field \(nearest: Email\)/,
  )
  const { json } = await tributaryJson<{ ok: boolean; online: { subject: string; problem?: string }[] }>(
    'check',
    '--online',
  )
  expect(json.ok).toBe(false)
  expect(json.online.filter(({ problem }) => problem)).toHaveLength(2)
})

test('e-mails of users that a mapping names are held against the users of the CRM', async () => {
  const { config, salesforce } = await startCrm()
  salesforce.edit('User', undefined, {
    Username: 'ben@acme.example',
    Email: 'ben@acme.example',
    LastName: 'Sales',
    IsActive: false,
  })
  workspace({
    'tributary.yaml': config('mappings: mappings\n'),
    'mappings/lead.yaml': `apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
match: [{ Email: person.email }]
tables:
  territory: { DE: sam.sales@acme.example, US: ben@acme.example }
fields:
  Email: person.email
  LastName: person.last_name ?? "Unknown"
  Company: account.name ?? "Unknown"
  OwnerId: { user: "person.country | picklist(territory) ?? 'nobody@acme.example'" }
`,
  })
  const { code, out } = await tributary('check', '--online')
  expect(code).toBe(1)
  expect(out).toMatch(/^ok +salesforce Lead\.OwnerId sam\.sales@acme\.example$/m)
  expect(out).toMatch(
    /^FAIL salesforce Lead\.OwnerId ben@acme\.example: mappings\/lead\.yaml:11:\d+: Sales \(ben@acme\.example\) is not active in the CRM$/m,
  )
  expect(out).toMatch(/^FAIL .*OwnerId nobody@acme\.example: .*no user of the CRM has the e-mail/m)
})

test('check --online tells once that a CRM cannot be reached, and what to do', async () => {
  const { config, setDown, salesforce } = await startCrm()
  workspace({ 'tributary.yaml': config() })
  setDown(true)
  const { code, out } = await tributary('check', '--online')
  expect(code).toBe(1)
  expect(out.match(/^FAIL .*503.*$/gm)).toHaveLength(1)
  expect(salesforce.requests.length).toBeLessThan(5)
  vi.stubEnv('SF_SECRET', 'wrong')
  setDown(false)
  const refused = await tributary('check', '--online')
  expect([refused.code, refused.out]).toEqual([
    1,
    expect.stringMatching(/^FAIL salesforce: .*Issue a new key/m),
  ])
  expect(refused.out).not.toContain('wrong')
})

test.each([
  ['is not there', undefined, 'ENOENT'],
  ['is no JSON', '{"version": 1, "operat', 'it is not JSON'],
  ['is of another version', '{"version": 0}', 'not a plan of this version: version'],
  ['lacks its operations', undefined, 'operations'],
])('a plan that %s ends apply with 2 and sends nothing', async (name, content, message) => {
  const { written, write } = await world()
  if (content !== undefined) write('plan.json', content)
  if (name.startsWith('lacks')) {
    await tributary('plan', '--out', 'plan.json')
    const { operations: _, ...rest } = JSON.parse(readFileSync('plan.json', 'utf8'))
    write('plan.json', JSON.stringify(rest))
  }
  const { code, err } = await tributary('apply', 'plan.json')
  expect(code).toBe(2)
  expect(err).toContain('code: plan.unreadable')
  expect(err).toContain(message)
  expect(written()).toBe(0)
})

test('a plan that cannot be written ends with 2 and names the place', async () => {
  await world()
  const { code, err } = await tributary('plan', '--out', 'nowhere/plan.json')
  expect([code, err]).toEqual([2, expect.stringContaining('nowhere/plan.json: ENOENT')])
})

test('setup wants a CRM connection and names the nearest', async () => {
  workspace({ 'tributary.yaml': (await startCrm({ isBare: true })).config() })
  const { code, err } = await tributary('setup', 'salseforce')
  expect([code, err]).toEqual([2, expect.stringContaining('did you mean "salesforce"?')])
})
