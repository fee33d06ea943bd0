import { afterEach, expect, test } from 'vitest'
import { tryMappings } from '../../src/engine/mappings/try-mappings.ts'
import {
  CONTACTS,
  calls,
  compile,
  createWorld,
  DAY,
  HOUR,
  person,
  START,
  touch,
  type World,
} from './support.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const signal = new AbortController().signal

async function withContacts(): Promise<World> {
  world = await createWorld({ mappings: { 'contact.yaml': CONTACTS } })
  await world.say(
    {
      key: '1',
      says: [person('ada@example.com', { last_name: 'Lovelace', title: 'Countess', city: 'London' })],
    },
    { key: '2', says: [person('grace@example.com', { last_name: 'Hopper', title: 'admiral', phone: '1' })] },
  )
  await world.settle()
  await world.say({ key: '3', says: [touch('ada@example.com', 'page.viewed', world.clock.now())] })
  await world.work()
  return world
}
const trying = (w: World, text: string, more = {}) =>
  tryMappings(w.engine.deps, {
    mappings: compile({ 'contact.yaml': text }),
    since: START - DAY,
    signal,
    ...more,
  })

test('the mapping in use changes nothing', async () => {
  const w = await withContacts()
  const [tried] = await trying(w, CONTACTS)
  expect(tried).toMatchObject({
    tried: 2,
    left: 0,
    creates: 0,
    updates: 0,
    unchanged: 2,
    fields: [],
    unmapped: [],
  })
})

test('a changed mapping shows what would change, what is kept, and what is not mapped any more', async () => {
  const w = await withContacts()
  const [tried] = await trying(
    w,
    CONTACTS.replace('Title: person.title', 'Title: person.title | upper')
      .replace('Phone: { from: person.phone', 'Phone: { from: "\'2\'"')
      .replace('  MailingCity: { from: person.city, on_null: clear }\n', ''),
  )
  expect(tried).toMatchObject({
    tried: 2,
    updates: 2,
    unchanged: 0,
    unmapped: [{ field: 'MailingCity', records: 1 }],
  })
  expect(tried!.fields).toEqual([
    expect.objectContaining({
      field: 'Title',
      policy: 'if_owned',
      from: 'contact.yaml:14',
      changes: 2,
      kept: 0,
      examples: expect.arrayContaining([
        { entity: expect.stringMatching(/^per_/), before: 'admiral', after: 'ADMIRAL' },
      ]),
    }),
    // if_empty: Ada has none, Grace's stays.
    expect.objectContaining({ field: 'Phone', changes: 1, kept: 1 }),
  ])
})

test('records that do not exist yet, and those that the condition leaves out, are counted apart', async () => {
  const w = await withContacts()
  await w.say({ key: '4', says: [person('alan@example.com', { last_name: 'Turing' })] })
  await w.work({ stages: ['unpack', 'absorb'] })
  const [tried] = await trying(
    w,
    CONTACTS.replace('when: person.email | is_set', 'when: person.last_name != "Hopper"'),
  )
  expect(tried).toMatchObject({ tried: 3, left: 1, creates: 1, updates: 0, unchanged: 1 })
  expect(tried!.fields.map(({ field, sets, changes }) => [field, sets, changes])).toEqual([
    ['Email', 1, 0],
    ['LastName', 1, 0],
  ])
})

test('only who was heard of since is looked at, and at most as many as asked for', async () => {
  const w = await withContacts()
  w.clock.advance(3 * DAY)
  await w.say({ key: '5', says: [touch('ada@example.com', 'page.viewed', w.clock.now())] })
  await w.work({ stages: ['unpack', 'absorb'] })
  expect((await trying(w, CONTACTS, { since: w.clock.now() - HOUR }))[0]).toMatchObject({ tried: 1 })
  expect((await trying(w, CONTACTS, { limit: 1 }))[0]).toMatchObject({ tried: 1 })
})

test('nothing is written and no CRM is asked', async () => {
  const w = await withContacts()
  calls(w.sandboxes.salesforce)
  const before = [await w.inspect.totals(), await w.operations()]
  await trying(w, CONTACTS.replace('Title: person.title', 'Title: "\'x\'"'))
  expect(calls(w.sandboxes.salesforce)).toEqual([])
  expect([await w.inspect.totals(), await w.operations()]).toEqual(before)
})

test('values that a table lacks are counted', async () => {
  const w = await withContacts()
  const [tried] = await trying(
    w,
    CONTACTS.replace('Title: person.title', 'Title: person.title | picklist(titles)').replace(
      'fields:',
      'tables: { titles: { admiral: Admiral } }\nfields:',
    ),
  )
  expect(tried!.warnings).toEqual([
    { field: 'Title', message: 'table titles has no entry for "Countess"; left out', records: 1 },
  ])
})
