import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { guard } from '../../src/routes/guard.ts'
import { pageRoutes } from '../../src/routes/pages.ts'
import { parseHtml, wordsOf } from '../support/dom.ts'
import { demoData, fakeInspect } from '../support/fake-inspect.ts'

const SECRET = 'sk_live_51SECRETSECRET'

function server(data = demoData(), adminToken?: string): Hono {
  const options = { isLoopback: true, adminToken }
  const app = new Hono()
  app.route(
    '/',
    pageRoutes({
      inspect: fakeInspect(data),
      match: { pairs: async () => ({ items: [] }) },
      guard: guard(options),
      secrets: [SECRET],
      adminToken,
    }),
  )
  app.get('/v1/open', (c) => c.text('open'))
  return app
}

async function read(path: string, app = server()) {
  const response = await app.request(path)
  const text = await response.text()
  const document = parseHtml(text)
  const words = wordsOf(document.querySelector('main'))
  return { response, text, document, words }
}

const ALL = [
  '/',
  '/people',
  '/people?search=fatima',
  '/people/per_fatima',
  '/people/per_nobody',
  '/people/per_script',
  '/accounts',
  '/accounts/acc_lahore',
  '/dead-letters',
  '/dead-letters?stage=record',
  '/people/none',
  '/login',
]

test.each(ALL)(
  '%s runs nothing: no script, no handler, no inline style, and headers that forbid them',
  async (path) => {
    const { response, document } = await read(
      path,
      server(demoData(), path === '/login' ? 'a-token' : undefined),
    )
    expect(document.querySelectorAll('script, style, [style], iframe, main img')).toHaveLength(0)
    for (const element of document.querySelectorAll('*')) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/)
    }
    for (const link of document.querySelectorAll('a'))
      expect(link.getAttribute('href')).toMatch(/^(\/|https?:\/\/)/)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'self';.*frame-ancestors 'none'/,
    )
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-frame-options')).toBe('DENY')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('cache-control')).toBe('no-store')
  },
)

test('what a source sent as markup is shown as text', async () => {
  expect((await read('/people')).words).toContain('<img src=x onerror=alert(1)>')
  expect((await read('/dead-letters')).words).toContain('<script>alert(1)</script>')
})

test('the overview shows totals and what waits', async () => {
  const { words } = await read('/')
  for (const text of ['48,211 Touchpoints', '412 Invoices', '4 Dead letters', 'Project 7', '31 (1 failed)'])
    expect(words).toContain(text)
})

test('the overview says what waits for a person, and what to do', async () => {
  const { words } = await read('/')
  expect(words).toContain('hubspot deals 1,200 cleared fields within 24 h > maxNulls 100')
  expect(words).toContain('stripe-eu customers 900 900 of 1,000 known records deleted')
  for (const command of ['tributary apply --accept', 'tributary holds show']) expect(words).toContain(command)
})

test('a person page shows golden values with their sources, identifiers, CRM records and open operations', async () => {
  const { document, words } = await read('/people/per_fatima')
  expect(document.querySelector('h1')?.textContent).toMatch(/فاطمہ علی\s+contact/)
  expect(words).toContain('لاہور ٹیکسٹائل ملز · Known since')
  expect(words).toContain('خریداری منیجر')
  expect(words).toContain('Linkedin url none')
  expect(words).toContain('stripe-eu:cus_Nf')
  expect(words).toContain('salesforce · Contact · 003Hu00003ABCDE')
  expect(words).toContain('MRR__c 490 written 2026-11-20 07:30 UTC')
  expect(words).toContain('admin_rule.validation: Satisfy the rule quoted')
  const source = document.querySelector('a.place')
  expect(source?.getAttribute('href')).toBe('/api/records?connection=stripe-eu&stream=customers&key=cus_Nf')
})

test('an account page shows its place among others', async () => {
  const { document, words } = await read('/accounts/acc_lahore')
  expect(words).toContain('Among others Class customer Activity band warm Belongs to 上海贸易有限公司')
  expect(words).toContain('At the top group.example Below 2 directly, 3 in all')
  expect(words).not.toContain('$standing')
  expect(document.querySelector('a[href="/accounts/acc_group"]')).not.toBeNull()
})

