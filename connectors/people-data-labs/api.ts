import * as z from 'zod'
import { type ConnectorContext, creditsExhausted, RateLimitError, RecordError } from '#kit'
import type { Config } from './config.ts'

/**
 * Plans without contact fields answer true or false instead of the value.
 * @see https://docs.peopledatalabs.com/docs/person-schema
 */
const text = z.union([z.string(), z.boolean()]).nullish()

/** @see https://docs.peopledatalabs.com/docs/company-schema */
export const Company = z.looseObject({
  name: text,
  display_name: text,
  website: text,
  industry: text,
  employee_count: z.int().nullish(),
  founded: z.int().nullish(),
  type: text,
  summary: text,
  headline: text,
  linkedin_url: text,
  location: z.looseObject({ locality: text, region: text, country: text, postal_code: text }).nullish(),
})
export type Company = z.infer<typeof Company>

/** @see https://docs.peopledatalabs.com/docs/person-schema */
export const Person = z.looseObject({
  first_name: text,
  last_name: text,
  full_name: text,
  job_title: text,
  job_title_role: text,
  job_title_levels: z.array(z.string()).nullish(),
  job_company_name: text,
  linkedin_url: text,
  location_locality: text,
  location_region: text,
  location_country: text,
})
export type Person = z.infer<typeof Person>

/** Only what is mapped is asked for: fields that are not received need no protection. */
const fieldsOf = (schema: z.ZodObject) => Object.keys(schema.shape).join(',')

/** The profile stands at the top level of the answer. @see https://docs.peopledatalabs.com/docs/output-response-company-enrichment-api */
const CompanyAnswer = z.looseObject({ status: z.int(), likelihood: z.number().nullish(), ...Company.shape })
const PersonAnswer = z.looseObject({
  status: z.int(),
  likelihood: z.number().nullish(),
  data: Person.nullish(),
})

export type Found<T> = { profile: T; likelihood: number; credits: number } | undefined

/** Undefined where PDL knows no such company: a 404 is an answer and costs nothing. */
export async function enrichCompany(ctx: ConnectorContext<Config>, website: string): Promise<Found<Company>> {
  const answer = await ask(
    ctx,
    '/v5/company/enrich',
    { website, data_include: fieldsOf(Company) },
    CompanyAnswer,
  )
  if (!answer) return undefined
  return { profile: answer.data, likelihood: answer.data.likelihood ?? 0, credits: creditsOf(answer.headers) }
}

export async function enrichPerson(ctx: ConnectorContext<Config>, email: string): Promise<Found<Person>> {
  const answer = await ask(ctx, '/v5/person/enrich', { email, data_include: fieldsOf(Person) }, PersonAnswer)
  if (!answer?.data.data) return undefined
  const { data, likelihood } = answer.data
  return { profile: data, likelihood: likelihood ?? 0, credits: creditsOf(answer.headers) }
}

/** A request without parameters: a good key is told what is missing (400), a bad one is refused, neither is charged. */
export async function probeKey(ctx: ConnectorContext<Config>): Promise<void> {
  await ctx.http.request({ url: '/v5/company/enrich', accept: [400, 402, 404, 429] })
}

async function ask<T>(
  ctx: ConnectorContext<Config>,
  url: string,
  query: Record<string, string>,
  schema: z.ZodType<T>,
) {
  const now = ctx.now()
  const pause = windowPause(ctx.http.usage.quota, now)
  if (pause > 0) throw perMinuteLimit(ctx.connection, pause)
  const answer = await ctx.http.request<unknown>({
    url,
    query: { ...query, titlecase: true, min_likelihood: ctx.config.minLikelihood },
    accept: [402, 404, 429],
    signal: ctx.signal,
  })
  if (answer.status === 404) return undefined
  if (answer.status === 402)
    throw creditsExhausted(ctx.connection, 'People Data Labs', now, 'payment_required')
  if (answer.status === 429)
    throw perMinuteLimit(ctx.connection, windowPause(Object.fromEntries(answer.headers), now) || 60_000)
  const parsed = schema.safeParse(answer.data)
  if (parsed.success) return { headers: answer.headers, data: parsed.data }
  const issue = parsed.error.issues[0]
  throw new RecordError(
    'http.unexpected_body',
    `${ctx.connection}: ${url} answered in an unknown shape: ${issue?.path.join('.') || 'the body'}: ${issue?.message}`,
    { cause: parsed.error },
  )
}

const perMinuteLimit = (connection: string, retryAfterMs: number) =>
  new RateLimitError('http.rate_limited', `${connection}: the calls of this minute are used up`, {
    httpStatus: 429,
    vendorCode: 'rate_limit_error',
    retryAfterMs,
  })

/**
 * Milliseconds until the minute's window opens again, 0 while calls remain in it. PDL sends no Retry-After;
 * `x-ratelimit-remaining` is JSON (`{"minute":0}`) and `x-ratelimit-reset` a UTC time, with or without its zone.
 * @see https://docs.peopledatalabs.com/docs/usage-limits
 */
function windowPause(quota: Record<string, string>, now: number): number {
  if (remainingPerMinute(quota['x-ratelimit-remaining']) > 0) return 0
  const reset = quota['x-ratelimit-reset'] ?? ''
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(reset) ? reset : `${reset.replace(' ', 'T')}Z`)
  return Number.isNaN(at) ? 0 : Math.min(Math.max(0, at - now), 60_000)
}

function remainingPerMinute(header: string | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY
  try {
    const value: unknown = JSON.parse(header)
    if (typeof value === 'number') return value
    const minute = (value as { minute?: unknown } | null)?.minute
    return typeof minute === 'number' ? minute : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** A match costs one credit; the header says so, and says 0 where the account pays differently. */
function creditsOf(headers: Headers): number {
  const spent = Number(headers.get('x-call-credits-spent') ?? '1')
  return Number.isFinite(spent) ? spent : 1
}
