import { afterEach, beforeEach, expect, test } from 'vitest'
import { account, CONTACTS, createWorld, person, type World } from './support.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ use: ['salesforce'], mappings: { 'contact.yaml': CONTACTS } })
})
afterEach(() => world.close())

const contact = () => world.sandboxes.salesforce.records('Contact')[0]!
const isWrite = (request: Request) => request.method === 'PATCH'

async function says(attributes: Record<string, unknown>): Promise<void> {
  world.clock.advance(1_000)
  await world.say({ key: 'ada', says: [person('ada@acme.de', attributes)] })
}

test('a value that may have arrived and is no longer wanted is set right', async () => {
  await says({ title: 'A', department: 'X' })
  await world.settle()
  await says({ title: 'B', department: 'Y' })
  world.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'B', Department: 'Y' })
  // Wanted as it was before the lost answer: our last confirmed value says that nothing is to be done.
  await says({ title: 'A', department: 'X' })
  world.clock.advance(3_600_000)
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'A', Department: 'X' })
})

test('a value that arrived although its answer was lost is ours to change later', async () => {
  await says({ title: 'A' })
  await world.settle()
  await says({ title: 'B' })
  world.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  await world.settle()
  world.clock.advance(3_600_000)
  await world.settle()
  await says({ title: 'C' })
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'C' })
  await says({ title: 'A' })
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'A' })
})

test('what may have arrived is forgotten once the CRM is seen to hold something else', async () => {
  await says({ title: 'A' })
  await world.settle()
  await says({ title: 'B' })
  world.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  await world.settle()
  const title = async () => {
    const [{ entity } = { entity: '' }] = await world.operations()
    const key = { destination: 'salesforce', object: 'Contact', entity }
    return (await world.store.project.projections([key]))[0]!.written.Title
  }
  expect(await title()).toMatchObject({ value: 'A', maybe: 'B' })
  world.sandboxes.salesforce.edit('Contact', String(contact().Id), { Title: 'Theirs' })
  world.clock.advance(3_600_000)
  await world.settle()
  expect(await title()).toMatchObject({ value: 'A' })
  expect(await title()).not.toHaveProperty('maybe')
  // No later write of another field looks at the title again.
  await says({ title: 'B', department: 'Mills' })
  await world.settle()
  expect(Object.keys((await world.operations()).at(-1)!.fields)).toEqual(['Department'])
})

test('an edit that a person makes after a lost answer is still kept', async () => {
  await says({ title: 'A' })
  await world.settle()
  await says({ title: 'B' })
  world.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  await world.settle()
  world.sandboxes.salesforce.edit('Contact', String(contact().Id), { Title: 'Theirs' })
  world.clock.advance(3_600_000)
  await world.settle()
  await says({ title: 'C' })
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'Theirs' })
})

test('what arrived stays ours although the next write does not arrive', async () => {
  await says({ title: 'A' })
  await world.settle()
  await says({ title: 'B' })
  world.sandboxes.salesforce.fail({ kind: 'lost_after', matches: isWrite })
  await world.settle()
  await says({ title: 'C' })
  world.clock.advance(3_600_000)
  world.sandboxes.salesforce.fail({ kind: 'lost_before', matches: isWrite })
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'B' })
  world.clock.advance(3_600_000)
  await world.settle()
  expect(contact()).toMatchObject({ Title: 'C' })
})

const COMPANIES = `
apiVersion: tributary/v1
target: { connection: hubspot, object: companies }
from: account
when: account.domain | is_set
match: [{ domain: account.domain }]
fields: { domain: account.domain, name: account.name }
`

test('of a record that cannot be found yet, every value that may have arrived is ours', async () => {
  const w = await createWorld({
    use: ['hubspot'],
    mappings: { 'companies.yaml': COMPANIES },
    hubspot: { searchLagMs: 600_000 },
  })
  const company = () => w.sandboxes.hubspot.records('companies')[0]?.properties
  let trouble: 'lost_before' | 'lost_after' | undefined
  for (const kind of ['lost_before', 'lost_after'] as const)
    w.sandboxes.hubspot.fail({
      kind,
      times: Number.POSITIVE_INFINITY,
      matches: (request) => trouble === kind && request.url.endsWith('/batch/upsert'),
    })
  const isNamed = async (name: string, kind: typeof trouble) => {
    w.clock.advance(120_000)
    await w.say({ key: 'acme', updated_at: w.clock.now(), says: [account('acme.de', { name })] })
    trouble = kind
    await w.settle()
    trouble = undefined
  }
  await isNamed('A', 'lost_after')
  await isNamed('B', 'lost_before')
  await isNamed('C', 'lost_before')
  expect(company()).toMatchObject({ name: 'A' })
  w.clock.advance(3_600_000)
  await w.settle()
  expect(company()).toMatchObject({ name: 'C' })
  await w.close()
})
