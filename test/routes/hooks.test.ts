import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { type AnyConnector, ConfigError, defineConnector } from '#kit'
import pandadoc from '../../connectors/pandadoc/index.ts'
import sendgrid from '../../connectors/sendgrid/index.ts'
import website from '../../connectors/website/index.ts'
import type { NewReceipt } from '../../src/engine/ports.ts'
import { HOOK_LIMIT, type HookConnection, hookRoutes } from '../../src/routes/hooks.ts'
import { createSendgridSandbox } from '../../src/sandbox/sendgrid/index.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

const probing = defineConnector({
  name: 'probing',
  title: 'Probing vendor',
  baseUrl: 'https://probing.example',
  config: z.object({}),
  auth: { type: 'none' },
  webhook: {
    verify: async () => {},
    receive: () => ({}),
    probe: ({ method }) => (method === 'GET' ? new Response('hello') : undefined),
  },
})
const pullOnly = defineConnector({
  name: 'pull',
  title: 'Pull',
  baseUrl: 'https://p.example',
  config: z.object({}),
  auth: { type: 'none' },
})

function hub(options: { sendgridKey?: string; receive?: (receipt: NewReceipt) => Promise<void> } = {}) {
  const receipts: NewReceipt[] = []
  const connections = new Map<string, HookConnection>()
  const add = (
    name: string,
    connector: AnyConnector,
    config: Record<string, unknown>,
    more: Partial<HookConnection> = {},
  ) => connections.set(name, { name, connector, config, ...more })
  add('pd', pandadoc, { apiKey: 'k', webhookKey: 'key' })
  add(
    'pd-secret',
    pandadoc,
    { apiKey: 'k', webhookKey: 'key' },
    { hookSecret: 's3cret', publicUrl: 'https://public.example/' },
  )
  add('sg', sendgrid, { verificationKey: options.sendgridKey ?? '', tolerance: '3d' })
  add('web', website, { writeKey: 'wk', keepBots: false })
  add('probing', probing, {})
  add('pull', pullOnly, {})
  const app = hookRoutes({
    connection: (name) => connections.get(name),
    receive: options.receive ?? (async (receipt) => void receipts.push(receipt)),
    now: () => NOW,
  })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body, headers })
  return { app, post, receipts }
}

const BODY = '[{"event":"document_state_changed","data":{"id":"d1","name":"Angebot 王"}}]'
const signed = (body: string) => `?signature=${createHmac('sha256', 'key').update(body).digest('hex')}`
const code = async (answer: Response) => ((await answer.json()) as { code: string }).code

test('a signed delivery is stored as it came, with the headers worth keeping', async () => {
  const { post, receipts } = hub()
  const answer = await post(`/hooks/pd${signed(BODY)}`, BODY, {
    'x-pandadoc-webhook-event-id': 'ev1',
    'x-other': '1',
  })
  expect(answer.status).toBe(200)
  expect(receipts).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      connection: 'pd',
      receivedAt: NOW,
      headers: { 'x-pandadoc-webhook-event-id': 'ev1' },
      body: BODY,
    },
  ])
})

test('a repeated delivery has the same receipt id, by the vendor id or else by the body', async () => {
  const { post, receipts } = hub()
  const other = BODY.replace('d1', 'd2')
  await post(`/hooks/pd${signed(BODY)}`, BODY, { 'x-pandadoc-webhook-event-id': 'ev1' })
  await post(`/hooks/pd${signed(other)}`, other, { 'x-pandadoc-webhook-event-id': 'ev1' })
  await post(`/hooks/pd${signed(BODY)}`, BODY)
  await post(`/hooks/pd${signed(BODY)}`, BODY)
  await post(`/hooks/pd${signed(other)}`, other)
  const ids = receipts.map((r) => r.id)
  expect(ids[0]).toBe(ids[1])
  expect(ids[2]).toBe(ids[3])
  expect(new Set(ids).size).toBe(3)
})

test('the answer waits for the store, and its failure is not a success', async () => {
  const { post } = hub({
    receive: async () => {
      throw new ConfigError('store.unavailable', 'The database cannot be opened')
    },
  })
  expect((await post(`/hooks/pd${signed(BODY)}`, BODY)).status).toBe(503)
})

test('unsigned, tampered and stale deliveries are refused and nothing is stored', async () => {
  const sandbox = await createSendgridSandbox({ apiKey: 'x', now: () => NOW })
  const { post, receipts } = hub({ sendgridKey: sandbox.verificationKey })
  const unsigned = await post('/hooks/pd', BODY)
  expect([unsigned.status, await code(unsigned)]).toEqual([401, 'webhook.signature_missing'])
  const tampered = await post(`/hooks/pd${signed(BODY)}`, BODY.replace('d1', 'd9'))
  expect([tampered.status, await code(tampered)]).toEqual([401, 'webhook.signature_invalid'])
  const old = await sandbox.signedDelivery([{ event: 'open', email: 'a@example.com', timestamp: 1 }], {
    timestamp: NOW / 1000 - 7 * 86_400,
  })
  const stale = await post('/hooks/sg', old.body, old.headers)
  expect([stale.status, await code(stale)]).toEqual([400, 'webhook.timestamp_stale'])
  expect(receipts).toEqual([])
  const fresh = await sandbox.signedDelivery([{ event: 'open', email: 'a@example.com', timestamp: 1 }])
  expect((await post('/hooks/sg', fresh.body, fresh.headers)).status).toBe(200)
})

test('a secret path segment is part of the address', async () => {
  const { post } = hub()
  const statuses = async (...paths: string[]) =>
    Promise.all(paths.map(async (path) => (await post(path + signed(BODY), BODY)).status))
  expect(await statuses('/hooks/pd-secret/s3cret')).toEqual([200])
  expect(
    await statuses(
      '/hooks/pd-secret',
      '/hooks/pd-secret/wrong',
      '/hooks/pd-secret/s3cre',
      '/hooks/pd/anything',
    ),
  ).toEqual([404, 404, 404, 404])
  const refused = await post('/hooks/pd-secret/guess', BODY)
  expect(await refused.text()).not.toContain('guess')
})

test.each(['/hooks/none', '/hooks/pull', '/hooks/web'])('nothing receives at %s', async (path) => {
  const answer = await hub().post(path, BODY)
  expect([answer.status, await code(answer)]).toEqual([404, 'webhook.unknown_connection'])
})

test('a probe of the vendor is answered by its connector; other methods are not allowed', async () => {
  const { app } = hub()
  expect(await (await app.request('/hooks/probing')).text()).toBe('hello')
  const refused = await app.request('/hooks/pd')
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST'])
})

test('an oversize delivery is answered 413', async () => {
  const body = 'x'.repeat(HOOK_LIMIT + 1)
  const answer = await hub().post(`/hooks/pd${signed(body)}`, body)
  expect([answer.status, await code(answer)]).toEqual([413, 'request.body_too_large'])
})

test('the vendor is verified against the public address of the hub', async () => {
  const seen: string[] = []
  const connector: AnyConnector = {
    ...probing,
    webhook: { verify: async ({ url }) => void seen.push(url), receive: () => ({}) },
  }
  const app = hookRoutes({
    connection: (name) => ({ name, connector, config: {}, publicUrl: 'https://public.example/base/' }),
    receive: async () => {},
    now: () => NOW,
  })
  await app.request('http://10.0.0.1:8787/hooks/x?a=1', { method: 'POST', body: '{}' })
  expect(seen).toEqual(['https://public.example/base/hooks/x?a=1'])
})
