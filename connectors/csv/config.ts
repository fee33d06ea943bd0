import * as z from 'zod'
import { KINDS, type Kind, tableOptions } from '../../src/tabular/index.ts'

const Files = z.strictObject({
  name: z.string().min(1).describe('Name of the files, with * for anything'),
  as: z.enum(KINDS as [Kind, ...Kind[]]).describe('What their rows are'),
  map: z
    .record(z.string(), z.string())
    .optional()
    .describe('Field: column, where the column does not say it'),
})

const Firmographics = z.strictObject({
  confidence: z.number().min(0).max(1).default(0.6).describe('How far they can be trusted, 0 to 1'),
  licence: z.string().optional().describe('Under which they may be used; kept with each value'),
})

export const csvConfig = z.object({
  firmographics: Firmographics.optional().describe('Of files that were imported as firmographics'),
  ...tableOptions,
  delimiter: z.string().length(1).optional().describe('Column separator; found by itself where absent'),
  folder: z
    .string()
    .min(1)
    .optional()
    .describe('Folder whose files are imported by `tributary start`, relative to tributary.yaml; Node only'),
  files: z
    .array(Files)
    .optional()
    .describe('What files of the folder list whose names do not begin with it; the first that fits'),
})
export type CsvConfig = z.output<typeof csvConfig>
