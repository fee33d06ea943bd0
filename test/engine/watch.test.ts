import { expect, onTestFinished, test, vi } from 'vitest'
import { RateLimitError, TransientError } from '#kit'
import { watchDue } from '../../src/engine/watch-due.ts'
import {
  ACCOUNTS,
  CONTACTS,
  calls,
  createWorld,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  type World,
  type WorldOptions,
} from './support.ts'

const signal = new AbortController().signal
const ADA = 'ada@acme-works.com'
const say = async (w: World, attributes: Record<string, unknown>, email = ADA) => {
  await w.say({ key: email, says: [person(email, { last_name: 'Lovelace', ...attributes })] })
  await w.settle()
}
const CRMS = {
  salesforce: {
    mapping: CONTACTS,
    object: 'Contact',
    title: 'Title',
    first: 'FirstName',
    edit: (w: World, title: string) =>
      w.sandboxes.salesforce.edit('Contact', String(w.sandboxes.salesforce.records('Contact')[0]!.Id), {
        Title: title,
      }),
    remove: (w: World, id: string) => w.sandboxes.salesforce.remove('Contact', id),
    merge: (w: World, winner: string, loser: string) =>
      w.sandboxes.salesforce.merge('Contact', winner, loser),
    ids: (w: World) => w.sandboxes.salesforce.records('Contact').map((r) => String(r.Id)),
    value: (w: World) => w.sandboxes.salesforce.records('Contact')[0]!.Title,
    sandbox: (w: World) => w.sandboxes.salesforce,
  },
  hubspot: {
    mapping: HUBSPOT_CONTACTS,
    object: 'contacts',
    title: 'jobtitle',
    first: 'firstname',
    edit: (w: World, title: string) =>
      w.sandboxes.hubspot.edit('contacts', w.sandboxes.hubspot.records('contacts')[0]!.id, {
        jobtitle: title,
      }),
    remove: (w: World, id: string) => w.sandboxes.hubspot.remove('contacts', id),
    merge: (w: World, winner: string, loser: string) =>
      void w.sandboxes.hubspot.merge('contacts', winner, loser),
    ids: (w: World) => w.sandboxes.hubspot.records('contacts').map((r) => r.id),
    value: (w: World) => w.sandboxes.hubspot.records('contacts')[0]!.properties.jobtitle,
    sandbox: (w: World) => w.sandboxes.hubspot,
  },
}
type Name = keyof typeof CRMS
const NAMES = Object.keys(CRMS) as Name[]
/** A hub that has begun to watch. */
async function world(
  name: Name,
  {
    live = 'poll',
    mapping = CRMS[name].mapping,
    ...more
  }: WorldOptions & { live?: string; mapping?: string } = {},
): Promise<World> {
  const w = await createWorld({
    use: [name],
    mappings: { 'c.yaml': `${mapping}\nlive: ${live}\n` },
    // Reading back what was written would count as well.
    config: "verify: { first: 0, sample: '0%' }",
    ...more,
  })
  await watch(w)
  return w
}
/** The poll as a running hub makes it. */
const watch = (w: World) => watchDue({ deps: w.engine.deps }, { signal })
/** Time passes until a poll can be sure of what happened before. */
const pollLater = async (w: World) => {
  w.clock.advance(40 * MINUTE)
  await watch(w)
}
const seen = async (w: World, name: Name) => {
  const { object, ids } = CRMS[name]
  const keys = ids(w).map((crmId) => ({ destination: name, object, crmId }))
  return (await w.store.deliver.live(keys))[0]
}
const reads = (w: World, name: Name) =>
  calls(CRMS[name].sandbox(w)).filter(
    (call) => /batch\/read$/.test(call) || /POST .*\/composite\/sobjects\//.test(call),
  )

