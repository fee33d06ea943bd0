import * as z from 'zod'
import { googleConfig } from '#kit'
import { KINDS, tableOptions } from '../../src/tabular/index.ts'

/** Firmographics come by import. */
const LISTS = KINDS.filter((kind) => kind !== 'firmographics')

const Table = z.strictObject({
  spreadsheet: z.string().min(1).describe('Address or id of the spreadsheet'),
  sheet: z.string().min(1).describe('Name of the sheet, as its tab shows it'),
  as: z.enum(LISTS as [(typeof KINDS)[number], ...(typeof KINDS)[number][]]).describe('What the rows are'),
  headerRow: z.int().min(1).default(1).describe('Number of the row that names the columns'),
  map: z
    .record(z.string(), z.string())
    .optional()
    .describe('Field: column, where the column does not say it'),
})
export type Table = z.output<typeof Table>

export const sheetsConfig = googleConfig({
  tables: z.array(Table).min(1).describe('Sheets to read'),
  ...tableOptions,
})
export type SheetsConfig = z.output<typeof sheetsConfig>
