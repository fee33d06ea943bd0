import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  type AccountContribution,
  Contribution,
  type DocumentContribution,
  type Identifier,
  type PersonContribution,
  type TouchpointContribution,
} from '#model'
import connector from '../../connectors/csv/index.ts'
import { readCsv } from '../../connectors/csv/read-csv.ts'
import type { Kind } from '../../src/tabular/index.ts'
import { companyKey } from '../../src/tabular/map.ts'

function contributions(bytes: Uint8Array | string, as: Kind): Contribution[] {
  const stream = connector.streams![as]!
  const { records } = readCsv({
    bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
    as,
  })
  return records
    .flatMap(({ record }) => stream.map(stream.record.parse(record), { connection: 'csv', config: {} }))
    .map((c) => Contribution.parse(c))
}
const people = (cs: Contribution[]) => cs.filter((c): c is PersonContribution => c.type === 'person')
const accounts = (cs: Contribution[]) => cs.filter((c): c is AccountContribution => c.type === 'account')
const documents = (cs: Contribution[]) => cs.filter((c): c is DocumentContribution => c.type === 'document')
const kinds = (cs: Contribution[]) =>
  cs.filter((c): c is TouchpointContribution => c.type === 'touchpoint').map((c) => c.touchpoint.kind)
const vendor = (ids: Identifier[] | undefined, prefix: string) =>
  ids?.find(({ kind, value }) => kind === 'vendor_id' && value.startsWith(prefix))?.value

test('every row kind becomes records of its stream', () => {
  const files: Record<Kind, string> = {
    customers: 'CustomerId,Email\n1,a@b.co\n',
    contacts: 'Email,Lead Source\na@b.co,Fair\n',
    invoices: 'No,Customer Id,Date,Total\n1,1,2025-01-02,5\n',
    quotes: 'No,Customer Id,Date,Total\n1,1,2025-01-02,5\n',
    firmographics: 'Domain,Headcount\nb.co,7\n',
  }
  // Of firmographics nobody is made.
  for (const [as, text] of Object.entries(files))
    expect(contributions(text, as as Kind).length > 0, as).toBe(as !== 'firmographics')
  expect(Object.keys(connector.streams!)).toEqual(Object.keys(files))
})

test('a customer is a person and their company', () => {
  const cs = contributions(
    'CustomerId,First Name,Last Name,Company,Email,Country,Website\n7,فاطمہ,خان,نادرہ ڈیٹا,f@nadira.pk,Pakistan,https://www.nadira-data.pk/x\n',
    'customers',
  )
  expect(cs).toEqual([
    {
      type: 'person',
      identifiers: [
        { kind: 'vendor_id', value: 'customer:7' },
        { kind: 'email', value: 'f@nadira.pk' },
      ],
      attributes: {
        email: 'f@nadira.pk',
        first_name: 'فاطمہ',
        last_name: 'خان',
        company_name: 'نادرہ ڈیٹا',
        country: 'PK',
      },
      account: [
        { kind: 'vendor_id', value: 'customer:7' },
        { kind: 'vendor_id', value: 'company:نادرہ ڈیٹا' },
        { kind: 'domain', value: 'nadira-data.pk' },
      ],
    },
    {
      type: 'account',
      identifiers: [
        { kind: 'vendor_id', value: 'customer:7' },
        { kind: 'vendor_id', value: 'company:نادرہ ڈیٹا' },
        { kind: 'domain', value: 'nadira-data.pk' },
      ],
      attributes: { name: 'نادرہ ڈیٹا', website: 'https://www.nadira-data.pk/x', country: 'PK' },
    },
  ])
})

test('a customer without a person is a company, and its invoices are the company’s', () => {
  const cs = contributions('CustomerId,Company\nC-1,ACME GmbH\n', 'customers')
  expect(people(cs)).toEqual([])
  expect(accounts(cs)[0]!.identifiers).toEqual([
    { kind: 'vendor_id', value: 'customer:C-1' },
    { kind: 'vendor_id', value: 'company:acme gmbh' },
  ])
  const [invoice] = documents(contributions('No,Customer Id,Date,Total\n1,C-1,2025-01-02,5\n', 'invoices'))
  expect(invoice).toMatchObject({ person: [{ value: 'customer:C-1' }], account: [{ value: 'customer:C-1' }] })
})

test('company names differ by more than case, spaces and punctuation', () => {
  expect(companyKey('ACME,  Inc.')).toBe(companyKey('Acme Inc'))
  expect(companyKey('Acme Inc')).not.toBe(companyKey('Acme Ltd'))
  expect(companyKey('株式会社テスト')).toBe('company:株式会社テスト')
})