test.each(NAMES)('%s: the poll brings what our records hold', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO', first_name: 'Ada' })
  await pollLater(w)
  const { title, first } = CRMS[name]
  expect((await seen(w, name))?.fields).toMatchObject({ [title]: 'CTO', [first]: 'Ada' })
  CRMS[name].edit(w, 'Chief')
  await pollLater(w)
  expect((await seen(w, name))?.fields).toMatchObject({ [title]: 'Chief', [first]: 'Ada' })
})

test.each(NAMES)('%s: an edit is noted with its time, and is nothing to write about', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO' })
  await pollLater(w)
  w.clock.advance(3 * MINUTE)
  const at = w.clock.now()
  CRMS[name].edit(w, 'Chief')
  await pollLater(w)
  expect((await seen(w, name))?.edited).toEqual({ [CRMS[name].title]: at })
  await w.settle()
  expect(await w.operations('pending')).toEqual([])
  expect(CRMS[name].value(w)).toBe('Chief')
})

test.each(NAMES)('%s: our own writes that come back are no edits', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO' })
  await pollLater(w)
  await say(w, { title: 'CEO' })
  for (let round = 0; round < 3; round++) {
    w.clock.advance(30 * MINUTE)
    await watch(w)
    expect((await seen(w, name))?.edited).toEqual({})
  }
  const before = await w.operations()
  await w.settle()
  expect(await w.operations()).toEqual(before)
})

test.each(NAMES)('%s: an edit that is taken back is over', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO' })
  CRMS[name].edit(w, 'Chief')
  await pollLater(w)
  CRMS[name].edit(w, 'CTO')
  await pollLater(w)
  expect((await seen(w, name))?.edited).toEqual({})
  await say(w, { title: 'CEO' })
  expect(CRMS[name].value(w)).toBe('CEO')
})

test.each(NAMES)(
  '%s: while the poll is fresh, an edit is respected without reading the record',
  async (name) => {
    const w = await world(name)
    await say(w, { title: 'CTO' })
    CRMS[name].edit(w, 'Chief')
    await pollLater(w)
    calls(CRMS[name].sandbox(w))
    await say(w, { title: 'CEO' })
    expect(reads(w, name)).toEqual([])
    expect(CRMS[name].value(w)).toBe('Chief')
  },
)

test.each(NAMES)('%s: where the poll is old, records are read', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO' })
  await pollLater(w)
  w.clock.advance(3 * MINUTE)
  CRMS[name].edit(w, 'Chief')
  calls(CRMS[name].sandbox(w))
  await say(w, { title: 'CEO' })
  expect(reads(w, name)).toHaveLength(1)
  expect(CRMS[name].value(w)).toBe('Chief')
})

test.each(NAMES)('%s: live: needed reads where a policy asks, however fresh the poll', async (name) => {
  const w = await world(name, { live: 'needed' })
  await say(w, { title: 'CTO' })
  await pollLater(w)
  CRMS[name].edit(w, 'Chief')
  calls(CRMS[name].sandbox(w))
  await say(w, { title: 'CEO' })
  expect(reads(w, name)).toHaveLength(1)
  expect(CRMS[name].value(w)).toBe('Chief')
})

test.each(NAMES)('%s: live: read looks at every record, however fresh the poll', async (name) => {
  const w = await world(name, { live: 'read' })
  await say(w, { title: 'CTO' })
  await pollLater(w)
  CRMS[name].edit(w, 'Chief')
  calls(CRMS[name].sandbox(w))
  await say(w, { title: 'CEO' })
  expect(reads(w, name)).toHaveLength(1)
  expect(CRMS[name].value(w)).toBe('Chief')
})

test.each(['poll', 'needed'])(
  'live: %s: fields in which the hub has the last word need no look at the record',
  async (live) => {
    const w = await world('salesforce', { live })
    await say(w, { title: 'CTO', department: 'Mills' })
    calls(w.sandboxes.salesforce)
    await say(w, { title: 'CTO', department: 'Engines' })
    expect(reads(w, 'salesforce')).toEqual([])
    expect(w.sandboxes.salesforce.records('Contact')[0]).toMatchObject({ Department: 'Engines' })
  },
)

