import * as z from 'zod'
import { tableOptions } from '../../src/tabular/index.ts'

export const csvConfig = z.object({
  ...tableOptions,
  delimiter: z.string().length(1).optional().describe('Column separator; found by itself where absent'),
})
export type CsvConfig = z.output<typeof csvConfig>
