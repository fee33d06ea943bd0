import { expect, test } from 'vitest'
import mailchimp from '../../connectors/mailchimp/index.ts'
import type { MailchimpDelivery } from '../../src/sandbox/mailchimp/index.ts'
import { connect, events, LIST, MINUTE, map, NOW, parsed } from './support.ts'

const webhook = mailchimp.webhook!
const SIGNED = 'https://hub.example/hooks/news'

const verify = (
  { headers, body }: MailchimpDelivery,
  {
    config = {},
    url = SIGNED,
    now = NOW,
  }: { config?: Record<string, unknown>; url?: string; now?: number } = {},
) =>
  webhook.verify({
    headers: new Headers(headers),
    body: new TextEncoder().encode(body),
    url,
    config: parsed(config),
    now,
  })
const receive = (body: string) => webhook.receive({ headers: {}, body, receivedAt: NOW, config: parsed() })

test('a signed delivery is accepted for five minutes; an altered or unsigned one is refused', async () => {
  const delivery = await connect().sandbox.delivery('subscribe', { email: 'a@b.example', list_id: LIST })
  await verify(delivery)
  await verify(delivery, { now: NOW + 4 * MINUTE })
  await expect(verify(delivery, { now: NOW + 6 * MINUTE })).rejects.toMatchObject({
    code: 'webhook.timestamp_stale',
  })
  const invalid = { code: 'webhook.signature_invalid' }
  await expect(verify({ ...delivery, body: `${delivery.body}&x=1` })).rejects.toMatchObject(invalid)
  await expect(verify(delivery, { config: { signingSecret: 'another' } })).rejects.toMatchObject(invalid)
  await expect(verify({ ...delivery, headers: {} })).rejects.toMatchObject({
    code: 'webhook.signature_missing',
  })
})

test('while a secret is exchanged, one of two signatures suffices', async () => {
  const delivery = await connect().sandbox.delivery('subscribe', { email: 'a@b.example', list_id: LIST })
  const header = delivery.headers['x-mailchimp-signature']!
  const both = header.replace('v1=', `v1=${'0'.repeat(64)},v1=`)
  await verify({ ...delivery, headers: { 'x-mailchimp-signature': both } })
})

test('without a signing secret only an address with a secret end is believed', async () => {
  const unsigned = { headers: {}, body: 'type=subscribe' }
  const config = { signingSecret: undefined }
  await verify(unsigned, { config, url: `${SIGNED}/k3j4h5g6f7d8s9a0` })
  await expect(verify(unsigned, { config })).rejects.toMatchObject({ code: 'webhook.signature_missing' })
})

test('Mailchimp is answered when it asks for the address', () => {
  expect(webhook.probe!({ method: 'GET', url: SIGNED })?.status).toBe(200)
  expect(webhook.probe!({ method: 'POST', url: SIGNED })).toBeUndefined()
})

test('changes of members are hints; a change of address concerns both', async () => {
  const { sandbox } = connect()
  const deliver = async (type: string, data: Record<string, string>) =>
    receive((await sandbox.delivery(type, { list_id: LIST, ...data })).body)
  const upper = await deliver('profile', { email: 'Ada@Buyer.example' })
  expect(upper).toEqual(await deliver('subscribe', { email: 'ada@buyer.example' }))
  const moved = await deliver('upemail', { new_email: 'new@b.example', old_email: 'old@b.example' })
  expect(moved.refetch).toHaveLength(2)
  expect(await deliver('campaign', { id: 'c1', status: 'sent' })).toEqual({})
})

test('who leaves by a campaign is in its report; without one the delivery itself tells', async () => {
  const { sandbox } = connect()
  const by = (data: Record<string, string>) =>
    sandbox.delivery('unsubscribe', { list_id: LIST, email: 'ada@buyer.example', reason: 'manual', ...data })
  const campaign = receive((await by({ campaign_id: 'c1' })).body)
  expect(campaign.records).toBeUndefined()
  expect(campaign.refetch).toContainEqual({
    stream: 'events',
    key: expect.stringMatching(/^c1\/[0-9a-f]{32}\/unsubscribe$/),
  })
  const alone = receive((await by({})).body)
  expect(map(events, alone.records![0]!.record)).toMatchObject([
    { touchpoint: { kind: 'email.unsubscribed', occurred_at: NOW, props: { reason: 'manual' } } },
  ])
})

test('a delivery that names nobody is a dead letter', () => {
  expect(() => receive(`type=subscribe&data[list_id]=${LIST}`)).toThrow(
    expect.objectContaining({ code: 'record.invalid' }),
  )
  expect(receive('not a form')).toEqual({})
})
