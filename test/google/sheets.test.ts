import { expect, test } from 'vitest'
import { readCsv } from '../../connectors/csv/read-csv.ts'
import type { SheetCell } from '../../src/sandbox/google/sheets.ts'
import { type GoogleHub, googleHub } from './support.ts'

const table = (as: string, more = '') => `tables: [{ spreadsheet: book, sheet: List, as: ${as}${more} }]`

async function hubWith(
  as: string,
  rows: SheetCell[][],
  more = '',
  options: { timeZone?: string; rows?: number } = {},
): Promise<GoogleHub> {
  const hub = await googleHub('google-sheets', table(as, more), { stream: as })
  hub.google.sheets.put('book', { List: rows }, options)
  return hub
}

async function recordsOf(hub: GoogleHub): Promise<Record<string, unknown>[]> {
  const { items } = await hub.store.inspect.records({ limit: 3000 })
  return items.map(({ body }) => JSON.parse(body)).sort((a, b) => String(a.key).localeCompare(String(b.key)))
}

const CUSTOMERS: SheetCell[][] = [
  ['Customer ID', 'E-mail', 'First name', 'Firma', 'ZIP', 'Land'],
  [1, 'ada@engine.example', 'Ada', 'Engines Ltd', '01067', 'Deutschland'],
  ['C-2', 'grace@navy.example', 'Grace'],
]

test('rows become the records that the same table gives as a CSV file', async () => {
  const hub = await hubWith('customers', CUSTOMERS)
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 2 } })
  const csv = CUSTOMERS.map((row) => Array.from({ length: 6 }, (_, i) => row[i] ?? '').join(',')).join('\n')
  const { records } = readCsv({ bytes: new TextEncoder().encode(csv), as: 'customers' })
  expect(await recordsOf(hub)).toEqual(records.map(({ record }) => record))
  expect(await hub.people()).toEqual(['ada@engine.example', 'grace@navy.example'])
})

test('numbers and dates are what the sheet holds, not what it shows', async () => {
  const hub = await hubWith('invoices', [
    ['Invoice no', 'Customer email', 'Total', 'Paid', 'Currency', 'Invoice date', 'Paid at'],
    [
      20001,
      'ada@engine.example',
      { holds: 1234.5, shows: '1.234,50 €' },
      0.1 + 0.2,
      'EUR',
      { holds: 46_081, shows: '28.02.26' },
      { holds: 46_082.75, shows: '01.03.26 18:00' },
    ],
    ['A-7', 'ada@engine.example', '(99.95)', null, 'EUR', '2026-03-01', null],
  ])
  await hub.pull()
  const [first, second] = await recordsOf(hub)
  expect(first).toMatchObject({
    key: '20001',
    total: 123_450,
    paid: 30,
    issued_at: Date.parse('2026-02-28'),
    paid_at: Date.parse('2026-03-01T18:00:00+01:00'),
  })
  expect(second).toMatchObject({ key: 'A-7', total: -9_995, paid_at: null })
})

test("times are of the sheet's zone, in summer and across its changes", async () => {
  const rows: SheetCell[][] = [
    ['Quote ID', 'Company', 'Amount', 'Created', 'Expires'],
    ['Q1', 'Engines', 1, { holds: 46_204.5, shows: '' }, { holds: 46_110.0625, shows: '' }],
  ]
  const hub = await hubWith('quotes', rows, '', { timeZone: 'America/New_York' })
  await hub.pull()
  expect((await recordsOf(hub))[0]).toMatchObject({
    created_at: Date.parse('2026-07-01T12:00:00-04:00'),
    expires_at: Date.parse('2026-03-29T01:30:00-04:00'),
  })
})

test('a row that cannot be used is set aside with its place; its neighbours and its other cells stay', async () => {
  const hub = await hubWith('invoices', [
    ['Number', 'Customer email', 'Total', 'Date'],
    ['1', 'ada@engine.example', 10, 46_081],
    ['2', 'ada@engine.example', 'ten', 46_081],
    ['3', 'not an address', 10, 46_081],
    ['4', 'ada@engine.example', '#REF!', 46_081],
    ['5', 'ada@engine.example', 10, 46_081],
  ])
  await hub.pull()
  const { items } = await hub.store.inspect.deadLetters({ limit: 10 })
  expect(
    items.map(({ error }) => `${error.at?.field} ${error.message.split(': ').slice(2).join(': ')}`).sort(),
  ).toEqual([
    'List!4:4 Row skipped: nothing says whom it is for (Customer email empty)',
    'List!C3 Row skipped: Total has no usable value',
    'List!C5 Row skipped: Total has no usable value',
  ])
  expect((await recordsOf(hub)).filter((record) => record.key)).toHaveLength(2)
})

test('a sheet of several pages is read whole, resumes where it was stopped, and twice is nothing new', async () => {
  const rows = Array.from({ length: 2300 }, (_, i): SheetCell[] => [`p${i}@engine.example`])
  const hub = await hubWith('contacts', [[], ['E-mail'], ...rows], ', headerRow: 2', { rows: 2400 })
  hub.google.fail({
    kind: 'answer',
    status: 503,
    times: 4,
    matches: ({ url }) => url.includes('List%211003'),
  })
  expect((await hub.pull()).run).toMatchObject({ state: 'failed', counts: { records: 1000 } })
  expect((await hub.pull()).run).toMatchObject({ state: 'done', counts: { records: 1300 } })
  expect(await recordsOf(hub)).toHaveLength(2300)
  expect((await hub.pull()).run.counts).toMatchObject({ records: 2300, changed: 0 })
})

test('several tables of one kind, columns by name, spreadsheets by address', async () => {
  const url = 'https://docs.google.com/spreadsheets/d/book/edit#gid=0'
  const hub = await googleHub(
    'google-sheets',
    `tables: [{ spreadsheet: "${url}", sheet: "Bo's list", as: contacts, map: { email: Where, lead_source: Origin } }, { spreadsheet: book, sheet: A1, as: contacts }]`,
    { stream: 'contacts' },
  )
  hub.google.sheets.put('book', {
    "Bo's list": [
      ['Where', 'Origin'],
      ['bo@engine.example', 'fair'],
    ],
    A1: [['Mail'], ['cy@engine.example']],
  })
  await hub.pull()
  expect(await recordsOf(hub)).toMatchObject([
    { email: 'bo@engine.example', lead_source: 'fair' },
    { email: 'cy@engine.example' },
  ])
})

test('a missing sheet, a missing column and a spreadsheet that is not shared are told', async () => {
  const hub = await hubWith('customers', [['Name'], ['Ada']])
  expect((await hub.pull()).run.error).toMatchObject({ code: 'csv.missing_column' })
  expect((await hub.pull()).run.error!.message).toContain(
    'Sheet "List": customers need a column for id or email',
  )
  hub.google.sheets.put('book', { Other: [] })
  expect((await hub.pull()).run.error!.message).toContain(
    'There is no sheet "List"; the spreadsheet has "Other"',
  )
  hub.google.sheets.put('book', { List: CUSTOMERS }, { sharedWith: [] })
  expect((await hub.pull()).run.error).toMatchObject({ kind: 'auth', code: 'auth.forbidden' })
})
