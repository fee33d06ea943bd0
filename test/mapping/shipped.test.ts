import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkMappings, formatProblem, type MappingSource } from '../../src/mapping/index.ts'
import { viewOf } from './support.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const sources: MappingSource[] = readdirSync(new URL('mappings', ROOT), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()
  .map((path) => ({ file: `mappings/${path.replaceAll('\\', '/')}`, text: read(`mappings/${path}`) }))
const { mappings, problems, warnings } = checkMappings(sources)

test('every shipped mapping compiles without problem or warning', () => {
  const text = (file: string) => sources.find((source) => source.file === file)?.text ?? ''
  expect([...problems, ...warnings].map((problem) => formatProblem(problem, text(problem.file)))).toEqual([])
  expect(mappings.map(({ destination, object, from }) => `${destination} ${object} ${from}`)).toEqual([
    'hubspot companies account',
    'hubspot contacts person',
    'hubspot deals quote',
    'salesforce Account account',
    'salesforce Contact person',
    'salesforce Lead person',
    'salesforce Opportunity quote',
  ])
})

test.each(mappings.map((mapping) => [mapping.file, mapping] as const))(
  '%s passes its own tests and has some',
  (file, mapping) => {
    const folder = file.slice(0, file.lastIndexOf('/') + 1)
    expect(read(file)).toMatch(/^tests:/m)
    expect(mapping.runTests((path) => JSON.parse(read(folder + path)))).toEqual([])
  },
)

test('a text field never exceeds what Salesforce takes', () => {
  const long = 'ن'.repeat(1000)
  const address = { street: long, city: long, region: long, postal_code: long, country: long }
  const person = {
    stage: 'lead',
    email: 'a@x.example',
    full_name: `${long} ${long}`,
    title: long,
    department: long,
    phone: long,
    ...address,
  }
  const account = {
    id: 'a',
    stage: 'customer',
    created_at: 0,
    name: long,
    domain: long,
    website: long,
    ...address,
  }
  const limits: Record<string, number> = {
    FirstName: 40,
    LastName: 80,
    Company: 255,
    Title: 128,
    Department: 80,
    Phone: 40,
    City: 40,
    State: 80,
    PostalCode: 20,
    Country: 80,
    Street: 255,
    Name: 255,
    Website: 255,
  }
  for (const mapping of mappings.filter(
    ({ destination, from }) => destination === 'salesforce' && from !== 'quote',
  )) {
    const stage = mapping.object === 'Contact' ? 'contact' : 'lead'
    const desired = mapping.evaluate(viewOf({ person: { ...person, stage }, account } as never))
    expect(desired).toBeDefined()
    for (const [name, { value }] of Object.entries(desired!.fields)) {
      const limit = limits[name.replace(/^(Billing|Mailing)/, '')] ?? 255
      if (typeof value === 'string' && name !== 'Description')
        expect(`${name} ${value.length <= limit}`).toBe(`${name} true`)
    }
  }
})

test('what Salesforce requires is never left out', () => {
  const bare = { email: 'x@gmail.com', is_free_mail: true }
  const lead = mappings.find(({ object }) => object === 'Lead')!.evaluate(viewOf({ person: bare } as never))
  expect(lead?.fields).toMatchObject({ LastName: { value: 'X' }, Company: { value: 'Unknown' } })
  const quote = {
    id: 'q',
    type: 'quote',
    key: 'q',
    status: 'sent',
    currency: 'USD',
    total: { amount: 0, currency: 'USD' },
    created_at: 0,
  }
  const opportunity = mappings
    .find(({ object }) => object === 'Opportunity')!
    .evaluate({ ...viewOf(), quote } as never)
  expect(Object.keys(opportunity?.fields ?? {})).toEqual(
    expect.arrayContaining(['Name', 'StageName', 'CloseDate']),
  )
})

test('ended subscriptions clear their dates, people without subscriptions keep theirs', () => {
  const contact = mappings.find(({ object }) => object === 'Contact')!
  const person = { stage: 'contact', email: 'a@x.example' }
  const ended = contact.evaluate(
    viewOf({
      person,
      billing: { subscription_status: 'canceled', churned_at: Date.UTC(2026, 0, 1) },
    } as never),
  )
  expect(ended?.fields.Renewal_Date__c?.value).toBe(null)
  expect(ended?.fields.Churned_On__c?.value).toBe('2026-01-01')
  const none = contact.evaluate(viewOf({ person } as never))
  expect(none?.fields).not.toHaveProperty('Renewal_Date__c')
})

test('activities read like a person wrote them', () => {
  const rules = mappings.find(({ object }) => object === 'Contact')!.activities
  const subject = (kind: string, more: Record<string, unknown> = {}) =>
    rules
      .find((rule) => rule.kind === kind)!
      .subject({ kind, channel: 'email', occurredAt: 0, count: 1, props: {}, ...more })
  expect(subject('email.clicked', { campaign: { name: 'Spring' } })).toBe('Clicked Spring')
  expect(subject('email.clicked', { count: 3 })).toBe('Clicked an e-mail (3 times)')
  expect(
    subject('invoice.paid', { title: 'Invoice BW-1 paid', amount: { amount: 4900, currency: 'EUR' } }),
  ).toBe('Invoice BW-1 paid, 49.00 EUR')
  expect(subject('form.submitted', { props: { form: 'Contact us' } })).toBe('Form: Contact us')
  expect(subject('email.unsubscribed')).toBe('Unsubscribed from e-mail')
  expect(subject('quote.accepted', { title: 'کوٹیشن' })).toBe('کوٹیشن')
})
