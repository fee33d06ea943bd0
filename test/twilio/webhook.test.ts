import { createHash, createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import twilio from '../../connectors/twilio/index.ts'
import { call, connect, NOW, parsed, sidOf } from './support.ts'

const webhook = twilio.webhook!
const URL_ = 'https://hub.example/hooks/calls?from=pbx'

const verify = (
  url: string,
  { body, headers }: { body: string; headers: Record<string, string> },
  config: Record<string, unknown> = {},
) =>
  webhook.verify({
    headers: new Headers(headers),
    body: new TextEncoder().encode(body),
    url,
    config: parsed(config) as never,
    now: NOW,
  })

const refused = { code: 'webhook.signature_invalid' }
const sign = (text: string) => createHmac('sha1', 'auth-token').update(text).digest('base64')

test('a callback is accepted at the address that was signed, with and without the standard port', async () => {
  const { sandbox } = connect()
  sandbox.load([call(1)])
  await verify(URL_, await sandbox.statusCallback(URL_, sidOf(1)))
  const withPort = URL_.replace('hub.example', 'hub.example:443')
  await verify(URL_, await sandbox.statusCallback(withPort, sidOf(1)))
  await verify(withPort, await sandbox.statusCallback(URL_, sidOf(1)))
})

test('a changed address, field, signature or token is refused; so is everything without a token', async () => {
  const { sandbox } = connect()
  sandbox.load([call(1)])
  const delivery = await sandbox.statusCallback(URL_, sidOf(1))
  await expect(verify(`${URL_}&x=1`, delivery)).rejects.toMatchObject(refused)
  await expect(
    verify(URL_, { ...delivery, body: delivery.body.replace('completed', 'busy') }),
  ).rejects.toMatchObject(refused)
  await expect(verify(URL_, delivery, { authToken: 'other' })).rejects.toMatchObject(refused)
  await expect(verify(URL_, delivery, { authToken: undefined })).rejects.toMatchObject(refused)
  await expect(verify(URL_, { ...delivery, headers: {} })).rejects.toMatchObject({
    code: 'webhook.signature_missing',
  })
})

test('fields are signed in order of their names, several values of one once each', async () => {
  const signature = sign(`${URL_}Aonebonebtwoccafé+`)
  const body = 'b=two&A=one&b=one&b=two&cc=af%C3%A9%2B'
  await verify(URL_, { body: body.replace('cc=af', 'c=caf'), headers: { 'x-twilio-signature': signature } })
})

test('a JSON body is covered by its hash in the address', async () => {
  const body = '{"status":"ok"}'
  const url = `${URL_}&bodySHA256=${createHash('sha256').update(body).digest('hex')}`
  const headers = { 'x-twilio-signature': sign(url), 'content-type': 'application/json' }
  await verify(url, { body, headers })
  await expect(verify(url, { body: `${body} `, headers })).rejects.toMatchObject(refused)
})

test('only the end of a call of this account is a hint, and each status has an id of its own', async () => {
  const { sandbox } = connect()
  sandbox.load([call(1)])
  const receive = (body: string) =>
    webhook.receive({ headers: {}, body, receivedAt: NOW, config: parsed() as never })
  const ended = await sandbox.statusCallback(URL_, sidOf(1))
  const ringing = await sandbox.statusCallback(URL_, sidOf(1), 'ringing')
  expect(receive(ended.body)).toEqual({ refetch: [{ stream: 'calls', key: sidOf(1) }] })
  expect(receive(ringing.body)).toEqual({})
  expect(receive(ended.body.replace('AccountSid=AC0', 'AccountSid=ACf'))).toEqual({})
  const ids = [ended, ringing].map(({ body }) => webhook.deliveryId!({ headers: new Headers(), body }))
  expect(new Set(ids).size).toBe(2)
  expect(webhook.deliveryId!({ headers: new Headers(), body: 'MessageSid=1' })).toBeUndefined()
})
