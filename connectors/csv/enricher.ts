import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import { countryCode, createMailDomains, defineEnricher, enrichedFields } from '#kit'
import type { FirmographicsRow } from '../../src/tabular/index.ts'
import type { CsvConfig } from './config.ts'

const { companyDomain } = createMailDomains({ providers: common, parse })
const DEFAULT_CONFIDENCE = 0.6

/** Answers from what was imported as firmographics: tells nobody, costs nothing, works offline. */
export const enricher = defineEnricher<CsvConfig>({
  method: 'derived',
  isLocal: true,
  // Most files are lists of customers: without firmographics every company would be looked up in vain, and kept as a miss.
  isAskedByDefault: ({ firmographics }) => firmographics !== undefined,
  answers: ({ kind, domain = '' }) => kind === 'account' && companyDomain(domain) !== undefined,
  cacheKey: ({ domain = '' }) => companyDomain(domain) ?? '',
  fields: {
    account: [
      'name',
      'website',
      'industry',
      'description',
      'employees',
      'annual_revenue',
      'founded',
      'type',
      'phone',
      'street',
      'city',
      'region',
      'postal_code',
      'country',
      'linkedin_url',
    ],
  },
  // A file that is imported anew counts from the next day on.
  keepDays: { hit: 1, miss: 1 },
  async enrich(ctx, question) {
    const row = (await ctx.stored?.('firmographics', enricher.cacheKey(question))) as
      | FirmographicsRow
      | undefined
    if (!row) return { status: 'miss', cost: 0 }
    const { key: _, domain: __, employees, annual_revenue, founded, country, ...texts } = row
    const { confidence = DEFAULT_CONFIDENCE, licence } = ctx.config.firmographics ?? {}
    const fields = enrichedFields(
      {
        ...texts,
        employees: wholeNumber(employees),
        annual_revenue: wholeNumber(annual_revenue),
        founded: wholeNumber(founded?.slice(0, 4)),
        country: country ? countryCode(country) : undefined,
      },
      { observedAt: ctx.now(), confidence, ...(licence ? { licence } : {}) },
    )
    return Object.keys(fields).length > 0 ? { status: 'hit', fields, cost: 0 } : { status: 'miss', cost: 0 }
  },
})

/** "1,200" and "1 200"; a range such as "51-200" is no number. */
function wholeNumber(text: string | null | undefined): number | undefined {
  const digits = text?.replace(/[\s,.'_](?=\d{3}(?:\D|$))/g, '')
  return digits && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
