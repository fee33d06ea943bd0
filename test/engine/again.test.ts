import { expect, test } from 'vitest'
import { dailyPass } from '../../src/engine/daily.ts'
import { refreshMappings } from '../../src/engine/mappings/mapping-changes.ts'
import {
  calls,
  compile,
  createWorld,
  DAY,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  START,
  touch,
} from './support.ts'

const mappings = { 'contacts.yaml': HUBSPOT_CONTACTS }
const ADA = 'ada@acme.de'
const BOB = 'bob@acme.de'

// ---------------------------------------------------------------- the daily pass

test('a visit that slides out of the window is counted no longer, without anything new coming in', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings })
  const { hubspot } = w.sandboxes
  const visits = () =>
    Object.fromEntries(
      hubspot
        .records('contacts')
        .map(({ properties }) => [properties.email, properties.tributary_visits_30d]),
    )
  await w.say(
    { key: '1', says: [person(ADA), touch(ADA, 'page.viewed', START - 10 * DAY)] },
    { key: '2', says: [touch(ADA, 'page.viewed', START)] },
    { key: '3', says: [person(BOB), touch(BOB, 'page.viewed', START)] },
  )
  await dailyPass(w.engine.deps)
  await w.settle()
  expect(visits()).toEqual({ [ADA]: '2', [BOB]: '1' })
  calls(hubspot)

  const nextDay = async () => {
    w.clock.advance(DAY)
    await dailyPass(w.engine.deps)
    await w.settle()
  }
  for (let day = 1; day < 20; day++) await nextDay()
  expect(calls(hubspot)).toEqual([])
  await nextDay()
  expect(visits()).toEqual({ [ADA]: '1', [BOB]: '1' })
  for (let day = 21; day <= 30; day++) await nextDay()
  expect(visits()).toEqual({ [ADA]: '0', [BOB]: '0' })
  await w.close()
})

test('days on which nothing ran are made up for', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings })
  await w.say({ key: '1', says: [person(ADA), touch(ADA, 'page.viewed', START)] })
  await dailyPass(w.engine.deps)
  await w.settle()
  w.clock.advance(45 * DAY)
  await dailyPass(w.engine.deps)
  await w.settle()
  expect(w.sandboxes.hubspot.records('contacts')).toMatchObject([
    { properties: { tributary_visits_30d: '0' } },
  ])
  await w.close()
})

// ---------------------------------------------------------------- a changed mapping

test('a changed mapping is applied to everyone, and only what differs is sent', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings })
  const { hubspot } = w.sandboxes
  await refreshMappings(w.engine.deps)
  await w.say(
    { key: '1', says: [person(ADA, { first_name: 'Ada', title: 'CTO' })] },
    { key: '2', says: [person(BOB, { first_name: 'Bob' })] },
  )
  await w.settle()
  calls(hubspot)
  expect(await refreshMappings(w.engine.deps)).toBe(0)

  const changed = HUBSPOT_CONTACTS.replace('jobtitle: person.title', 'jobtitle: person.title | upper')
  w.mappings.current = compile({ 'contacts.yaml': `${changed}  # reviewed\n` })
  await refreshMappings(w.engine.deps)
  await w.settle()
  expect(calls(hubspot)).toEqual([])

  w.mappings.current = compile({
    'contacts.yaml': HUBSPOT_CONTACTS.replace(
      'jobtitle: person.title',
      'jobtitle: person.title | prefix("Our ")',
    ),
  })
  await refreshMappings(w.engine.deps)
  await w.settle()
  const sent = (await w.operations('done')).filter(({ fields }) => fields.jobtitle?.after === 'Our CTO')
  expect(sent.map(({ fields }) => Object.keys(fields))).toEqual([['jobtitle']])
  expect(hubspot.records('contacts').map(({ properties }) => properties.jobtitle)).toEqual([
    'Our CTO',
    undefined,
  ])
  expect(calls(hubspot).filter((call) => call.includes('upsert') || call.includes('update'))).toHaveLength(1)
  expect(await refreshMappings(w.engine.deps)).toBe(0)
  await w.close()
})

// ---------------------------------------------------------------- marks

test('what is learnt of somebody while they are being projected is not lost', async () => {
  const w = await createWorld({ use: ['hubspot'], mappings })
  await w.say({ key: '1', says: [person(ADA, { first_name: 'Ada' })] })
  const { project } = w.store
  const { commit } = project
  project.commit = async (projection) => {
    if (!projection.golden.some(({ id }) => id.startsWith('per_'))) return commit(projection)
    project.commit = commit
    w.clock.advance(1)
    await w.say({ key: '1', says: [person(ADA, { first_name: 'Augusta' })] })
    await w.engine.step('unpack', { signal: new AbortController().signal, flush: true })
    await w.engine.step('absorb', { signal: new AbortController().signal, flush: true })
    await commit(projection)
  }
  await w.settle()
  expect(project.commit).toBe(commit)
  expect(w.sandboxes.hubspot.records('contacts')).toMatchObject([{ properties: { firstname: 'Augusta' } }])
  w.clock.advance(MINUTE)
  expect((await w.inspect.totals()).dirty).toEqual([])
  await w.close()
})
