import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contextOf } from '../../src/engine/connection.ts'
import { wakeLapsedEdits } from '../../src/engine/projecting/lapsed.ts'
import { watchPage } from '../../src/engine/watch.ts'
import {
  CONTACTS,
  createWorld,
  DAY,
  HOUR,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  type World,
  type WorldOptions,
} from './support.ts'

const ADA = 'ada@acme-works.com'
const SIGNAL = new AbortController().signal
const world = (mapping = CONTACTS, options: WorldOptions = {}): Promise<World> =>
  createWorld({ mappings: { 'contact.yaml': mapping }, ...options })

async function say(w: World, attributes: Record<string, unknown>): Promise<void> {
  w.clock.advance(MINUTE)
  await w.say({ key: ADA, says: [person(ADA, { last_name: 'Lovelace', ...attributes })] })
  await w.settle()
}
const contact = (w: World) => w.sandboxes.salesforce.records('Contact')[0]!
function edit(w: World, fields: Record<string, unknown>): void {
  w.clock.advance(MINUTE)
  w.sandboxes.salesforce.edit('Contact', String(contact(w).Id), fields)
}
/** Reads the change poll to its end, and lets what it brings about happen. */
async function watch(w: World, connection = 'salesforce', object = 'Contact'): Promise<void> {
  w.clock.advance(10 * MINUTE)
  const { deps } = w.engine
  const ctx = contextOf(deps.connections.get(connection)!, { ...deps, signal: SIGNAL })
  for (let n = 0; n < 10; n++) if ((await watchPage(deps, ctx, object)).isComplete) break
  await w.settle()
}

test('a value that waited for an edit is written once the person gives the field back, without news', async () => {
  const w = await world()
  await say(w, { title: 'Analyst' })
  await watch(w)
  edit(w, { Title: 'Countess' })
  await watch(w)
  await say(w, { title: 'Engineer' })
  expect(contact(w).Title).toBe('Countess')
  edit(w, { Title: 'Analyst' })
  await watch(w)
  expect(contact(w).Title).toBe('Engineer')
})

test('an edit that only a read before a write has seen ends with the next read', async () => {
  const mapping = `live: read\n${CONTACTS.trim()}\n`
  const w = await world(mapping)
  await say(w, { title: 'Analyst', city: 'Bath' })
  edit(w, { Title: 'Countess' })
  await say(w, { title: 'Engineer', city: 'Bath' })
  expect(contact(w).Title).toBe('Countess')
  edit(w, { Title: 'Analyst' })
  await watch(w)
  expect(contact(w).Title).toBe('Engineer')
})

test('HubSpot, where records are read whole: news of another field brings the one that waited along', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings: { 'contacts.yaml': HUBSPOT_CONTACTS } })
  const record = () => w.sandboxes.hubspot.records('contacts')[0]!
  const change = (properties: Record<string, string>) => {
    w.clock.advance(2 * HOUR)
    w.sandboxes.hubspot.edit('contacts', record().id, properties)
  }
  await say(w, { title: 'Analyst', first_name: 'Ada' })
  await watch(w, 'hubspot', 'contacts')
  change({ jobtitle: 'Countess' })
  await watch(w, 'hubspot', 'contacts')
  await say(w, { title: 'Engineer', first_name: 'Ada' })
  expect(record().properties.jobtitle).toBe('Countess')
  change({ jobtitle: 'Analyst' })
  w.clock.advance(2 * HOUR)
  await say(w, { title: 'Engineer', first_name: 'Augusta' })
  await w.settle()
  expect(record().properties).toMatchObject({ jobtitle: 'Engineer', firstname: 'Augusta' })
})

test('an edit that lapses lets go of what was wanted meanwhile, at its time and once', async () => {
  const w = await world(
    CONTACTS.replace('Title: person.title', 'Title: { from: person.title, edits_hold: 12h }'),
  )
  await say(w, { title: 'Analyst' })
  await watch(w)
  edit(w, { Title: 'Countess' })
  await watch(w)
  await say(w, { title: 'Engineer' })
  const lapse = async (ms: number) => {
    w.clock.advance(ms)
    await wakeLapsedEdits(w.engine.deps)
    await w.settle()
  }
  await lapse(11 * HOUR)
  expect(contact(w).Title).toBe('Countess')
  await lapse(HOUR)
  expect(contact(w).Title).toBe('Engineer')
  const before = (await w.operations()).length
  await lapse(HOUR)
  await lapse(2 * DAY)
  expect((await w.operations()).length).toBe(before)
})

test('an edit that lapses while nothing else was wanted stays', async () => {
  const w = await world(
    CONTACTS.replace('Title: person.title', 'Title: { from: person.title, edits_hold: 12h }'),
  )
  await say(w, { title: 'Analyst' })
  await watch(w)
  edit(w, { Title: 'Countess' })
  await watch(w)
  w.clock.advance(DAY)
  await wakeLapsedEdits(w.engine.deps)
  await w.settle()
  expect(contact(w).Title).toBe('Countess')
})

test('who has no edits that lapse is not looked for', async () => {
  const w = await world()
  await wakeLapsedEdits(w.engine.deps)
  expect(await w.store.control.getSetting('edits:lapsed')).toBeUndefined()
})

test('whatever people and sources do: once people have given all back, the CRM holds what is wanted', async () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('say' as const), title: fc.constantFrom('A', 'B', 'C') }),
    fc.record({ do: fc.constant('edit' as const), title: fc.constantFrom('X', 'Y', 'A') }),
    fc.record({ do: fc.constant('give back' as const) }),
    fc.record({ do: fc.constant('watch' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 8 }), async (actions) => {
      const w = await world()
      let wanted = 'A'
      await say(w, { title: wanted })
      await watch(w)
      const giveBack = async () => {
        const [row] = await w.store.project.projections([
          { destination: 'salesforce', object: 'Contact', entity: (await w.operations())[0]!.entity },
        ])
        edit(w, { Title: String(row!.written.Title!.value) })
        await watch(w)
      }
      for (const one of actions) {
        if (one.do === 'say') {
          wanted = one.title
          await say(w, { title: wanted })
        } else if (one.do === 'edit') edit(w, { Title: one.title })
        else if (one.do === 'watch') await watch(w)
        else await giveBack()
      }
      await watch(w)
      await giveBack()
      expect(contact(w).Title).toBe(wanted)
      await w.close()
    }),
    { numRuns: 15 },
  )
})
