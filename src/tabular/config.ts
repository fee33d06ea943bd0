import * as z from 'zod'

/** Settings of every connection that reads tables: what the tables themselves leave open. */
export const tableOptions = {
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not a currency code such as EUR')
    .optional()
    .describe('Currency of amounts that name none; USD where absent'),
  dateFormat: z
    .string()
    .optional()
    .describe('Format of dates that are text and not ISO 8601: DD.MM.YYYY, MM/DD/YYYY, …'),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not a country code such as DE')
    .optional()
    .describe('Country of people and companies in tables without a country column'),
}

export type TableOptions = z.output<z.ZodObject<typeof tableOptions>>
