import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import * as z from 'zod'
import {
  countryCode,
  createMailDomains,
  creditsExhausted,
  defineConnector,
  defineEnricher,
  type Enricher,
  enrichedFields,
  secret,
} from '#kit'
import { domain } from '#model'
import { Company } from './api.ts'

const config = z.object({
  apiToken: secret().describe('API token of the account'),
  dailyBudget: z.int().min(0).default(100).describe('Calls per UTC day; misses count too'),
})
export type Config = z.output<typeof config>

const { companyDomain } = createMailDomains({ providers: common, parse })
const LICENCE = "The Companies API: for the customer's own use under its terms"
const CONFIDENCE = 0.8

const enricher: Enricher<Config> = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain: asked = '' }) => kind === 'account' && companyDomain(asked) !== undefined,
  cacheKey: ({ domain: asked = '' }) => companyDomain(asked) ?? '',
  fields: {
    account: [
      'name',
      'website',
      'industry',
      'description',
      'employees',
      'founded',
      'type',
      'phone',
      'city',
      'region',
      'postal_code',
      'country',
      'linkedin_url',
    ],
  },
  keepDays: { hit: 90, miss: 30 },
  async enrich(ctx, question) {
    const key = enricher.cacheKey(question)
    const { status, data } = await ctx.http.request({
      url: `/v2/companies/${key}`,
      schema: Company,
      accept: [402, 404],
      signal: ctx.signal,
    })
    if (status === 402) throw creditsExhausted(ctx.connection, 'The Companies API', ctx.now())
    if (status === 404 || !data.about?.name) return { status: 'miss', cost: 0 }
    const { about, companies, contacts, descriptions, locations, socials, meta } = data
    const { city, state, country } = locations?.headquarters ?? {}
    const parent = companyDomain(companies?.parent?.domain ?? '')
    return {
      status: 'hit',
      cost: meta?.cost ?? 1,
      ...(parent && parent !== key
        ? {
            parent: {
              identifiers: [domain(parent)],
              ...(companies?.parent?.name ? { name: companies.parent.name } : {}),
            },
          }
        : {}),
      fields: enrichedFields(
        {
          name: about.name,
          website: `https://${data.domain?.domain ?? key}`,
          industry: about.industry?.replaceAll('-', ' '),
          description: descriptions?.primary ?? descriptions?.tagline,
          employees: wholeNumber(about.totalEmployeesExact),
          founded: wholeNumber(about.yearFounded),
          type: about.businessType,
          phone: (contacts?.phones?.find(({ category }) => category === 'general') ?? contacts?.phones?.[0])
            ?.value,
          city: city?.name,
          region: state?.name,
          postal_code: city?.postcode,
          country: country && countryCode(country.code ?? country.name ?? ''),
          linkedin_url: socials?.linkedin?.url,
        },
        {
          observedAt: Math.min(Date.parse(meta?.syncedAt ?? '') || ctx.now(), ctx.now()),
          confidence: CONFIDENCE,
          licence: LICENCE,
        },
      ),
    }
  },
})

const wholeNumber = (value: number | null | undefined): number | undefined =>
  typeof value === 'number' && value > 0 ? Math.round(value) : undefined

export default defineConnector({
  name: 'the-companies-api',
  title: 'The Companies API',
  baseUrl: 'https://api.thecompaniesapi.com',
  config,
  // Not a user and a password: the token itself. @see https://github.com/thecompaniesapi/sdk-typescript
  auth: { type: 'header', header: 'Authorization', value: 'apiToken', prefix: 'Basic ' },
  limits: { concurrency: 8, intervalCap: 45, intervalMs: 1000, attempts: 2, deadlineMs: 15_000 },
  async check(ctx) {
    await ctx.http.request({ url: '/v2/user' })
  },
  enricher,
})
