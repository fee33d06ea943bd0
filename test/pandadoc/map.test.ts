import { expect, test } from 'vitest'
import { iso, mapDocument, NOW, quote } from './support.ts'

const touchpoints = (document: unknown) =>
  mapDocument(document).flatMap((c) =>
    c.type === 'touchpoint' ? [`${c.touchpoint.kind} ${c.touchpoint.direction}`] : [],
  )

const quoteIn = (document: unknown, config?: Record<string, unknown>) => {
  const found = mapDocument(document, config).find((c) => c.type === 'document')
  return found?.type === 'document' && found.document.type === 'quote' ? found.document : undefined
}

test('a sent offer is a quote with its total, its buyer and what happened to it', () => {
  const contributions = mapDocument(quote('q1', { ref_number: 'R-7' }))
  expect(contributions.find((c) => c.type === 'document')).toEqual({
    type: 'document',
    person: [{ kind: 'email', value: 'ada@buyer.example' }],
    document: {
      type: 'quote',
      key: 'q1',
      number: 'R-7',
      currency: 'EUR',
      url: 'https://app.pandadoc.com/a/#/documents/q1',
      status: 'sent',
      title: 'Offer q1',
      total: { amount: 123_450, currency: 'EUR' },
      created_at: NOW - 5 * 86_400_000,
      sent_at: NOW - 4 * 86_400_000,
      expires_at: null,
      closed_at: null,
    },
  })
  expect(contributions.find((c) => c.type === 'person')).toMatchObject({
    identifiers: [{ kind: 'email', value: 'ada@buyer.example' }],
    attributes: { email: 'ada@buyer.example', first_name: 'Ada', last_name: 'Lovelace' },
  })
  expect(touchpoints(quote('q1'))).toEqual(['quote.created outbound', 'quote.sent outbound'])
})

test.each([
  ['uploaded', 'draft'],
  ['draft', 'draft'],
  ['waiting_approval', 'draft'],
  ['approved', 'draft'],
  ['rejected', 'draft'],
  ['scheduled', 'draft'],
  ['sent', 'sent'],
  ['external_review', 'sent'],
  ['viewed', 'viewed'],
  ['waiting_pay', 'accepted'],
  ['paid', 'accepted'],
  ['completed', 'accepted'],
  ['declined', 'declined'],
  ['voided', 'expired'],
  ['brand_new', 'brand_new'],
])('document.%s is %s', (theirs, ours) => {
  expect(quoteIn(quote('q', { status: `document.${theirs}` }))?.status).toBe(ours)
})

test('an offer that was ended before its date is canceled, after it expired', () => {
  const expiry = NOW - 4 * 86_400_000
  const voided = (modified: number) =>
    quoteIn(
      quote('q', { status: 'document.voided', expiration_date: iso(expiry), date_modified: iso(modified) }),
    )
  expect(voided(expiry + 1)).toMatchObject({ status: 'expired', closed_at: expiry })
  expect(voided(expiry - 1)).toMatchObject({ status: 'canceled', closed_at: expiry - 1 })
})

test('an accepted offer closed when it was completed', () => {
  const document = quote('q', {
    status: 'document.completed',
    date_completed: iso(NOW - 1_000),
    date_modified: iso(NOW),
  })
  expect(quoteIn(document)).toMatchObject({ status: 'accepted', closed_at: NOW - 1_000 })
  expect(touchpoints(document)).toContain('quote.accepted inbound')
})

test('a document without a price is no quote, unless all are', () => {
  const contract = quote('nda', { grand_total: { amount: '0', currency: 'USD' } })
  expect(quoteIn(contract)).toBeUndefined()
  expect(touchpoints(contract)).toEqual(['document.created outbound', 'document.sent outbound'])
  expect(quoteIn(contract, { quotes: 'all' })).toMatchObject({ total: { amount: 0, currency: 'USD' } })
})

test('amounts follow the decimals of their currency', () => {
  expect(quoteIn(quote('q', { grand_total: { amount: '5000', currency: 'JPY' } }))?.total).toEqual({
    amount: 5000,
    currency: 'JPY',
  })
  expect(quoteIn(quote('q', { grand_total: { amount: '1.234', currency: 'KWD' } }))?.total).toEqual({
    amount: 1234,
    currency: 'KWD',
  })
})

test('colleagues are no buyers, and who signs first is the primary one', () => {
  const document = quote('q', {
    recipients: [
      { email: 'Sales@acme.example' },
      { email: 'copy@buyer.example', recipient_type: 'CC' },
      { email: 'second@buyer.example', signing_order: 2 },
      { email: 'first@buyer.example', signing_order: 1, contact_id: 'c1' },
      { email: 'boss@acme.example' },
    ],
  })
  const people = mapDocument(document, { internalDomains: ['acme.example'] }).filter(
    (c) => c.type === 'person',
  )
  expect(people.map((p) => p.identifiers[0]!.value)).toEqual([
    'first@buyer.example',
    'second@buyer.example',
    'copy@buyer.example',
  ])
  expect(people[0]!.identifiers).toContainEqual({ kind: 'vendor_id', value: 'contact:c1' })
  expect(new Set(people.map((p) => p.slot)).size).toBe(3)
})

test('company and job come from the variables of the role, in any script', () => {
  const document = quote('q', {
    recipients: [{ email: 'wang@buyer.example', first_name: '王', phone: '', role: 'Client' }],
    tokens: [
      { name: 'Client.Company', value: '北京公司' },
      { name: 'Sender.Company', value: 'Acme' },
    ],
  })
  expect(mapDocument(document).find((c) => c.type === 'person')).toMatchObject({
    attributes: { email: 'wang@buyer.example', first_name: '王', company_name: '北京公司' },
  })
})

test('a date that cannot be read is a dead letter that names it', () => {
  expect(() => mapDocument(quote('q', { date_sent: 'soon' }))).toThrow(
    expect.objectContaining({
      code: 'record.invalid',
      details: expect.objectContaining({ at: { field: 'date_sent' } }),
    }),
  )
})
