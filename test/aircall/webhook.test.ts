import { expect, test } from 'vitest'
import aircall from '../../connectors/aircall/index.ts'
import { call, connect, contact, NOW, parsed } from './support.ts'

const webhook = aircall.webhook!
const verify = (body: string, config: Record<string, unknown> = {}) =>
  webhook.verify({
    headers: new Headers(),
    body: new TextEncoder().encode(body),
    url: 'https://hub.example/hooks/phone',
    config: parsed(config),
    now: NOW,
  })
const receive = (body: string) => webhook.receive({ headers: {}, body, receivedAt: NOW, config: parsed() })

test('an event is accepted by its token and by nothing else', async () => {
  const { sandbox } = connect()
  sandbox.load({ calls: [call(1)] })
  const body = sandbox.event('call.ended', 1)
  await verify(body)
  const invalid = { code: 'webhook.signature_invalid' }
  await expect(verify(body, { webhookToken: 'other-token' })).rejects.toMatchObject(invalid)
  await expect(verify(body, { webhookToken: undefined })).rejects.toMatchObject(invalid)
  for (const bad of ['{', 'null', '[]', '{"token":null}', '{"token":{"length":10}}'])
    await expect(verify(bad)).rejects.toMatchObject({ code: 'webhook.signature_missing' })
})

test('events are hints to read the call or the contact; deletions are deletions', () => {
  const { sandbox, at } = connect()
  sandbox.load({ calls: [call(1)], contacts: [contact(7)] })
  expect(receive(sandbox.event('call.ended', 1))).toEqual({ refetch: [{ stream: 'calls', key: '1' }] })
  expect(receive(sandbox.event('contact.created', 7))).toEqual({
    refetch: [{ stream: 'contacts', key: '7' }],
  })
  expect(receive(sandbox.event('contact.deleted', 8))).toEqual({
    deleted: [{ stream: 'contacts', key: '8' }],
  })
  expect(receive(sandbox.event('call.hungup', 1))).toEqual({})
  expect(receive(sandbox.event('user.created', 3))).toEqual({})

  const id = (body: string) => webhook.deliveryId!({ headers: new Headers(), body })
  const first = sandbox.event('call.commented', 1)
  expect(id(first)).toBe(id(sandbox.event('call.commented', 1)))
  at.now += 5_000
  expect(id(sandbox.event('call.commented', 1))).not.toBe(id(first))
})

test.each(['{', '[1]', '"x"', '{"event":5}'])('a body like %s is a dead letter', (body) => {
  expect(() => receive(body)).toThrow(expect.objectContaining({ code: 'record.invalid' }))
})
