import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#kit'
import type { CsvConfig } from '../../connectors/csv/config.ts'
import { readCsv } from '../../connectors/csv/read-csv.ts'
import type { Kind } from '../../src/tabular/index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const read = (
  text: string,
  as: Kind = 'customers',
  more: { map?: Record<string, string>; options?: CsvConfig } = {},
) => readCsv({ bytes: bytes(text), as, ...more })
const records = (text: string, as?: Kind, more?: Parameters<typeof read>[2]) =>
  read(text, as, more).records.map(({ record }) => record)
const skipped = (text: string, as?: Kind) =>
  read(text, as)
    .problems.filter((p) => p.isSkipped)
    .map(({ line }) => line)

test.each([
  ['comma', ',', 'Id,Email,Company\n1,a@b.co,"Smith, Sons"\n'],
  ['semicolon', ';', 'Id;Email;Company\n1;a@b.co;"Smith, Sons"\n'],
  ['tab', '\t', 'Id\tEmail\tCompany\n1\ta@b.co\tSmith, Sons\n'],
  ['pipe', '|', 'Id|Email|Company\n1|a@b.co|Smith, Sons\n'],
])('the delimiter %s is found', (_name, delimiter, text) => {
  const result = read(text)
  expect(result.delimiter).toBe(delimiter)
  expect(result.records[0]!.record).toMatchObject({ id: '1', email: 'a@b.co', company: 'Smith, Sons' })
})

test("Excel's sep= line names the delimiter, and line numbers count it", () => {
  const result = read('sep=|\nId|Name\n1|A,B;C\n2\n')
  expect(result.delimiter).toBe('|')
  expect(result.records).toMatchObject([{ line: 3, record: { full_name: 'A,B;C' } }])
  expect(result.problems).toMatchObject([{ line: 4, isSkipped: true }])
})

const names = 'Id,Name\n1,François Köhler\n2,فاطمہ خان\n3,李小龍\n4,अमित\n'
test.each([
  ['UTF-8', bytes(names), 'utf-8'],
  ['UTF-8 with a byte order mark', new Uint8Array([0xef, 0xbb, 0xbf, ...bytes(names)]), 'utf-8'],
  [
    'UTF-16 LE',
    new Uint8Array([0xff, 0xfe, ...[...names].flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8])]),
    'utf-16le',
  ],
  [
    'UTF-16 BE',
    new Uint8Array([0xfe, 0xff, ...[...names].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255])]),
    'utf-16be',
  ],
])('text in any script survives from %s', (_name, file, encoding) => {
  const result = readCsv({ bytes: file, as: 'customers' })
  expect(result.encoding).toBe(encoding)
  expect(result.records.map(({ record }) => record.full_name)).toEqual([
    'François Köhler',
    'فاطمہ خان',
    '李小龍',
    'अमित',
  ])
})

test('what is not UTF-8 is read as Windows-1252', () => {
  const file = new Uint8Array([...bytes('Id,Name\n1,Fran'), 0xe7, ...bytes('ois 5 '), 0x80, ...bytes('\n')])
  expect(readCsv({ bytes: file, as: 'customers' })).toMatchObject({
    encoding: 'windows-1252',
    records: [{ record: { full_name: 'François 5 €' } }],
  })
})

test('quoted line breaks, doubled quotes and stray quotes are text; lines are counted through them', () => {
  const result = read(
    'Id,Name,Street\r\n1,"Say ""hi""","Line 1\r\nLine 2"\r\n2,5" pipe,x\r\n3,too,many,cells\r\n',
  )
  expect(result.records).toMatchObject([
    { line: 2, record: { full_name: 'Say "hi"', street: 'Line 1\r\nLine 2' } },
    { line: 4, record: { full_name: '5" pipe' } },
  ])
  expect(result.problems).toMatchObject([
    { line: 5, code: 'csv.bad_row', message: expect.stringContaining('4 cells, the header has 3') },
  ])
})