test('invoices and quotes tell their story only where the file dates it', () => {
  const invoices =
    'No,Customer Id,Date,Total,Status,Paid Date\n1,1,2025-01-02,5,paid,2025-01-09\n2,1,2025-01-02,5,paid,\n3,1,2025-01-02,5,draft,\n'
  expect(kinds(contributions(invoices, 'invoices'))).toEqual([
    'invoice.issued',
    'invoice.paid',
    'invoice.issued',
  ])
  const quotes =
    'No,Customer Id,Created,Total,Status,Closed Date\n1,1,2025-01-02,5,won,2025-02-01\n2,1,2025-01-02,5,lost,2025-02-01\n3,1,2025-01-02,5,sent,\n'
  expect(kinds(contributions(quotes, 'quotes'))).toEqual([
    'quote.created',
    'quote.accepted',
    'quote.created',
    'quote.declined',
    'quote.created',
  ])
})

function chinook(name: string): Uint8Array | undefined {
  try {
    return readFileSync(new URL(`../../../shared/data/billing/chinook_${name}.csv`, import.meta.url))
  } catch {
    return undefined
  }
}
const [customers, invoices] = [chinook('customers'), chinook('invoices')]
const hasData = customers !== undefined && invoices !== undefined
const title = (text: string) => `${text}${hasData ? '' : ' (no data)'}`

test.skipIf(!hasData)(title('the Chinook shop imports as 59 people with their companies'), () => {
  const { records, problems, unused } = readCsv({ bytes: customers!, as: 'customers' })
  expect([records.length, problems, unused]).toEqual([59, [], ['Fax', 'SupportRepId']])
  const cs = contributions(customers!, 'customers')
  expect(people(cs)).toHaveLength(59)
  expect(new Set(people(cs).map((p) => p.attributes.email)).size).toBe(59)
  expect(
    accounts(cs)
      .filter((a) => a.attributes.name)
      .map((a) => a.attributes.name),
  ).toContain('Embraer - Empresa Brasileira de Aeronáutica S.A.')
  expect(people(cs).every((p) => /^[A-Z]{2}$/.test(p.attributes.country ?? ''))).toBe(true)
  expect(people(cs)[0]!.attributes).toMatchObject({
    first_name: 'Luís',
    last_name: 'Gonçalves',
    postal_code: '12227-000',
    country: 'BR',
  })
})

test.skipIf(!hasData)(title('the sum of each Chinook customer’s invoices is that of the file'), () => {
  const { records, problems } = readCsv({ bytes: invoices!, as: 'invoices' })
  expect([records.length, problems]).toEqual([412, []])
  const documented = new Map<string, number>()
  for (const { person, document } of documents(contributions(invoices!, 'invoices'))) {
    if (document.type !== 'invoice') throw new Error('not an invoice')
    expect(document).toMatchObject({ status: 'paid', currency: 'USD', open: { amount: 0 } })
    const id = vendor(person, 'customer:')!
    documented.set(id, (documented.get(id) ?? 0) + document.paid.amount)
  }
  const expected = new Map<string, number>()
  for (const line of new TextDecoder().decode(invoices).trim().split('\n').slice(1)) {
    const cells = line.trim().split(',')
    const id = `customer:${cells[1]}`
    expected.set(id, (expected.get(id) ?? 0) + Math.round(Number(cells.at(-1)) * 100))
  }
  expect(documented).toEqual(expected)
  const known = new Set(
    people(contributions(customers!, 'customers')).map((p) => vendor(p.identifiers, 'customer:')),
  )
  expect([...documented.keys()].every((id) => known.has(id))).toBe(true)
  expect([...documented.values()].reduce((a, b) => a + b)).toBe(232_860)
})

test.skipIf(!hasData)(title('importing a Chinook file twice gives equal records'), () => {
  expect(readCsv({ bytes: invoices!, as: 'invoices' })).toEqual(readCsv({ bytes: invoices!, as: 'invoices' }))
})

test('a company names its parent by web address, or as the table calls it', () => {
  const [child, other, none] = accounts(
    contributions(
      'CustomerId,Company,Parent Company\n1,Brightwave UK,www.brightwave.co\n2,Brightwave DE,Brightwave Holding A.G.\n3,Alone,\n',
      'customers',
    ),
  )
  expect(child!.parent).toEqual([{ kind: 'domain', value: 'brightwave.co' }])
  expect(vendor(other!.parent, 'company:')).toBe(companyKey('Brightwave Holding A.G.'))
  expect(none).not.toHaveProperty('parent')
})
