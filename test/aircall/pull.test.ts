import { expect, test } from 'vitest'
import aircall from '../../connectors/aircall/index.ts'
import { call, calls, connect, contact, contacts, MINUTE, map, NOW, pull } from './support.ts'

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

test('all calls come once each, beyond the 10,000 that a list shows', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ calls: range(10_120).map((i) => call(i + 100)) })
  const { ids } = await pull(calls, ctx)
  expect(new Set(ids).size).toBe(10_120)
  expect(ids.length - 10_120).toBeLessThanOrEqual(2)
})

test('the next run reads the last hour again, and from the oldest call that was under way', async () => {
  const { sandbox, ctx, at } = connect()
  const { ended: _, ...underWay } = call(200)
  sandbox.load({ calls: [call(300), underWay, call(150), call(30)] })
  const first = await pull(calls, ctx)
  expect(first.ids).toEqual([300, 200, 150, 30])
  at.now += MINUTE
  sandbox.load({ calls: [call(200, { ended: NOW })] })
  const second = await pull(calls, ctx, first.cursor)
  expect(second.ids).toEqual([200, 150, 30])
  at.now += MINUTE
  expect((await pull(calls, ctx, second.cursor)).ids).toEqual([30])
})

test('what only expires or changes by itself is no change of a call', async () => {
  const { sandbox, ctx } = connect()
  const user = { id: 1, name: 'Sam', email: 'sam@tributary.example' }
  const read = async () => {
    const [raw] = await calls.fetch!(ctx, ['1'])
    return JSON.stringify(calls.content!(calls.record.parse(raw)))
  }
  sandbox.load({ calls: [call(1, { isRecorded: true, user })] })
  const before = await read()
  sandbox.load({ calls: [call(1, { isRecorded: true, user: { ...user, available: false } })] })
  expect(await read()).toBe(before)
  sandbox.load({ calls: [call(1, { isRecorded: true, user, tags: ['Demo'] })] })
  expect(await read()).not.toBe(before)
})

test('contacts come by creation first, then by what changed', async () => {
  const { sandbox, ctx, at } = connect()
  sandbox.load({ contacts: range(120).map((i) => contact(i + 100)) })
  const first = await pull(contacts, ctx)
  expect(first.ids).toHaveLength(120)
  at.now += 3 * 60 * MINUTE
  sandbox.load({ contacts: [contact(150, { updated: at.now - MINUTE })] })
  const before = sandbox.requests.length
  const second = await pull(contacts, ctx, first.cursor)
  expect(second.ids[0]).toBe(150)
  expect(sandbox.requests.length - before).toBe(1)
})

test('a contact that is deleted during the read pushes no other one out', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ contacts: range(120).map((i) => contact(i + 100)) })
  let isFirst = true
  const { ids } = await pull(contacts, ctx, undefined, () => {
    if (isFirst) sandbox.removeContact(219)
    isFirst = false
  })
  expect(new Set(ids).size).toBe(120)
})

test('the quota of a minute is waited for as long as Aircall says, or handed on', async () => {
  const { sandbox, ctx, at } = connect({ requestsPerMinute: 2 })
  sandbox.load({ calls: range(120).map((i) => call(i + 100)) })
  await expect(pull(calls, ctx)).rejects.toMatchObject({
    code: 'http.rate_limited',
    details: { retryAfterMs: 60_000 },
  })
  at.now += 61_000
  const other = connect({ requestsPerMinute: 2 })
  other.sandbox.load({ calls: range(120).map((i) => call(i + 100)) })
  const { ids } = await pull(calls, other.ctx, undefined, () => {
    other.at.now += 20_000
  })
  expect(ids).toHaveLength(120)
  expect(other.waits).toEqual([20_000])
})

test('check proves the key; a call is read by its id, and one that is gone is left out', async () => {
  const { sandbox, ctx } = connect()
  await aircall.check!(ctx)
  await expect(aircall.check!(connect({ apiToken: 'wrong-token' }).ctx)).rejects.toMatchObject({
    code: 'auth.forbidden',
  })
  sandbox.load({ calls: [call(1, { contact: 7 })], contacts: [contact(7)] })
  const found = await calls.fetch!(ctx, ['1', '2'])
  expect(found).toHaveLength(1)
  expect(map(calls, found[0])).toMatchObject([{ person: [{ kind: 'vendor_id', value: '7' }, {}, {}] }])
})

test('the simulator is as strict as the vendor', async () => {
  const { sandbox } = connect()
  const get = async (path: string, key = 'id:api-token') => {
    const headers = { authorization: `Basic ${btoa(key)}` }
    const answer = await sandbox.fetch(new Request(`https://api.aircall.io${path}`, { headers }))
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  expect(await get('/v1/ping', 'id:other')).toEqual({ status: 403, body: { message: 'Forbidden' } })
  for (const query of [
    'per_page=51',
    'page=0',
    'page=201&per_page=50',
    'order=up',
    'order_by=name',
    'from=monday',
  ]) {
    expect(await get(`/v1/contacts?${query}`)).toMatchObject({ status: 400, body: { error: 'Bad Request' } })
  }
  expect(await get('/v1/calls?order_by=updated_at')).toMatchObject({ status: 400 })
  expect(await get('/v1/calls/1')).toMatchObject({ status: 404, body: { error: 'Not Found' } })
})