test.each(NAMES)('%s: a merged record is written where it went', async (name) => {
  const w = await world(name)
  const { ids, merge, object } = CRMS[name]
  await say(w, { title: 'CTO' })
  const [ours] = ids(w)
  if (name === 'salesforce') w.sandboxes.salesforce.edit('Contact', undefined, { LastName: 'Twin' })
  else w.sandboxes.hubspot.create('contacts', { lastname: 'Twin' })
  const winner = ids(w).find((id) => id !== ours)!
  merge(w, winner, ours!)
  await pollLater(w)
  expect(await w.store.deliver.redirects([{ destination: name, object, crmId: ours! }])).toMatchObject([
    { from: ours, to: winner },
  ])
  await say(w, { first_name: 'Augusta' })
  expect(await w.operations('held')).toEqual([])
  expect(ids(w)).toEqual([winner])
  const first =
    name === 'salesforce'
      ? w.sandboxes.salesforce.records('Contact')[0]!.FirstName
      : w.sandboxes.hubspot.records('contacts')[0]!.properties.firstname
  expect(first).toBe('Augusta')
})

test('a converted lead leads to its contact, and is written no more', async () => {
  const lead = CONTACTS.replace('object: Contact', 'object: Lead').replace(
    'fields:',
    'fields:\n  Company: \'"Acme"\'',
  )
  const mapping = lead
    .split('\n')
    .filter((line) => !/Department|MailingCity/.test(line))
    .join('\n')
  const w = await world('salesforce', { mapping })
  await say(w, { title: 'CTO' })
  const [{ Id: id }] = w.sandboxes.salesforce.records('Lead') as [{ Id: string }]
  const { contactId } = w.sandboxes.salesforce.convertLead(id)
  await pollLater(w)
  expect(await w.store.deliver.redirects([{ destination: 'salesforce', object: 'Lead', crmId: id }])).toEqual(
    [{ destination: 'salesforce', object: 'Lead', from: id, to: contactId, toObject: 'Contact' }],
  )
  const { items } = w.sandboxes.salesforce.writes
  await say(w, { title: 'CEO' })
  expect(w.sandboxes.salesforce.writes.items).toBe(items)
  expect(await w.operations('pending')).toEqual([])
  expect(await w.operations('dead')).toEqual([])
})

test.each(NAMES)('%s: a deleted record is known as such, and held', async (name) => {
  const w = await world(name)
  const { ids, remove, object } = CRMS[name]
  await say(w, { title: 'CTO' })
  const [crmId] = ids(w)
  remove(w, crmId!)
  w.clock.advance(7 * 60 * MINUTE)
  await watch(w)
  const [row] = await w.store.deliver.live([{ destination: name, object, crmId: crmId! }])
  expect(row?.deletedAt).toBeTypeOf('number')
  await say(w, { title: 'CEO' })
  expect(ids(w)).toEqual([])
  expect(await w.operations('held')).toMatchObject([{ error: { code: 'record.not_found' } }])
})

test.each(NAMES)('%s: a record that is gone although nobody looked is held, not dead', async (name) => {
  const always = CRMS[name].mapping
    .replace('fields:', 'defaults: { write: always }\nfields:')
    .replace('defaults: { write: if_owned }\n', '')
  const w = await world(name, { mapping: always })
  await say(w, { title: 'CTO' })
  await say(w, { title: 'CTO' }, 'grace@acme-works.com')
  CRMS[name].remove(w, CRMS[name].ids(w)[0]!)
  await w.say({ key: ADA, says: [person(ADA, { last_name: 'Lovelace', title: 'CEO' })] })
  await w.say({
    key: 'grace@acme-works.com',
    says: [person('grace@acme-works.com', { last_name: 'Lovelace', title: 'CEO' })],
  })
  await w.settle()
  expect(await w.operations('dead')).toEqual([])
  expect(await w.operations('held')).toMatchObject([{ error: { code: 'record.not_found' } }])
  expect(CRMS[name].value(w)).toBe('CEO')
})

