import * as z from 'zod'
import { CREDENTIALS_MISSING, googleCredentials, hasCredentials } from '#kit'
import { KINDS } from '../../src/tabular/index.ts'

const Table = z.strictObject({
  spreadsheet: z.string().min(1).describe('Address or id of the spreadsheet'),
  sheet: z.string().min(1).describe('Name of the sheet, as its tab shows it'),
  as: z.enum(KINDS as [(typeof KINDS)[number], ...(typeof KINDS)[number][]]).describe('What the rows are'),
  headerRow: z.int().min(1).default(1).describe('Number of the row that names the columns'),
  map: z
    .record(z.string(), z.string())
    .optional()
    .describe('Field: column, where the column does not say it'),
})
export type Table = z.output<typeof Table>

export const sheetsConfig = z
  .object({
    ...googleCredentials,
    tables: z.array(Table).min(1).describe('Sheets to read'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'is not a currency code such as EUR')
      .optional()
      .describe('Currency of amounts that name none; USD where absent'),
    dateFormat: z
      .string()
      .optional()
      .describe('Format of dates that are text and not ISO 8601: DD.MM.YYYY, …'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'is not a country code such as DE')
      .optional()
      .describe('Country of people and companies in sheets without a country column'),
  })
  .refine(hasCredentials, CREDENTIALS_MISSING)
export type SheetsConfig = z.output<typeof sheetsConfig>
