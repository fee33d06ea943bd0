import { expect, test } from 'vitest'
import { refreshMappings } from '../../src/engine/mappings/mapping-changes.ts'
import { judgePair, unmerge } from '../../src/engine/matching/judge.ts'
import { refreshMatching } from '../../src/engine/matching/match-changes.ts'
import { guard } from '../../src/routes/guard.ts'
import { pageRoutes } from '../../src/routes/pages.ts'
import { api } from './api-support.ts'
import { CONTACTS, createWorld, type Fact, MINUTE, person, START, type World } from './support.ts'

let version = 0
const fact = (key: string, email: string, attributes: Record<string, unknown>): Fact => ({
  key,
  updated_at: START + ++version,
  says: [person(email, attributes)],
})

const ADA = { first_name: 'Ada', last_name: 'Lovelace', company_name: 'Analytical Engines', city: 'London' }
const WORK = { ...ADA, phone: '+44 20 7946 0958', title: 'Countess' }
const HOME = { ...ADA, phone: '+44 20 7946 0958', department: 'Mathematics' }

const open = (mode: string, more: object = {}) =>
  createWorld({ mappings: { 'contact.yaml': CONTACTS }, config: `matching: { mode: ${mode} }`, ...more })

const contacts = (w: World) =>
  w.sandboxes.salesforce
    .records('Contact')
    .map(({ Email, Title, Department }) => ({ Email, Title, Department }))
    .sort((a, b) => String(a.Email).localeCompare(String(b.Email)))
const tell = async (w: World, ...facts: Fact[]) => {
  w.clock.advance(MINUTE)
  await w.say(...facts)
  await w.settle()
}
const pairs = async (w: World) => (await w.store.match.pairs({ limit: 100 })).items
const people = async (w: World) => {
  const { items } = await w.inspect.entities({ limit: 100, kind: 'person' })
  return items.map(({ id, golden }) => ({
    id,
    email: golden.email,
    title: golden.title,
    department: golden.department,
  }))
}
const idOf = async (w: World, email: string) => {
  const [found] = await w.store.absorb.findIdentifiers([
    { entityKind: 'person', kind: 'email', value: email },
  ])
  return found!.entity
}

test('two records of one person wait for a person where nothing else is asked for', async () => {
  const w = await open('review')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  const [pair] = await pairs(w)
  expect(pair).toMatchObject({ verdict: 'same' })
  expect(pair!.score).toBeGreaterThan(0.99)
  expect(await people(w)).toHaveLength(2)
  expect(contacts(w)).toHaveLength(2)
  await w.close()
})

test('nobody is looked for where matching is off', async () => {
  const w = await open('off')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  expect(await pairs(w)).toEqual([])
  expect(await w.store.match.records([await idOf(w, 'ada@engines.example')])).toEqual([])
  await w.close()
})

