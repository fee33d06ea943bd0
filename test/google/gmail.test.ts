import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAddresses } from '../../connectors/gmail/addresses.ts'
import type { MailMessage } from '../../src/sandbox/google/index.ts'
import { type GoogleHub, googleHub, HOUR, NOW } from './support.ts'

const CONFIG = 'users: [ana@hub.example, bo@hub.example], internalDomains: [hub.example]'
const [ANA, BO] = ['ana@hub.example', 'bo@hub.example'] as const

let count = 0
function mail(
  from: string,
  to: string,
  at: number,
  headers: Record<string, string> = {},
  labelIds?: string[],
): MailMessage {
  const id = `m${++count}`
  return {
    id,
    at,
    body: 'Our secret offer',
    ...(labelIds ? { labelIds } : {}),
    headers: {
      From: from,
      To: to,
      Date: new Date(at).toUTCString(),
      'Message-ID': `<${id}@mail.example>`,
      Subject: `Subject of ${id}`,
      ...headers,
    },
  }
}

async function hubWith(config: string, ana: MailMessage[], bo: MailMessage[] = []): Promise<GoogleHub> {
  const hub = await googleHub('gmail', config)
  hub.google.mail.deliver(ANA, ana)
  hub.google.mail.deliver(BO, bo)
  return hub
}

test('who wrote to whom: received of the sender outside, sent to each one outside', async () => {
  const hub = await hubWith(CONFIG, [
    mail(
      '"Hopper, Grace" <grace@navy.example>',
      'Ana <ana@hub.example>, alan@bletchley.example',
      NOW - 3 * HOUR,
    ),
    mail('Ana <ana@hub.example>', 'grace@navy.example, bo@hub.example', NOW - 2 * HOUR, {
      Cc: 'Alan <ALAN@bletchley.example>',
      Bcc: 'joan@bletchley.example',
    }),
  ])
  const { run } = await hub.pull()
  expect(run).toMatchObject({ state: 'done', counts: { records: 2 } })
  expect(await hub.touchpoints()).toEqual([
    '2026-03-02T09:00 email.received inbound grace@navy.example',
    '2026-03-02T10:00 email.sent outbound alan@bletchley.example',
    '2026-03-02T10:00 email.sent outbound grace@navy.example',
    '2026-03-02T10:00 email.sent outbound joan@bletchley.example',
  ])
  expect(await hub.people()).toEqual(['', '', ''])
})

test('correspondents become people and subjects are kept only where the connection says so', async () => {
  const received = mail('=?utf-8?q?Gr=C3=A1ce_Hopper?= <grace@navy.example>', ANA, NOW - HOUR)
  const hub = await hubWith(`${CONFIG}, people: all, subjects: true`, [received])
  await hub.pull()
  expect(await hub.people()).toEqual(['grace@navy.example Gráce Hopper'])
  expect(await hub.touchpoints()).toEqual([
    `2026-03-02T11:00 email.received inbound grace@navy.example Subject of ${received.id}`,
  ])
})

test('neither bodies, snippets nor, by default, subjects are stored', async () => {
  const hub = await hubWith(CONFIG, [mail('grace@navy.example', ANA, NOW - HOUR)])
  await hub.pull()
  const { items } = await hub.store.inspect.records({ limit: 10 })
  expect(items).toHaveLength(1)
  expect(items[0]!.body).not.toMatch(/secret|Subject/)
})

test('mail among colleagues, from machines, to lists, drafts and spam is never stored', async () => {
  const from = 'grace@navy.example'
  const hub = await hubWith(CONFIG, [
    mail(ANA, 'Cy <cy@eu.hub.example>', NOW - HOUR),
    mail(from, ANA, NOW - HOUR, { 'Auto-Submitted': 'auto-replied' }),
    mail(from, ANA, NOW - HOUR, { Precedence: 'bulk' }),
    mail(from, ANA, NOW - HOUR, { 'List-Id': 'News <news.navy.example>' }),
    mail(from, ANA, NOW - HOUR, { 'List-Unsubscribe': '<https://navy.example/u>' }),
    mail('no-reply@navy.example', ANA, NOW - HOUR),
    mail('Mail Delivery System <MAILER-DAEMON@navy.example>', ANA, NOW - HOUR),
    mail(ANA, from, NOW - HOUR, {}, ['DRAFT']),
    mail(from, ANA, NOW - HOUR, {}, ['SPAM']),
    mail(from, ANA, NOW - HOUR, { 'Auto-Submitted': 'no' }),
    mail('alan@bletchley.example', 'sales@hub.example', NOW - HOUR, {
      'List-Id': '<sales.hub.example>',
      Precedence: 'list',
    }),
  ])
  await hub.pull()
  expect(await hub.touchpoints()).toEqual([
    '2026-03-02T11:00 email.received inbound alan@bletchley.example',
    '2026-03-02T11:00 email.received inbound grace@navy.example',
  ])
  expect((await hub.store.inspect.records({ limit: 20 })).items).toHaveLength(2)
})

