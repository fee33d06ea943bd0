import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import * as z from 'zod'
import {
  type ConnectorContext,
  createMailDomains,
  defineConnector,
  defineEnricher,
  enrichedFields,
  isSameCompanyName,
  type NamedCompany,
  secret,
} from '#kit'
import { vendorId } from '#model'
import { type Found, isMajority, numberOf, Owners, Search } from './api.ts'

const config = z.object({
  apiKey: secret().describe('REST key of an application at the developer hub'),
  parents: z.boolean().default(true).describe('Also asks who holds the majority: one call more'),
  dailyBudget: z.int().min(0).default(5000).describe('Companies per UTC day; misses count too'),
})
export type Config = z.output<typeof config>

const { companyDomain } = createMailDomains({ providers: common, parse })

const enricher = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain = '', name = '', country }) =>
    kind === 'account' &&
    name.trim().length > 2 &&
    companyDomain(domain) !== undefined &&
    (country === undefined ? /\.uk$/i.test(domain.trim()) : country === 'GB'),
  /** Holds the name: another name is another question. */
  cacheKey: ({ domain = '', name = '' }) =>
    `${companyDomain(domain) ?? ''} ${name.trim().toLowerCase()}`.trim(),
  fields: {
    account: [
      'company_number',
      'legal_status',
      'type',
      'founded',
      'street',
      'city',
      'region',
      'postal_code',
      'country',
    ],
  },
  keepDays: { hit: 90, miss: 60 },
  async enrich(ctx, question) {
    const found = await findByName(ctx, (question.name ?? '').trim())
    if (!found) return { status: 'miss', cost: 0 }
    const { address } = found
    const parent = ctx.config.parents ? await parentOf(ctx, found.company_number) : undefined
    const street = [address?.premises, address?.address_line_1, address?.address_line_2]
    return {
      status: 'hit',
      cost: 0,
      identifiers: [vendorId(`company:${found.company_number}`)],
      ...(parent ? { parent } : {}),
      fields: enrichedFields(
        {
          company_number: found.company_number,
          legal_status: found.company_status,
          type: found.company_type,
          founded: Number(found.date_of_creation?.slice(0, 4)) || undefined,
          street: street.filter(Boolean).join(', '),
          city: address?.locality,
          region: address?.region,
          postal_code: address?.postal_code,
          country: 'GB',
        },
        { observedAt: ctx.now(), confidence: 0.85, licence: 'Companies House, public register' },
      ),
    }
  },
})

/** The one company of this name; of several, the one that is active. */
async function findByName(ctx: ConnectorContext<Config>, name: string): Promise<Found | undefined> {
  const { data } = await ctx.http.request({
    url: '/search/companies',
    query: { q: name, items_per_page: 20 },
    schema: Search,
    signal: ctx.signal,
  })
  const same = (data.items ?? []).filter(({ title }) => isSameCompanyName(name, title))
  const active = same.filter(({ company_status }) => company_status === 'active')
  return same.length === 1 ? same[0] : active.length === 1 ? active[0] : undefined
}

/** Companies that report nobody answer 404. */
async function parentOf(ctx: ConnectorContext<Config>, number: string): Promise<NamedCompany | undefined> {
  const { status, data } = await ctx.http.request({
    url: `/company/${number}/persons-with-significant-control`,
    query: { items_per_page: 25 },
    schema: Owners,
    accept: [404],
    signal: ctx.signal,
  })
  const owners = status === 404 ? [] : (data.items ?? []).filter(isMajority)
  const [owner] = owners
  const parent = owner && numberOf(owner)
  if (owners.length !== 1 || !parent || parent === number) return undefined
  return { identifiers: [vendorId(`company:${parent}`)], ...(owner.name ? { name: owner.name } : {}) }
}

export default defineConnector({
  name: 'companies-house',
  title: 'Companies House',
  baseUrl: 'https://api.company-information.service.gov.uk',
  config,
  auth: { type: 'basic', username: 'apiKey' },
  // 600 requests in five minutes for each key. @see https://developer-specs.company-information.service.gov.uk/guides/rateLimiting
  limits: { concurrency: 4, intervalCap: 550, intervalMs: 300_000, attempts: 2, deadlineMs: 15_000 },
  async check(ctx) {
    await ctx.http.request({ url: '/search/companies', query: { q: 'companies house', items_per_page: 1 } })
  },
  enricher,
})