test('a sure pair is one person before the CRM hears of either, where that is asked for', async () => {
  const w = await open('auto')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  expect(await people(w)).toHaveLength(1)
  expect(contacts(w)).toHaveLength(1)
  expect(contacts(w)[0]).toMatchObject({ Title: 'Countess', Department: 'Mathematics' })
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('an accepted pair is one person; said to be different, both are again who they were', async () => {
  const w = await open('review')
  await tell(w, fact('work', 'ada@engines.example', WORK))
  await tell(w, fact('home', 'ada.l@mail.example', HOME))
  const before = await people(w)
  const [pair] = await pairs(w)

  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  const [one, ...others] = await people(w)
  expect(others).toEqual([])
  expect(one).toMatchObject({ title: 'Countess', department: 'Mathematics' })
  expect(await pairs(w)).toEqual([])

  // What is said of either while they are one is said of them, and goes with them.
  await tell(w, fact('home', 'ada.l@mail.example', { ...HOME, department: 'Engines' }))
  expect((await people(w))[0]).toMatchObject({ department: 'Engines' })

  await judgePair(w.engine.deps, pair!, 'different')
  await w.settle()
  const after = await people(w)
  expect(after).toHaveLength(2)
  const change = (row: (typeof before)[number]) =>
    row.department === 'Mathematics' ? { ...row, department: 'Engines' } : row
  expect(new Set(after)).toEqual(new Set(before.map(change)))
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('a judgement that is taken back leaves things as they were', async () => {
  const w = await open('review')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  const before = await people(w)
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  await judgePair(w.engine.deps, pair!)
  await w.settle()
  expect(await people(w)).toEqual(before)
  expect(await pairs(w)).toMatchObject([{ a: pair!.a, b: pair!.b }])
  await w.close()
})

test('records in the CRM go back to whom they were made for', async () => {
  const w = await open('review')
  await tell(w, fact('home', 'ada.l@mail.example', HOME))
  const [first] = w.sandboxes.salesforce.records('Contact')
  await tell(w, fact('work', 'ada@engines.example', WORK))
  expect(contacts(w)).toHaveLength(2)
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  const survivor = (await people(w))[0]!.id
  await unmerge(w.engine.deps, survivor)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contacts(w)).toHaveLength(2)
  const home = await idOf(w, 'ada.l@mail.example')
  const [shadow] = await w.store.project.projections([
    { destination: 'salesforce', object: 'Contact', entity: home },
  ])
  expect(shadow).toMatchObject({ crmId: first!.Id, externalId: home })
  await tell(w, fact('home', 'ada.l@mail.example', { ...HOME, title: 'Analyst' }))
  expect(contacts(w).map(({ Email, Title }) => [Email, Title])).toEqual([
    ['ada.l@mail.example', 'Analyst'],
    ['ada@engines.example', 'Countess'],
  ])
  await w.close()
})

test('what the CRM has merged it cannot take apart: that is told, and a new record is made', async () => {
  const w = await open('review')
  await tell(w, fact('home', 'ada.l@mail.example', HOME), fact('work', 'ada@engines.example', WORK))
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  const crmOf = async (email: string) => {
    const key = { destination: 'salesforce', object: 'Contact', entity: await idOf(w, email) }
    return (await w.store.project.projections([key]))[0]?.crmId
  }
  const [kept, gone] = [await crmOf('ada.l@mail.example'), await crmOf('ada@engines.example')]
  w.sandboxes.salesforce.merge('Contact', kept!, gone!)
  await w.store.deliver.finish({
    now: w.clock.now(),
    results: [],
    deliveries: [],
    live: [],
    redirects: [{ destination: 'salesforce', object: 'Contact', from: gone!, to: kept!, reason: 'merged' }],
  })
  const { fused, left } = await unmerge(w.engine.deps, await idOf(w, 'ada@engines.example'))
  expect(left).toEqual({ entity: await idOf(w, 'ada.l@mail.example'), fields: ['title'] })
  expect(fused).toMatchObject([{ destination: 'salesforce', object: 'Contact', from: gone, to: kept }])
  w.clock.advance(MINUTE)
  await w.settle()
  expect(await crmOf('ada.l@mail.example')).toBe(kept)
  const made = await crmOf('ada@engines.example')
  expect([kept, gone, undefined]).not.toContain(made)
  expect(contacts(w).map(({ Email }) => Email)).toEqual(['ada.l@mail.example', 'ada@engines.example'])
  await w.close()
})

test('a page view of somebody known costs the stage nothing', async () => {
  const w = await open('review', { use: ['website', 'salesforce'] })
  const seen = { type: 'page', anonymousId: 'browser', userId: 'ada', properties: { title: 'Prices' } }
  await w.event({
    ...seen,
    type: 'identify',
    messageId: 'm1',
    traits: { email: 'ada@engines.example', lastName: 'Lovelace' },
    timestamp: new Date(START - MINUTE).toISOString(),
  })
  await w.settle()
  await w.event({ ...seen, messageId: 'm2', timestamp: new Date(START).toISOString() })
  await w.work({ stages: ['unpack', 'absorb'] })
  const marks = await w.store.project.nextDirty({
    stage: 'match',
    kind: 'person',
    limit: 10,
    now: START + MINUTE,
  })
  expect(marks).toEqual([])
  await w.close()
})

test('who turns out to have an identifier in common is one, whatever was judged of them', async () => {
  const w = await open('review')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  await tell(w, {
    key: 'both',
    updated_at: START + ++version,
    says: [
      person(
        'ada@engines.example',
        {},
        {
          identifiers: [
            { kind: 'email', value: 'ada@engines.example' },
            { kind: 'email', value: 'ada.l@mail.example' },
          ],
        },
      ),
    ],
  })
  expect(await people(w)).toHaveLength(1)
  await expect(judgePair(w.engine.deps, pair!, 'different')).rejects.toMatchObject({
    code: 'match.one_already',
  })
  await expect(unmerge(w.engine.deps, pair!.a)).rejects.toMatchObject({ code: 'match.alone' })
  await w.close()
})

test('another mode is another answer for everybody who is there already', async () => {
  const w = await open('off')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  await refreshMatching(w.engine.deps)
  await w.settle()
  expect(await pairs(w)).toEqual([])

  const seen: number[] = []
  for (const mode of ['review', 'auto', 'review', 'off'] as const) {
    w.engine.deps.matching.mode = mode
    await refreshMatching(w.engine.deps)
    await w.settle()
    seen.push((await people(w)).length)
    expect(await refreshMatching(w.engine.deps)).toBe(0)
  }
  expect(seen).toEqual([2, 1, 2, 2])
  await w.close()
})

test('the API lists who is probably the same with what speaks for it, and takes the word of a person', async () => {
  const w = await open('review')
  await tell(w, fact('work', 'ada@engines.example', WORK), fact('home', 'ada.l@mail.example', HOME))
  const { get, post } = api(w)
  const { body } = await get('/api/matches')
  const [match] = body.items
  expect(match).toMatchObject({ verdict: 'same', golden_a: { last_name: 'Lovelace' } })
  expect(match.evidence).toContainEqual({ attribute: 'phone', level: 'equal', weight: expect.any(Number) })
  expect((await get(`/api/matches?entity=${match.b}`)).body.items).toMatchObject([{ id: match.id }])
  expect((await get('/api/matches?entity=per_1')).body.items).toEqual([])
  const pages = pageRoutes({
    inspect: w.inspect,
    match: w.store.match,
    guard: guard({ isLoopback: true }),
    secrets: [],
  })
  const page = await (await pages.request(`http://localhost/people/${match.a}`)).text()
  expect(page).toContain('Perhaps the same person')
  expect(page).toContain(`href="/people/${match.b}"`)
  expect(page).toContain(match.golden_b.email)

  expect(await post(`/api/matches/${match.id}/accept`, {})).toMatchObject({
    status: 200,
    body: { id: match.id },
  })
  await w.settle()
  expect(await people(w)).toHaveLength(1)
  expect((await get('/api/matches')).body.items).toEqual([])

  const unmerged = await post(`/api/people/${match.a}/unmerge`, {})
  expect(unmerged).toMatchObject({ status: 200, body: { entity: match.a, from: [match.b], fused: [] } })
  await w.settle()
  expect(await people(w)).toHaveLength(2)
  expect((await get('/api/matches')).body.items).toEqual([])
  await post(`/api/matches/${match.id}/reopen`, {})
  expect((await get('/api/matches')).body.items).toMatchObject([{ id: match.id }])
  await post(`/api/matches/${match.b}~${match.a}/reject`, {})
  expect((await get('/api/matches')).body.items).toEqual([])

  expect((await post('/api/matches/per_1~per_2/accept', {})).status).toBe(404)
  expect((await post('/api/matches/per_1/accept', {})).status).toBe(400)
  expect((await post(`/api/people/${match.a}/unmerge`, {})).body).toMatchObject({ code: 'match.alone' })
  await w.close()
})

test('whom to believe is written in the configuration, and another answer is another for everybody', async () => {
  const w = await open('off', {
    config: 'survivorship: { sources: [billing-book], fields: { person: { title: { lock: [book] } } } }',
  })
  const other = (attributes: Record<string, unknown>): Fact => fact('bill', 'ada@engines.example', attributes)
  await w.bill(other({ title: 'Payer', city: 'Bonn' }))
  await tell(w, fact('work', 'ada@engines.example', { title: 'Countess', city: 'London' }))
  await w.bill(other({ title: 'Boss', city: 'Bonn' }))
  await w.settle()
  const golden = async () => (await w.inspect.entities({ limit: 9, kind: 'person' })).items[0]!.golden
  expect(await golden()).toMatchObject({ title: 'Countess', city: 'Bonn' })
  await refreshMappings(w.engine.deps)
  delete w.engine.deps.survivorship
  await refreshMappings(w.engine.deps)
  await w.settle()
  expect(await golden()).toMatchObject({ title: 'Boss' })
  await w.close()
})
