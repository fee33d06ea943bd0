import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import {
  type ConnectorContext,
  createMailDomains,
  creditsExhausted,
  defineConnector,
  defineEnricher,
  type Enricher,
  type EnrichmentQuestion,
  enrichedFields,
  isRoleAddress,
} from '#kit'
import { type Config, config, placeholdersOf } from './config.ts'
import { asField, valueAt } from './values.ts'

const { companyDomain, isDisposable } = createMailDomains({ providers: common, parse })

/** What a question fills into the path: an address or a domain is asked about in one spelling. */
const filled = (question: EnrichmentQuestion): Partial<Record<string, string>> => ({
  ...question,
  domain: companyDomain(question.domain ?? question.email ?? ''),
  email: question.email?.trim().toLowerCase(),
})

const enricher: Enricher<Config> = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain = '', email = '' }) =>
    kind === 'account'
      ? companyDomain(domain) !== undefined
      : email.lastIndexOf('@') > 0 && !isRoleAddress(email) && !isDisposable(email),
  cacheKey: (question) =>
    (question.kind === 'account' ? filled(question).domain : filled(question).email) ?? '',
  fields: {},
  keepDays: { hit: 90, miss: 30 },
  configured: (own) => ({
    fields: Object.fromEntries(
      (['account', 'person'] as const).map((kind) => [kind, Object.keys(own[kind] ?? {})]),
    ),
    keepDays: { hit: own.keepDays, miss: own.keepMissDays },
    answers: (question) =>
      own[question.kind] !== undefined &&
      enricher.answers(question) &&
      placeholdersOf(own).every((name) => filled(question)[name]),
  }),
  async enrich(ctx, question) {
    const { found, confidence, licence, costPerHit, missStatus } = ctx.config
    const { status, data } = await ask(ctx, filled(question))
    if (missStatus.includes(status) || (found !== undefined && isEmpty(valueAt(data, found))))
      return { status: 'miss', cost: 0 }
    const values = Object.entries(ctx.config[question.kind] ?? {}).map(([field, place]) => [
      field,
      asField(question.kind, field, valueAt(data, place as string)),
    ])
    const trust = { observedAt: ctx.now(), confidence, ...(licence ? { licence } : {}) }
    const fields = enrichedFields(Object.fromEntries(values), trust)
    if (Object.keys(fields).length === 0) return { status: 'miss', cost: costPerHit }
    return { status: 'hit', fields, cost: costPerHit }
  },
})

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  (Array.isArray(value) && value.length === 0)

async function ask(ctx: ConnectorContext<Config>, values: Partial<Record<string, string>>) {
  const { path, apiKey, header, prefix, parameter, missStatus } = ctx.config
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
  const answer = await ctx.http.request<unknown>({
    url,
    accept: [...missStatus, 402],
    signal: ctx.signal,
    ...(apiKey && parameter ? { query: { [parameter]: apiKey } } : {}),
    ...(apiKey && !parameter ? { headers: { [header]: `${prefix}${apiKey}` } } : {}),
  })
  if (answer.status === 402) throw creditsExhausted(ctx.connection, new URL(ctx.http.baseUrl).host, ctx.now())
  return answer
}

/** Any provider that answers a GET with JSON: how to ask it, and where its values stand, is configuration. */
export default defineConnector({
  name: 'http-json',
  title: 'HTTP JSON provider',
  baseUrl: 'https://localhost',
  config,
  auth: { type: 'none' },
  limits: { concurrency: 4, attempts: 2, deadlineMs: 15_000 },
  /** Asks about an address that nobody has: credentials are judged before anything is looked up. */
  async check(ctx) {
    await ask(ctx, {
      domain: 'example.com',
      email: 'nobody@example.com',
      name: 'Example',
      country: 'US',
      phone: '+12025550100',
    })
  },
  enricher,
})
