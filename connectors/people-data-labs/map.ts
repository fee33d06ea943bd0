import type { EnrichedValue, EnrichmentAnswer } from '#kit'
import type { AccountAttributes, Instant, PersonAttributes } from '#model'
import type { Company, Person } from './api.ts'
import { countryCode } from './countries.ts'

const LICENCE = "People Data Labs: for the subscriber's own business use under its agreement, not for resale"

type Fields = Extract<EnrichmentAnswer, { status: 'hit' }>['fields']

export function companyFields(company: Company, likelihood: number, now: Instant): Fields {
  const { location } = company
  return asserted<AccountAttributes>(
    {
      name: textOf(company.display_name) ?? textOf(company.name),
      website: urlOf(company.website),
      industry: textOf(company.industry),
      employees: company.employee_count,
      founded: company.founded,
      type: textOf(company.type)?.toLowerCase(),
      description: textOf(company.summary) ?? textOf(company.headline),
      city: textOf(location?.locality),
      region: textOf(location?.region),
      postal_code: textOf(location?.postal_code),
      country: countryOf(location?.country),
      linkedin_url: urlOf(company.linkedin_url),
    },
    likelihood,
    now,
  )
}

export function personFields(person: Person, likelihood: number, now: Instant): Fields {
  return asserted<PersonAttributes>(
    {
      first_name: textOf(person.first_name),
      last_name: textOf(person.last_name),
      full_name: textOf(person.full_name),
      title: textOf(person.job_title),
      seniority: textOf(person.job_title_levels?.[0])?.toLowerCase(),
      department: textOf(person.job_title_role)?.toLowerCase(),
      company_name: textOf(person.job_company_name),
      city: textOf(person.location_locality),
      region: textOf(person.location_region),
      country: countryOf(person.location_country),
      linkedin_url: urlOf(person.linkedin_url),
    },
    likelihood,
    now,
  )
}

/** PDL's null means "we don't know", so such a field is absent here: it says nothing. */
function asserted<A>(
  values: { [K in keyof A]?: A[K] | undefined },
  likelihood: number,
  now: Instant,
): Fields {
  const confidence = Math.min(Math.max(likelihood / 10, 0), 1)
  const fields: Record<string, EnrichedValue> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue
    fields[name] = { value, observedAt: now, confidence, licence: LICENCE }
  }
  return fields
}

function textOf(value: string | boolean | null | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** PDL writes addresses without their scheme. */
function urlOf(value: string | boolean | null | undefined): string | undefined {
  const url = textOf(value)
  if (url === undefined) return undefined
  return /^https?:\/\//i.test(url) ? url : `https://${url.toLowerCase()}`
}

function countryOf(value: string | boolean | null | undefined): string | undefined {
  const name = textOf(value)
  return name === undefined ? undefined : countryCode(name)
}
