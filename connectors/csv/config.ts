import * as z from 'zod'

export const csvConfig = z.object({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not a currency code such as EUR')
    .optional()
    .describe('Currency of amounts that name none; USD where absent'),
  dateFormat: z
    .string()
    .optional()
    .describe('Format of dates that are not ISO 8601: DD.MM.YYYY, MM/DD/YYYY, …'),
  delimiter: z.string().length(1).optional().describe('Column separator; found by itself where absent'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not a country code such as DE')
    .optional()
    .describe('Country of people and companies in files without a country column'),
})
export type CsvConfig = z.output<typeof csvConfig>
