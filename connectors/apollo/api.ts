import * as z from 'zod'

const text = z.string().nullish()
const number = z.number().nullish()
const place = { city: text, state: text, country: text, linkedin_url: text }

/** Only what is used. @see https://docs.apollo.io/reference/organization-enrichment */
export const Organization = z.looseObject({
  name: text,
  website_url: text,
  industry: text,
  estimated_num_employees: number,
  annual_revenue: number,
  founded_year: number,
  short_description: text,
  phone: text,
  street_address: text,
  postal_code: text,
  ...place,
})

/** @see https://docs.apollo.io/reference/people-enrichment */
export const Person = z.looseObject({
  first_name: text,
  last_name: text,
  name: text,
  title: text,
  seniority: text,
  departments: z.array(z.string()).nullish(),
  organization: z.looseObject({ name: text }).nullish(),
  ...place,
})

export const OrganizationAnswer = z.looseObject({ organization: Organization.nullish() })
export const PersonAnswer = z.looseObject({ person: Person.nullish() })
export const Health = z.looseObject({ is_logged_in: z.boolean() })
