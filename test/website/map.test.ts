import { expect, test } from 'vitest'
import { RecordError } from '#kit'
import { mapEvent, page, personIn, RECEIVED_AT, touchpointIn } from './support.ts'

test('a page view is one touchpoint with title, url, referrer and the identifiers of the visitor', () => {
  const contributions = mapEvent({
    ...page({ referrer: 'https://news.example.org/article' }),
    userId: 'u1',
    name: 'Pricing page',
    properties: { plan: 'pro', path: '/pricing' },
  })
  expect(contributions).toHaveLength(1)
  const { person, touchpoint } = touchpointIn(contributions)
  expect(person).toEqual([
    { kind: 'user_id', value: 'u1' },
    { kind: 'anonymous_id', value: 'anon-1' },
  ])
  expect(touchpoint).toEqual({
    kind: 'page.viewed',
    occurred_at: RECEIVED_AT,
    direction: 'inbound',
    channel: 'referral',
    url: 'https://www.acme.example/pricing',
    referrer: 'https://news.example.org/article',
    title: 'Pricing',
    props: { name: 'Pricing page', plan: 'pro' },
  })
})

test('a screen view keeps its name', () => {
  expect(touchpointIn(mapEvent({ type: 'screen', name: 'Home' })).touchpoint).toMatchObject({
    kind: 'screen.viewed',
    title: 'Home',
  })
})

test('a tracked event keeps name, properties and a stated amount in minor units', () => {
  const event = {
    type: 'track',
    event: 'Order Completed',
    properties: { revenue: 19.99, currency: 'eur', sku: 'A' },
  }
  expect(touchpointIn(mapEvent(event)).touchpoint).toMatchObject({
    kind: 'event.tracked',
    title: 'Order Completed',
    amount: { amount: 1999, currency: 'EUR' },
    props: { revenue: 19.99, currency: 'eur', sku: 'A' },
  })
})

test('an amount without a currency is kept as said but means no money', () => {
  const { touchpoint } = touchpointIn(
    mapEvent({ type: 'track', event: 'Order Completed', properties: { revenue: 5 } }),
  )
  expect(touchpoint.amount).toBeUndefined()
  expect(touchpoint.props).toEqual({ revenue: 5 })
})

test.each(['Form Submitted', 'Signed Up', 'signed_up', 'Lead Captured', 'generate_lead', 'Demo Requested'])(
  '%s is a submitted form that tells who filled it in',
  (name) => {
    const contributions = mapEvent({
      type: 'track',
      event: name,
      properties: {
        email: 'Ada@Example.com',
        firstName: 'Ada',
        company: 'Lovelace Ltd',
        title: 'Newsletter form',
      },
    })
    expect(touchpointIn(contributions).touchpoint.kind).toBe('form.submitted')
    const person = personIn(contributions)
    expect(person.identifiers).toContainEqual({ kind: 'email', value: 'Ada@Example.com' })
    expect(person.attributes).toEqual({
      email: 'Ada@Example.com',
      first_name: 'Ada',
      company_name: 'Lovelace Ltd',
    })
  },
)

test('identify tells names, job, company and address, in any script and unchanged', () => {
  const traits = {
    email: 'fatima@example.pk',
    firstName: 'فاطمہ',
    lastName: '王',
    title: 'निदेशक',
    company: { name: 'شركة المثال', website: 'https://www.example.pk/de', id: 'g-7', employees: '250' },
    phone: '+92 300 1234567',
    address: {
      street: 'Mall Road',
      city: 'لاہور',
      state: 'Punjab',
      postalCode: '54000',
      country: 'Pakistan',
    },
  }
  const contributions = mapEvent({
    type: 'identify',
    userId: 7,
    traits,
    context: { locale: 'ur-PK', timezone: 'Asia/Karachi' },
  })
  const person = personIn(contributions)
  expect(person.identifiers).toEqual([
    { kind: 'user_id', value: '7' },
    { kind: 'anonymous_id', value: 'anon-1' },
    { kind: 'email', value: 'fatima@example.pk' },
  ])
  expect(person.attributes).toEqual({
    email: 'fatima@example.pk',
    first_name: 'فاطمہ',
    last_name: '王',
    title: 'निदेशक',
    company_name: 'شركة المثال',
    phone: '+92 300 1234567',
    street: 'Mall Road',
    city: 'لاہور',
    region: 'Punjab',
    postal_code: '54000',
    country: 'PK',
    language: 'ur-PK',
    timezone: 'Asia/Karachi',
  })
  const links = [
    { kind: 'group_id', value: 'g-7' },
    { kind: 'domain', value: 'example.pk' },
  ]
  expect(person.account).toEqual(links)
  expect(contributions.find((c) => c.type === 'account')).toMatchObject({
    identifiers: links,
    attributes: { name: 'شركة المثال', employees: 250, domain: 'example.pk' },
  })
})

test('absent, null and empty traits stay three values', () => {
  const { attributes } = personIn(mapEvent({ type: 'identify', traits: { phone: null, title: '' } }))
  expect(attributes).toEqual({ phone: null, title: '' })
})

test('something that is no address is neither identifier nor e-mail', () => {
  const person = personIn(mapEvent({ type: 'identify', traits: { email: 'n/a' } }))
  expect(person.identifiers).toEqual([{ kind: 'anonymous_id', value: 'anon-1' }])
  expect(person.attributes).toEqual({})
})

