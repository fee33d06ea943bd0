import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import * as z from 'zod'
import {
  AuthError,
  type ConnectorContext,
  countryCode,
  createMailDomains,
  creditsExhausted,
  defineConnector,
  defineEnricher,
  type Enricher,
  type EnrichmentAnswer,
  enrichedFields,
  isRoleAddress,
  type RequestSpec,
  secret,
} from '#kit'
import { Health, OrganizationAnswer, PersonAnswer } from './api.ts'

const config = z.object({
  apiKey: secret().describe('API key with access to the endpoints of enrichment'),
  dailyBudget: z.int().min(0).default(100).describe('Calls per UTC day; misses count too'),
})
export type Config = z.output<typeof config>

const { companyDomain, isDisposable } = createMailDomains({ providers: common, parse })
const trust = (ctx: ConnectorContext<Config>) => ({
  observedAt: ctx.now(),
  confidence: 0.8,
  licence: "Apollo: for the customer's own use under its terms",
})

const enricher: Enricher<Config> = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain = '', email = '' }) =>
    kind === 'account'
      ? companyDomain(domain) !== undefined
      : email.lastIndexOf('@') > 0 && !isRoleAddress(email) && !isDisposable(email),
  cacheKey: ({ kind, domain = '', email = '' }) =>
    kind === 'account' ? (companyDomain(domain) ?? '') : email.trim().toLowerCase(),
  fields: {
    account: [
      'name',
      'website',
      'industry',
      'employees',
      'annual_revenue',
      'founded',
      'description',
      'phone',
      'street',
      'city',
      'region',
      'postal_code',
      'country',
      'linkedin_url',
    ],
    person: [
      'first_name',
      'last_name',
      'full_name',
      'title',
      'seniority',
      'department',
      'company_name',
      'city',
      'region',
      'country',
      'linkedin_url',
    ],
  },
  keepDays: { hit: 90, miss: 30 },
  enrich: (ctx, question) => {
    const key = enricher.cacheKey(question)
    return question.kind === 'account' ? organizationOf(ctx, key) : personOf(ctx, key)
  },
})

/** Undefined where Apollo has no match: a 404, or an answer without one. */
async function ask<T>(ctx: ConnectorContext<Config>, spec: RequestSpec<T>): Promise<T | undefined> {
  const { status, data } = await ctx.http.request({ ...spec, accept: [402, 404], signal: ctx.signal })
  if (status === 402) throw creditsExhausted(ctx.connection, 'Apollo', ctx.now())
  return status === 404 ? undefined : data
}

async function organizationOf(ctx: ConnectorContext<Config>, domain: string): Promise<EnrichmentAnswer> {
  const url = '/api/v1/organizations/enrich'
  const found = (await ask(ctx, { url, query: { domain }, schema: OrganizationAnswer }))?.organization
  if (!found?.name) return { status: 'miss', cost: 0 }
  const fields = enrichedFields(
    {
      name: found.name,
      website: found.website_url,
      industry: found.industry,
      employees: whole(found.estimated_num_employees),
      annual_revenue: whole(found.annual_revenue),
      founded: whole(found.founded_year),
      description: found.short_description,
      phone: found.phone,
      street: found.street_address,
      city: found.city,
      region: found.state,
      postal_code: found.postal_code,
      country: found.country ? countryCode(found.country) : undefined,
      linkedin_url: found.linkedin_url,
    },
    trust(ctx),
  )
  return { status: 'hit', cost: 1, fields }
}

async function personOf(ctx: ConnectorContext<Config>, email: string): Promise<EnrichmentAnswer> {
  const found = (
    await ask(ctx, {
      method: 'POST',
      url: '/api/v1/people/match',
      // Neither is asked for: private addresses and telephone numbers cost more, and nobody needs them here.
      query: { email, reveal_personal_emails: false, reveal_phone_number: false },
      schema: PersonAnswer,
    })
  )?.person
  if (!found) return { status: 'miss', cost: 0 }
  const fields = enrichedFields(
    {
      first_name: found.first_name,
      last_name: found.last_name,
      full_name: found.name,
      title: found.title,
      seniority: found.seniority,
      department: found.departments?.[0]?.replace(/^master_/, '').replaceAll('_', ' '),
      company_name: found.organization?.name,
      city: found.city,
      region: found.state,
      country: found.country ? countryCode(found.country) : undefined,
      linkedin_url: found.linkedin_url,
    },
    trust(ctx),
  )
  return { status: 'hit', cost: 1, fields }
}

const whole = (value: number | null | undefined): number | undefined =>
  typeof value === 'number' && value > 0 ? Math.round(value) : undefined

export default defineConnector({
  name: 'apollo',
  title: 'Apollo',
  baseUrl: 'https://api.apollo.io',
  config,
  auth: { type: 'header', header: 'X-Api-Key', value: 'apiKey' },
  // Minute, hour and day count at once, and depend on the plan; a 429 tells how long to wait.
  limits: { concurrency: 4, attempts: 2, deadlineMs: 15_000 },
  async check(ctx) {
    const { data } = await ctx.http.request({ url: '/api/v1/auth/health', schema: Health })
    if (!data.is_logged_in)
      throw new AuthError('auth.rejected', `${ctx.connection}: Apollo does not know this API key`)
  },
  enricher,
})
