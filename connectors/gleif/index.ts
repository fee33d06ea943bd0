import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import * as z from 'zod'
import {
  createMailDomains,
  defineConnector,
  defineEnricher,
  type EnrichmentQuestion,
  enrichedFields,
  type NamedCompany,
} from '#kit'
import { lei } from '#model'
import { countryOf, findByName, type LeiRecord, parentOf } from './api.ts'

const config = z.object({
  parents: z
    .boolean()
    .default(true)
    .describe('Also asks for the direct and the ultimate parent: two calls more'),
  dailyBudget: z.int().min(0).default(5000).describe('Companies per UTC day; misses count too'),
})
export type Config = z.output<typeof config>

const { companyDomain } = createMailDomains({ providers: common, parse })

/** A name that is equal but for its legal form, unique in the register: nearly, not quite, a proof. */
const CONFIDENCE = { withCountry: 0.9, withoutCountry: 0.75 }
const LICENCE = 'CC0 1.0 (GLEIF)'

const STATUS: Record<string, string> = { ACTIVE: 'active', INACTIVE: 'inactive' }

const enricher = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain = '', name }) =>
    kind === 'account' && companyDomain(domain) !== undefined && (name ?? '').trim().length > 2,
  /** Holds the name: another name is another question. */
  cacheKey: ({ domain = '', name = '', country = '' }) =>
    [companyDomain(domain) ?? '', name.trim().toLowerCase(), country].join(' ').trim(),
  fields: {
    account: ['lei', 'legal_status', 'street', 'city', 'region', 'postal_code', 'country', 'founded'],
  },
  keepDays: { hit: 180, miss: 60 },
  async enrich(ctx, question) {
    const record = await findByName(ctx, nameOf(question), question.country)
    if (!record) return { status: 'miss', cost: 0 }
    const { entity } = record.attributes
    const address = entity.legalAddress
    const { parents } = ctx.config
    const [direct, ultimate] = parents
      ? await Promise.all([
          parentOf(ctx, record.id, 'direct-parent'),
          parentOf(ctx, record.id, 'ultimate-parent'),
        ])
      : []
    return {
      status: 'hit',
      cost: 0,
      identifiers: [lei(record.id)],
      ...(direct ? { parent: named(direct) } : {}),
      ...(ultimate ? { ultimateParent: named(ultimate) } : {}),
      fields: enrichedFields(
        {
          lei: record.id,
          legal_status: STATUS[entity.status ?? ''],
          street: address?.addressLines?.filter(Boolean).join(', '),
          city: address?.city,
          region: address?.region,
          postal_code: address?.postalCode,
          country: address?.country ?? countryOf(record),
          founded: Number(entity.creationDate?.slice(0, 4)) || undefined,
        },
        {
          observedAt: Math.min(
            Date.parse(record.attributes.registration?.lastUpdateDate ?? '') || ctx.now(),
            ctx.now(),
          ),
          confidence: question.country ? CONFIDENCE.withCountry : CONFIDENCE.withoutCountry,
          licence: LICENCE,
        },
      ),
    }
  },
})

const nameOf = ({ name = '' }: EnrichmentQuestion): string => name.trim()

const named = ({ id, attributes }: LeiRecord): NamedCompany => ({
  identifiers: [lei(id)],
  name: attributes.entity.legalName.name,
})

export default defineConnector({
  name: 'gleif',
  title: 'GLEIF',
  baseUrl: 'https://api.gleif.org',
  config,
  auth: { type: 'none' },
  // 60 requests a minute for everybody. @see https://www.gleif.org/en/lei-data/gleif-api
  limits: { concurrency: 2, intervalCap: 55, intervalMs: 60_000, attempts: 2, deadlineMs: 15_000 },
  async check(ctx) {
    await ctx.http.request({ url: '/api/v1/lei-records', query: { 'page[size]': 1 } })
  },
  enricher,
})
