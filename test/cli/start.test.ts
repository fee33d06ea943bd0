import { expect, onTestFinished, test, vi } from 'vitest'
import { listen } from '../support/listen.ts'
import { startTributary, tributary, tributaryJson, variable, workspace } from './support.ts'

const CONFIG = `connections:
  website: { connector: website, writeKey: "${variable('WRITE_KEY')}" }
`

function site(): void {
  workspace({ 'tributary.yaml': CONFIG })
  vi.stubEnv('WRITE_KEY', 'wk_cli')
}

test('start says where it listens, takes events, and a polite kill ends it with 0 and nothing lost', async () => {
  site()
  vi.stubEnv('PORT', '0')
  const hub = startTributary(['start'])
  const [, url] = await hub.says(/^Tributary listens on (http:\/\/127\.0\.0\.1:\d+)\n/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  for (let n = 1; n <= 5; n++) {
    const answer = await fetch(`${url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({
        writeKey: 'wk_cli',
        messageId: `m${n}`,
        userId: 'ada',
        event: 'Engine Started',
      }),
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{"success":true}'])
  }
  // Keep-alive connections of these requests are still open.
  hub.stop('SIGTERM')
  expect(await hub.ended).toMatchObject({ code: 0, err: '' })
  const { json } = await tributaryJson<{ totals: { receipts: Record<string, number> } }>('status')
  const { new: waiting, done, dead } = json.totals.receipts
  expect([waiting! + done!, dead]).toEqual([5, 0])
})

test('a port in use ends start with 2, and says which and what to do', async () => {
  site()
  const other = await listen({ fetch: () => new Response('other') })
  onTestFinished(() => other.close())
  vi.stubEnv('PORT', new URL(other.url).port)
  const { code, out, err } = await tributary('start')
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(`Port ${process.env.PORT} on 127.0.0.1 is in use by another process`)
  expect(err).toContain('code: server.port_in_use\n  fix:  Stop the other process or set PORT.')
})

test('start beyond loopback is refused without an admin token', async () => {
  site()
  vi.stubEnv('HOST', '0.0.0.0')
  vi.stubEnv('PORT', '0')
  const { code, err } = await tributary('start')
  expect(code).toBe(2)
  expect(err).toContain('HOST is 0.0.0.0, which others can reach, and TRIBUTARY_ADMIN_TOKEN is not set')
  expect(err).toContain('code: config.admin_token_missing\n  fix:  Set TRIBUTARY_ADMIN_TOKEN')
})

test('an address that this machine does not have ends start with 2', async () => {
  site()
  // Reserved for documentation: nobody has it.
  vi.stubEnv('HOST', '192.0.2.1')
  vi.stubEnv('TRIBUTARY_ADMIN_TOKEN', 'a-long-token')
  const { code, err } = await tributary('start')
  expect(code).toBe(2)
  expect(err).toMatch(
    /Cannot listen on 192\.0\.2\.1, port 8787: EADDRNOTAVAIL\n {2}code: server\.cannot_listen/,
  )
})

test('a missing variable ends start with 2 before anything listens, and names its place', async () => {
  site()
  vi.stubEnv('WRITE_KEY', '')
  const { code, err } = await tributary('start')
  expect(code).toBe(2)
  expect(err).toContain('tributary.yaml:2:44 config.env_missing the environment variable WRITE_KEY is empty')
})

test('a database that cannot be opened ends with 2 and names it', async () => {
  const { write } = workspace({ 'tributary.yaml': 'connections: {}' })
  write('hub.db', 'this is no database, but quite some text that stands where one should be'.repeat(20))
  const { code, err } = await tributary('start')
  expect(code).toBe(2)
  expect(err).toMatch(
    /hub\.db cannot be opened or used\n {2}code: store\.unavailable\n {2}fix: {2}Check DATABASE_URL/,
  )
})

test('a mapping with a slip ends start with 2 and its place', async () => {
  workspace({
    'tributary.yaml': 'mappings: mappings\nconnections: {}\n',
    'mappings/a.yaml':
      'apiVersion: tributary/v1\ntarget: { connection: sf, object: Lead }\nfrom: person\nfields:\n  A: person.emial\n',
  })
  const { code, err } = await tributary('start')
  expect(code).toBe(2)
  expect(err).toMatch(/mappings\/a\.yaml:5:\d+ error mapping\.unknown_name\n.*Did you mean person\.email\?/)
})
