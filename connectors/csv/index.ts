import { defineConnector, streamsOf } from '#kit'
import { type CsvConfig, csvConfig } from './config.ts'
import { mapInvoice, mapPerson, mapQuote } from './map.ts'
import { InvoiceRow, PersonRow, QuoteRow } from './records.ts'

const stream = streamsOf<CsvConfig>()
const keyed = { key: ({ key }: { key: string }) => key, lane: 'backfill' as const }

/** Lists from spreadsheets and exports. Rows come from `readCsv` by import; there is nothing to pull. */
export default defineConnector({
  name: 'csv',
  title: 'CSV files',
  baseUrl: 'https://localhost',
  config: csvConfig,
  auth: { type: 'none' },
  streams: {
    customers: stream({
      ...keyed,
      title: 'Customers',
      record: PersonRow,
      map: (row) => mapPerson(row, 'customer'),
    }),
    contacts: stream({
      ...keyed,
      title: 'Contacts',
      record: PersonRow,
      map: (row) => mapPerson(row, 'contact'),
    }),
    invoices: stream({ ...keyed, title: 'Invoices', record: InvoiceRow, map: mapInvoice }),
    quotes: stream({ ...keyed, title: 'Quotes', record: QuoteRow, map: mapQuote }),
  },
})
