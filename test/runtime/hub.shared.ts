import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stripeCustomer, stripeInvoice } from '../../src/sandbox/stripe/index.ts'
import { HUB_SECRETS } from './hub-config.ts'
import type { Runtime } from './runtime.ts'

const admin = { authorization: `Bearer ${HUB_SECRETS.TRIBUTARY_ADMIN_TOKEN}` }
const basic = `Basic ${btoa(`${HUB_SECRETS.WEBSITE_WRITE_KEY}:`)}`

/** What the hub does on every runtime. */
export function describeHub(name: string, start: () => Promise<Runtime>): void {
  describe(name, () => {
    let hub: Runtime
    beforeEach(async () => {
      hub = await start()
    })
    afterEach(async () => {
      await hub.close()
    })

    /** Invocations until nothing is left that could be done now. Returns how many it took. */
    async function settle(options: Parameters<Runtime['invoke']>[0] = {}): Promise<number> {
      let pull = options.pull ?? false
      for (let count = 1; count <= 100; count++) {
        const next = await hub.invoke({ ...options, pull })
        if (!next) return count
        pull = next.message.reason === 'pull'
      }
      throw new Error('The hub did not come to rest within 100 invocations')
    }

    const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
      hub.fetch(path, { method: 'POST', body, headers })
    const track = (body: object, headers: Record<string, string> = {}) =>
      post('/v1/track', JSON.stringify(body), {
        'content-type': 'application/json',
        authorization: basic,
        ...headers,
      })

    async function read<T>(path: string): Promise<T> {
      const response = await hub.fetch(path, { headers: admin })
      expect(response.status).toBe(200)
      return (await response.json()) as T
    }
    const items = async (path: string) => (await read<{ items: Record<string, unknown>[] }>(path)).items
    const kinds = async () => (await items('/api/touchpoints')).map(({ kind }) => kind)

    test('answers on /healthz', async () => {
      const response = await hub.fetch('/healthz')
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    })

    test('a single event with Basic authentication becomes a touchpoint', async () => {
      const response = await track({
        event: 'Signed Up',
        userId: 'u1',
        context: { page: { url: 'https://x.example/' } },
      })
      expect(response.status).toBe(200)
      await settle()
      expect(await items('/api/touchpoints')).toMatchObject([
        { title: 'Signed Up', record: { connection: 'website', stream: 'events' } },
      ])
    })

    test('a batch as text/plain with the write key in its body becomes touchpoints', async () => {
      const batch = ['one', 'two', 'three'].map((event) => ({
        type: 'track',
        event,
        userId: 'u1',
        messageId: event,
      }))
      const body = JSON.stringify({ writeKey: HUB_SECRETS.WEBSITE_WRITE_KEY, batch })
      expect((await post('/v1/batch', body, { 'content-type': 'text/plain' })).status).toBe(200)
      await settle()
      expect(await kinds()).toHaveLength(3)
    })

    test('a gzip body is read', async () => {
      const text = JSON.stringify({
        type: 'page',
        userId: 'u1',
        properties: { url: 'https://x.example/pricing' },
      })
      const zipped = new Response(text).body!.pipeThrough(new CompressionStream('gzip'))
      const body = new Uint8Array(await new Response(zipped).arrayBuffer())
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: basic }
      expect((await post('/v1/page', body, headers)).status).toBe(200)
      await settle()
      expect(await kinds()).toEqual(['page.viewed'])
    })

    test('an unknown write key is refused and nothing is stored', async () => {
      const response = await track({ event: 'x', userId: 'u1' }, { authorization: `Basic ${btoa('other:')}` })
      expect(response.status).toBe(401)
      await settle()
      expect(await kinds()).toEqual([])
    })

    test('an identified visitor reaches both CRMs, with the name as it was written', async () => {
      const traits = {
        email: 'zahra@lahore-textiles.pk',
        firstName: 'زہرہ',
        lastName: 'احمد',
        company: { name: 'لاہور ٹیکسٹائل' },
      }
      const response = await post('/v1/identify', JSON.stringify({ userId: 'u7', traits }), {
        authorization: basic,
      })
      expect(response.status).toBe(200)
      await settle()
      const [lead] = await hub.vendors.salesforce('Lead')
      expect(lead).toMatchObject({ Email: traits.email, FirstName: 'زہرہ', LastName: 'احمد' })
      const [contact] = await hub.vendors.hubspot('contacts')
      expect(contact).toMatchObject({ email: traits.email, firstname: 'زہرہ', lastname: 'احمد' })
    })

    test('a signed Stripe webhook is fetched anew and its customer reaches both CRMs', async () => {
      await hub.vendors.loadStripe([
        stripeCustomer({ id: 'cus_1', email: 'ada@acme.example', name: 'Ada Byron', created: 1_760_000_000 }),
      ])
      const invoice = stripeInvoice({
        id: 'in_1',
        customer: 'cus_1',
        created: 1_760_000_000,
        finalizedAt: 1_760_000_000,
        total: 4900,
        currency: 'eur',
      })
      const { headers, body } = await hub.vendors.changeStripe(invoice)
      const customer = await hub.vendors.changeStripe(
        stripeCustomer({ id: 'cus_1', email: 'ada@acme.example', name: 'Ada Byron', created: 1_760_000_000 }),
      )
      expect((await post('/hooks/stripe', body, headers)).status).toBe(200)
      expect((await post('/hooks/stripe', customer.body, customer.headers)).status).toBe(200)
      expect((await hub.vendors.requests()).stripe).toEqual([])
      await settle()
      expect((await hub.vendors.requests()).stripe.map(({ path }) => path).toSorted()).toContain(
        '/v1/invoices/in_1',
      )
      expect(await hub.vendors.salesforce('Contact')).toMatchObject([
        { Email: 'ada@acme.example', LastName: 'Byron' },
      ])
      expect(await hub.vendors.hubspot('contacts')).toMatchObject([
        { email: 'ada@acme.example', lastname: 'Byron' },
      ])
    })

    test('the same webhook twice is one receipt', async () => {
      const { headers, body } = await hub.vendors.changeStripe(
        stripeCustomer({ id: 'cus_2', email: 'b@acme.example' }),
      )
      for (const _ of [1, 2]) expect((await post('/hooks/stripe', body, headers)).status).toBe(200)
      expect((await read<{ receipts: object }>('/api/status')).receipts).toMatchObject({ new: 1 })
    })

    test('a webhook that was changed on its way is refused and nothing is stored', async () => {
      const { headers, body } = await hub.vendors.changeStripe(
        stripeCustomer({ id: 'cus_3', email: 'c@acme.example' }),
      )
      expect((await post('/hooks/stripe', body.replace('c@acme', 'd@acme'), headers)).status).toBe(401)
      expect((await read<{ receipts: object }>('/api/status')).receipts).toMatchObject({ new: 0 })
    })

    test('an elliptic-curve signature is accepted, and refused over another body', async () => {
      const event = { event: 'open', email: 'ada@acme.example', timestamp: Math.floor(Date.now() / 1000) }
      const { headers, body } = await hub.vendors.mailEvents([event])
      expect((await post('/hooks/sendgrid', body.replace('ada@', 'eve@'), headers)).status).toBe(401)
      expect((await post('/hooks/sendgrid', body, headers)).status).toBe(200)
      await settle()
      expect(await kinds()).toEqual(['email.opened'])
    })

    test('many signed webhooks and events at once are all stored', async () => {
      const deliveries = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          hub.vendors.changeStripe(stripeCustomer({ id: `cus_${i}`, email: `p${i}@acme.example` })),
        ),
      )
      const answers = await Promise.all([
        ...deliveries.map(({ headers, body }) => post('/hooks/stripe', body, headers)),
        ...deliveries.map((_, i) => track({ event: 'Clicked', userId: `u${i}`, messageId: `m${i}` })),
      ])
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect((await read<{ receipts: object }>('/api/status')).receipts).toMatchObject({ new: 40 })
    })

    test('a pull is bounded by pages and goes on where it stopped', async () => {
      const customers = Array.from({ length: 250 }, (_, i) =>
        stripeCustomer({ id: `cus_${i}`, created: 1_700_000_000 + i }),
      )
      await hub.vendors.loadStripe(customers)
      const budget = { pagesPerStream: 1 }
      const lists = async () =>
        (await hub.vendors.requests()).stripe.filter(({ path }) => path === '/v1/customers').length
      expect(await hub.invoke({ pull: true, budget })).toEqual({
        message: { reason: 'pull' },
        delaySeconds: 0,
      })
      expect(await lists()).toBe(1)
      await settle({ pull: true, budget })
      expect(await lists()).toBe(3)
      expect(await read('/api/status')).toMatchObject({ records: { pending: 0 }, people: 250 })
    })

    test('a pull stops at its share of the budget', async () => {
      await hub.vendors.loadStripe(
        Array.from({ length: 250 }, (_, i) => stripeCustomer({ id: `cus_${i}`, created: 1_700_000_000 + i })),
      )
      expect(await hub.invoke({ pull: true, budget: { vendorCalls: 2 } })).toMatchObject({
        message: { reason: 'pull' },
      })
      expect((await hub.vendors.requests()).stripe).toHaveLength(1)
    })

    test('work stops where its budget ends and the next invocation finishes it', async () => {
      const batch = Array.from({ length: 30 }, (_, i) => ({
        type: 'identify',
        userId: `u${i}`,
        traits: { email: `p${i}@firm${i}.example` },
      }))
      await post('/v1/batch', JSON.stringify({ batch }), { authorization: basic })
      const budget = { vendorCalls: 1 }
      const first = await hub.invoke({ budget })
      expect(first).toEqual({ message: { reason: 'more' }, delaySeconds: 0 })
      const written = [await hub.vendors.salesforce('Lead'), await hub.vendors.hubspot('contacts')].flat()
      expect(written.length).toBeLessThan(60)
      expect(await settle({ budget })).toBeGreaterThan(1)
      expect(await hub.vendors.salesforce('Lead')).toHaveLength(30)
      expect(await hub.vendors.hubspot('contacts')).toHaveLength(30)
    })

    test('the scheduler pulls what is due and fills the CRMs', async () => {
      await hub.vendors.loadStripe([
        stripeCustomer({ id: 'cus_9', email: 'eve@acme.example', name: 'Eve Roe', created: 1_760_000_000 }),
      ])
      const next = await hub.cron()
      if (next) await settle({ pull: next.message.reason === 'pull' })
      expect(await hub.vendors.hubspot('contacts')).toMatchObject([{ email: 'eve@acme.example' }])
      const calls = (await hub.vendors.requests()).stripe.length
      await hub.cron()
      expect((await hub.vendors.requests()).stripe).toHaveLength(calls)
    })

    test('a second round on unchanged sources writes nothing', async () => {
      await track({ event: 'Signed Up', userId: 'u1', context: { traits: { email: 'ada@acme.example' } } })
      await settle()
      const before = await hub.vendors.requests()
      await settle()
      expect(await hub.vendors.requests()).toEqual(before)
    })

    test('API and pages show a person to whoever has the admin token', async () => {
      await post(
        '/v1/identify',
        JSON.stringify({ userId: 'u1', traits: { email: 'ada@acme.example', name: 'Ada Byron' } }),
        { authorization: basic },
      )
      await settle()
      const [person] = await items('/api/people')
      const page = await hub.fetch(`/people/${person?.id}`, { headers: { ...admin, accept: 'text/html' } })
      expect([page.status, page.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining('text/html'),
      ])
      expect(await page.text()).toContain('Ada Byron')
    })

    test('API, pages and metrics are closed to everyone else', async () => {
      for (const path of ['/api/people', '/api/status', '/metrics', '/people']) {
        expect((await hub.fetch(path)).status, path).toBe(401)
        expect((await hub.fetch(path, { headers: { authorization: 'Bearer guess' } })).status, path).toBe(401)
      }
    })
  })
}
