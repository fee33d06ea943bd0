import { expect, test } from 'vitest'
import { undo } from '../../src/engine/undo.ts'
import { planUndo } from '../../src/engine/undo-plan.ts'
import { account, createWorld, HOUR, HUBSPOT_CONTACTS, person, type World } from './support.ts'

const ADA = 'ada@acme-works.com'
const SIGNAL = new AbortController().signal
const COMPANIES = `
apiVersion: tributary/v1
target: { connection: hubspot, object: companies }
from: account
match:
  - domain: account.domain
fields:
  name: account.name ?? account.domain
  domain: account.domain
`
const world = (): Promise<World> =>
  createWorld({
    use: ['hubspot'],
    mappings: {
      'contacts.yaml': `${HUBSPOT_CONTACTS}associations:\n  - { to: companies, by: account.id }\n`,
      'companies.yaml': COMPANIES,
    },
  })
const portal = (w: World) => w.sandboxes.hubspot
const ada = (w: World) => portal(w).records('contacts')[0]!
const linked = (w: World) =>
  portal(w)
    .snapshot()
    .associations.map((line) => line.split(' → ')[1])
const companyId = (w: World, name: string) =>
  portal(w)
    .records('companies')
    .find(({ properties }) => properties.name === name)!.id

async function say(w: World, attributes: Record<string, unknown>): Promise<string> {
  w.clock.advance(HOUR)
  await w.say(
    { key: 'acme', says: [account('acme-works.com', { name: 'Acme' })] },
    { key: 'ada', says: [person(ADA, { first_name: 'Ada', ...attributes })] },
  )
  await w.settle()
  const { items } = await w.inspect.runs({ kind: 'deliver', limit: 1 })
  return items[0]!.id
}
const back = async (w: World, run: string) => await undo(w.engine.deps, { run }, SIGNAL)

/** Ada was in HubSpot before us: the run adopted her and associated her with the company. */
async function adopted(isLinked = false): Promise<{ w: World; run: string }> {
  const w = await world()
  const contact = portal(w).create('contacts', { email: ADA, jobtitle: 'Countess' })
  if (isLinked) {
    const company = portal(w).create('companies', { name: 'Acme', domain: 'acme-works.com' })
    await w.door('hubspot').request({
      method: 'POST',
      url: '/crm/associations/2026-09/contacts/companies/batch/associate/default',
      json: { inputs: [{ from: { id: contact }, to: { id: company } }] },
    })
  }
  return { w, run: await say(w, {}) }
}

test('an association that the run made is taken back, and the plan says so', async () => {
  const { w, run } = await adopted()
  expect(linked(w)).toHaveLength(1)
  const plan = await planUndo(w.engine.deps, { run }, SIGNAL)
  const acme = companyId(w, 'Acme')
  expect(plan.records.flatMap(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ field: '→companies', wrote: acme, now: acme, back: null, decision: 'undo' }),
  )
  const { undone } = await back(w, run)
  expect(undone).toMatchObject({ failed: 0, waiting: 0, busy: 0 })
  expect(linked(w)).toEqual([])
  expect(ada(w).properties.firstname).toBeUndefined()
})

test('what was taken back stays so, and an undo of the undo makes it again', async () => {
  const { w, run } = await adopted()
  const { undone } = await back(w, run)
  await say(w, { last_name: 'Lovelace' })
  expect(linked(w)).toEqual([])
  await back(w, undone.run.id)
  expect(linked(w)).toHaveLength(1)
  await say(w, { last_name: 'King' })
  expect(linked(w)).toHaveLength(1)
})

test('an association that was there before the run stays', async () => {
  const { w, run } = await adopted(true)
  const { plan } = await back(w, run)
  expect(plan.records.flatMap(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ field: '→companies', decision: 'keep', reason: 'already_back' }),
  )
  expect(linked(w)).toHaveLength(1)
})

test('an association that people have labelled is theirs', async () => {
  const { w, run } = await adopted()
  const key = `contacts ${ada(w).id}`
  const state = portal(w).dump()
  portal(w).restore({
    ...state,
    associations: state.associations.map(([from, fromId, to, toId, types]) => [
      from,
      fromId,
      to,
      toId,
      `${from} ${fromId}` === key ? [...types, 100_042] : types,
    ]),
  })
  const { plan } = await back(w, run)
  expect(plan.records.flatMap(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ field: '→companies', decision: 'keep', reason: 'edited_in_crm' }),
  )
  expect(linked(w)).toHaveLength(1)
})

test('only the named fields go back: an association by its name', async () => {
  const { w, run } = await adopted()
  await undo(w.engine.deps, { run, only: ['→companies'] }, SIGNAL)
  expect([linked(w), ada(w).properties.firstname]).toEqual([[], 'Ada'])
})

test('a CRM that refuses leaves the association and says so', async () => {
  const { w, run } = await adopted()
  portal(w).fail({
    kind: 'answer',
    status: 403,
    body: { category: 'MISSING_SCOPES', message: 'no' },
    times: 9,
    matches: (request) => request.url.endsWith('/batch/archive'),
  })
  const { undone } = await back(w, run)
  expect(undone.failed).toBe(1)
  expect(linked(w)).toHaveLength(1)
})
