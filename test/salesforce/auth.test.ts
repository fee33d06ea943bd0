import { expect, test } from 'vitest'
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
