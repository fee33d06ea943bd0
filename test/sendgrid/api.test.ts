import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { WebhookList } from '../../connectors/sendgrid/api.ts'
import sendgrid from '../../connectors/sendgrid/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { createSendgridSandbox } from '../../src/sandbox/sendgrid/index.ts'
import { clockOf, connectorContext } from '../support/connector-context.ts'

async function check(apiKey: string | undefined, isEnabled = true) {
  const sandbox = await createSendgridSandbox({ apiKey: 'SG.good', now: () => 0, isEnabled })
  const config = sendgrid.config.parse({
    verificationKey: sandbox.verificationKey,
    ...(apiKey ? { apiKey } : {}),
  }) as never
  const given = { config, fetch: sandboxFetch([sandbox]), clock: clockOf({ now: 0 }) }
  await sendgrid.check!(connectorContext<never>(sendgrid, given))
  return sandbox.requests.length
}

test('check proves the API key and that a webhook is enabled', async () => {
  expect(await check('SG.good')).toBe(1)
  await expect(check('SG.bad')).rejects.toMatchObject({ code: 'auth.rejected' })
  await expect(check('SG.good', false)).rejects.toMatchObject({ code: 'config.rejected' })
})

test('without an API key there is nothing to check', async () => {
  expect(await check(undefined)).toBe(0)
})

const specification = new URL('../../../shared/data/vendors/sendgrid-webhooks-openapi.json', import.meta.url)

test.skipIf(!existsSync(specification))("the vendor's example answers parse (skipped: no data)", () => {
  const { paths } = JSON.parse(readFileSync(specification, 'utf8'))
  const examples = (path: string): unknown[] =>
    Object.values(paths[path].get.responses['200'].content['application/json'].examples).map(
      (e) => (e as { value: unknown }).value,
    )
  for (const value of examples('/v3/user/webhooks/event/settings/all'))
    expect(WebhookList.safeParse(value).error).toBeUndefined()
})
