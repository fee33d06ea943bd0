import { expect, test } from 'vitest'
import { config } from '../../connectors/salesforce/config.ts'
import { connect } from './support.ts'

test.each([
  [429, 'rate_limit'],
  [503, 'transient'],
])('a login that is answered %s tells how long to wait', async (status, kind) => {
  const { sandbox, upsert } = connect()
  sandbox.fail({
    kind: 'answer',
    status,
    headers: { 'retry-after': '45' },
    matches: ({ url }) => url.endsWith('/oauth2/token'),
  })
  const write = upsert('Account', [{ id: 'a', externalId: 'a', fields: { Name: 'A' } }])
  const error = await write.then(
    ([result]) => (result?.status === 'failed' ? result.error : undefined),
    (thrown) => thrown,
  )
  expect(error).toMatchObject({ kind, details: { httpStatus: status, retryAfterMs: 45_000 } })
  expect(sandbox.requests).toHaveLength(1)
})

test('an assertion signed with the certificate of the app acts for a user, on any login address', async () => {
  const pair = await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ['sign', 'verify'],
  )
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64')
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----`
  const jwt = { username: 'hub@acme.com', publicKey: pair.publicKey }
  const own = { grant: 'jwt', username: jwt.username, privateKey }
  const { upsert, sandbox } = connect({ jwt }, own, 'https://login.salesforce.com')
  const [result] = await upsert('Account', [{ id: 'a', externalId: 'a', fields: { Name: 'A' } }])
  expect(result).toMatchObject({ status: 'written', created: true })
  sandbox.expireTokens()
  const [again] = await upsert('Account', [{ id: 'b', externalId: 'a', fields: { Name: 'B' } }])
  expect(again).toMatchObject({ status: 'written', created: false })

  const stranger = connect({ jwt }, { ...own, username: 'nobody@acme.com' })
  const refused = stranger.upsert('Account', [{ id: 'a', externalId: 'a', fields: { Name: 'A' } }])
  const error = await refused.then(
    ([item]) => (item?.status === 'failed' ? item.error : undefined),
    (thrown) => thrown,
  )
  expect(error).toMatchObject({ code: 'auth.rejected', message: expect.stringMatching(/nobody@acme\.com/) })
})

test.each([
  [{ grant: 'jwt', clientSecret: undefined }, 'username'],
  [{ grant: 'client_credentials', clientSecret: undefined }, 'clientSecret'],
])('what a grant needs and lacks is named', (given, field) => {
  const { error } = config.safeParse({ clientId: 'c', ...given })
  expect(error?.issues.map(({ path }) => path.join('.'))).toContain(field)
})