test.each(NAMES)('%s: more changes than a page are all seen, also of one instant', async (name) => {
  const size = name === 'salesforce' ? 2_300 : 450
  const w = await world(name)
  const emails = Array.from({ length: size }, (_, i) => `p${i}@acme-works.com`)
  for (let start = 0; start < size; start += 500)
    await w.say(
      ...emails
        .slice(start, start + 500)
        .map((email) => ({ key: email, says: [person(email, { last_name: 'Person', title: 'CTO' })] })),
    )
  await w.settle()
  await watch(w)
  for (const id of CRMS[name].ids(w)) {
    if (name === 'salesforce') w.sandboxes.salesforce.edit('Contact', id, { Title: 'Chief' })
    else w.sandboxes.hubspot.edit('contacts', id, { jobtitle: 'Chief' })
  }
  await pollLater(w)
  const keys = CRMS[name].ids(w).map((crmId) => ({ destination: name, object: CRMS[name].object, crmId }))
  const rows = await w.store.deliver.live(keys)
  expect(rows).toHaveLength(size)
  expect(new Set(rows.map((row) => row.fields[CRMS[name].title]))).toEqual(new Set(['Chief']))
})

test.each(NAMES)('%s: without changes a poll is one call, and none before its time', async (name) => {
  const w = await world(name)
  await say(w, { title: 'CTO' })
  await watch(w)
  w.clock.advance(40 * MINUTE)
  await watch(w)
  w.clock.advance(40 * MINUTE)
  calls(CRMS[name].sandbox(w))
  await watch(w)
  expect(calls(CRMS[name].sandbox(w)).filter((call) => /search|queryAll/.test(call))).toHaveLength(1)
  await watch(w)
  expect(calls(CRMS[name].sandbox(w))).toEqual([])
})

test('a change that search shows late is seen all the same', async () => {
  const w = await world('hubspot', { hubspot: { searchLagMs: 45_000 } })
  await say(w, { title: 'CTO' })
  await pollLater(w)
  w.clock.advance(5 * MINUTE)
  CRMS.hubspot.edit(w, 'Chief')
  w.clock.advance(20_000)
  await watch(w)
  expect((await seen(w, 'hubspot'))?.fields).toMatchObject({ jobtitle: 'CTO' })
  w.clock.advance(5 * MINUTE)
  await watch(w)
  expect((await seen(w, 'hubspot'))?.fields).toMatchObject({ jobtitle: 'Chief' })
})

test('a poll that was stopped goes on at its page, and two processes do not poll at once', async () => {
  const w = await world('hubspot')
  for (let i = 0; i < 5; i++)
    await w.say(
      ...Array.from({ length: 90 }, (_, j) => {
        const email = `p${i}-${j}@acme-works.com`
        return { key: email, says: [person(email, { last_name: 'Person' })] }
      }),
    )
  await w.settle()
  w.clock.advance(5 * MINUTE)
  const first = await watchDue({ deps: w.engine.deps }, { signal, maxPages: 1 })
  expect(first).toEqual({ pages: 1, hasMore: true })
  expect(await watchDue({ deps: w.twin('two').deps }, { signal })).toEqual({ pages: 0, hasMore: false })
  const [feed] = await w.store.watch.feeds('hubspot')
  expect(feed?.page).toBeDefined()
  await watch(w)
  expect((await w.store.watch.feeds('hubspot'))[0]).toMatchObject({ polledAt: w.clock.now() })
})

test('a CRM that refuses a poll is left alone for a while; delivery goes on', async () => {
  const w = await world('hubspot')
  await say(w, { title: 'CTO' })
  const changes = w.engine.deps.connections.get('hubspot')!.connector.destination!.changes!
  let asked = 0
  const page = vi.spyOn(changes, 'page').mockImplementation(async () => {
    asked++
    throw new RateLimitError('http.rate_limited', 'Too many searches', { retryAfterMs: 100 * MINUTE })
  })
  onTestFinished(() => page.mockRestore())
  await pollLater(w)
  await pollLater(w)
  expect(asked).toBe(1)
  await say(w, { title: 'CEO' })
  expect(CRMS.hubspot.value(w)).toBe('CEO')
  w.clock.advance(100 * MINUTE)
  await watch(w)
  expect(asked).toBe(2)
})

