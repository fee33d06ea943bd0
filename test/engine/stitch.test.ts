import { expect, test } from 'vitest'
import { CONTACTS, createWorld, MINUTE, person, START, type World } from './support.ts'

const VISITS = `${CONTACTS}
activities:
  - { kind: page.viewed, as: Task, subject: "Visited {title}" }
`
const world = () => createWorld({ use: ['website', 'salesforce'], mappings: { 'contact.yaml': VISITS } })
const minutesAgo = (minutes: number) => new Date(START - minutes * MINUTE).toISOString()

const visit = (anonymousId: string, title: string, minutes: number) => ({
  type: 'page',
  anonymousId,
  messageId: `m-${title}`,
  properties: { title },
  timestamp: minutesAgo(minutes),
})
const identify = (anonymousId: string, email: string, minutes: number, more: object = {}) => ({
  type: 'identify',
  anonymousId,
  messageId: `i-${anonymousId}-${email}`,
  traits: { email, lastName: 'Lovelace' },
  timestamp: minutesAgo(minutes),
  ...more,
})
const logged = (w: World) =>
  w.sandboxes.salesforce
    .records('Task')
    .map(({ Subject }) => String(Subject))
    .sort()
const contacts = (w: World) => w.sandboxes.salesforce.records('Contact')

// ---------------------------------------------------------------- anonymous visits

test('visits from before somebody was known are logged on their CRM record once, and only once', async () => {
  const w = await world()
  await w.event(visit('anon-1', 'Prices', 50))
  await w.event(visit('anon-1', 'Demo', 40))
  await w.settle()
  expect(contacts(w)).toEqual([])
  expect(logged(w)).toEqual([])

  await w.event(identify('anon-1', 'ada@acme.de', 30))
  await w.settle()
  expect(logged(w)).toEqual(['Visited Demo', 'Visited Prices'])
  const [ada] = contacts(w)
  expect(w.sandboxes.salesforce.records('Task').map(({ WhoId }) => WhoId)).toEqual([ada!.Id, ada!.Id])

  w.clock.advance(MINUTE)
  await w.event({ ...identify('anon-1', 'ada@acme.de', 0), messageId: 'again' })
  await w.event(visit('anon-1', 'Jobs', 1))
  await w.settle()
  expect(logged(w)).toEqual(['Visited Demo', 'Visited Jobs', 'Visited Prices'])
  await w.close()
})

test('a second browser brings its own visits, and none of the first again', async () => {
  const w = await world()
  // Stored before what is logged first.
  await w.event(visit('anon-2', 'Demo', 60))
  await w.settle()
  await w.event(visit('anon-1', 'Prices', 50))
  await w.event(identify('anon-1', 'ada@acme.de', 45))
  await w.settle()
  expect(logged(w)).toEqual(['Visited Prices'])
  const tasks = () => w.sandboxes.salesforce.records('Task').map(({ Id }) => Id)
  const before = tasks()

  await w.event(identify('anon-2', 'ada@acme.de', 10))
  await w.settle()
  expect(logged(w)).toEqual(['Visited Demo', 'Visited Prices'])
  expect(tasks()).toEqual(expect.arrayContaining(before))
  await w.close()
})

test('a visit that arrives late, after its visitor became known, is logged too', async () => {
  const w = await world()
  await w.event(visit('anon-1', 'Prices', 50))
  await w.event(identify('anon-1', 'ada@acme.de', 30))
  await w.settle()
  await w.event(visit('anon-1', 'Demo', 55))
  await w.settle()
  expect(logged(w)).toEqual(['Visited Demo', 'Visited Prices'])
  await w.close()
})

// ---------------------------------------------------------------- a browser that turns out to be somebody else's

const COUNTED = `${CONTACTS}
  Visits__c: { from: touchpoints | where(kind = "page.viewed") | since("30d") | count, write: always }
  First_Page__c: { from: person.first_touch.title, write: if_owned, on_null: clear }
activities:
  - { kind: page.viewed, as: Task, policy: daily_digest, subject: "Visited {title} ({count})" }
`
const SHARED = [
  identify('own', 'second@acme.de', 200),
  visit('own', 'Jobs', 190),
  identify('shared', 'second@acme.de', 20),
  visit('shared', 'Prices', 40),
  identify('shared', 'first@acme.de', 30),
]
const seen = (w: World) => ({
  visits: Object.fromEntries(
    contacts(w).map(({ Email, Visits__c, First_Page__c }) => [Email, [Visits__c, First_Page__c]]),
  ),
  days: w.sandboxes.salesforce
    .records('Task')
    .map(({ WhoId, Subject }) => `${contacts(w).find(({ Id }) => Id === WhoId)?.Email}: ${Subject}`)
    .sort(),
})
const TRUTH = {
  visits: { 'first@acme.de': [1, 'Prices'], 'second@acme.de': [1, 'Jobs'] },
  days: ['first@acme.de: Visited Prices (1)', 'second@acme.de: Visited Jobs (1)'],
}
const counted = () => createWorld({ use: ['website', 'salesforce'], mappings: { 'contact.yaml': COUNTED } })

test('what a person had before a visit was theirs for a moment is what is written, even within one millisecond', async () => {
  for (const events of [SHARED, SHARED.toReversed()]) {
    const w = await counted()
    for (const event of events) {
      await w.event(event)
      await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
    }
    await w.settle()
    expect(seen(w)).toEqual(TRUTH)
    await w.close()
  }
})