test('ragged rows are left out with their line, neighbours stay', () => {
  const text = 'Id,Email,Name\n1,a@x.io,A\n2,b@x.io\n3,c@x.io,C,extra\n4,d@x.io,D,\n\n5,e@x.io,E\n'
  expect(records(text).map(({ id }) => id)).toEqual(['1', '4', '5'])
  expect(skipped(text)).toEqual([3, 4])
})

test('a quote that is never closed costs one row', () => {
  const text = 'Id,Name\n1,A\n2,"B\n3,C\n4,"D"\n5,E\n'
  expect(records(text).map(({ id }) => id)).toEqual(expect.arrayContaining(['1', '4', '5']))
  expect(skipped('Id,Name\n1,A\n2,"B\n3,C\n')).toEqual([3])
  expect(records('Id,Name\n1,A\n2,"B\n3,C\n').map(({ id }) => id)).toEqual(['1', '3'])
})

test.each([
  ['E-mail', 'email'],
  ['Email Address', 'email'],
  ['EmailAddress', 'email'],
  ['First Name', 'first_name'],
  ['FirstName', 'first_name'],
  ['Nachname', 'last_name'],
  ['Organisation', 'company'],
  ['ZIP', 'postal_code'],
  ['Telefon', 'phone'],
  ['website', 'domain'],
  ['نام', 'full_name'],
])('the header %s means %s', (header, field) => {
  expect(read(`CustomerId,${header}\n1,x\n`).mapping).toEqual({ id: 'CustomerId', [field]: header })
})

test('columns can be named, and headers that nothing uses are told', () => {
  const result = read('Code,Kontakt,Fax\n7,a@b.co,1\n', 'customers', {
    map: { id: 'Code', email: 'kontakt' },
  })
  expect(result).toMatchObject({ mapping: { id: 'Code', email: 'Kontakt' }, unused: ['Fax'] })
})

test('a missing column is an error that lists the headers and the fix', () => {
  const failing = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return error as ConfigError
    }
    throw new Error('nothing was thrown')
  }
  const missing = failing(() => read('Foo,Bar\n1,2\n', 'invoices'))
  expect(missing).toBeInstanceOf(ConfigError)
  expect(missing).toMatchObject({
    code: 'csv.missing_column',
    message: expect.stringContaining('total'),
    fix: expect.stringContaining('--map'),
  })
  expect(missing.message).toContain('"Foo", "Bar"')
  expect(failing(() => read('Id\n1\n', 'customers', { map: { email: 'Nope' } })).message).toContain('"Nope"')
  expect(failing(() => read('Id\n1\n', 'customers', { map: { shoe_size: 'Id' } })).message).toContain(
    'first_name',
  )
})

test.each([
  ['an empty file', new Uint8Array(), 'empty'],
  ['a workbook', new Uint8Array([0x50, 0x4b, 3, 4]), 'workbook'],
  ['a picture', new Uint8Array([0x89, 0x50, 0, 0, 0]), 'text'],
  ['blank lines', bytes('\n\n'), 'no rows'],
])('%s is refused', (_name, file, message) => {
  expect(() => readCsv({ bytes: file, as: 'customers' })).toThrow(message)
})

test('damaged ids are not used, because different customers would become one', () => {
  const text = 'CustomerId,Email\n1.23457E+15,a@x.io\n1.23457E+15,b@x.io\n4.5E+9,\n'
  const result = read(text)
  expect(result.records.map(({ record }) => record.key)).toEqual(['email:a@x.io', 'email:b@x.io'])
  expect(result.problems.filter(({ column }) => column === 'CustomerId')).toHaveLength(3)
  expect(result.problems.filter((p) => p.isSkipped)).toMatchObject([{ line: 4 }])
})

test('leading zeros stay and the formula guard does not', () => {
  expect(records("CustomerId,PostalCode,Phone,Company\n007,01234,'+49 30 123,'=Cell & Co\n")).toMatchObject([
    { id: '007', postal_code: '01234', phone: '+49 30 123', company: '=Cell & Co' },
  ])
  expect(records("Id,Name\n1,'s Gravenhage\n")).toMatchObject([{ full_name: "'s Gravenhage" }])
})

