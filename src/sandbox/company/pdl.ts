import type { PdlCompany, PdlMatch, PdlPerson } from '../people-data-labs/types.ts'
import type { Cast } from './cast.ts'
import type { Random } from './random.ts'
import type { CastCompany, CastPerson } from './types.ts'

/** What People Data Labs knows of the cast: most companies, about half of their people. */
export function createProfiles(
  random: Random,
  { companies, people }: Cast,
): { people: PdlMatch<PdlPerson>[]; companies: PdlMatch<PdlCompany>[] } {
  return {
    companies: companies
      .filter(() => random.chance(0.8))
      .map((company) => ({
        likelihood: random.weighted([
          [10, 5],
          [8, 3],
          [6, 1],
          [3, 1],
        ]),
        profile: companyProfile(random, company),
      })),
    people: people
      .filter((person) => !person.isRole && random.chance(person.company ? 0.55 : 0.15))
      .map((person) => ({ likelihood: random.int(5, 10), profile: personProfile(random, person) })),
  }
}

const SIZES = [
  [10, '1-10'],
  [50, '11-50'],
  [200, '51-200'],
  [500, '201-500'],
  [1000, '501-1000'],
  [5000, '1001-5000'],
] as const

function companyProfile(random: Random, company: CastCompany): PdlCompany {
  const { romanName, domain, locale } = company
  return {
    id: random.token(28),
    name: romanName,
    display_name: romanName,
    website: domain,
    industry: company.industry,
    employee_count: company.employees,
    size: SIZES.find(([max]) => company.employees <= max)?.[1] ?? '5001-10000',
    founded: company.founded,
    type: random.weighted([
      ['private', 8],
      ['public', 1],
      ['nonprofit', 1],
    ]),
    summary: null,
    headline: random.chance(0.7) ? `${company.industry} from ${locale.countryName}` : null,
    linkedin_url: `linkedin.com/company/${domain.split('.')[0]}`,
    location: {
      name: locale.countryName,
      locality: company.city,
      region: company.region.toLowerCase(),
      country: locale.countryName,
      postal_code: null,
    },
  }
}

const JOBS: readonly { title: string; role: string | null; levels: string[] }[] = [
  { title: 'head of operations', role: 'operations', levels: ['director'] },
  { title: 'chief technology officer', role: 'engineering', levels: ['cxo'] },
  { title: 'purchasing manager', role: 'operations', levels: ['manager'] },
  { title: 'site reliability engineer', role: 'engineering', levels: [] },
  { title: 'finance director', role: 'finance', levels: ['director'] },
  { title: 'data analyst', role: 'engineering', levels: ['entry'] },
  { title: 'vice president of manufacturing', role: 'operations', levels: ['vp'] },
]

function personProfile(random: Random, { email, roman, company, locale, city }: CastPerson): PdlPerson {
  const job = random.pick(JOBS)
  return {
    id: random.token(28),
    full_name: `${roman.given} ${roman.family}`,
    first_name: roman.given,
    last_name: roman.family,
    work_email: company ? email : null,
    personal_emails: company ? [] : [email],
    job_title: company ? job.title : null,
    job_title_role: company ? job.role : null,
    job_title_levels: company ? job.levels : [],
    job_company_name: company?.romanName ?? null,
    job_company_website: company?.domain ?? null,
    linkedin_url: `linkedin.com/in/${roman.given}-${roman.family}-${random.token(6).toLowerCase()}`,
    location_locality: city,
    location_region: null,
    location_country: locale.countryName,
  }
}
