import { mapInvoice, mapPerson, mapQuote } from './map.ts'
import { FirmographicsRow, InvoiceRow, PersonRow, QuoteRow } from './records.ts'

export { readHeader } from './columns.ts'
export { tableOptions } from './config.ts'
export { type FieldType, fieldsOf, KINDS, type Kind } from './fields.ts'
export * from './read-table.ts'
export type { FirmographicsRow } from './records.ts'

/** What the rows of each kind of table are, and what becomes of them: the streams of whatever reads tables. */
export const TABLES = {
  customers: {
    title: 'Customers',
    record: PersonRow,
    map: (row: PersonRow) => mapPerson(row, 'customer'),
  },
  contacts: {
    title: 'Contacts',
    record: PersonRow,
    map: (row: PersonRow) => mapPerson(row, 'contact'),
  },
  invoices: { title: 'Invoices', record: InvoiceRow, map: mapInvoice },
  quotes: { title: 'Quotes', record: QuoteRow, map: mapQuote },
  /** Nobody is made of them: they answer what enrichment asks. */
  firmographics: { title: 'Firmographics', record: FirmographicsRow, map: () => [] },
} as const
