import * as z from 'zod'

/**
 * What a source can say about a company; absent, null and '' as in PersonAttributes. Its parents are no attributes: the
 * contribution names them by their identifiers (`parent`, `ultimate_parent`).
 */
export const AccountAttributes = z.object({
  name: z.string().nullish(),
  domain: z.string().nullish().describe('Registrable domain'),
  website: z.string().nullish(),
  industry: z.string().nullish(),
  description: z.string().nullish(),
  employees: z.int().nullish().describe('Head count'),
  annual_revenue: z.number().nullish().describe('US dollars, major units'),
  founded: z.int().nullish().describe('Year'),
  type: z.string().nullish().describe('private, public, nonprofit, …'),
  phone: z.string().nullish(),
  street: z.string().nullish(),
  city: z.string().nullish(),
  region: z.string().nullish(),
  postal_code: z.string().nullish(),
  country: z.string().nullish().describe('ISO 3166-1 alpha-2 code'),
  linkedin_url: z.string().nullish(),
  vat_id: z.string().nullish(),
  company_number: z.string().nullish().describe('Number in the register of its country'),
  lei: z.string().nullish().describe('Legal entity identifier, ISO 17442'),
  legal_status: z.string().nullish().describe('By a register: active, dissolved, liquidation, …'),
  relation: z.string().nullish().describe('What it is to us, as a source says: partner, competitor, …'),
  owner_email: z.string().nullish(),
})
export type AccountAttributes = z.infer<typeof AccountAttributes>
