import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CalendarEvent } from '../../src/sandbox/google/index.ts'
import { googleHub, HOUR, iso, NOW } from './support.ts'

const CONFIG = 'users: [ana@hub.example, bo@hub.example], internalDomains: [hub.example]'
const [ANA, BO] = ['ana@hub.example', 'bo@hub.example'] as const

/** An hour's meeting of Ana with Grace, a day after `created`. */
function meeting(id: string, startsAt: number, more: Partial<CalendarEvent> = {}): CalendarEvent {
  return {
    id,
    created: iso(startsAt - 24 * HOUR),
    updated: iso(startsAt - 24 * HOUR),
    summary: `Demo ${id}`,
    description: 'Prices are confidential',
    start: { dateTime: iso(startsAt), timeZone: 'Europe/Berlin' },
    end: { dateTime: iso(startsAt + HOUR), timeZone: 'Europe/Berlin' },
    organizer: { email: ANA },
    attendees: [
      { email: ANA, responseStatus: 'accepted' },
      { email: 'grace@navy.example', displayName: 'Grace Hopper', responseStatus: 'accepted' },
      { email: 'room-1@resource.calendar.google.com', resource: true, responseStatus: 'accepted' },
    ],
    ...more,
  }
}

test('a meeting is arranged, and held once it is over: nothing changes in the calendar when it ends', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  hub.google.calendars.put(ANA, [meeting('past', NOW - 3 * HOUR), meeting('next', NOW + HOUR)])
  hub.google.calendars.put(BO, [])
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 2 } })
  const before = [
    '2026-03-01T09:00 meeting.scheduled outbound grace@navy.example Demo past',
    '2026-03-01T13:00 meeting.scheduled outbound grace@navy.example Demo next',
    '2026-03-02T09:00 meeting.held inbound grace@navy.example Demo past',
  ]
  expect(await hub.touchpoints()).toEqual(before)
  expect(await hub.people()).toEqual(['grace@navy.example Grace Hopper'])

  hub.clock.advance(90 * 60_000)
  await hub.pull()
  expect(await hub.touchpoints()).toEqual(before)
  hub.clock.advance(HOUR)
  await hub.pull()
  expect(await hub.touchpoints()).toEqual([
    ...before,
    '2026-03-02T13:00 meeting.held inbound grace@navy.example Demo next',
  ])
})

test('a second run on an unchanged calendar brings nothing', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  hub.google.calendars.put(ANA, [meeting('a', NOW - 3 * HOUR)])
  hub.google.calendars.put(BO, [])
  await hub.pull()
  hub.clock.advance(HOUR)
  expect((await hub.pull()).run.counts).toMatchObject({ records: 0, changed: 0 })
  expect((await hub.pull(true)).run.counts).toMatchObject({ records: 1, changed: 0 })
})

test('internal and private meetings are never stored; descriptions and rooms never leave Google', async () => {
  const hub = await googleHub('google-calendar', `${CONFIG}, titles: false`)
  hub.google.calendars.put(BO, [])
  hub.google.calendars.put(ANA, [
    meeting('internal', NOW - HOUR, { attendees: [{ email: ANA }, { email: 'cy@eu.hub.example' }] }),
    meeting('private', NOW - HOUR, { visibility: 'private' }),
    meeting('focus', NOW - HOUR, { eventType: 'focusTime' }),
    meeting('shown', NOW - 3 * HOUR),
  ])
  await hub.pull()
  const { items } = await hub.store.inspect.records({ limit: 10 })
  expect(items.map(({ key }) => key)).toEqual(['shown@google.com'])
  expect(items[0]!.body).not.toMatch(/confidential|Demo/)
  expect(await hub.people()).toEqual(['grace@navy.example Grace Hopper'])
})

