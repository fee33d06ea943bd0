import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { apiRoutes } from '../../src/routes/api.ts'
import { guard } from '../../src/routes/guard.ts'
import { pageRoutes } from '../../src/routes/pages.ts'
import { parseHtml, wordsOf } from '../support/dom.ts'
import { account, createWorld, START, touch, type World } from './support.ts'

interface Listed {
  id: string
  name: string
  stage: string
}

function surface(world: World) {
  const deps = {
    inspect: world.inspect,
    match: world.store.match,
    engine: world.engine.deps,
    guard: guard({ isLoopback: true }),
    secrets: [],
  }
  const app = new Hono()
  app.route('/', pageRoutes(deps))
  app.route('/', apiRoutes(deps))
  const text = async (path: string) => (await app.request(`http://localhost${path}`)).text()
  return {
    list: async (path: string) => (JSON.parse(await text(path)) as { items: Listed[] }).items,
    async page(path: string) {
      const document = parseHtml(await text(path))
      return { document, words: wordsOf(document.querySelector('main')) }
    },
  }
}

const page = (anonymousId: string, messageId: string) => ({ type: 'page', anonymousId, messageId })

async function visitorsAndPeople(): Promise<World> {
  const world = await createWorld({ use: ['website'], mappings: {} })
  await world.event(page('anon-1', 'm1'))
  await world.event({ type: 'identify', anonymousId: 'anon-2', messageId: 'm2', traits: { city: 'Lahore' } })
  await world.event({ type: 'identify', userId: 'u-3', messageId: 'm3' })
  await world.event({
    type: 'identify',
    anonymousId: 'anon-4',
    messageId: 'm4',
    traits: { email: 'ada@acme.de' },
  })
  await world.event({
    type: 'identify',
    anonymousId: 'anon-5',
    messageId: 'm5',
    traits: { phone: '+49 30 1' },
  })
  await world.event({
    type: 'identify',
    anonymousId: 'anon-6',
    messageId: 'm6',
    traits: { name: 'زینب بی بی' },
  })
  await world.settle()
  return world
}

test('lists show whom an address, a name, a number or an own id tells; visitors only when all are asked for', async () => {
  const world = await visitorsAndPeople()
  const { list, page } = surface(world)
  const known = ['+49 30 1', 'ada@acme.de', 'u-3', 'زینب بی بی']
  const namesOf = (items: Listed[]) => items.map(({ name }) => name.replace('anon-5', '+49 30 1')).sort()
  expect(namesOf(await list('/api/people'))).toEqual(known)
  expect(namesOf(await list('/api/people?all=false'))).toEqual(known)
  const everyone = await list('/api/people?all=true')
  expect(namesOf(everyone)).toEqual([...known, 'anon-1', 'anon-2'].sort())
  expect(
    everyone
      .filter(({ stage }) => stage === 'visitor')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['anon-1', 'anon-2'])

  const shown = await page('/people')
  expect(shown.words).toContain('زینب بی بی')
  expect(shown.words).not.toContain('anon-1')
  const all = [...shown.document.querySelectorAll('main a')].find((a) =>
    a.textContent?.includes('anonymous visitors'),
  )
  const everyonePage = await page(all!.getAttribute('href')!)
  expect(everyonePage.words).toContain('anon-1')
  expect(everyonePage.words).toContain('visitor')
  await world.close()
})

test('a visitor who leaves an address is one no longer', async () => {
  const world = await visitorsAndPeople()
  const { list } = surface(world)
  await world.event({
    type: 'identify',
    anonymousId: 'anon-1',
    messageId: 'm9',
    traits: { email: 'bob@acme.de' },
  })
  await world.settle()
  expect(await list('/api/people?search=bob')).toMatchObject([{ name: 'bob@acme.de', stage: 'lead' }])
  expect((await list('/api/people?all=true')).map(({ name }) => name)).not.toContain('anon-1')
  await world.close()
})

test('somebody known from mail events alone is listed with the address', async () => {
  const world = await createWorld({ mappings: {} })
  await world.say({ key: '1', says: [touch('ada@acme.de', 'email.opened', START)] })
  await world.settle()
  const { list, page } = surface(world)
  expect(await list('/api/people')).toMatchObject([{ name: 'ada@acme.de', stage: 'lead' }])
  const cells = [...(await page('/people')).document.querySelectorAll('tbody td')].map((e) => e.textContent)
  expect(cells.slice(0, 2)).toEqual(['ada@acme.de', 'ada@acme.de'])
  await world.close()
})

test('a mapping sees the stage of a visitor and can leave them out', async () => {
  const world = await createWorld({
    use: ['website', 'salesforce'],
    mappings: {
      'lead.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
when: person.stage != "visitor"
fields:
  LastName: person.full_name ?? person.id
  Company: '"Unknown"'
`,
    },
  })
  await world.event(page('anon-1', 'm1'))
  await world.event({ type: 'identify', userId: 'u-2', messageId: 'm2', traits: { name: 'Ada' } })
  await world.settle()
  expect(world.sandboxes.salesforce.records('Lead')).toMatchObject([{ LastName: 'Ada' }])
  await world.close()
})

test('who has no name is titled by what best tells them apart', async () => {
  const world = await visitorsAndPeople()
  await world.say(
    { key: 'a', says: [account('nameless.de')] },
    {
      key: 'b',
      says: [{ type: 'account', identifiers: [{ kind: 'vendor_id', value: 'cus_1' }], attributes: {} }],
      updated_at: START,
    },
  )
  await world.settle()
  const { list, page } = surface(world)
  expect((await list('/api/accounts')).map(({ name }) => name).sort()).toEqual(['acme.de', 'nameless.de'])
  expect((await list('/api/accounts?all=true')).map(({ name }) => name).sort()).toEqual([
    'acme.de',
    'book:cus_1',
    'nameless.de',
  ])
  for (const { id, name } of await list('/api/people?all=true')) {
    const { document } = await page(`/people/${id}`)
    expect(document.querySelector('h1 bdi')?.textContent).toBe(name)
    expect(document.querySelector('title')?.textContent).toBe(`${name} · Tributary`)
  }
  await world.close()
})