test('what a reader looks for first comes first', async () => {
  const { document } = await read('/people/per_fatima')
  const fields = [...document.querySelectorAll('td.key')].map((e) => e.textContent)
  expect(fields.slice(0, 7)).toEqual([
    'Full name',
    'First name',
    'Last name',
    'Email',
    'Phone',
    'Title',
    'Country',
  ])
})

test('text of any script stands alone in direction and names its language', async () => {
  const { document } = await read('/people/per_fatima')
  const name = document.querySelector('h1 bdi')
  expect(name?.getAttribute('dir')).toBe('auto')
  expect(name?.getAttribute('lang')).toBe('ur')
  const list = await read('/people')
  expect(
    [...list.document.querySelectorAll('td a bdi')]
      .slice(0, 3)
      .map((e) => [e.getAttribute('lang'), e.getAttribute('dir'), e.textContent]),
  ).toEqual([
    ['ur', 'auto', 'فاطمہ علی'],
    ['zh', 'auto', '王小明'],
    ['ar', 'auto', 'ليلى حداد'],
  ])
})

test('the timeline runs newest first under days, with amounts and origin', async () => {
  const { document, words } = await read('/people/per_fatima')
  const times = [...document.querySelectorAll('.timeline time')].map((e) => e.getAttribute('datetime')!)
  expect(times).toHaveLength(50)
  expect(times).toEqual(times.toSorted().reverse())
  expect(words).toContain('Invoice LHR-0042 490.00 EUR')
  expect(words).toContain('5000 JPY')
  expect(words).toContain('campaign spring / newsletter / email')
  expect(words).toContain('javascript:alert(1)')
})

test('a long timeline and a long list lead on to their next page', async () => {
  const first = await read('/people/per_fatima')
  const older = first.document.querySelector('.pages a')!
  expect(older.textContent).toBe('Older')
  const second = await read(older.getAttribute('href')!)
  expect(second.document.querySelectorAll('.timeline li')).toHaveLength(36)
  expect(second.document.querySelector('.pages a')?.textContent).toBe('Newest')

  const list = await read('/people?search=@example.com')
  const next = list.document.querySelector('.pages a')!.getAttribute('href')!
  expect(next).toBe('/people?search=%40example.com&after=50')
  expect((await read(next)).document.querySelectorAll('tbody tr')).toHaveLength(10)
})

test('a search keeps its text and says when nothing matches', async () => {
  const { document, words } = await read(`/people?search=${encodeURIComponent('"><b>علی')}`)
  expect(document.querySelector('input[type=search]')?.value).toBe('"><b>علی')
  expect(words).toContain('Nothing matches "><b>علی .')
})

test('an empty hub says so', async () => {
  const data = demoData()
  const empty = {
    ...data,
    entities: [],
    deadLetters: [],
    totals: {
      ...data.totals,
      operations: [],
      dirty: [],
      receipts: { new: 0, done: 0, dead: 0 },
      records: { total: 0, pending: 0, dead: 0 },
    },
  }
  expect((await read('/', server(empty))).words).toContain('Nothing has been written yet.')
  expect((await read('/', server(empty))).words).toContain('Everything is up to date.')
  expect((await read('/people', server(empty))).words).toContain('Nobody is known yet.')
  expect((await read('/dead-letters', server(empty))).words).toContain('Nothing was set aside.')
})

test.each([
  ['/people/none', 404, 'There is no person none'],
  ['/accounts/per_fatima', 404, 'There is no account per_fatima'],
  ['/dead-letters?stage=x', 400, 'stage:'],
])('%s is a page with status %i', async (path, status, text) => {
  const { response, words } = await read(path)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^text\/html/)
  expect(words).toContain(text)
})

test('a secret that a vendor echoed is masked', async () => {
  const data = demoData()
  data.touchpoints[0]!.title = `key ${SECRET}`
  data.touchpoints[0]!.occurredAt += 1e9 * 4
  const { text } = await read('/people/per_fatima', server(data))
  expect(text).toContain('key [redacted]')
  expect(text).not.toContain(SECRET)
})

test('pages are closed with a token, other doors beside them stay open', async () => {
  const app = server(demoData(), 'a-token')
  for (const path of ALL.filter((path) => path !== '/login')) {
    expect((await app.request(path)).status).toBe(401)
    expect((await app.request(path, { headers: { authorization: 'Bearer a-token' } })).status).not.toBe(401)
  }
  for (const path of ['/v1/open', '/style.css', '/icon.svg', '/login'])
    expect((await app.request(path)).status).toBe(200)
})
