import { expect, test } from 'vitest'
import * as z from 'zod'
import { type AnyConnector, defineConnector, secret, silentLog } from '#kit'
import { toConnection } from '../../src/hub.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { failureOf, json, status } from './door-support.ts'

const vendor = defineConnector({
  name: 'vendor',
  title: 'Vendor',
  baseUrl: 'https://api.vendor.test',
  config: z.object({ apiKey: secret(), region: z.string() }),
  auth: {
    type: 'token',
    async acquire({ fetch, config, baseUrl }) {
      const response = await fetch(`${baseUrl}/token`, { method: 'POST', body: config.apiKey })
      return { token: ((await response.json()) as { token: string }).token }
    },
  },
  limits: { concurrency: 1 },
}) as AnyConnector

function connect(answer: (path: string) => Response) {
  const paths: string[] = []
  const clock = fakeClock({ waiting: 'at once' })
  const fetch: typeof globalThis.fetch = async (input) => {
    const { pathname } = new URL((input as Request).url)
    paths.push(pathname)
    return answer(pathname)
  }
  const connection = toConnection(
    {
      name: 'vendor-eu',
      connector: vendor,
      config: { apiKey: 'key-of-vendor', region: 'eu-central' },
      baseUrl: 'https://api.vendor.test',
      hookSecret: 'secret-of-hook',
    },
    { clock, log: silentLog, fetch },
  )
  return { connection, paths }
}

test('a connection’s errors hold none of its secrets, and all else', async () => {
  const { connection } = connect((path) =>
    path === '/token'
      ? json({ token: 'token-of-vendor' })
      : status(400, {}, 'key-of-vendor secret-of-hook token-of-vendor eu-central'),
  )
  const { message } = await failureOf(connection.http.request({ url: '/x' }))
  expect(message).toContain('[redacted] [redacted] [redacted] eu-central')
})

test('a token is asked for through a door too, and not behind the call that waits for it', async () => {
  let tokenCalls = 0
  const { connection, paths } = connect((path) => {
    if (path !== '/token') return json({ ok: true })
    return tokenCalls++ === 0 ? status(429) : json({ token: 'token-of-vendor' })
  })
  expect((await connection.http.request({ url: '/x' })).data).toEqual({ ok: true })
  expect(paths).toEqual(['/token', '/token', '/x'])
})
