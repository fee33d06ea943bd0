import { expect, test } from 'vitest'
import type { NewTraffic } from '../../../src/engine/ports.ts'
import type { TrafficBy } from '../../../src/model/traffic.ts'
import { absorb, type Current } from './builders.ts'

const row = (channel: string, visits: number, campaign?: string) => ({
  channel,
  visits,
  engaged_visits: 1,
  new_visitors: 0,
  conversions: 0.5,
  ...(campaign ? { campaign: { name: campaign, source: 'google' } } : {}),
})

const day = (
  day: string,
  rows: NewTraffic['traffic']['rows'],
  more: Partial<NewTraffic['traffic']> = {},
): NewTraffic => ({
  connection: 'ga4',
  stream: 'traffic',
  recordKey: `1/${day}`,
  traffic: { site: 'properties/1', day, rows, ...more },
})

const DAY_0 = Date.parse('2026-03-01') / 86_400_000

export function describeTraffic(current: Current): void {
  const read = (by: TrafficBy[], from = DAY_0, to = DAY_0 + 9) =>
    current().inspect.traffic({ from, to, by, limit: 10 })

  test('visits add up by whatever they are told apart by, most first', async () => {
    await absorb(current(), {
      traffic: [
        day('2026-03-01', [row('paid', 5, 'spring'), row('direct', 2)]),
        day('2026-03-02', [row('paid', 4, 'spring'), row('paid', 1)], { limits: ['thresholded'] }),
        day('2026-03-11', [row('paid', 100)]),
      ],
    })
    expect(await read(['channel'])).toEqual([
      { channel: 'paid', visits: 10, engagedVisits: 3, newVisitors: 0, conversions: 1.5, isLimited: true },
      { channel: 'direct', visits: 2, engagedVisits: 1, newVisitors: 0, conversions: 0.5, isLimited: false },
    ])
    expect(
      (await read(['day', 'campaign'])).map(({ day, campaign, visits }) => [day! - DAY_0, campaign, visits]),
    ).toEqual([
      [0, 'spring', 5],
      [1, 'spring', 4],
      [0, undefined, 2],
      [1, undefined, 1],
    ])
    expect(await read([])).toMatchObject([{ visits: 12 }])
    expect(await read([], DAY_0 + 3, DAY_0 + 4)).toEqual([])
  })

  test('a day that is told again replaces what was told before, and nothing else', async () => {
    await absorb(current(), {
      traffic: [day('2026-03-01', [row('paid', 5), row('direct', 2)]), day('2026-03-02', [row('email', 1)])],
    })
    await absorb(current(), { traffic: [day('2026-03-01', [row('direct', 8)])] })
    expect((await read(['channel'])).map(({ channel, visits }) => [channel, visits])).toEqual([
      ['direct', 8],
      ['email', 1],
    ])
    await absorb(current(), { traffic: [day('2026-03-01', [])] })
    expect((await read(['channel'])).map(({ channel }) => channel)).toEqual(['email'])
  })
}
