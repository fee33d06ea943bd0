import { createSign, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import sendgrid from '../../connectors/sendgrid/index.ts'
import { rawSignature } from '../../connectors/sendgrid/signature.ts'
import { createSendgridSandbox } from '../../src/sandbox/sendgrid/index.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
const verificationKey = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

/** Signs as the vendor does, with OpenSSL's DER output. */
function sign(body: string, timestamp = String(NOW / 1000)): Headers {
  const signature = createSign('sha256').update(timestamp).update(body).sign(pair.privateKey, 'base64')
  return new Headers({
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  })
}

const verify = (headers: Headers, body: string, config: Record<string, unknown> = {}, now = NOW) =>
  sendgrid.webhook!.verify({
    headers,
    body: new TextEncoder().encode(body),
    url: 'https://hub.example/hooks/sg',
    config: sendgrid.config.parse({ verificationKey, ...config }) as never,
    now,
  })

const BODY = '[{"email":"آدا@example.com","event":"open","timestamp":1772366400}]\r\n'

test('a delivery signed by OpenSSL is accepted, with the key as base64 and as PEM', async () => {
  await verify(sign(BODY), BODY)
  await verify(sign(BODY), BODY, { verificationKey: pem })
})

test('signatures of every shape convert: short numbers, leading zeros', async () => {
  for (let i = 0; i < 300; i++) {
    const body = `${BODY}${i}`
    await verify(sign(body), body)
  }
})

test('a changed body, timestamp or key is refused', async () => {
  const code = { code: 'webhook.signature_invalid' }
  await expect(verify(sign(BODY), `${BODY} `)).rejects.toMatchObject(code)
  const headers = sign(BODY)
  headers.set('x-twilio-email-event-webhook-timestamp', String(NOW / 1000 + 1))
  await expect(verify(headers, BODY)).rejects.toMatchObject(code)
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  await expect(verify(sign(BODY), BODY, { verificationKey: other.toString('base64') })).rejects.toMatchObject(
    code,
  )
})

test('no byte of a signature can be changed', async () => {
  const headers = sign(BODY)
  const good = Buffer.from(headers.get('x-twilio-email-event-webhook-signature')!, 'base64')
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
      const bad = Buffer.from(good)
      bad[index]! ^= flip
      headers.set('x-twilio-email-event-webhook-signature', bad.toString('base64'))
      await expect(verify(headers, BODY)).rejects.toMatchObject({ code: 'webhook.signature_invalid' })
    }),
  )
})

test('any bytes are a refused signature, never a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const raw = rawSignature(bytes)
      expect(raw === undefined || raw.length === 64).toBe(true)
    }),
  )
})

test('missing headers are named', async () => {
  for (const name of ['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp']) {
    const headers = sign(BODY)
    headers.delete(name)
    await expect(verify(headers, BODY)).rejects.toMatchObject({
      code: 'webhook.signature_missing',
      message: expect.stringContaining(name),
    })
  }
})

test('a retry of yesterday is accepted, one of last week is not; the tolerance can be set', async () => {
  const day = 86_400_000
  await verify(sign(BODY), BODY, {}, NOW + day)
  await expect(verify(sign(BODY), BODY, {}, NOW + 4 * day)).rejects.toMatchObject({
    code: 'webhook.timestamp_stale',
  })
  await expect(verify(sign(BODY), BODY, { tolerance: '5m' }, NOW + 301_000)).rejects.toMatchObject({
    code: 'webhook.timestamp_stale',
  })
})

test('a key that is none stops the connection and names the field', async () => {
  await expect(verify(sign(BODY), BODY, { verificationKey: 'AAAA' })).rejects.toMatchObject({
    code: 'config.invalid',
    details: { at: { field: 'verificationKey' } },
  })
})

test('deliveries of the simulator are accepted', async () => {
  const sandbox = await createSendgridSandbox({ apiKey: 'SG.x', now: () => NOW })
  const { headers, body } = await sandbox.signedDelivery([
    { event: 'open', email: 'a@example.com', timestamp: 1 },
  ])
  await verify(new Headers(headers), body, { verificationKey: sandbox.verificationKey })
  expect(
    sendgrid.webhook!.receive({ headers, body, receivedAt: NOW, config: {} as never }).records,
  ).toHaveLength(1)
})

test('a body that is not an array of events is named', () => {
  for (const body of ['{"event":"open"}', 'event=open']) {
    expect(() =>
      sendgrid.webhook!.receive({ headers: {}, body, receivedAt: NOW, config: {} as never }),
    ).toThrow(expect.objectContaining({ code: 'record.invalid' }))
  }
})