test('an e-mail used as user id is an e-mail too', () => {
  expect(personIn(mapEvent({ type: 'identify', userId: 'bo@example.com' })).identifiers).toContainEqual({
    kind: 'email',
    value: 'bo@example.com',
  })
})

test('identify is a visit only where the page of the buyer sent it', () => {
  expect(mapEvent({ type: 'identify', traits: {} }).filter((c) => c.type === 'touchpoint')).toEqual([])
  const fromPage = mapEvent({
    ...page({ referrer: 'https://www.google.com/' }),
    type: 'identify',
    traits: {},
  })
  expect(touchpointIn(fromPage).touchpoint).toMatchObject({ kind: 'person.identified', channel: 'organic' })
})

test('traits that RudderStack puts into the context count for identify', () => {
  const event = { type: 'identify', userId: 'u1', context: { traits: { email: 'r@example.com', name: 'R' } } }
  expect(personIn(mapEvent(event)).attributes).toMatchObject({ email: 'r@example.com', full_name: 'R' })
})

test('group names a company by id and domain and links the person to it', () => {
  const contributions = mapEvent({
    type: 'group',
    userId: 'u1',
    groupId: 'acme',
    traits: { name: 'Acme', website: 'acme.example' },
  })
  const links = [
    { kind: 'group_id', value: 'acme' },
    { kind: 'domain', value: 'acme.example' },
  ]
  expect(contributions.map((c) => c.type)).toEqual(['account', 'person'])
  expect(contributions[0]).toMatchObject({
    identifiers: links,
    attributes: { name: 'Acme', domain: 'acme.example' },
  })
  expect(personIn(contributions)).toMatchObject({ account: links })
})

test('alias joins the previous id, whatever it was, to the user', () => {
  const [only, ...rest] = mapEvent({ type: 'alias', anonymousId: null, previousId: 'old', userId: 'u1' })
  expect(rest).toEqual([])
  expect(only).toMatchObject({
    type: 'person',
    identifiers: [
      { kind: 'user_id', value: 'u1' },
      { kind: 'user_id', value: 'old' },
      { kind: 'anonymous_id', value: 'old' },
    ],
  })
})

test('consent categories, GPC and DNT are kept with the person and the touchpoint', () => {
  const context = { consent: { categoryPreferences: { Analytics: false, Advertising: true } } }
  const consent = { gpc: true, analytics: 'denied', categories: { Analytics: false, Advertising: true } }
  const options = { arrival: { gpc: true } }
  expect(personIn(mapEvent({ type: 'identify', context }, options)).attributes.consent).toEqual(consent)
  expect(touchpointIn(mapEvent({ type: 'page', context }, options)).touchpoint.props).toEqual({ consent })
  const changed = mapEvent({ type: 'track', event: 'Segment Consent Preference Updated', context }, options)
  expect(personIn(changed).attributes).toEqual({ consent })
  expect(personIn(mapEvent({ type: 'identify' }, { arrival: { dnt: true } })).attributes.consent).toEqual({
    gpc: true,
  })
})

test('without a word about consent none is asserted', () => {
  expect(personIn(mapEvent({ type: 'identify' })).attributes).not.toHaveProperty('consent')
})

const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

test('bots, prefetches and colleagues are kept and flagged', () => {
  const flagged = [
    mapEvent(page({}, { userAgent: CRAWLER })),
    mapEvent(page(), { arrival: { user_agent: CRAWLER } }),
    mapEvent(page({}, { webdriver: true })),
    mapEvent(page(), { arrival: { prefetch: true } }),
    mapEvent(page(), { arrival: { ip: '10.1.2.3' }, config: { internalIps: ['10.1.2.3'] } }),
    mapEvent({ ...page(), userId: 'me@acme.example' }, { config: { internalDomains: ['acme.example'] } }),
  ].map((contributions) => touchpointIn(contributions).touchpoint)
  expect(flagged.map((t) => t.is_machine)).toEqual([true, true, true, true, true, true])
  expect(flagged.map((t) => t.props?.machine)).toEqual([
    'bot',
    'bot',
    'bot',
    'prefetch',
    'internal',
    'internal',
  ])
})

test('the user agent of a server library says nothing about the visitor', () => {
  const event = { type: 'track', event: 'Invoice Sent' }
  expect(
    touchpointIn(mapEvent(event, { arrival: { user_agent: 'python-requests/2.31' } })).touchpoint.is_machine,
  ).toBeUndefined()
})

test('keepBots counts bots like people', () => {
  const { touchpoint } = touchpointIn(
    mapEvent(page({}, { userAgent: CRAWLER }), { config: { keepBots: true } }),
  )
  expect(touchpoint.is_machine).toBeUndefined()
})

test.each([
  ['userId', { type: 'track', event: 'X', anonymousId: null }],
  ['type', { type: 'tracking' }],
  ['properties', { type: 'track', event: 'X', properties: 'none' }],
  ['event', { type: 'track', event: 5 }],
  ['groupId', { type: 'group' }],
  ['previousId', { type: 'alias', userId: 'u' }],
  ['userId', { type: 'page', userId: 'x'.repeat(600) }],
])('a malformed event is a dead letter that names %s', (field, event) => {
  const attempt = () => mapEvent(event)
  expect(attempt).toThrow(RecordError)
  expect(attempt).toThrow(
    expect.objectContaining({ code: 'record.invalid', details: expect.objectContaining({ at: { field } }) }),
  )
})
