import { expect, test } from 'vitest'
import { campaign, connect, DAY, events, MINUTE, map, NOW, pull } from './support.ts'

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const someone = (n: number) => ({ address: `p${n}@buyer.example` })
const asked = (sandbox: ReturnType<typeof connect>['sandbox'], from: number) =>
  sandbox.requests.slice(from).map(({ path }) => path.replace('/3.0/reports', ''))

test('of a campaign come who got it, opened, clicked, bounced and left', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({
    campaigns: [
      campaign('c1', {
        recipients: [
          {
            ...someone(1),
            opens: [{ at: NOW - 9 * MINUTE }, { at: NOW - 8 * MINUTE, isProxy: true }],
            clicks: [{ at: NOW - 7 * MINUTE, url: 'https://x.example/' }],
          },
          { ...someone(2), bounce: { at: NOW - 9 * MINUTE, type: 'soft' } },
          { ...someone(3), left: { at: NOW - 5 * MINUTE, reason: 'None given' } },
        ],
      }),
    ],
  })
  const { keys } = await pull(events, ctx)
  const actions = keys.map((key) => key.split('/')[2]).sort()
  expect(actions).toEqual(['bounce', 'click', 'open', 'open', 'sent', 'sent', 'sent', 'unsubscribe'])
})

test('unchanged reports are looked at once; of changed ones only what changed, since the last run', async () => {
  const { sandbox, ctx, at } = connect()
  const people = range(3).map((i) => ({ ...someone(i), opens: [{ at: NOW - 3 * DAY }] }))
  sandbox.load({
    campaigns: [
      campaign('c1', { sent: NOW - 4 * DAY, recipients: people }),
      campaign('c2', { recipients: people }),
    ],
  })
  const first = await pull(events, ctx)
  let before = sandbox.requests.length
  at.now += 60 * MINUTE
  const second = await pull(events, ctx, first.cursor)
  expect(second.keys).toEqual([])
  expect(asked(sandbox, before)).toEqual([''])

  before = sandbox.requests.length
  const opened = { ...people[0]!, opens: [{ at: NOW - 3 * DAY }, { at: at.now - MINUTE }] }
  sandbox.load({
    campaigns: [campaign('c1', { sent: NOW - 4 * DAY, recipients: [opened, ...people.slice(1)] })],
  })
  const third = await pull(events, ctx, second.cursor)
  expect(asked(sandbox, before)).toEqual(['', '/c1/open-details'])
  expect(third.keys.map((key) => key.split('/')[2])).toEqual(['open'])
})

test('a read that was stopped after any page goes on there, and nothing is missed or doubled', async () => {
  const { sandbox, ctx } = connect()
  const recipients = range(1100).map((i) => ({
    ...someone(i),
    ...(i % 2 ? { opens: [{ at: NOW - i * MINUTE }] } : {}),
  }))
  sandbox.load({
    campaigns: range(3).map((i) => campaign(`c${i}`, { sent: NOW - (i + 1) * DAY, recipients })),
  })
  const whole = await pull(events, ctx)
  expect(whole.keys).toHaveLength(3 * (1100 + 550))
  expect(new Set(whole.keys).size).toBe(whole.keys.length)

  const pieces: string[] = []
  let cursor: Parameters<typeof pull>[2]
  for (let isLast = false; !isLast; ) {
    const page = (await events.pull!.read(ctx, cursor).next()).value!
    pieces.push(...page.records.map((record) => events.key(events.record.parse(record))))
    cursor = JSON.parse(JSON.stringify(page.cursor))
    isLast = page.isLast
  }
  expect(pieces).toEqual(whole.keys)
})

test('a campaign that is deleted during the read takes no other one with it', async () => {
  const { sandbox, ctx } = connect()
  const recipients = [someone(1)]
  sandbox.load({
    campaigns: range(60).map((i) => campaign(`c${i}`, { sent: NOW - (i + 1) * MINUTE, recipients })),
  })
  const { keys } = await pull(events, ctx, undefined, (page) => {
    if (page === 1) for (const id of ['c0', 'c1', 'c2']) sandbox.removeCampaign(id)
  })
  const found = new Set(keys.map((key) => key.split('/')[0]))
  for (const i of range(60)) if (i > 2) expect(found).toContain(`c${i}`)
})

test('campaigns are followed for as long as historyDays says', async () => {
  const { sandbox, ctx } = connect({ historyDays: 30 })
  sandbox.load({
    campaigns: [29, 31].map((days) =>
      campaign(`d${days}`, { sent: NOW - days * DAY, recipients: [someone(1)] }),
    ),
  })
  expect((await pull(events, ctx)).keys.map((key) => key.split('/')[0])).toEqual(['d29'])
})

test('who left is read by campaign and member, as the report has it', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load({ campaigns: [campaign('c1', { recipients: [{ ...someone(1), left: { at: NOW } }] })] })
  const { keys } = await pull(events, ctx)
  const key = keys.find((k) => k.endsWith('unsubscribe'))!
  const [raw] = await events.fetch!(ctx, [key, 'c1/0000/unsubscribe'])
  expect(events.key(events.record.parse(raw))).toBe(key)
  expect(map(events, raw)).toMatchObject([
    { touchpoint: { kind: 'email.unsubscribed', campaign: { name: 'Campaign c1' } } },
  ])
})