test('a CRM that limits the poll of one object is not asked about its other objects either', async () => {
  const w = await createWorld({
    use: ['salesforce'],
    mappings: { 'a.yaml': ACCOUNTS, 'c.yaml': CONTACTS },
  })
  const changes = w.engine.deps.connections.get('salesforce')!.connector.destination!.changes!
  const asked: string[] = []
  const page = vi.spyOn(changes, 'page').mockImplementation(async (_, { object }) => {
    asked.push(object)
    throw new RateLimitError('http.rate_limited', 'Too many calls', { retryAfterMs: 30 * MINUTE })
  })
  onTestFinished(() => page.mockRestore())
  await watch(w)
  await watch(w)
  expect(asked).toHaveLength(1)
  w.clock.advance(30 * MINUTE)
  await watch(w)
  expect(asked).toHaveLength(2)
})

test('what a CRM says to a poll counts although the database is busy just then', async () => {
  const w = await world('hubspot')
  const { deps } = w.engine
  const changes = deps.connections.get('hubspot')!.connector.destination!.changes!
  let asked = 0
  const page = vi.spyOn(changes, 'page').mockImplementation(async () => {
    asked++
    throw new RateLimitError('http.rate_limited', 'Too many searches', { retryAfterMs: 100 * MINUTE })
  })
  const release = vi
    .spyOn(deps.store.control, 'releaseLease')
    .mockRejectedValueOnce(new TransientError('store.busy', 'The database is locked by another process'))
  onTestFinished(() => void [page, release].map((spy) => spy.mockRestore()))
  await pollLater(w)
  await pollLater(w)
  expect(asked).toBe(1)
})

test('a busy database of ours is no outage of the CRM', async () => {
  const w = await world('salesforce')
  const busy = new TransientError('store.busy', 'The database is locked by another process')
  const commit = vi.spyOn(w.engine.deps.store.watch, 'commit').mockRejectedValueOnce(busy)
  onTestFinished(() => void commit.mockRestore())
  await pollLater(w)
  expect(commit).toHaveBeenCalled()
  await say(w, { title: 'COO' })
  expect(CRMS.salesforce.value(w)).toBe('COO')
})

test('before a large delivery one poll takes the place of many reads', async () => {
  const w = await world('hubspot', { hubspot: { searchPerSecond: 2 } })
  const emails = Array.from({ length: 450 }, (_, i) => `p${i}@acme-works.com`)
  const sayAll = async (title: string) => {
    await w.say(
      ...emails.map((email) => ({ key: email, says: [person(email, { last_name: 'Person', title })] })),
    )
    await w.settle()
  }
  await sayAll('CTO')
  await pollLater(w)
  w.clock.advance(30 * MINUTE)
  await watch(w)
  const [first] = CRMS.hubspot.ids(w)
  w.clock.advance(3 * MINUTE)
  w.sandboxes.hubspot.edit('contacts', first!, { jobtitle: 'Chief' })
  w.clock.advance(90_000)
  calls(w.sandboxes.hubspot)
  await sayAll('CEO')
  const made = calls(w.sandboxes.hubspot)
  expect(made.filter((call) => /batch\/read$/.test(call))).toEqual([])
  expect(made.filter((call) => /search$/.test(call))).toHaveLength(1)
  const titles = w.sandboxes.hubspot.records('contacts').map((r) => r.properties.jobtitle)
  expect(titles.filter((title) => title === 'CEO')).toHaveLength(449)
  expect(w.sandboxes.hubspot.record('contacts', first!)!.properties.jobtitle).toBe('Chief')
})
