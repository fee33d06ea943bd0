import * as z from 'zod'

/** What a source can say about a company; absent, null and '' as in PersonAttributes. */
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
  owner_email: z.string().nullish(),
})
export type AccountAttributes = z.infer<typeof AccountAttributes>
