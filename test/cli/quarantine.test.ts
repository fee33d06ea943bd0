import { expect, test } from 'vitest'
import type { ConflictRow } from '../../src/engine/ports.ts'
import { CUSTOMERS, startCrm } from './crm.ts'
import { tributary, tributaryJson, workspace } from './support.ts'

const MAPPING = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
match:
  - Email: person.email | lower
fields:
  Email: person.email | lower
  LastName: person.last_name ?? person.email
  FirstName: { from: person.first_name, write: hold_on_conflict }
`

/** Three customers, of whom the CRM knows one by another first name. */
async function world() {
  const crm = await startCrm()
  workspace({
    'tributary.yaml': crm.config('mappings: mappings'),
    'customers.csv': CUSTOMERS,
    'mappings/contact.yaml': MAPPING,
  })
  const [, line] = CUSTOMERS.split('\n')
  const email = line!.split(',')[1]!
  const id = crm.salesforce.edit('Contact', undefined, {
    Email: email,
    LastName: 'There',
    FirstName: 'Theirs',
  })
  expect((await tributary('import', 'customers.csv', '--as', 'customers')).code).toBe(0)
  const applied = await tributary('apply')
  expect(applied.code).toBe(0)
  const name = () => crm.salesforce.record('Contact', id)!.FirstName
  return { name, ours: line!.split(',')[2]! }
}
const listed = async () => (await tributaryJson<{ items: ConflictRow[] }>('quarantine')).json.items

test('a conflict is shown with both values and the line of the mapping, accepted, and written by the next apply', async () => {
  const { name, ours } = await world()
  expect(name()).toBe('Theirs')
  expect((await tributary('status')).out).toContain('1 field(s) wait for a decision')
  const shown = await tributary('quarantine')
  expect(shown.code).toBe(0)
  expect(shown.out).toContain(`FirstName: CRM Theirs, ours ${ours}`)
  expect(shown.out).toMatch(/contact\.yaml:\d+/)
  const [conflict] = await listed()
  const accepted = await tributary('quarantine', 'accept', conflict!.id)
  expect(accepted.code).toBe(0)
  expect(accepted.out).toContain('next delivery')
  expect((await tributary('apply')).code).toBe(0)
  expect(name()).toBe(ours)
  expect(await listed()).toEqual([])
})

test('what is kept is off the list and stays', async () => {
  const { name } = await world()
  const [conflict] = await listed()
  expect((await tributary('quarantine', 'keep', conflict!.id)).code).toBe(0)
  expect((await tributary('apply')).code).toBe(0)
  expect(name()).toBe('Theirs')
  expect(await listed()).toEqual([])
})

test.each([
  [['quarantine', 'burn'], 2],
  [['quarantine', 'accept'], 2],
  [['quarantine', 'accept', 'cf_none'], 1],
])('%j is refused with exit code %i', async (args, code) => {
  const crm = await startCrm()
  workspace({ 'tributary.yaml': crm.config() })
  expect((await tributary(...args)).code).toBe(code)
})
