import { expect, test } from 'vitest'
import { audit } from '../../src/engine/audit.ts'
import { api } from './api-support.ts'
import {
  CONTACTS,
  calls,
  createWorld,
  factOf,
  HUBSPOT_CONTACTS,
  MINUTE,
  tell,
  type World,
  type WorldOptions,
} from './support.ts'

const SIGNAL = new AbortController().signal
const OFF = 'verify: { first: 0, sample: 0% }'
/** Without read-backs, so that it is the audit that finds things. */
const world = (more: WorldOptions = {}) =>
  createWorld({ mappings: { 'contact.yaml': CONTACTS }, config: OFF, ...more })
const contact = (w: World, name: string) =>
  w.sandboxes.salesforce.records('Contact').find((record) => record.LastName === name)!
const edit = (w: World, name: string, fields: Record<string, unknown>) =>
  w.sandboxes.salesforce.edit('Contact', String(contact(w, name).Id), fields)
const look = async (w: World, heal = false) =>
  (await audit(w.engine.deps, { heal }, { signal: SIGNAL })).objects[0]!

test.each(['salesforce', 'hubspot'] as const)('%s: what was written and left alone is clean', async (crm) => {
  const w = await world({
    use: [crm],
    mappings: { 'c.yaml': crm === 'salesforce' ? CONTACTS : HUBSPOT_CONTACTS },
  })
  await tell(w, factOf('ada', { title: ' CTO ' }), factOf('grace', { title: 'Admiral' }))
  const found = await audit(w.engine.deps, {}, { signal: SIGNAL })
  expect(found).toMatchObject({ isClean: true, objects: [{ records: { checked: 2, equal: 2 } }] })
})

test('fields are counted as edited, not stored or equal; records as deleted or merged', async () => {
  const w = await world()
  await tell(w, ...['ada', 'grace', 'hedy', 'joan'].map((name) => factOf(name, { title: 'Old' })))
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await tell(w, factOf('ada', { title: 'New' }))
  w.clock.advance(MINUTE)
  edit(w, 'grace', { Title: 'Chief' })
  w.sandboxes.salesforce.remove('Contact', String(contact(w, 'hedy').Id))
  const winner = w.sandboxes.salesforce.edit('Contact', undefined, {
    LastName: 'Other',
    Email: 'o@x.example',
  })
  w.sandboxes.salesforce.merge('Contact', winner, String(contact(w, 'joan').Id))
  const found = await look(w)
  expect(found.records).toMatchObject({ checked: 4, equal: 0, deleted: 1, merged: 1, foreign: 0 })
  expect(found.fields.Title).toEqual({ equal: 0, edited: 1, missing: 0, not_stored: 1, in_doubt: 0 })
  expect(found.fields.Email).toMatchObject({ equal: 2 })
  expect(found.examples).toContainEqual(
    expect.objectContaining({ field: 'Title', verdict: 'not_stored', written: 'New', live: 'Old' }),
  )
  expect(found.examples).toContainEqual(expect.objectContaining({ verdict: 'edited', live: 'Chief' }))
})

test('a person who puts the old value back has edited it', async () => {
  const w = await world()
  await tell(w, factOf('ada', { title: 'Old' }))
  await tell(w, factOf('ada', { title: 'New' }))
  w.clock.advance(MINUTE)
  edit(w, 'ada', { Title: 'Old' })
  expect((await look(w)).fields.Title).toMatchObject({ edited: 1, not_stored: 0 })
})

test('healing has the next plan write what was not stored, and nothing that a person changed', async () => {
  const w = await world()
  await tell(w, factOf('ada', { title: 'Old' }), factOf('grace', { title: 'Old' }))
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await tell(w, factOf('ada', { title: 'New' }))
  w.sandboxes.salesforce.revert('Contact', 'Title', false)
  w.clock.advance(MINUTE)
  edit(w, 'grace', { Title: 'Chief' })
  expect((await look(w, true)).healed).toBe(1)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contact(w, 'ada').Title).toBe('New')
  expect(contact(w, 'grace').Title).toBe('Chief')
  expect((await look(w)).fields.Title).toMatchObject({ equal: 1, edited: 1 })
})

test('what a read-back has found is found by the audit too, and healed', async () => {
  const w = await world({ config: '' })
  await tell(w, factOf('ada', { title: 'Old' }))
  w.sandboxes.salesforce.revert('Contact', 'Title')
  await tell(w, factOf('ada', { title: 'New' }))
  expect(await w.operations('not_stored')).toHaveLength(1)
  w.sandboxes.salesforce.revert('Contact', 'Title', false)
  expect(await look(w, true)).toMatchObject({ healed: 1, fields: { Title: { not_stored: 1 } } })
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contact(w, 'ada').Title).toBe('New')
  expect((await look(w)).records).toMatchObject({ checked: 1, equal: 1 })
})

test('duplicates by match field and foreign external ids are found', async () => {
  const w = await world()
  await tell(w, factOf('ada', { title: 'Old' }), factOf('grace', {}))
  w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Copy', Email: 'ada@acme-works.com' })
  edit(w, 'grace', { Tributary_Id__c: 'per_other' })
  const found = await look(w)
  expect(found.duplicates).toMatchObject({
    count: 1,
    examples: [
      { field: 'Email', value: 'ada@acme-works.com', crmIds: [expect.any(String), expect.any(String)] },
    ],
  })
  expect(found.records.foreign).toBe(1)
})

test('thousands of records are read in a few calls', async () => {
  const w = await world()
  for (let batch = 0; batch < 5; batch++) {
    await w.say(...Array.from({ length: 500 }, (_, i) => factOf(`p${batch}x${i}`, {})))
    await w.settle()
  }
  calls(w.sandboxes.salesforce)
  expect((await look(w)).records).toMatchObject({ checked: 2_500, equal: 2_500 })
  const reads = calls(w.sandboxes.salesforce).filter((call) => call.startsWith('POST'))
  expect(reads).toHaveLength(3)
})

test('the API tells the same and heals', async () => {
  const w = await world()
  await tell(w, factOf('ada', { title: 'Old' }))
  edit(w, 'ada', { Title: 'Chief' })
  const { get, post } = api(w)
  const begun = await post('/api/audit', { destination: 'salesforce' })
  expect(begun).toMatchObject({ status: 202, body: { kind: 'audit', state: 'running' } })
  await w.settle()
  expect((await get(`/api/runs/${begun.body.id}`)).body).toMatchObject({
    state: 'done',
    counts: { checked: 1 },
    audit: {
      is_clean: false,
      objects: [
        { records: { checked: 1 }, examples: [{ field: 'Title', verdict: 'edited', live: 'Chief' }] },
      ],
    },
  })
  expect((await post('/api/audit', { destination: 'book' })).status).toBe(404)
})