test('an absent column, an empty cell and a value are three things', () => {
  const [row] = records('Id,Company,Name\n1,,A\n')
  expect(row).toMatchObject({ company: null, full_name: 'A' })
  expect(row).not.toHaveProperty('phone')
})

test('countries are codes, whatever language names them', () => {
  const text =
    'Id,Country\n1,Germany\n2,Deutschland\n3,پاکستان\n4,日本\n5,us\n6,Czech Republic\n7,UK\n8,Vietnam\n9,Atlantis\n'
  const result = read(text)
  expect(result.records.map(({ record }) => record.country)).toEqual([
    'DE',
    'DE',
    'PK',
    'JP',
    'US',
    'CZ',
    'GB',
    'VN',
    undefined,
  ])
  expect(result.problems).toMatchObject([
    { line: 10, column: 'Country', isSkipped: false, message: expect.stringContaining('Atlantis') },
  ])
  expect(records('Id\n1\n', 'customers', { options: { country: 'DE' } })).toMatchObject([{ country: 'DE' }])
})

test('a broken e-mail address is told and not used', () => {
  const result = read('Id,Email\n1,not-an-address\n')
  expect(result.records[0]!.record).toEqual({ key: '1', id: '1' })
  expect(result.problems).toMatchObject([{ line: 2, column: 'Email', isSkipped: false }])
})

const invoice = (total: string, more: { header?: string; cells?: string; options?: CsvConfig } = {}) =>
  records(
    `No;Customer Id;Date;Total${more.header ?? ''}\n1;7;2025-01-02;${total}${more.cells ?? ''}\n`,
    'invoices',
    {
      options: { delimiter: ';', ...more.options },
    },
  )[0]

test.each([
  ['1.98', 198],
  ['1,98', 198],
  ['1.234,50', 123_450],
  ['1,234.50', 123_450],
  ["1'234.50", 123_450],
  ['1 234,50', 123_450],
  ['1 234,5', 123_450],
  ['12.345.678', 1_234_567_800],
  ['12,34,567.89', 123_456_789],
  ['1234', 123_400],
  ['(12,50)', -1250],
  ['-12.50', -1250],
  ['12.50-', -1250],
  ['0.1', 10],
  ['.5', 50],
  ['$19.99', 1999],
  ['٣٤٫٥٠', 3450],
  ['۱۲۳', 12_300],
  ['९९', 9900],
  ['0.995', 100],
])('the amount %s is %d cents', (text, cents) => {
  expect(invoice(text)).toMatchObject({ total: cents, currency: 'USD' })
})

test.each(['abc', '1,2,3.4.5', '12.34.56', '1-2', '(5', '--5', 'EUR USD 5'])(
  '%s is not an amount, and its row is left out',
  (text) => {
    const result = read(`No;Customer Id;Date;Total\n1;7;2025-01-02;${text}\n2;7;2025-01-02;5\n`, 'invoices')
    expect(result.records.map(({ record }) => record.key)).toEqual(['2'])
    expect(result.problems.some((p) => p.isSkipped && p.line === 2 && p.column === 'Total')).toBe(true)
  },
)

test('a column says how it writes decimals; semicolons decide where it does not', () => {
  const totals = (values: string[], delimiter: string) =>
    records(
      ['No', 'Customer Id', 'Date', 'Total'].join(delimiter) +
        values.map((v, i) => `\n${[i, 7, '2025-01-02', `"${v}"`].join(delimiter)}`).join(''),
      'invoices',
    ).map((r) => r.total)
  expect(totals(['1.234', '9,90'], ';')).toEqual([123_400, 990])
  expect(totals(['1.234', '9.90'], ';')).toEqual([123, 990])
  expect(totals(['1.234'], ';')).toEqual([123_400])
  expect(totals(['1,234'], ',')).toEqual([123_400])
})

