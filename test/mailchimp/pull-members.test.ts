import { expect, test } from 'vitest'
import mailchimp from '../../connectors/mailchimp/index.ts'
import { connect, LIST, MINUTE, member, members, NOW, pull } from './support.ts'

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

test('all members of all audiences come, or of those that are named', async () => {
  const people = [
    ...range(1200).map((i) => member(i + 100)),
    ...range(3).map((i) => member(i + 100, { list: 'ffff' })),
  ]
  const [all, named] = [connect(), connect({ audiences: ['ffff'] })]
  for (const { sandbox } of [all, named]) sandbox.load({ members: people })
  expect(new Set((await pull(members, all.ctx)).keys).size).toBe(1203)
  expect(new Set((await pull(members, named.ctx)).keys).size).toBe(3)
})

test('an import of thousands in one second is read whole', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ members: range(1700).map((i) => member(i, { changed: NOW - 60 * MINUTE })) })
  const { keys } = await pull(members, ctx)
  expect(new Set(keys).size).toBe(1700)
})

test.each([
  ['at times of their own', (i: number) => NOW - (2000 - i) * MINUTE],
  ['in one second', () => NOW - 2000 * MINUTE],
])('members who change during the read push no others out, having changed before %s', async (_, changed) => {
  const { sandbox, ctx } = connect()
  sandbox.load({ members: range(1400).map((i) => member(i, { changed: changed(i) })) })
  const { keys } = await pull(members, ctx, undefined, (page) => {
    // After the audiences: twice 500, of which those of one second are told apart by number alone.
    if (page === 3) sandbox.load({ members: range(40).map((i) => member(i, { changed: NOW + MINUTE })) })
  })
  const found = new Set(keys)
  const untouched = await keysOf(range(1400).slice(40))
  expect(untouched.filter((key) => !found.has(key))).toEqual([])
})

async function keysOf(numbers: number[]): Promise<string[]> {
  const { sandbox, ctx } = connect()
  sandbox.load({ members: numbers.map((i) => member(i)) })
  return (await pull(members, ctx)).keys
}

test('the next read brings what changed since, and a stopped one goes on', async () => {
  const { sandbox, ctx, at } = connect({ audiences: [LIST] })
  sandbox.load({ members: range(800).map((i) => member(i + 100)) })
  const first = (await members.pull!.read(ctx, undefined).next()).value!
  const rest = await pull(members, ctx, JSON.parse(JSON.stringify(first.cursor)))
  expect(first.records.length + rest.keys.length).toBeGreaterThanOrEqual(800)
  at.now += 60 * MINUTE
  sandbox.load({ members: [member(150, { changed: at.now - MINUTE })] })
  expect((await pull(members, ctx, rest.cursor)).keys).toHaveLength(1)
})

test('a member is read by audience and hash; one that is gone is left out', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ members: [member(1, { address: 'Ada@Buyer.example' })] })
  const [key] = (await pull(members, ctx)).keys
  expect(await members.fetch!(ctx, [key!, `${LIST}/0000`])).toMatchObject([
    { email_address: 'Ada@Buyer.example' },
  ])
})

test('check proves the key; a key without data centre is told', async () => {
  await mailchimp.check!(connect().ctx)
  await expect(mailchimp.check!(connect({ apiKey: 'wrong-us21' }).ctx)).rejects.toMatchObject({
    code: 'auth.rejected',
  })
  await expect(mailchimp.check!(connect({ apiKey: 'no data centre' }).ctx)).rejects.toMatchObject({
    code: 'config.invalid',
  })
  await mailchimp.check!(connect({ dataCenter: 'us21' }).ctx)
})

test('a 403 that does not explain itself is too many connections, one that does is none', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ members: [member(1)] })
  sandbox.fail({ kind: 'answer', status: 403, body: '<html>Forbidden</html>' })
  expect((await pull(members, ctx)).keys).toHaveLength(1)
  sandbox.fail({ kind: 'answer', status: 403, body: { title: 'Forbidden', detail: 'No.' }, times: 9 })
  await expect(pull(members, ctx)).rejects.toMatchObject({ code: 'auth.forbidden' })
})

test('the simulator is as strict as the vendor', async () => {
  const { sandbox } = connect()
  sandbox.load({ members: [member(1)] })
  const get = async (path: string, key = 'any:0123456789abcdef-us21') => {
    const headers = { authorization: `Basic ${btoa(key)}` }
    const answer = await sandbox.fetch(new Request(`https://us21.api.mailchimp.com/3.0${path}`, { headers }))
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() }
  }
  expect(await get('/ping', 'any:other')).toMatchObject({
    status: 401,
    type: expect.stringContaining('problem+json'),
  })
  for (const query of [
    'count=1001',
    'offset=-1',
    'sort_field=email',
    'sort_dir=up',
    'since_last_changed=soon',
  ])
    expect(await get(`/lists/${LIST}/members?${query}`)).toMatchObject({ status: 400 })
  expect(await get('/reports/none/sent-to')).toMatchObject({ status: 404 })
  expect(await get('/reports?since_send_time=soon')).toMatchObject({ status: 400 })
})