test("a day that was already logged is corrected when visits turn out to be somebody else's", async () => {
  const w = await counted()
  for (const event of SHARED.slice(0, 4)) await w.event(event)
  await w.settle()
  expect(seen(w).days).toEqual(['second@acme.de: Visited Prices (2)'])
  await w.event(SHARED[4]!)
  await w.settle()
  expect(seen(w)).toEqual(TRUTH)
  await w.close()
})

test('a day on which nothing is left of somebody is not logged unless it was before', async () => {
  const w = await counted()
  for (const event of SHARED.slice(2, 4)) await w.event(event)
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  await w.event(SHARED[4]!)
  await w.settle()
  expect(seen(w).days).toEqual(['first@acme.de: Visited Prices (1)'])
  await w.close()
})

test('an entry of its own moves to the person whose visit it turns out to be', async () => {
  const w = await world()
  for (const event of SHARED.slice(2, 4)) await w.event(event)
  await w.settle()
  expect(seen(w).days).toEqual(['second@acme.de: Visited Prices'])
  await w.event(SHARED[4]!)
  await w.settle()
  expect(seen(w).days).toEqual(['first@acme.de: Visited Prices'])
  await w.close()
})

// ---------------------------------------------------------------- two people who turn out to be one

test('of two records of one person the older is kept up, and the other is never written again', async () => {
  const w = await world()
  await w.say({ key: '1', says: [person('ada@acme.de', { last_name: 'Lovelace' })] })
  await w.settle()
  w.clock.advance(MINUTE)
  await w.say({ key: '2', says: [person('a.lovelace@acme.de', { last_name: 'Lovelace' })] })
  await w.settle()
  const [first, second] = contacts(w)
  expect(second!.Email).toBe('a.lovelace@acme.de')

  w.clock.advance(MINUTE)
  const both = [
    { kind: 'email', value: 'ada@acme.de' },
    { kind: 'email', value: 'a.lovelace@acme.de' },
  ]
  await w.say({
    key: '3',
    says: [{ ...person('ada@acme.de', { title: 'CTO' }), identifiers: both } as never],
  })
  await w.settle()
  w.clock.advance(MINUTE)
  await w.say({ key: '4', says: [person('a.lovelace@acme.de', { title: 'CEO' })] })
  await w.settle()
  expect((await w.inspect.entities({ kind: 'person', limit: 9 })).items).toHaveLength(1)
  expect(contacts(w)).toHaveLength(2)
  expect(contacts(w).find(({ Id }) => Id === first!.Id)).toMatchObject({ Title: 'CEO' })
  expect(contacts(w).find(({ Id }) => Id === second!.Id)).toEqual(second)
  await w.close()
})

test('a person without a record takes over that of the one they are merged with', async () => {
  const w = await world()
  // Known longer, by a user id alone: the mapping wants an address, so the CRM has no record of them.
  await w.event({ type: 'identify', userId: 'u-1', messageId: 'u1', traits: { title: 'Countess' } })
  await w.settle()
  w.clock.advance(MINUTE)
  await w.say({ key: '1', says: [person('ada@acme.de', { last_name: 'Lovelace' })] })
  await w.settle()
  const [ada] = contacts(w)
  expect(ada).toMatchObject({ LastName: 'Lovelace' })

  w.clock.advance(MINUTE)
  await w.event({ type: 'identify', userId: 'u-1', messageId: 'u2', traits: { email: 'ada@acme.de' } })
  await w.settle()
  const [survivor, ...others] = (await w.inspect.entities({ kind: 'person', limit: 9 })).items
  expect(others).toEqual([])
  expect(contacts(w)).toMatchObject([{ Id: ada!.Id, Title: 'Countess', LastName: 'Lovelace' }])
  expect((await w.inspect.entity(survivor!.id))?.projections).toMatchObject([{ crmId: ada!.Id }])

  w.clock.advance(MINUTE)
  await w.say({ key: '1', says: [person('ada@acme.de', { last_name: 'King' })] })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ Id: ada!.Id, LastName: 'King' }])
  await w.close()
})

test('an alias makes two users one: what waits for the second goes to the first, and no second record is made', async () => {
  const w = await world()
  const user = (userId: string, messageId: string, traits: object) => ({
    type: 'identify',
    userId,
    messageId,
    traits,
  })
  await w.event(user('u-1', 'a', { email: 'ada@acme.de', lastName: 'Lovelace' }))
  await w.settle()
  w.clock.advance(MINUTE)
  await w.event({ ...visit('anon-2', 'Prices', 5), userId: 'u-2' })
  await w.event(user('u-2', 'b', { email: 'ada@home.example', title: 'Countess' }))
  // Not sent yet when they turn out to be one.
  await w.work({ stages: ['unpack', 'absorb', 'enrich', 'project'] })
  expect(await w.operations('pending')).not.toEqual([])
  w.clock.advance(1)
  await w.event({ type: 'alias', previousId: 'u-2', userId: 'u-1', messageId: 'c' })
  await w.settle()
  expect(contacts(w)).toMatchObject([{ LastName: 'Lovelace', Title: 'Countess' }])
  expect(logged(w)).toEqual(['Visited Prices'])
  await w.close()
})