test('copies in several calendars are one meeting; occurrences of a series are several, arranged once by nobody', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  const copy = meeting('shared', NOW - 5 * HOUR, {
    attendees: [{ email: ANA }, { email: BO }, { email: 'grace@navy.example' }],
  })
  const weekly = (week: number, id = 'weekly') => {
    const at = NOW - 3 * HOUR - week * 168 * HOUR
    return meeting(`${id}_${week}`, at, {
      recurringEventId: id,
      iCalUID: `${id}@google.com`,
      originalStartTime: { dateTime: iso(at) },
    })
  }
  hub.google.calendars.put(ANA, [copy, weekly(0), weekly(1)])
  hub.google.calendars.put(BO, [{ ...copy, updated: iso(NOW - HOUR) }, weekly(0), weekly(1)])
  const { run } = await hub.pull()
  expect(run.counts).toMatchObject({ records: 6, changed: 3 })
  expect(await hub.touchpoints()).toEqual([
    '2026-02-23T09:00 meeting.held inbound grace@navy.example Demo weekly_1',
    '2026-03-01T07:00 meeting.scheduled outbound grace@navy.example Demo shared',
    '2026-03-02T07:00 meeting.held inbound grace@navy.example Demo shared',
    '2026-03-02T09:00 meeting.held inbound grace@navy.example Demo weekly_0',
  ])
})

test('who declined was not there; who organised from outside invited us', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  hub.google.calendars.put(BO, [])
  hub.google.calendars.put(ANA, [
    meeting('a', NOW - 3 * HOUR, {
      organizer: { email: 'Grace@navy.example' },
      attendees: [{ email: ANA }, { email: 'alan@bletchley.example', responseStatus: 'declined' }],
    }),
  ])
  await hub.pull()
  expect(await hub.touchpoints()).toEqual([
    '2026-03-01T09:00 meeting.scheduled inbound alan@bletchley.example Demo a',
    '2026-03-01T09:00 meeting.scheduled inbound grace@navy.example Demo a',
    '2026-03-02T09:00 meeting.held inbound grace@navy.example Demo a',
  ])
})

test('a meeting that is called off was not held, however little Google says of it', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  const { calendars } = hub.google
  const copy = (id: string) =>
    meeting(id, NOW + HOUR, { attendees: [{ email: ANA }, { email: BO }, { email: `${id}@navy.example` }] })
  const ids = ['whole', 'bare', 'forgotten', 'removed']
  calendars.put(ANA, ids.map(copy))
  calendars.put(BO, [copy('removed')])
  await hub.pull()
  calendars.put(ANA, [
    { ...copy('whole'), status: 'cancelled', updated: iso(NOW) },
    { ...copy('bare'), updated: iso(NOW) },
  ])
  calendars.remove(ANA, 'bare', 'bare')
  calendars.remove(ANA, 'forgotten', 'forgotten')
  calendars.remove(BO, 'removed')
  hub.clock.advance(3 * HOUR)
  expect((await hub.pull()).run.state).toBe('done')
  const after = (await hub.touchpoints()).filter((line) => !line.includes('scheduled'))
  expect(after).toEqual([
    '2026-03-02T12:00 meeting.canceled outbound bare@navy.example Demo bare',
    '2026-03-02T12:00 meeting.canceled outbound whole@navy.example Demo whole',
    '2026-03-02T13:00 meeting.held inbound removed@navy.example Demo removed',
  ])
})

test('a day without hours begins at midnight UTC and is over when it is over everywhere', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  hub.google.calendars.put(BO, [])
  const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
  hub.google.calendars.put(ANA, [meeting('fair', NOW - 36 * HOUR, day)])
  hub.clock.advance(-60_000)
  await hub.pull()
  expect(await hub.touchpoints()).toHaveLength(1)
  hub.clock.advance(2 * 60_000)
  await hub.pull()
  expect((await hub.touchpoints())[1]).toBe(
    '2026-03-01T00:00 meeting.held inbound grace@navy.example Demo fair',
  )
})

test('pages are resumed where a run was stopped, and forgotten sync tokens are answered by a full read', async () => {
  const hub = await googleHub('google-calendar', CONFIG)
  const { calendars } = hub.google
  calendars.put(
    ANA,
    Array.from({ length: 300 }, (_, i) => meeting(`a${i}`, NOW - (i + 2) * HOUR)),
  )
  calendars.put(BO, [meeting('b', NOW - 2 * HOUR)])
  hub.google.fail({ kind: 'answer', status: 503, times: 4, matches: ({ url }) => url.includes('pageToken') })
  expect((await hub.pull()).run).toMatchObject({ state: 'failed', counts: { records: 250, pages: 1 } })
  hub.google.fail({ kind: 'lost_before' })
  const asked = hub.google.requests.length
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 51, pages: 2 } })
  expect(hub.google.requests.slice(asked).filter(({ path }) => path.includes('events'))).toHaveLength(3)
  calendars.expireSyncTokens()
  calendars.put(BO, [meeting('late', NOW - 3 * HOUR)])
  hub.clock.advance(HOUR)
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 302, changed: 1 } })
})

