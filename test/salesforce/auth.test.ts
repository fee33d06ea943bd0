import { expect, test } from 'vitest'
import { RateLimitError } from '#kit'
import { connect } from './support.ts'

test('a limit on logins tells how long to wait', async () => {
  const { sandbox, upsert } = connect()
  sandbox.fail({
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '45' },
    matches: ({ url }) => url.endsWith('/oauth2/token'),
  })
  const error = await upsert('Account', [{ id: 'a', externalId: 'a', fields: { Name: 'A' } }]).catch((e) => e)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error.details).toMatchObject({ httpStatus: 429, retryAfterMs: 45_000 })
  expect(sandbox.requests).toHaveLength(1)
})
