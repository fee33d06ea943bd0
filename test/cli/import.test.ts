import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { StoredRecord } from '../../src/engine/ports.ts'
import { openStore } from '../../src/store/open-store.ts'
import { tributary, tributaryJson, workspace } from './support.ts'

const CONFIG = 'connections:\n  csv: { connector: csv }\n'

interface Imported {
  rows: number
  changed: number
  skipped: number
  problems: { line: number; column?: string; code: string; message: string; isSkipped: boolean }[]
  mapping: Record<string, string>
}

const bytes = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding))

/** Records of a stream as another process would find them. */
async function stored(stream: string): Promise<StoredRecord[]> {
  const store = await openStore('file:hub.db')
  const { items } = await store.inspect.records({ connection: 'csv', stream, limit: 200 })
  await store.close()
  return items
}

const namesOf = (records: StoredRecord[]) =>
  records.map(({ body }) => (JSON.parse(body) as { full_name?: string }).full_name)

const names = 'Id,Name,Email\n1,François Köhler,f@x.example\n2,Zoë Ångström,z@x.example\n'

test.each<[string, string | Uint8Array]>([
  ['UTF-8', names],
  ['a byte order mark', `\uFEFF${names}`],
  ['Windows-1252', bytes(names, 'latin1')],
  ['UTF-16 with a byte order mark', bytes(`\uFEFF${names}`, 'utf16le')],
  ['semicolons', names.replaceAll(',', ';')],
  ['tabs and CRLF', names.replaceAll(',', '\t').replaceAll('\n', '\r\n')],
])('a file in %s is read as it was meant', async (_, content) => {
  workspace({ 'tributary.yaml': CONFIG, 'list.csv': content })
  const { code, json } = await tributaryJson<Imported>('import', 'list.csv', '--as', 'customers')
  expect([code, json]).toEqual([
    0,
    expect.objectContaining({ rows: 2, changed: 2, skipped: 0, problems: [] }),
  ])
  expect(namesOf(await stored('customers'))).toEqual(['François Köhler', 'Zoë Ångström'])
  // The same file says nothing new.
  expect((await tributaryJson<Imported>('import', 'list.csv', '--as', 'customers')).json.changed).toBe(0)
})

test('rows that cannot be used are told with file:line, their neighbours are kept, and import ends with 1', async () => {
  workspace({
    'tributary.yaml': CONFIG,
    'bills.csv': `No,Customer Id,Customer,Date,Total
1,7,ACME,2025-01-02,10.00
2,7,ACME,2025-01-03
3,7,ACME,2025-02-30,5.00
4,7,ACME,2025-01-04,a lot
5,7,ACME,2025-01-05,7.50,extra
6,7,ACME,2025-01-06,2.50
`,
  })
  const { code, out } = await tributary('import', 'bills.csv', '--as', 'invoices')
  expect(code).toBe(1)
  expect(out).toContain('bills.csv:3: Row skipped: it has 4 cells, the header has 5')
  expect(out).toMatch(/^bills\.csv:4 Date: /m)
  expect(out).toMatch(/^bills\.csv:5 Total: /m)
  expect(out).toContain('bills.csv:6: Row skipped: it has 6 cells, the header has 5')
  expect(out).toContain('2 invoices read, 2 new or changed, 4 rows skipped')
  expect((await stored('invoices')).map(({ key }) => key)).toEqual(['1', '6'])
  const { json } = await tributaryJson<Imported>('import', 'bills.csv', '--as', 'invoices')
  expect(json).toMatchObject({ rows: 2, changed: 0, skipped: 4 })
  expect(json.problems.filter((p) => p.isSkipped).map(({ line, code }) => [line, code])).toEqual(
    [3, 4, 5, 6].map((line) => [line, 'csv.bad_row']),
  )
})

test('a value that cannot be used costs only itself, and import ends with 0', async () => {
  workspace({ 'tributary.yaml': CONFIG, 'list.csv': 'Id,Name,Email\n1,Ada,not-an-address\n' })
  const { code, out } = await tributary('import', 'list.csv', '--as', 'customers')
  expect([code, out]).toEqual([0, expect.stringMatching(/^list\.csv:2 Email: /m)])
  expect(namesOf(await stored('customers'))).toEqual(['Ada'])
})

test('the wrong delimiter leaves no column to use: 2, the headers as they were read, and nothing stored', async () => {
  workspace({ 'tributary.yaml': CONFIG, 'bills.csv': 'No;Customer Id;Date;Total\n1;7;2025-01-02;10,00\n' })
  const { code, err } = await tributary('import', 'bills.csv', '--as', 'invoices', '--delimiter', ',')
  expect(code).toBe(2)
  expect(err).toContain('"No;Customer Id;Date;Total". Its delimiter may be ";"')
  expect(err).toContain('code: csv.missing_column')
  expect(await stored('invoices')).toEqual([])
  expect((await tributary('import', 'bills.csv', '--as', 'invoices')).code).toBe(0)
  expect(await stored('invoices')).toHaveLength(1)
})

test('a dry run tells the same and stores nothing', async () => {
  workspace({ 'tributary.yaml': CONFIG, 'list.csv': `${names}3,too few\n` })
  const { code, out } = await tributary('import', 'list.csv', '--as', 'customers', '--dry-run')
  expect([code, out]).toEqual([1, expect.stringContaining('list.csv:4: Row skipped')])
  expect(await stored('customers')).toEqual([])
})

test.each<[string, () => void, string[], RegExp]>([
  ['is not there', () => {}, ['gone.csv', '--as', 'customers'], /gone\.csv cannot be read: ENOENT/],
  [
    'is a folder',
    () => mkdirSync('dir.csv'),
    ['dir.csv', '--as', 'customers'],
    /dir\.csv cannot be read: EISDIR/,
  ],
  ['is a workbook', () => {}, ['book.xlsx', '--as', 'customers'], /workbook .*save the sheet as CSV/],
  ['is empty', () => {}, ['empty.csv', '--as', 'customers'], /The file is empty/],
])('a file that %s ends import with 2 and says what to do', async (_, prepare, args, message) => {
  workspace({
    'tributary.yaml': CONFIG,
    'book.xlsx': new Uint8Array([0x50, 0x4b, 3, 4]),
    'empty.csv': '',
  })
  prepare()
  const { code, err } = await tributary('import', ...args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
  expect(err).toContain('code: csv.unreadable')
})

test.each<[string[], RegExp]>([
  [['--connection', 'cvs'], /cvs is not a csv connection; did you mean "csv"\?/],
  [['--map', 'email'], /--map email: write field=Header/],
  [['--map', 'custmer_id=No'], /no field "custmer_id"\. Did you mean customer_id\?/],
  [['--date-format', 'whenever'], /whenever/],
  [['--currency', 'euros'], /--currency/],
])('import %j ends with 2 and names the mistake', async (args, message) => {
  workspace({
    'tributary.yaml': CONFIG,
    'bills.csv': 'No,Customer Id,Date,Total,Email\n1,7,2025-01-02,1,a@b.co\n',
  })
  const { code, err } = await tributary('import', 'bills.csv', '--as', 'invoices', ...args)
  expect([code, err]).toEqual([2, expect.stringMatching(message)])
})
