import * as z from 'zod'
import { type AccountRequest, type ConnectorContext, perAccount } from '#kit'
import { DAY_MS, fromUnix, type Instant } from '#model'

const Text = z.string().nullish()
const Seconds = z.number().nullish().describe('Seconds since the epoch')
const Listed = z.array(z.looseObject({ value: Text })).nullish()

/** @see https://developer.aircall.io/api-references/#contact */
export const Contact = z.looseObject({
  id: z.number(),
  first_name: Text,
  last_name: Text,
  company_name: Text,
  emails: Listed,
  phone_numbers: Listed,
  created_at: Seconds,
  updated_at: Seconds,
})
export type Contact = z.infer<typeof Contact>

/** @see https://developer.aircall.io/api-references/#call */
export const Call = z.looseObject({
  id: z.number(),
  direction: Text.describe('inbound or outbound'),
  started_at: Seconds,
  answered_at: Seconds,
  ended_at: Seconds,
  raw_digits: Text.describe('Number of the other side in international form, or "anonymous"'),
  missed_call_reason: Text,
  voicemail: Text.describe('Address that expires within the hour'),
  asset: Text.describe('Page of the recording or the voicemail, for who may sign in'),
  user: z.looseObject({ name: Text, email: Text }).nullish(),
  number: z.looseObject({ name: Text, digits: Text }).nullish(),
  contact: Contact.nullish(),
  comments: z.array(z.looseObject({ content: Text })).nullish(),
  tags: z.array(z.looseObject({ name: Text })).nullish(),
})
export type Call = z.infer<typeof Call>

const Page = z.looseObject({
  meta: z.looseObject({ total: z.number().nullish(), next_page_link: Text }),
  calls: z.array(z.unknown()).nullish(),
  contacts: z.array(z.unknown()).nullish(),
})

export interface AircallConfig {
  apiId: string
  apiToken: string
  webhookToken?: string | undefined
  internalNumbers: string[]
  internalDomains: string[]
}

const PER_PAGE = 50
/** Aircall shows the first 10,000 of a list. */
const LAST_PAGE = 10_000 / PER_PAGE
/** People comment and tag after a call; and creation comes before the start. */
const LAG_MS = 60 * 60_000
const LAG_S = 60

/** Of one kind, by key. Those that are gone are left out. */
export const fetchEach =
  (kind: 'calls' | 'contacts') =>
  async ({ http, signal }: ConnectorContext<AircallConfig>, ids: string[]): Promise<unknown[]> => {
    const query = kind === 'calls' ? { fetch_contact: true } : {}
    const ask = (id: string) =>
      http.request({ url: `/v1/${kind}/${encodeURIComponent(id)}`, query, accept: [404], signal })
    const answers = await Promise.all(ids.map(ask))
    return answers
      .filter(({ status }) => status !== 404)
      .map(({ data }) => (data as Record<string, unknown>)[kind.slice(0, -1)])
  }

const Kept = z.object({ from: z.int() })
const At = z.object({
  page: z.int(),
  /** Lower bound of creation, in seconds. */
  from: z.int(),
  total: z.int(),
  /** When the oldest call began that is still under way. */
  open: z.int().optional(),
  /** All of them by creation, rather than what changed. */
  isFull: z.boolean().optional(),
})
type At = z.infer<typeof At>
type Request = AccountRequest<AircallConfig, z.infer<typeof Kept>, At>

async function list(
  request: Request,
  kind: 'calls' | 'contacts',
  at: At,
  query: Record<string, string | number>,
) {
  const { http, signal, until } = request
  const { data } = await http.request({
    url: `/v1/${kind}`,
    query: {
      page: at.page,
      per_page: PER_PAGE,
      from: at.from || undefined,
      to: Math.floor(until / 1000),
      ...query,
    },
    schema: Page,
    signal,
  })
  return {
    records: data[kind] ?? [],
    total: data.meta.total ?? 0,
    hasMore: Boolean(data.meta.next_page_link),
  }
}

/** Where a list by creation goes on: on the next page, or after the last page that Aircall shows anew from its last item. */
const after = (at: At, last: number | null | undefined): At =>
  at.page < LAST_PAGE || !last
    ? { ...at, page: at.page + 1 }
    : { ...at, page: 1, from: Math.max(last - LAG_S, at.from + 1) }

/** By when calls were created; each run begins with the oldest one that was still under way. */
export const pullCalls = perAccount({
  kept: Kept,
  at: At,
  accounts: (_: AircallConfig) => ['company'],
  async page(request: Request) {
    const { until, kept } = request
    const at = request.at ?? { page: 1, from: Math.floor((kept?.from ?? 0) / 1000), total: 0 }
    const { records, hasMore } = await list(request, 'calls', at, { order: 'asc', fetch_contact: 'true' })
    const calls = records.flatMap((record) => Call.safeParse(record).data ?? [])
    const begun = calls.flatMap((call) =>
      call.ended_at || !call.started_at ? [] : fromUnix(call.started_at),
    )
    const open = Math.min(at.open ?? until, ...begun.filter((start) => start > until - DAY_MS))
    if (hasMore) return { records, next: { ...after(at, calls.at(-1)?.started_at), open } }
    return { records, keep: { from: Math.min(open, until - LAG_MS) } }
  },
  isStale: () => false,
})

/** First all of them by creation, then what changed, newest first until what is known. */
export const pullContacts = perAccount({
  kept: Kept,
  at: At,
  accounts: (_: AircallConfig) => ['company'],
  async page(request: Request) {
    const { until, kept } = request
    const at = request.at ?? { page: 1, from: 0, total: 0, ...(kept ? {} : { isFull: true }) }
    const order = at.isFull
      ? { order: 'asc', order_by: 'created_at' }
      : { order: 'desc', order_by: 'updated_at' }
    const { records, total, hasMore } = await list(request, 'contacts', at, order)
    const last = records.map((record) => Contact.safeParse(record).data).findLast(Boolean)
    const isKnown = !at.isFull && (last?.updated_at ?? 0) < Math.floor((kept?.from ?? 0) / 1000)
    if (!hasMore || isKnown) return { records, keep: { from: until - LAG_MS } }
    // Whatever was deleted meanwhile pulled another contact over to a page that was read already.
    if (total < at.total) return { records, next: { ...at, page: 1, total } }
    if (!at.isFull && at.page >= LAST_PAGE)
      return { records, next: { page: 1, from: 0, total: 0, isFull: true } }
    return { records, next: { ...after(at, last?.created_at), total } }
  },
  isStale: () => false,
})

export const updatedAt = ({ updated_at }: Contact): Instant | undefined =>
  updated_at ? fromUnix(updated_at) : undefined
