/** A company as PDL keeps it: lower-case text, null where unknown. @see https://docs.peopledatalabs.com/docs/company-schema */
export interface PdlCompany {
  id: string
  name: string
  display_name: string
  website: string
  industry: string | null
  employee_count: number | null
  size: string | null
  founded: number | null
  type: string | null
  summary: string | null
  headline: string | null
  linkedin_url: string | null
  location: {
    name: string
    locality: string | null
    region: string | null
    country: string
    postal_code: string | null
  } | null
}

/** @see https://docs.peopledatalabs.com/docs/person-schema */
export interface PdlPerson {
  id: string
  full_name: string
  first_name: string
  last_name: string
  work_email: string | null
  personal_emails: string[]
  job_title: string | null
  job_title_role: string | null
  job_title_levels: string[]
  job_company_name: string | null
  job_company_website: string | null
  linkedin_url: string | null
  location_locality: string | null
  location_region: string | null
  location_country: string | null
}

/** A profile with how sure the simulator says it is of the match, 1 to 10. */
export interface PdlMatch<T> {
  likelihood: number
  profile: T
}
