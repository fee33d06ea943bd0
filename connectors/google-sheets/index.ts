import * as z from 'zod'
import { defineConnector, googleAccess, streamsOf } from '#kit'
import { type Kind, TABLES } from '../../src/tabular/index.ts'
import { describeSheet } from './api.ts'
import { type SheetsConfig, sheetsConfig } from './config.ts'
import { pullTables, Unusable } from './pull.ts'

const stream = streamsOf<SheetsConfig>()

/** A row's own record, or the reason and place of a row that cannot be used. */
const usable = <R>(record: z.ZodType<R>): z.ZodType<R> =>
  z
    .unknown()
    .superRefine((row, ctx) => {
      const { data } = Unusable.safeParse(row)
      if (data) ctx.addIssue({ code: 'custom', message: data.unusable, path: [data.place], input: row })
    })
    .pipe(record as z.ZodType<R, unknown>)

const source = <R extends { key: string }>(
  as: Kind,
  table: { title: string; record: z.ZodType<R>; map: Parameters<typeof stream<R>>[0]['map'] },
) =>
  stream<R>({
    title: table.title,
    record: usable(table.record),
    key: ({ key }) => key,
    lane: 'backfill',
    listsAll: true,
    pull: pullTables(as),
    map: table.map,
  })

const SCOPES = ['https://www.googleapis.com/auth/spreadsheets.readonly']

export default defineConnector({
  name: 'google-sheets',
  title: 'Google Sheets',
  baseUrl: 'https://sheets.googleapis.com',
  config: sheetsConfig,
  ...googleAccess<SheetsConfig>(SCOPES),
  // 60 a minute and user.
  limits: { concurrency: 2, intervalCap: 10, intervalMs: 10_000 },
  async check(ctx) {
    await describeSheet(ctx, ctx.config.tables[0]!)
  },
  streams: {
    customers: source('customers', TABLES.customers),
    contacts: source('contacts', TABLES.contacts),
    invoices: source('invoices', TABLES.invoices),
    quotes: source('quotes', TABLES.quotes),
  },
})
