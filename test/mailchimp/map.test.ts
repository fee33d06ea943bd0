import { expect, test } from 'vitest'
import { memberOf } from '../../src/sandbox/mailchimp/members.ts'
import { events, map, member, members, NOW } from './support.ts'

const event = (more: Record<string, unknown>) => ({
  action: 'open',
  campaign: {
    id: 'c1',
    title: 'March',
    subject: 'News',
    list_id: 'l',
    send_time: '2026-03-01T09:00:00+00:00',
  },
  email_id: 'x',
  email_address: 'ada@buyer.example',
  timestamp: '2026-03-01T10:00:00+00:00',
  ...more,
})

test.each([
  ['subscribed', { marketing: 'granted' }],
  ['unsubscribed', { marketing: 'denied' }],
  ['cleaned', undefined],
  ['archived', undefined],
  ['pending', undefined],
])('status %s says %j of consent', (status, consent) => {
  const [person] = map(members, memberOf(member(1, { status })))
  expect((person as { attributes: { consent?: unknown } }).attributes.consent).toEqual(consent)
})

test('merge fields become what the configuration says; whoever was imported did not join by themselves', () => {
  const raw = memberOf(
    member(1, { merge: { FNAME: 'Ada', JOB: 'CTO', MMERGE9: 7 }, source: 'Import from TSV', tags: ['VIP'] }),
  )
  const [person, joined] = map(members, raw, { mergeFields: { first_name: 'FNAME', title: 'JOB' } })
  expect(person).toMatchObject({ attributes: { first_name: 'Ada', title: 'CTO' } })
  expect(joined).toMatchObject({
    touchpoint: { kind: 'email.subscribed', direction: 'outbound', props: { tags: ['VIP'] } },
  })
  const [, own] = map(members, memberOf(member(1)))
  expect(own).toMatchObject({ touchpoint: { direction: 'inbound', occurred_at: NOW - 60_000 } })
})

test('the same contact under a new address is the same person', () => {
  const ids = (address: string) =>
    (map(members, memberOf(member(1, { address, contact: 'c-1' })))[0] as { identifiers: unknown[] })
      .identifiers
  expect(ids('new@buyer.example')).toContainEqual({ kind: 'vendor_id', value: 'c-1' })
  expect(ids('old@buyer.example')).toContainEqual({ kind: 'vendor_id', value: 'c-1' })
})

test("a proxy's open is a machine's; a click has its link and campaign", () => {
  expect(map(events, event({ is_proxy_open: true }))).toMatchObject([
    { touchpoint: { kind: 'email.opened', is_machine: true } },
  ])
  const [open] = map(events, event({ is_proxy_open: false }))
  expect(open).not.toHaveProperty('touchpoint.is_machine')
  const url = 'https://x.example/?utm_source=news&utm_content=top'
  expect(map(events, event({ action: 'click', url }))).toMatchObject([
    {
      touchpoint: { kind: 'email.clicked', url, campaign: { name: 'March', source: 'news', content: 'top' } },
    },
  ])
})

test('what is sent and did not come back was delivered when the campaign began; unknown actions and no addresses say nothing', () => {
  const sent = (status?: string) => map(events, event({ action: 'sent', timestamp: undefined, status }))
  expect(sent('hard')).toEqual([])
  expect(sent('sent')).toEqual(sent())
  expect(sent()).toMatchObject([
    { touchpoint: { kind: 'email.delivered', occurred_at: Date.parse('2026-03-01T09:00:00Z') } },
  ])
  expect(map(events, event({ action: 'teleport' }))).toEqual([])
  expect(map(events, event({ email_address: '' }))).toEqual([])
  expect(() => map(events, event({ timestamp: 'soon' }))).toThrow(
    expect.objectContaining({ code: 'record.invalid' }),
  )
})
