import * as z from 'zod'
import { type Answer, ConfigError, type ConnectorContext, RateLimitError, retryAfter } from '#kit'

const Text = z.string().nullish()
const Count = z.number().nullish()

/** A member of an audience. @see https://mailchimp.com/developer/marketing/api/list-members/ */
export const Member = z.looseObject({
  id: z.string().min(1).describe('MD5 of the address in small letters'),
  list_id: z.string().min(1),
  contact_id: Text.describe('Stays when the address changes'),
  email_address: z.string(),
  full_name: Text,
  status: z.string().describe('subscribed, unsubscribed, cleaned, pending, transactional or archived'),
  merge_fields: z.record(z.string(), z.unknown()).nullish(),
  language: Text,
  source: Text,
  timestamp_signup: Text,
  timestamp_opt: Text,
  last_changed: Text,
  tags: z.array(z.looseObject({ name: Text })).nullish(),
})
export type Member = z.infer<typeof Member>

const Campaign = z.looseObject({
  id: z.string(),
  title: Text,
  subject: Text,
  list_id: Text,
  send_time: Text,
})
export type Campaign = z.infer<typeof Campaign>

/** What one person did with one e-mail, or what became of it: one item of a report, with its campaign. */
export const MailEvent = z.looseObject({
  action: z.string().describe('sent, open, click, bounce or unsubscribe'),
  campaign: Campaign.nullish().describe('Absent where somebody left without one'),
  email_id: z.string().min(1),
  email_address: z.string(),
  timestamp: Text,
  url: Text,
  status: Text.describe('Of what was sent: sent, or the bounce that came back'),
  type: Text.describe('Of a bounce: hard or soft'),
  is_proxy_open: z.boolean().nullish(),
  reason: Text,
})
export type MailEvent = z.infer<typeof MailEvent>

export const Report = z.looseObject({
  id: z.string(),
  campaign_title: Text,
  subject_line: Text,
  list_id: Text,
  send_time: Text,
  emails_sent: Count,
  unsubscribed: Count,
  bounces: z.looseObject({ hard_bounces: Count, soft_bounces: Count, syntax_errors: Count }).nullish(),
  opens: z.looseObject({ opens_total: Count }).nullish(),
  clicks: z.looseObject({ clicks_total: Count }).nullish(),
})
export type Report = z.infer<typeof Report>

export interface MailchimpConfig {
  apiKey: string
  dataCenter?: string | undefined
  audiences: string[]
  signingSecret?: string | undefined
  mergeFields: Record<string, string>
  historyDays: number
}
export type Context = ConnectorContext<MailchimpConfig>

/** Stands for the address that the key tells. */
export const BASE_URL = 'https://api.mailchimp.com'

/** Every account lives in one data centre, named at the end of its keys: `…-us21`. */
export function addressOf({ http, config }: Pick<Context, 'http' | 'config'>, path: string): string {
  if (http.baseUrl !== BASE_URL) return `/3.0${path}`
  const dataCenter = config.dataCenter ?? /-([a-z]{2,4}\d{1,4})$/.exec(config.apiKey)?.[1]
  if (dataCenter) return `https://${dataCenter}.api.mailchimp.com/3.0${path}`
  throw new ConfigError('config.invalid', 'The API key does not end in its data centre (…-us21)', {
    at: { field: 'apiKey' },
  })
}

export interface Listing {
  items: unknown[]
  total: number
}

/** One page of a list. Nothing where it is of a campaign that was deleted meanwhile. */
export async function list(
  ctx: Context,
  path: string,
  field: string,
  query: Record<string, string | number | undefined>,
): Promise<Listing> {
  const Page = z.looseObject({ total_items: z.number(), [field]: z.array(z.unknown()) })
  const { status, data }: Answer<Record<string, unknown>> = await ctx.http.request({
    url: addressOf(ctx, path),
    query: { ...query, exclude_fields: `_links,${field}._links` },
    schema: Page,
    ...(path.startsWith('/reports/') ? { accept: [404] } : {}),
    signal: ctx.signal,
  })
  if (status === 404) return { items: [], total: 0 }
  return { items: data[field] as unknown[], total: data.total_items as number }
}

export async function fetchMembers(ctx: Context, keys: string[]): Promise<unknown[]> {
  const answers = await Promise.all(
    keys.map((key) => {
      const [audience = '', hash = ''] = key.split('/').map(encodeURIComponent)
      const query = { exclude_fields: '_links' }
      const url = addressOf(ctx, `/lists/${audience}/members/${hash}`)
      return ctx.http.request({ url, query, accept: [404], signal: ctx.signal })
    }),
  )
  return answers.filter(({ status }) => status !== 404).map(({ data }) => data)
}

/** Too many connections at once are 429, or 403 from a proxy in front of the API, which does not explain itself. */
export function classify(status: number, headers: Headers, body: string): RateLimitError | undefined {
  if (status !== 403 || body.trimStart().startsWith('{')) return undefined
  const wait = retryAfter(headers, 0)
  return new RateLimitError('http.rate_limited', 'Mailchimp takes no more connections at the moment', {
    httpStatus: status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}