test('currencies come from their column, the amount, or the default', () => {
  expect(invoice('5 €')).toMatchObject({ currency: 'EUR', total: 500 })
  expect(invoice('JPY 500')).toMatchObject({ currency: 'JPY', total: 500 })
  expect(invoice('5', { header: ';Currency', cells: ';kwd' })).toMatchObject({ currency: 'KWD', total: 5000 })
  expect(invoice('5', { options: { currency: 'CHF' } })).toMatchObject({ currency: 'CHF' })
  expect(invoice('5', { header: ';Currency', cells: ';$', options: { currency: 'CAD' } })).toMatchObject({
    currency: 'CAD',
  })
  expect(skipped('No,Customer Id,Date,Total,Currency\n1,7,2025-01-02,5,Taler\n', 'invoices')).toEqual([2])
})

test('any amount is read exactly, however it is written', () => {
  const amounts = fc.integer({ min: -(10 ** 12), max: 10 ** 12 })
  fc.assert(
    fc.property(
      amounts,
      fc.constantFrom('de-DE', 'en-US', 'fr-FR', 'de-CH', 'hi-IN', 'ar-EG', 'fa-IR'),
      (cents, locale) => {
        const text = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 })
          .format(cents / 100)
          .replace(/[\u200e\u200f\u061c−]/g, (c) => (c === '−' ? '-' : ''))
        expect(invoice(`"${text}"`)?.total).toBe(cents)
      },
    ),
    { numRuns: 200 },
  )
})

const dated = (date: string, options?: CsvConfig) =>
  records(`No,Customer Id,Date,Total\n1,7,"${date}",5\n`, 'invoices', { options: options ?? {} })[0]
    ?.issued_at
const utc = (...at: [number, number, number, number?, number?, number?, number?]) => Date.UTC(...at)

test.each<[string, number, CsvConfig?]>([
  ['2025-12-31', utc(2025, 11, 31)],
  ['2021-01-06 00:00:00', utc(2021, 0, 6)],
  ['2025-12-31T23:59:58.250Z', utc(2025, 11, 31, 23, 59, 58, 250)],
  ['2025-12-31T23:59:58+05:30', utc(2025, 11, 31, 18, 29, 58)],
  ['31.12.2025', utc(2025, 11, 31)],
  ['3.4.2025', utc(2025, 3, 3)],
  ['31/12/2025', utc(2025, 11, 31)],
  ['12/31/2025', utc(2025, 11, 31)],
  ['12/31/25 3:05 PM', utc(2025, 11, 31, 15, 5)],
  ['2025/12/31', utc(2025, 11, 31)],
  ['03/04/2025', utc(2025, 3, 3), { dateFormat: 'DD/MM/YYYY' }],
  ['03/04/2025', utc(2025, 2, 4), { dateFormat: 'M/D/YYYY' }],
])('the date %s is understood', (text, at, options) => {
  expect(dated(text, options)).toBe(at)
})

test('a date that could be two days is not guessed; its column may give it away', () => {
  const text = (second: string) => `No,Customer Id,Date,Total\n1,7,03/04/2025,5\n2,7,${second},5\n`
  const problem = read(text('05/06/2025'), 'invoices').problems[0]
  expect(problem).toMatchObject({ line: 2, column: 'Date', message: expect.stringContaining('date format') })
  expect(records(text('25/06/2025'), 'invoices').map((r) => r.issued_at)).toEqual([
    utc(2025, 3, 3),
    utc(2025, 5, 25),
  ])
  expect(records(text('06/25/2025'), 'invoices').map((r) => r.issued_at)).toEqual([
    utc(2025, 2, 4),
    utc(2025, 5, 25),
  ])
})

test.each(['2025-02-30', '2025-13-01', '31.02.2025', 'yesterday', '2025-01-01 25:00:00'])(
  '%s is no date, and its row is left out',
  (text) => {
    expect(skipped(`No,Customer Id,Date,Total\n1,7,${text},5\n`, 'invoices')).toEqual([2])
  },
)

test('a date format that is none is refused', () => {
  expect(() => dated('2025-01-01', { dateFormat: 'whenever' })).toThrow('whenever')
})