test('a message in several mailboxes is one, whoever of them is read first', async () => {
  const received = mail('grace@navy.example', `${ANA}, ${BO}`, NOW - 3 * HOUR)
  const sent = mail(BO, `${ANA}, grace@navy.example`, NOW - 2 * HOUR)
  const hub = await hubWith(
    CONFIG,
    [received, sent],
    [
      { ...received, id: 'other', at: received.at + 4000 },
      { ...sent, headers: { ...sent.headers, Bcc: 'alan@bletchley.example' } },
    ],
  )
  expect((await hub.pull()).run.counts).toMatchObject({ changed: 2 })
  expect(await hub.touchpoints()).toEqual([
    '2026-03-02T09:00 email.received inbound grace@navy.example',
    '2026-03-02T10:00 email.sent outbound alan@bletchley.example',
    '2026-03-02T10:00 email.sent outbound grace@navy.example',
  ])
  expect((await hub.pull(true)).run.counts).toMatchObject({ records: 3, changed: 0 })
})

test('later runs follow the history; when Google has forgotten it the mailbox is read anew', async () => {
  const hub = await hubWith(CONFIG, [
    mail('grace@navy.example', ANA, NOW - 100 * 24 * HOUR),
    mail('grace@navy.example', ANA, NOW - HOUR),
  ])
  expect((await hub.pull()).run.counts).toMatchObject({ records: 1 })
  expect((await hub.pull()).run.counts).toMatchObject({ records: 0 })
  const gone = mail('grace@navy.example', ANA, NOW)
  hub.google.mail.deliver(ANA, [mail('alan@bletchley.example', ANA, NOW), gone])
  hub.google.mail.remove(ANA, gone.id)
  expect((await hub.pull()).run.counts).toMatchObject({ records: 1, changed: 1 })
  hub.google.mail.deliver(ANA, [mail('joan@bletchley.example', ANA, NOW)])
  hub.google.mail.expireHistory(ANA)
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 3, changed: 1 } })
})

test('a first read stops at its horizon, resumes where it was stopped, and misses nothing that arrives meanwhile', async () => {
  const many = Array.from({ length: 450 }, (_, i) =>
    mail('grace@navy.example', ANA, NOW - (i + 1) * 12 * HOUR),
  )
  const hub = await hubWith(`users: [${ANA}], internalDomains: [hub.example], historyDays: 60`, many)
  hub.google.fail({
    kind: 'answer',
    status: 500,
    times: 4,
    matches: ({ url }) => url.includes('pageToken=100'),
  })
  expect((await hub.pull()).run).toMatchObject({ state: 'failed', counts: { records: 100 } })
  hub.google.mail.deliver(ANA, [mail('alan@bletchley.example', ANA, NOW)])
  expect((await hub.pull()).run.state).toBe('done')
  expect(hub.google.requests.some(({ path }) => path.includes(many[400]!.id))).toBe(false)
  await hub.pull()
  const lines = await hub.touchpoints()
  expect(lines.filter((line) => line.includes('grace'))).toHaveLength(120)
  expect(lines.filter((line) => line.includes('alan'))).toHaveLength(1)
})

test('a throttled mailbox is asked again; one that was not delegated is told by name', async () => {
  const hub = await hubWith(CONFIG, [mail('grace@navy.example', ANA, NOW - HOUR)])
  const body = {
    error: {
      code: 403,
      message: 'Rate Limit Exceeded',
      errors: [
        { domain: 'usageLimits', reason: 'userRateLimitExceeded', message: 'User-rate limit exceeded.' },
      ],
    },
  }
  hub.google.fail({
    kind: 'answer',
    status: 403,
    body,
    times: 2,
    matches: ({ url }) => url.includes('/users/'),
  })
  expect((await hub.pull()).run.state).toBe('done')
  const other = await googleHub('gmail', CONFIG, { google: hub.google })
  hub.google.accounts.scopes.splice(0)
  const { run } = await other.pull()
  expect(run).toMatchObject({
    state: 'failed',
    error: { code: 'auth.rejected', vendorCode: 'unauthorized_client' },
  })
  expect(run.error!.message).toMatch(/may not act for ana@hub\.example: delegate its client id/)
})

test('headers of all sorts are read', () => {
  expect(
    readAddresses(
      '"Turing, Alan \\"AMT\\"" <alan@b.example>, Joan (MI8) Clarke <joan@b.example>; x@y.example (X, Y)',
    ),
  ).toEqual([
    { address: 'alan@b.example', name: 'Turing, Alan "AMT"' },
    { address: 'joan@b.example', name: 'Joan (MI8) Clarke' },
    { address: 'x@y.example' },
  ])
  expect(readAddresses('undisclosed-recipients:;')).toEqual([])
  expect(
    readAddresses(
      'Team: a@b.example, "B" <b@b.example>;, =?UTF-8?B?5bGx55Sw?= =?UTF-8?B?IOWkqumDjg==?= <yt@b.example>',
    ),
  ).toEqual([
    { address: 'a@b.example' },
    { address: 'b@b.example', name: 'B' },
    { address: 'yt@b.example', name: '山田 太郎' },
  ])
  expect(readAddresses('not an address, <@>, two words@b.example x')).toEqual([])
})

test('any header is read without a crash, and what comes out has one @', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      for (const { address } of readAddresses(header)) expect(address.split('@')).toHaveLength(2)
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.emailAddress(), { minLength: 1 }), (addresses) => {
      const plain = addresses.filter((address) => /^[\w.@-]+$/.test(address))
      expect(readAddresses(plain.join(', ')).map(({ address }) => address)).toEqual(plain)
    }),
  )
})
