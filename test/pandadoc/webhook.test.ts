import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import pandadoc from '../../connectors/pandadoc/index.ts'
import { connect, NOW, quote } from './support.ts'

const { webhook } = pandadoc

const verify = (query: string, body: string, config: Record<string, unknown> = { webhookKey: 'pd-hook' }) =>
  webhook!.verify({
    headers: new Headers(),
    body: new TextEncoder().encode(body),
    url: `https://hub.example/hooks/pd${query}`,
    config: { apiKey: 'k', ...config } as never,
    now: NOW,
  })

const receive = (body: string) =>
  webhook!.receive({ headers: {}, body, receivedAt: NOW, config: {} as never })

test('a delivery signed in the query is accepted; a changed body, key or signature is refused', async () => {
  const body = '[{"event":"document_state_changed","data":{"id":"x","name":"Angebot für 王"}}]'
  const query = `?signature=${createHmac('sha256', 'pd-hook').update(body).digest('hex')}`
  await verify(query, body)
  const refused = { code: 'webhook.signature_invalid' }
  await expect(verify(query, `${body} `)).rejects.toMatchObject(refused)
  await expect(verify(query, body, { webhookKey: 'other' })).rejects.toMatchObject(refused)
  await expect(verify(query.slice(0, -2), body)).rejects.toMatchObject(refused)
  await expect(verify('?signature=', body)).rejects.toMatchObject({ code: 'webhook.signature_missing' })
  await expect(verify('', body)).rejects.toMatchObject({ code: 'webhook.signature_missing' })
})

test('without a webhook key nothing is taken', async () => {
  const body = '[]'
  const query = `?signature=${createHmac('sha256', 'x').update(body).digest('hex')}`
  await expect(verify(query, body, {})).rejects.toMatchObject({ code: 'webhook.signature_invalid' })
})

test('a delivery is a hint to fetch each document once; deletions are deletions', async () => {
  const { sandbox } = connect()
  sandbox.load([quote('a'), quote('b')])
  const { body, query, headers } = await sandbox.signedDelivery([
    { event: 'document_state_changed', id: 'a' },
    { event: 'recipient_completed', id: 'a' },
    { event: 'quote_updated', id: 'b' },
    { event: 'document_deleted', id: 'c' },
    { event: 'template_updated', id: 't' },
  ])
  await verify(query, body)
  expect(receive(body)).toEqual({
    refetch: [
      { stream: 'documents', key: 'a' },
      { stream: 'documents', key: 'b' },
    ],
    deleted: [{ stream: 'documents', key: 'c' }],
  })
  expect(webhook!.deliveryId!({ headers: new Headers(headers), body })).toBe('sandbox-event-1')
})

test.each(['{', '[1]', '"x"'])('a body like %s is a dead letter', (body) => {
  expect(() => receive(body)).toThrow(expect.objectContaining({ code: 'record.invalid' }))
})
