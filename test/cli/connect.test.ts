import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#kit'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { listen } from '../support/listen.ts'
import { startTributary, tributary, tributaryJson, variable, workspace } from './support.ts'

const KEY = '5c'.repeat(32)

test('connect lets a CRM in by the browser of this machine; what follows needs nobody', async () => {
  const hubspot = createHubspotSandbox({
    clock: systemClock,
    token: 'none',
    oauth: {
      clientId: 'app',
      clientSecret: 'secret',
      redirectUris: ['http://localhost:8797/oauth/callback'],
    },
  })
  const vendor = await listen(hubspot)
  onTestFinished(() => vendor.close())
  workspace({
    'tributary.yaml': `connections: { portal: { connector: hubspot, baseUrl: "${vendor.url}", clientId: app, clientSecret: "${variable('SECRET')}" } }`,
  })
  const env = { SECRET: 'secret', TRIBUTARY_KEY: KEY }
  const running = startTributary(['connect', 'portal', '--no-browser', '--port', '8797'], env)
  const [, url] = await running.says(/(https:\/\/app\.hubspot\.com\/oauth\/authorize\S+)/)
  const stranger = await fetch('http://127.0.0.1:8797/oauth/callback?state=x&code=y', {
    headers: { accept: 'text/html' },
  })
  expect([stranger.status, await stranger.text()]).toEqual([400, expect.stringContaining('Not connected')])
  const page = await fetch(hubspot.oauth!.consent.visit(new URL(url!)), { headers: { accept: 'text/html' } })
  expect(await page.text()).toContain('portal is connected')
  expect(await running.ended).toMatchObject({ code: 0, out: expect.stringContaining('portal is connected.') })

  const check = startTributary(['check', '--online'], env)
  expect(await check.ended).toMatchObject({ code: 0 })
  const rotated = await startTributary(['keys', 'rotate', '--json'], {
    ...env,
    TRIBUTARY_KEY: '6d'.repeat(32),
    TRIBUTARY_OLD_KEYS: KEY,
  }).ended
  expect(JSON.parse(rotated.out)).toMatchObject({ resealed: ['portal'] })
})

test('connect names the connections that can be let in', async () => {
  workspace({
    'tributary.yaml': `connections: { own: { connector: hubspot, accessToken: "${variable('TOKEN')}" } }`,
  })
  const env = { TOKEN: 't', TRIBUTARY_KEY: KEY }
  expect(await startTributary(['connect', 'own'], env).ended).toMatchObject({
    code: 2,
    err: expect.stringContaining('credentials of its own'),
  })
  expect(await startTributary(['connect', 'x'], env).ended).toMatchObject({
    code: 2,
    err: expect.stringContaining('none is configured for consent'),
  })
})

test('keys new prints a key that is accepted; rotate needs one', async () => {
  workspace()
  const { json } = await tributaryJson<{ key: string }>('keys', 'new')
  expect(json.key).toMatch(/^[0-9a-f]{64}$/)
  expect(await tributary('keys', 'rotate')).toMatchObject({
    code: 2,
    err: expect.stringContaining('credential.key_missing'),
  })
  expect(await tributary('keys', 'burn')).toMatchObject({
    code: 2,
    err: expect.stringContaining('new or rotate'),
  })
})
