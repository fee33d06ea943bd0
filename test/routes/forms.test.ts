import { expect, test } from 'vitest'
import website from '../../connectors/website/index.ts'
import type { NewReceipt } from '../../src/engine/ports.ts'
import { formRoutes, indexForms } from '../../src/routes/forms.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CONFIG = {
  writeKey: 'wk',
  keepBots: false,
  internalDomains: ['acme.example'],
  allowedOrigins: ['https://www.acme.example'],
  forms: {
    contact: { title: 'Contact us', redirect: 'https://www.acme.example/thanks', perMinute: 3 },
    plain: {},
  },
}

type Config = Parameters<NonNullable<typeof website.webhook>['receive']>[0]['config']

/** The endpoint, its receipts in memory, and what the website connector makes of them. */
function endpoint(clock = { now: NOW }) {
  const config = website.config.parse(CONFIG) as Config
  const receipts = new Map<string, NewReceipt>()
  const app = formRoutes({
    form: indexForms([{ name: 'web', connector: website, config }]),
    receive: async (receipt) => void receipts.set(receipt.id, receipt),
    now: () => clock.now,
  })
  const stream = website.streams!.events!
  return {
    receipts,
    send: (form: string, body: BodyInit, headers: Record<string, string> = {}) =>
      app.request(`https://hub.example/f/${form}`, {
        method: 'POST',
        body,
        headers: { origin: 'https://www.acme.example', ...headers },
      }),
    contributions: () =>
      [...receipts.values()].flatMap(({ body, headers, receivedAt }) =>
        website
          .webhook!.receive({ body, headers, receivedAt, config })
          .records!.flatMap(({ record }) =>
            stream.map(stream.record.parse(record), { connection: 'web', config }),
          ),
      ),
  }
}

const filled = new URLSearchParams({ email: 'zoë@müller.example', first_name: 'Zoë', message: 'Please call' })

test('a plain HTML form becomes a person and a submitted form, and the browser goes where it should', async () => {
  const hub = endpoint()
  const page = 'https://www.acme.example/contact?utm_source=news&utm_medium=email&utm_campaign=spring'
  const answer = await hub.send('contact', filled, { referer: page })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://www.acme.example/thanks'])
  expect(hub.contributions()).toEqual([
    expect.objectContaining({
      type: 'person',
      identifiers: expect.arrayContaining([
        expect.objectContaining({ kind: 'email', value: 'zoë@müller.example' }),
      ]),
      attributes: expect.objectContaining({ first_name: 'Zoë' }),
    }),
    expect.objectContaining({
      type: 'touchpoint',
      touchpoint: expect.objectContaining({
        kind: 'form.submitted',
        title: 'Contact us',
        url: page,
        channel: 'email',
        occurred_at: NOW,
        props: expect.objectContaining({ message: 'Please call', form_id: 'contact' }),
      }),
    }),
  ])
})

test('the visitor that the snippet names is the one who filled in the form', async () => {
  const hub = endpoint()
  await hub.send('contact', new URLSearchParams({ ...Object.fromEntries(filled), _anonymous_id: 'a-1' }))
  const [person, point] = hub.contributions()
  expect(person).toMatchObject({
    identifiers: expect.arrayContaining([{ kind: 'anonymous_id', value: 'a-1' }]),
  })
  expect(JSON.stringify(point)).not.toContain('_anonymous_id')
})

test('multipart forms and JSON say the same; files are left out, several values are kept', async () => {
  const data = new FormData()
  for (const [name, value] of filled) data.append(name, value)
  data.append('interest', 'crm')
  data.append('interest', 'billing')
  data.append('cv', new File(['…'], 'cv.pdf'))
  const [form, json] = [endpoint(), endpoint()]
  expect((await form.send('contact', data)).status).toBe(303)
  const body = JSON.stringify({ ...Object.fromEntries(filled), interest: ['crm', 'billing'] })
  const answer = await json.send('contact', body, {
    'content-type': 'application/json',
    accept: 'application/json',
  })
  expect(await answer.json()).toEqual({ success: true })
  const props = (hub: typeof form) =>
    hub.contributions().flatMap((c) => (c.type === 'touchpoint' ? [c.touchpoint.props] : []))
  expect(props(form)).toEqual(props(json))
  expect(props(form)).toMatchObject([{ interest: ['crm', 'billing'] }])
})

test('a program that fills in the hidden field is answered as if all were well, and nothing is kept', async () => {
  const hub = endpoint()
  const answer = await hub.send(
    'contact',
    new URLSearchParams({ ...Object.fromEntries(filled), _gotcha: 'x' }),
  )
  expect(answer.status).toBe(303)
  expect(hub.receipts.size).toBe(0)
})

test('a second click is the same submission; the same words an hour later are another one', async () => {
  const clock = { now: NOW }
  const hub = endpoint(clock)
  await hub.send('contact', filled)
  clock.now += 5_000
  await hub.send('contact', filled)
  expect(hub.receipts.size).toBe(1)
  clock.now += 3_600_000
  await hub.send('contact', filled)
  expect(hub.receipts.size).toBe(2)
})

test('a flood is refused until the next minute', async () => {
  const clock = { now: NOW + 20_000 }
  const hub = endpoint(clock)
  const send = (n: number) => hub.send('contact', new URLSearchParams({ email: `p${n}@x.example` }))
  for (let n = 0; n < 3; n++) expect((await send(n)).status).toBe(303)
  const refused = await send(3)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '40'])
  clock.now += 40_000
  expect((await send(4)).status).toBe(303)
})

test('without an address to go to, a page says thanks', async () => {
  const answer = await endpoint().send('plain', filled)
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(await answer.text()).toContain('Thank you')
})

test.each([
  ['nowhere', filled, {}, 404, 'request.not_found'],
  ['contact', filled, { origin: 'https://evil.example' }, 403, 'request.forbidden_origin'],
  ['contact', 'x', { 'content-type': 'text/csv' }, 400, 'request.invalid'],
  ['contact', '{', { 'content-type': 'application/json' }, 400, 'request.malformed_json'],
  ['contact', '[]', { 'content-type': 'application/json' }, 400, 'request.invalid'],
  [
    'contact',
    'x'.repeat(40_000),
    { 'content-type': 'application/x-www-form-urlencoded' },
    413,
    'request.body_too_large',
  ],
  ['contact', 'x', { 'content-type': 'multipart/form-data; boundary=b' }, 400, 'request.invalid'],
])('%s: what is no form of ours is refused with its reason', async (form, body, headers, status, code) => {
  const hub = endpoint()
  const answer = await hub.send(form, body, headers)
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code])
  expect(hub.receipts.size).toBe(0)
})

test('two connections cannot have the same form', () => {
  const config = website.config.parse(CONFIG)
  const both = ['a', 'b'].map((name) => ({ name, connector: website, config }))
  expect(() => indexForms(both)).toThrow(/contact belongs to a and to b/)
})
