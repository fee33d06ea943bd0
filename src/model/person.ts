import * as z from 'zod'
import { Consent } from './consent.ts'

/**
 * What a source can say about a person. Every field is optional and nullable: absent = the source says nothing,
 * null = the source says there is no value, '' = the source holds an empty text. Text in any script is kept as is.
 */
export const PersonAttributes = z.object({
  email: z.string().nullish().describe('Primary e-mail as written by the source'),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  full_name: z.string().nullish().describe('Display name; also where the source does not split names'),
  title: z.string().nullish().describe('Job title'),
  seniority: z.string().nullish(),
  department: z.string().nullish(),
  company_name: z.string().nullish().describe('Employer as the source wrote it'),
  phone: z.string().nullish(),
  street: z.string().nullish(),
  city: z.string().nullish(),
  region: z.string().nullish().describe('State or province'),
  postal_code: z.string().nullish(),
  country: z.string().nullish().describe('ISO 3166-1 alpha-2 code'),
  language: z.string().nullish().describe('BCP 47 tag'),
  timezone: z.string().nullish().describe('IANA zone'),
  linkedin_url: z.string().nullish(),
  owner_email: z.string().nullish().describe('The colleague responsible, as asserted by a source'),
  lead_source: z.string().nullish().describe('Source of the lead as asserted by a form or import'),
  is_free_mail: z.boolean().nullish(),
  is_role_address: z.boolean().nullish(),
  consent: Consent.nullish(),
})
export type PersonAttributes = z.infer<typeof PersonAttributes>