test.each<[string, string, object]>([
  ['', '', { status: 'paid', total: 10_000, paid: 10_000, open: 0 }],
  [',Status', ',Overdue', { status: 'open', paid: 0, open: 10_000 }],
  [',Status', ',Paid', { status: 'paid', paid: 10_000, open: 0 }],
  [',Status', ',Cancelled', { status: 'void', paid: 0, open: 0 }],
  [',Status', ',Write-off', { status: 'uncollectible', paid: 0, open: 10_000 }],
  [',Status', ',In Escrow', { status: 'in escrow', paid: 0, open: 0 }],
  [',Amount Paid', ',40', { status: 'open', paid: 4000, open: 6000 }],
  [',Amount Paid', ',100', { status: 'paid', paid: 10_000, open: 0 }],
  [',Balance', ',25', { status: 'open', paid: 7500, open: 2500 }],
  [',Balance', ',0', { status: 'paid', paid: 10_000, open: 0 }],
])('an invoice with%s%s', (header, cell, expected) => {
  expect(
    records(`No,Customer Id,Date,Total${header}\n1,7,2025-01-02,100${cell}\n`, 'invoices')[0],
  ).toMatchObject(expected)
})

test('quotes have the status that their list says', () => {
  const statuses = ['Won', 'Closed Lost', 'Pending', 'Expired', 'Something']
  const text = `Quote No,Customer,Created,Amount,Status\n${statuses.map((s, i) => `Q${i},ACME,2025-01-02,5,${s}`).join('\n')}\n`
  expect(records(text, 'quotes').map((r) => r.status)).toEqual([
    'accepted',
    'declined',
    'sent',
    'expired',
    'something',
  ])
})

test('what was assumed is told', () => {
  expect(read('No,Customer Id,Date,Total\n1,7,2025-01-02,5\n', 'invoices').assumed).toEqual({
    currency: 'USD',
    status: 'paid',
  })
  expect(
    read('No,Customer Id,Date,Total,Status,Currency\n1,7,2025-01-02,5,paid,EUR\n', 'invoices').assumed,
  ).toEqual({})
})

test('keys come from ids, else from what the row says, so that a second import changes nothing', () => {
  const first = read(
    'Customer,Date,Total\nACME,2025-01-02,5\nACME,2025-01-02,5\nZeta,2025-01-03,6\n',
    'invoices',
  )
  const again = read(
    'Customer,Date,Total\nNew,2025-01-01,1\nACME,2025-01-02,5\nACME,2025-01-02,5\nZeta,2025-01-03,6\n',
    'invoices',
  )
  const keys = first.records.map(({ record }) => record.key)
  expect(new Set(keys).size).toBe(3)
  expect(again.records.slice(1).map(({ record }) => record.key)).toEqual(keys)
  expect(records('Email\nA@X.io\n', 'contacts')).toMatchObject([{ key: 'email:a@x.io', email: 'A@X.io' }])
})

test('an id that stands twice is told', () => {
  expect(read('Id,Name\n1,A\n2,B\n1,C\n').problems).toMatchObject([
    { line: 4, isSkipped: false, message: expect.stringContaining('line 2') },
  ])
})

test('rows that name nobody are left out', () => {
  expect(skipped('Id,Email,Name\n,,Nobody\n1,,Somebody\n')).toEqual([2])
  expect(skipped('No,Customer Id,Date,Total\n1,,2025-01-02,5\n', 'invoices')).toEqual([2])
})

test('whatever is written into cells comes back, and nothing throws', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 12 })
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
      const text = `Id,Name,Company\n${rows.map(([name, company], i) => [i + 1, quote(name), quote(company)].join(',')).join('\n')}\n`
      const found = new Map(records(text).map((r) => [r.id, r]))
      rows.forEach(([name], i) => {
        const expected = name.replace(/^'(?=[=+\-@\t\r])/, '').trim()
        expect(found.get(String(i + 1))?.full_name ?? '').toBe(expected)
      })
    }),
    { numRuns: 200 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (noise) => {
      expect(() => read(`Id,Name\n${noise}\n1,A\n`)).not.toThrow()
    }),
    { numRuns: 300 },
  )
})