test('a calendar that cannot be read does not keep the others from being read', async () => {
  const hub = await googleHub(
    'google-calendar',
    `users: [gone@hub.example, ${ANA}], internalDomains: [hub.example]`,
  )
  hub.google.calendars.put(ANA, [meeting('a', NOW - 3 * HOUR)])
  const { run } = await hub.pull()
  expect(run).toMatchObject({
    state: 'failed',
    counts: { records: 1 },
    error: { kind: 'auth', code: 'auth.rejected' },
  })
  expect(run.error!.message).toContain('gone@hub.example')
  expect(await hub.touchpoints()).toHaveLength(2)
  hub.google.calendars.put(ANA, [meeting('b', NOW - 2 * HOUR)])
  expect((await hub.pull()).run.counts).toMatchObject({ records: 1, changed: 1 })
})

test("with a user's consent the own calendar is read, and a session that ended is renewed", async () => {
  const hub = await googleHub('google-calendar', 'internalDomains: [hub.example], people: known', {
    credentials: 'oauth',
  })
  hub.google.calendars.put(ANA, [meeting('a', NOW - 3 * HOUR)])
  expect((await hub.pull()).run.state).toBe('done')
  hub.google.revoke()
  hub.clock.advance(HOUR)
  expect((await hub.pull()).run.state).toBe('done')
  expect(await hub.touchpoints()).toHaveLength(2)
  expect(await hub.people()).toEqual([''])
})

test('a shared calendar is read as the service account; what is not shared is told', async () => {
  const hub = await googleHub(
    'google-calendar',
    'calendars: [team@group.calendar.google.com], internalDomains: [hub.example]',
  )
  hub.google.calendars.put('team@group.calendar.google.com', [meeting('a', NOW - 3 * HOUR)])
  expect((await hub.pull()).run.error).toMatchObject({ code: 'config.rejected' })
  hub.google.calendars.put('team@group.calendar.google.com', [], { sharedWith: [hub.google.serviceAccount] })
  expect((await hub.pull()).run.state).toBe('done')
})

test('whatever happens between the runs, the meetings that were held are those of one reading at the end', async () => {
  const step = fc.oneof(
    fc.record({ put: fc.integer({ min: -30, max: 10 }), who: fc.constantFrom(ANA, BO), isDay: fc.boolean() }),
    fc.record({ hours: fc.integer({ min: 1, max: 12 }) }),
    fc.constant('expire' as const),
    fc.constant('fail' as const),
  )
  const property = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
    const hub = await googleHub('google-calendar', CONFIG)
    for (const who of [ANA, BO]) hub.google.calendars.put(who, [])
    let count = 0
    for (const happens of steps) {
      if (happens === 'expire') hub.google.calendars.expireSyncTokens()
      else if (happens === 'fail') {
        hub.google.fail({
          kind: 'answer',
          status: 500,
          times: 4,
          matches: ({ url }) => url.includes('bo%40'),
        })
      } else if ('hours' in happens) hub.clock.advance(happens.hours * HOUR)
      else {
        const startsAt = hub.clock.now() + happens.put * HOUR
        const day = {
          start: { date: iso(startsAt).slice(0, 10) },
          end: { date: iso(startsAt + 24 * HOUR).slice(0, 10) },
        }
        const event = meeting(`m${++count}`, startsAt, happens.isDay ? day : {})
        hub.google.calendars.put(happens.who, [{ ...event, organizer: { email: happens.who } }])
      }
      await hub.pull()
    }
    while ((await hub.pull()).run.state !== 'done') hub.clock.advance(1)
    const fresh = await googleHub('google-calendar', CONFIG, { google: hub.google })
    fresh.clock.advance(hub.clock.now() - NOW)
    await fresh.pull()
    expect(await hub.touchpoints()).toEqual(await fresh.touchpoints())
    await hub.close()
    await fresh.close()
  })
  await fc.assert(property, { numRuns: 6 })
}, 60_000)
