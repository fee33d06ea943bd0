import { expect, test } from 'vitest'
import aircall from '../../connectors/aircall/index.ts'
import mailchimp from '../../connectors/mailchimp/index.ts'
import twilio from '../../connectors/twilio/index.ts'
import type { NewReceipt } from '../../src/engine/ports.ts'
import { type HookConnection, hookRoutes } from '../../src/routes/hooks.ts'

import { connect as connectAircall, call as phoneCall } from '../aircall/support.ts'
import { connect as connectMailchimp, LIST } from '../mailchimp/support.ts'
import { call, connect as connectTwilio, sidOf } from '../twilio/support.ts'

const NOW = Date.parse('2026-03-02T12:00:00Z')

/** The hub's own address is not the one that vendors call. */
function hub(connection: Omit<HookConnection, 'name'>) {
  const receipts: NewReceipt[] = []
  const app = hookRoutes({
    connection: (name) => (name === 'v' ? { name, ...connection } : undefined),
    receive: async (receipt) => void receipts.push(receipt),
    now: () => NOW,
  })
  const post = async (path: string, body: string, headers: Record<string, string> = {}) =>
    (await app.request(`http://10.0.0.5:8787${path}`, { method: 'POST', body, headers })).status
  return { app, post, receipts }
}

test('a callback of Twilio is verified at the public address, and each status is one receipt', async () => {
  const { sandbox, ctx } = connectTwilio()
  sandbox.load([call(1)])
  const config = ctx.config as Record<string, unknown>
  const { post, receipts } = hub({ connector: twilio, config, publicUrl: 'https://hub.example' })
  const ended = await sandbox.statusCallback('https://hub.example/hooks/v?x=1', sidOf(1))
  expect(await post('/hooks/v?x=1', ended.body, ended.headers)).toBe(200)
  expect(await post('/hooks/v?x=1', ended.body, ended.headers)).toBe(200)
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(1)
  expect(await post('/hooks/v?x=2', ended.body, ended.headers)).toBe(401)
  const busy = await sandbox.statusCallback('https://hub.example/hooks/v', sidOf(1), 'busy')
  expect(await post('/hooks/v', busy.body, busy.headers)).toBe(200)
  expect(new Set(receipts.map(({ id }) => id)).size).toBe(2)
})

test('an event of Aircall needs its token, and the secret end of the address where there is one', async () => {
  const { sandbox, ctx } = connectAircall()
  sandbox.load({ calls: [phoneCall(1)] })
  const config = ctx.config as Record<string, unknown>
  const { post, receipts } = hub({ connector: aircall, config, hookSecret: 'k3j4h5g6f7d8s9a0' })
  const body = sandbox.event('call.ended', 1)
  expect(await post('/hooks/v', body)).toBe(404)
  expect(await post('/hooks/v/k3j4h5g6f7d8s9a0', body.replace('hook-token', 'hook-tokem'))).toBe(401)
  expect(await post('/hooks/v/k3j4h5g6f7d8s9a0', body)).toBe(200)
  expect(await post('/hooks/v/k3j4h5g6f7d8s9a0', '{')).toBe(401)
  expect(receipts).toHaveLength(1)
})

test('Mailchimp is answered when it asks, and believed unsigned only at an address with a secret end', async () => {
  const { sandbox, ctx } = connectMailchimp({ signingSecret: undefined })
  const config = ctx.config as Record<string, unknown>
  const secret = hub({ connector: mailchimp, config, hookSecret: 'k3j4h5g6f7d8s9a0' })
  const { body } = await sandbox.delivery('subscribe', { email: 'ada@buyer.example', list_id: LIST })
  expect((await secret.app.request('/hooks/v/k3j4h5g6f7d8s9a0')).status).toBe(200)
  expect((await secret.app.request('/hooks/v/wrong')).status).toBe(404)
  expect(await secret.post('/hooks/v/k3j4h5g6f7d8s9a0', body)).toBe(200)
  expect(await secret.post('/hooks/v/wrong', body)).toBe(404)
  expect(secret.receipts).toHaveLength(1)

  const open = hub({ connector: mailchimp, config })
  expect(await open.post('/hooks/v', body)).toBe(401)
  expect(await open.post('/hooks/v/made-up', body)).toBe(404)
  expect(open.receipts).toEqual([])
})
