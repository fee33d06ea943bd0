import { expect, test } from 'vitest'
import { type AcquireContext, type Auth, createAuthenticator, signJwt } from '#kit'
import { fakeClock } from '../support/fake-clock.ts'

type Config = { users: string[] }
const config: Config = { users: ['ana', 'bo'] }

const request = (user: string) => new Request(`https://api.vendor.example/users/${user}`)
const bearer = ({ headers }: Request) => headers.get('authorization')

/** A vendor that gives each user numbered tokens, once it is let. */
function vendor() {
  const asked: string[] = []
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const auth: Auth<Config> = {
    type: 'token',
    subjectOf: ({ url }, { users }) => users.find((user) => url.endsWith(`/${user}`)),
    async acquire({ subject = 'itself', now }: AcquireContext<Config>) {
      asked.push(subject)
      await gate
      return { token: `${subject}-${asked.length}`, expiresAt: now + 3_600_000 }
    },
  }
  const clock = fakeClock()
  const { fetch } = globalThis
  const authenticator = createAuthenticator(auth, config, {
    baseUrl: 'https://api.vendor.example',
    fetch,
    clock,
  })!
  return { asked, release, authenticator }
}

test('each user has a token of their own, asked for once however many requests wait for it', async () => {
  const { asked, release, authenticator } = vendor()
  const sent = ['ana', 'bo', 'ana', 'cy', 'bo'].map((user) => authenticator.authorize(request(user)))
  release()
  const tokens = (await Promise.all(sent)).map(bearer)
  expect(asked).toEqual(['ana', 'bo', 'itself'])
  expect(tokens).toEqual(
    ['ana', 'bo', 'ana', 'itself', 'bo'].map((name) => expect.stringContaining(`Bearer ${name}-`)),
  )
})

test('a refused token is dropped for its user alone', async () => {
  const { asked, release, authenticator } = vendor()
  release()
  const ana = await authenticator.authorize(request('ana'))
  const bo = await authenticator.authorize(request('bo'))
  await authenticator.refresh!(ana)
  expect(bearer(await authenticator.authorize(request('ana')))).not.toBe(bearer(ana))
  expect(bearer(await authenticator.authorize(request('bo')))).toBe(bearer(bo))
  // What was renewed meanwhile is not dropped by a late answer to the old one.
  await authenticator.refresh!(ana)
  await authenticator.authorize(request('ana'))
  expect(asked).toEqual(['ana', 'bo', 'ana'])
})

test('where one acts for many, nothing is asked for that no request needs', () => {
  expect(vendor().authenticator.baseUrl).toBeUndefined()
})

test('an assertion is verified by the public key, whatever it says', async () => {
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
  const pem = `-----BEGIN PRIVATE KEY-----\\n${der.replace(/(.{64})/g, '$1\\n')}\\n-----END PRIVATE KEY-----\\n`
  const jwt = await signJwt(pem, { iss: 'hub', sub: 'ünï@hub.example' }, 'key-1')
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  expect(jwt).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    kid: 'key-1',
  })
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iss: 'hub',
    sub: 'ünï@hub.example',
  })
  const signed = new TextEncoder().encode(`${header}.${claims}`)
  const isValid = await crypto.subtle.verify(
    'RSASSA-PKCS1-v1_5',
    pair.publicKey,
    Buffer.from(signature, 'base64url'),
    signed,
  )
  expect(isValid).toBe(true)
  await expect(
    signJwt('-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----', {}),
  ).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.not.stringContaining('secret'),
  })
})
