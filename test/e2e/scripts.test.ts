import { afterAll, beforeAll, expect, test } from 'vitest'
import { stripeCustomer, stripeInvoice } from '../../src/sandbox/stripe/index.ts'
import { deliver, document, hint, mail, type SourceEvent, unix, web } from '../support/events.ts'
import { DAY, HOUR, startHub, type TestHub } from '../support/hub.ts'

/** Spelt with what is easily lost: joiners, vowel signs, marks of direction, characters beyond the basic plane. */
const SCRIPTS = {
  urdu: {
    first: 'فاطمہ',
    last: 'زہرا',
    title: 'سربراہِ خریداری',
    company: 'نوری ٹیکسٹائل ملز',
    campaign: 'بہار کی خبریں',
  },
  hindi: {
    first: 'आरव',
    last: 'क्षत्रिय',
    title: 'प्रबंध निदेशक',
    company: 'शर्मा एण्ड सन्स',
    campaign: 'वसन्त समाचार',
  },
  arabic: {
    first: 'عبدالرحمٰن',
    last: 'الحسني',
    title: 'مدير المشتريات',
    company: 'شركة النور للتجارة',
    campaign: 'أخبار الربيع',
  },
  persian: { first: 'می‌نا', last: 'نیک‌نام', title: 'مدیر فنّی', company: 'پیش‌گامان', campaign: 'خبرهای بهار' },
  chinese: {
    first: '小明',
    last: '𠮷野',
    title: '采购总监',
    company: '华兰生物工程股份有限公司',
    campaign: '春季通讯',
  },
}
type Script = keyof typeof SCRIPTS
const NAMES = Object.keys(SCRIPTS) as Script[]

/** Sources that name people; billing makes contacts of them, the others leads. */
const SOURCES = ['website', 'stripe', 'pandadoc', 'csv'] as const
type Source = (typeof SOURCES)[number]
/** At a mail provider where only the person says whom they work for, else at a company of their own. */
const emailOf = (script: Script, source: Source) =>
  source === 'website' || source === 'pandadoc'
    ? `${source}.${script}@gmail.com`
    : `${script}@${source}-${script}.com`

let hub: TestHub
beforeAll(async () => {
  hub = await startHub()
  const { stripe, pandadoc } = hub.sandboxes
  const events = NAMES.flatMap((script): SourceEvent[] => {
    const { first, last, title, company, campaign } = SCRIPTS[script]
    const full = `${first} ${last}`
    stripe.load([
      stripeCustomer({
        id: `cus_${script}`,
        created: unix(DAY),
        email: emailOf(script, 'stripe'),
        individual_name: full,
        business_name: company,
      }),
      stripeInvoice({
        id: `in_${script}`,
        customer: `cus_${script}`,
        created: unix(DAY),
        finalizedAt: unix(DAY),
        total: 100,
        number: company,
      }),
    ])
    pandadoc.load([
      {
        id: `doc_${script}`,
        name: campaign,
        status: 'document.sent',
        date_created: new Date(unix(DAY) * 1000).toISOString(),
        date_modified: new Date(unix(DAY) * 1000).toISOString(),
        date_sent: new Date(unix(DAY) * 1000).toISOString(),
        recipients: [
          { email: emailOf(script, 'pandadoc'), first_name: first, last_name: last, role: 'Client' },
        ],
        tokens: [
          { name: 'Client.Company', value: company },
          { name: 'Client.Title', value: title },
        ],
        grand_total: { amount: '10.00', currency: 'EUR' },
      },
    ])
    const email = emailOf(script, 'website')
    return [
      web(`${script}-1`, 'identify', DAY, {
        userId: script,
        traits: { email, firstName: first, lastName: last, title, company: { name: company } },
      }),
      web(`${script}-2`, 'track', DAY - HOUR, {
        userId: script,
        event: 'Form Submitted',
        properties: { form: campaign },
      }),
      mail(`${script}-3`, 'click', email, HOUR, {
        singlesend_name: campaign,
        url: 'https://northwind.example/',
      }),
      hint('invoice.finalized', `in_${script}`),
      hint('customer.created', `cus_${script}`),
      document('document_state_changed', `doc_${script}`),
      {
        name: `${script}-csv`,
        source: 'csv',
        kind: 'contacts',
        row: {
          key: script,
          email: emailOf(script, 'csv'),
          first_name: first,
          last_name: last,
          title,
          company,
        },
      },
    ]
  })
  await deliver(hub, events)
  await hub.drainAll()
})
afterAll(() => hub.close())

const points = (text: unknown) => Array.from(String(text), (c) => c.codePointAt(0)!.toString(16)).join(' ')
/** By code point, so that text that only looks the same is told apart, and the difference can be read. */
const expectSame = (found: unknown, written: string) =>
  expect(points(found), `${found}`).toBe(points(written))

const cases = NAMES.flatMap((script) => SOURCES.map((source) => [script, source] as const))

test.each(cases)('%s text of %s reaches Salesforce unchanged', (script, source) => {
  const { first, last, title, company } = SCRIPTS[script]
  const of = (object: string) =>
    hub.sandboxes.salesforce.records(object).find(({ Email }) => Email === emailOf(script, source))!
  const record = of(source === 'stripe' ? 'Contact' : 'Lead')
  expectSame(record.FirstName, first)
  expectSame(record.LastName, last)
  if (source !== 'stripe') {
    expectSame(record.Title, title)
    expectSame(record.Company, company)
  } else {
    const account = hub.sandboxes.salesforce.record('Account', String(record.AccountId))!
    expectSame(account.Name, company)
    expectSame(record.Last_Invoice_Number__c, company)
  }
})

test.each(cases)('%s text of %s reaches HubSpot unchanged', (script, source) => {
  const { first, last, title, company } = SCRIPTS[script]
  const { properties } = hub.sandboxes.hubspot
    .records('contacts')
    .find(({ properties: p }) => p.email === emailOf(script, source))!
  expectSame(properties.firstname, first)
  expectSame(properties.lastname, last)
  expectSame(properties.company, company)
  if (source !== 'stripe') expectSame(properties.jobtitle, title)
})

test.each(NAMES)('%s text is on the timelines and in the names of deals', (script) => {
  const { campaign } = SCRIPTS[script]
  const { salesforce, hubspot } = hub.sandboxes
  const subjects = salesforce.records('Task').map(({ Subject }) => points(Subject))
  expect(subjects).toContain(points(`Clicked ${campaign}`))
  const notes = hubspot.records('notes').map(({ properties }) => points(properties.hs_note_body))
  expect(notes.some((note) => note.includes(points(campaign)))).toBe(true)
  const deals = hubspot.records('deals').map(({ properties }) => points(properties.dealname))
  expect(deals.some((name) => name.endsWith(points(campaign)))).toBe(true)
})

test.each(cases)('%s text of %s is on the page of the person', async (script, source) => {
  const { first, last, title } = SCRIPTS[script]
  const { items } = await hub.store.inspect.entities({ kind: 'person', limit: 100 })
  const { id } = items.find(({ golden }) => golden.email === emailOf(script, source))!
  const response = await hub.fetch(`/people/${id}`, { headers: { host: 'localhost' } })
  expect(response.status).toBe(200)
  const html = await response.text()
  for (const text of [`${first} ${last}`, ...(source === 'stripe' ? [] : [title])])
    expect(points(html).includes(points(text)), text).toBe(true)
})
