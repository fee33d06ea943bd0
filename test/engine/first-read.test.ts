import { expect, test } from 'vitest'
import { pullDue } from '../../src/engine/reading/pull-due.ts'
import { drain } from '../../src/engine/schedule.ts'
import {
  stripeCustomer,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { createWorld, HOUR, MINUTE, START, type World, type WorldOptions } from './support.ts'

const signal = new AbortController().signal
const CREATED = START / 1000 - 86_400

const mappingOf = (object: 'Lead' | 'Contact', company = ''): string => `
apiVersion: tributary/v1
target: { connection: salesforce, object: ${object} }
from: person
when: person.stage == "${object.toLowerCase()}"
mode: upsert
fields:
  Email: person.email
  LastName: person.last_name ?? person.email
  ${company && `Company: person.company_name ?? "unknown"`}
`

/** A customer with a subscription, read a page at a time: customers long before subscriptions. */
async function world(use: WorldOptions['use'] = ['stripe', 'salesforce']): Promise<World> {
  const w = await createWorld({
    use,
    mappings: { 'lead.yaml': mappingOf('Lead', 'Company'), 'contact.yaml': mappingOf('Contact') },
  })
  const price = stripePrice({ id: 'price_1', product: 'prod_1', unit_amount: 4900 })
  w.sandboxes.stripe.load([
    stripeProduct({ id: 'prod_1', name: 'Telemetry' }),
    price,
    stripeCustomer({ id: 'cus_1', email: 'ada@acme-works.com', name: 'Ada Lovelace', created: CREATED }),
    stripeSubscription({
      id: 'sub_1',
      customer: 'cus_1',
      created: CREATED,
      start_date: CREATED,
      status: 'active',
      items: [{ price }],
      period: { start: CREATED, end: CREATED + 365 * 86_400 },
    }),
  ])
  return w
}

/** Reads one stream after the other until this one is read, then lets the stages work for a while as a running hub does. */
async function readTo(w: World, scope: string): Promise<void> {
  const isRead = async () =>
    (await w.inspect.runs({ limit: 100, kind: 'pull' })).items.some((run) => run.scope === scope)
  for (let i = 0; i < 30 && !(await isRead()); i++) {
    let left = 1
    await pullDue(w.engine, { signal, mayContinue: () => left-- > 0 })
  }
  await workOn(w)
}

async function workOn(w: World): Promise<void> {
  for (let i = 0; i < 5; i++) {
    w.clock.advance(MINUTE)
    await drain(w.engine, { signal })
  }
}
const held = ({ sandboxes: { salesforce } }: World) =>
  ['Lead', 'Contact'].map((object) => salesforce.records(object).length)

test('a customer whose subscription is still to be read does not become a lead meanwhile', async () => {
  const w = await world()
  await readTo(w, 'stripe/customers')
  expect((await w.inspect.entities({ kind: 'person', limit: 9 })).items).toHaveLength(1)
  expect(held(w)).toEqual([0, 0])
  await pullDue(w.engine, { signal })
  await workOn(w)
  expect(held(w)).toEqual([0, 1])
  await w.close()
})

test('what is known of it from elsewhere does not make it a lead either', async () => {
  const w = await world(['stripe', 'inference', 'salesforce'])
  await readTo(w, 'stripe/customers')
  const [customer] = (await w.inspect.entities({ kind: 'person', limit: 9 })).items
  expect(customer).toMatchObject({ golden: { is_free_mail: false } })
  expect(held(w)).toEqual([0, 0])
  await pullDue(w.engine, { signal })
  await workOn(w)
  expect(held(w)).toEqual([0, 1])
  await w.close()
})

test('a read that is complete is absorbed and projected before anything of it leaves', async () => {
  const w = await world()
  await readTo(w, 'stripe/customers')
  await pullDue(w.engine, { signal })
  for (const stage of ['deliver', 'absorb', 'deliver'] as const) {
    w.clock.advance(MINUTE)
    await drain(w.engine, { signal, stages: [stage] })
    expect(held(w)).toEqual([0, 0])
  }
  await drain(w.engine, { signal })
  expect(held(w)).toEqual([0, 1])
  await w.close()
})

test('a source that is down, or never comes to its end, keeps nobody waiting', async () => {
  const w = await world()
  await readTo(w, 'stripe/customers')
  w.sandboxes.stripe.fail({
    kind: 'answer',
    status: 503,
    times: 99,
    matches: ({ url }) => url.includes('/v1/subscriptions'),
  })
  await pullDue(w.engine, { signal })
  await workOn(w)
  expect(held(w)).toEqual([1, 0])
  await w.close()

  const slow = await world()
  await readTo(slow, 'stripe/customers')
  expect(held(slow)).toEqual([0, 0])
  slow.clock.advance(6 * HOUR)
  await drain(slow.engine, { signal })
  expect(held(slow)).toEqual([1, 0])
  await slow.close()
})
