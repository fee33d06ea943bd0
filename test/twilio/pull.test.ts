import { expect, test } from 'vitest'
import type { Cursor } from '#kit'
import twilio from '../../connectors/twilio/index.ts'
import { ACCOUNT, call, calls, connect, MINUTE, NOW, sidOf } from './support.ts'

type Ctx = ReturnType<typeof connect>['ctx']

async function pull(ctx: Ctx, cursor?: Cursor, between?: () => void) {
  const sids: string[] = []
  let last = cursor
  for await (const page of calls.pull!.read(ctx, cursor)) {
    sids.push(...page.records.map((record) => (record as { sid: string }).sid))
    last = JSON.parse(JSON.stringify(page.cursor))
    between?.()
  }
  return { sids, cursor: last! }
}

const many = (count: number) => Array.from({ length: count }, (_, i) => call(i + 20))

test('a full read brings every call once, whatever begins meanwhile', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(many(2500))
  let n = 1
  const { sids } = await pull(ctx, undefined, () => sandbox.load([call(n++, { started: NOW + n })]))
  expect(sids).toHaveLength(2500)
  expect(new Set(sids).size).toBe(2500)
})

test('a read that was stopped goes on where it stopped', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(many(1500))
  const first = (await calls.pull!.read(ctx, undefined).next()).value!
  const { sids } = await pull(ctx, JSON.parse(JSON.stringify(first.cursor)))
  expect(first.records).toHaveLength(1000)
  expect(sids).toHaveLength(500)
})

test('a call that was under way is read again when it is over, however long it took', async () => {
  const { sandbox, ctx, at } = connect()
  sandbox.load([call(300, { status: 'in-progress' }), call(200)])
  const first = await pull(ctx)
  at.now = NOW + 60 * MINUTE
  const second = await pull(ctx, first.cursor)
  expect(second.sids).toContain(sidOf(300))
  at.now = NOW + 120 * MINUTE
  sandbox.load([call(300, { seconds: 20_000 })])
  const third = await pull(ctx, second.cursor)
  expect(third.sids).toEqual([sidOf(200), sidOf(300)])
  at.now = NOW + 180 * MINUTE
  expect((await pull(ctx, third.cursor)).sids).toEqual([])
})

test('a call that is under way for ever does not make each run read everything since', async () => {
  const { sandbox, ctx, at } = connect()
  sandbox.load([call(1, { status: 'in-progress' }), call(2)])
  const { cursor } = await pull(ctx)
  at.now = NOW + 26 * 60 * MINUTE
  const second = await pull(ctx, cursor)
  expect((await pull(ctx, second.cursor)).sids).toEqual([])
})

test('a page token that Twilio no longer knows begins the read anew', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(many(1500))
  const first = (await calls.pull!.read(ctx, undefined).next()).value!
  sandbox.remove((first.records.at(-1) as { sid: string }).sid)
  expect((await pull(ctx, first.cursor)).sids).toHaveLength(1499)
})

test('a call is read by its sid; one that is gone is left out', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load([call(1)])
  const found = (await calls.fetch!(ctx, [sidOf(1), sidOf(2)])) as { sid: string }[]
  expect(found.map(({ sid }) => sid)).toEqual([sidOf(1)])
})

test('check proves the key; a throttled read waits and goes on', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load([call(1)])
  await twilio.check!(ctx)
  await expect(twilio.check!(connect({ apiKeySecret: 'wrong' }).ctx)).rejects.toMatchObject({
    code: 'auth.rejected',
  })
  sandbox.fail({ kind: 'answer', status: 429, body: { code: 20429, status: 429 } })
  sandbox.fail({ kind: 'lost_before' })
  expect((await pull(ctx)).sids).toEqual([sidOf(1)])
})

test('the simulator is as strict as the vendor', async () => {
  const { sandbox } = connect({ requestsPerSecond: 6 })
  const get = async (path: string, key = 'SK1:key-secret') => {
    const headers = key ? { authorization: `Basic ${btoa(key)}` } : {}
    const answer = await sandbox.fetch(new Request(`https://api.twilio.com${path}`, { headers }))
    return { status: answer.status, ...((await answer.json()) as { code?: number }) }
  }
  const list = `/2010-04-01/Accounts/${ACCOUNT}/Calls.json`
  expect(await get(list, '')).toMatchObject({ status: 401, code: 20003 })
  expect(await get(`/2010-04-01/Accounts/${ACCOUNT}.json`)).toMatchObject({ status: 401, code: 20003 })
  expect(await get(`/2010-04-01/Accounts/AC${'f'.repeat(32)}/Calls.json`)).toMatchObject({ status: 404 })
  expect(await get(`${list}?Page=3`)).toMatchObject({ status: 400, code: 20006 })
  expect(await get(`${list}?StartTime%3E=yesterday`)).toMatchObject({ status: 400, code: 20001 })
  expect(await get(`${list}?PageSize=5000`)).toMatchObject({ status: 200, page_size: 1000 })
  expect(await get(list)).toMatchObject({ status: 429, code: 20429 })
})
