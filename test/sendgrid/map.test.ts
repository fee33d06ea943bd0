import { expect, test } from 'vitest'
import { Contribution } from '#model'
import sendgrid from '../../connectors/sendgrid/index.ts'

const events = sendgrid.streams!.events!

const base = { email: 'Ada@example.com', timestamp: 1_772_366_400, sg_event_id: 'ev1', sg_message_id: 'msg1' }

function map(event: Record<string, unknown>): Contribution[] {
  const record = events.record.parse({ ...base, ...event })
  return events.map(record, { connection: 'sg', config: {} as never }).map((c) => Contribution.parse(c))
}
const touchpoint = (event: Record<string, unknown>) => {
  const found = map(event).find((c) => c.type === 'touchpoint')
  if (found?.type !== 'touchpoint') throw new Error('no touchpoint')
  return found.touchpoint
}

test.each([
  ['delivered', 'email.delivered', 'outbound'],
  ['open', 'email.opened', 'inbound'],
  ['click', 'email.clicked', 'inbound'],
  ['bounce', 'email.bounced', 'outbound'],
  ['blocked', 'email.bounced', 'outbound'],
  ['dropped', 'email.bounced', 'outbound'],
  ['spamreport', 'email.spam_reported', 'inbound'],
  ['unsubscribe', 'email.unsubscribed', 'inbound'],
  ['group_unsubscribe', 'email.unsubscribed', 'inbound'],
])('%s is %s, %s', (event, kind, direction) => {
  expect(touchpoint({ event })).toMatchObject({
    kind,
    direction,
    channel: 'email',
    occurred_at: 1_772_366_400_000,
  })
})

test.each(['processed', 'deferred', 'something_new'])('%s says nothing yet', (event) => {
  expect(map({ event })).toEqual([])
})

test('the person is the address, and the user where the sender names one', () => {
  const [only] = map({ event: 'open', user_id: 42 })
  expect(only).toMatchObject({
    person: [
      { kind: 'email', value: 'Ada@example.com' },
      { kind: 'user_id', value: '42' },
    ],
  })
})

test('the campaign is the single send, else the first category', () => {
  expect(touchpoint({ event: 'open', category: 'welcome' }).campaign).toEqual({ name: 'welcome' })
  expect(touchpoint({ event: 'open', category: ['spring', 'eu'] }).campaign).toEqual({ name: 'spring' })
  expect(
    touchpoint({ event: 'open', category: ['spring'], singlesend_name: 'Launch', singlesend_id: 's1' }),
  ).toMatchObject({
    title: 'Launch',
    campaign: { name: 'Launch' },
    props: { singlesend_id: 's1', category: ['spring'] },
  })
})

test('a click keeps its link and the link its campaign', () => {
  expect(
    touchpoint({ event: 'click', url: 'https://acme.example/?utm_campaign=q1&utm_medium=email' }),
  ).toMatchObject({
    url: 'https://acme.example/?utm_campaign=q1&utm_medium=email',
    campaign: { name: 'q1', medium: 'email' },
  })
})

test('machine opens and scanner clicks are kept and flagged; Gmail opens are opens', () => {
  expect(touchpoint({ event: 'open', sg_machine_open: true })).toMatchObject({
    is_machine: true,
    props: { machine: 'prefetch' },
  })
  expect(touchpoint({ event: 'click', useragent: 'Barracuda Sentinel (EE)' })).toMatchObject({
    is_machine: true,
  })
  const gmail = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'
  expect(touchpoint({ event: 'open', useragent: gmail }).is_machine).toBeUndefined()
})

test('a bounce keeps why', () => {
  expect(
    touchpoint({ event: 'bounce', type: 'blocked', reason: '550 no', status: '5.5.0' }).props,
  ).toMatchObject({
    bounce: 'blocked',
    reason: '550 no',
    status: '5.5.0',
  })
})

test('unsubscribing from everything and reporting spam deny marketing; leaving a group does not', () => {
  for (const event of ['unsubscribe', 'spamreport']) {
    expect(map({ event })[0]).toMatchObject({
      type: 'person',
      identifiers: [{ kind: 'email', value: 'Ada@example.com' }],
      attributes: { consent: { marketing: 'denied' } },
      observed_at: 1_772_366_400_000,
    })
  }
  expect(map({ event: 'group_unsubscribe' }).map((c) => c.type)).toEqual(['touchpoint'])
})

test('the event id is the key; without one equal events collapse and different ones do not', () => {
  const key = (event: Record<string, unknown>) =>
    events.key(events.record.parse({ ...base, event: 'open', ...event }))
  expect(key({})).toBe('ev1')
  expect(key({ sg_event_id: undefined })).toBe(key({ sg_event_id: null, ip: '1.1.1.1' }))
  expect(key({ sg_event_id: undefined })).not.toBe(key({ sg_event_id: undefined, timestamp: 1 }))
})
