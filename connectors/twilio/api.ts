import * as z from 'zod'
import { type AccountRequest, type ConnectorContext, hasStatus, perAccount } from '#kit'
import { DAY_MS, type Instant, isoInstant, parseInstant } from '#model'

const Text = z.string().nullish()

/** One leg of a call. Times are RFC 2822. @see https://www.twilio.com/docs/voice/api/call-resource */
export const Call = z.looseObject({
  sid: z.string().min(1),
  parent_call_sid: Text.describe('The leg that dialled this one'),
  direction: Text.describe(
    'inbound, outbound-api, outbound-dial, trunking-originating, trunking-terminating',
  ),
  status: Text.describe('queued, ringing, in-progress, completed, busy, no-answer, canceled or failed'),
  from: Text,
  to: Text,
  date_created: Text,
  date_updated: Text,
  start_time: Text.describe('Null before it is dialled'),
  duration: z.union([z.string(), z.number()]).nullish().describe('Seconds'),
  answered_by: Text.describe('Of answering machine detection: human, machine_start, fax, …'),
  subresource_uris: z.looseObject({ recordings: Text }).nullish(),
})
export type Call = z.infer<typeof Call>

const Page = z.looseObject({ calls: z.array(z.unknown()), next_page_uri: Text })

export interface TwilioConfig {
  accountSid: string
  apiKeySid: string
  apiKeySecret: string
  authToken?: string | undefined
  internalNumbers: string[]
  historyDays: number
}

type Context = ConnectorContext<TwilioConfig>

const callsUrl = ({ accountSid }: TwilioConfig): string => `/2010-04-01/Accounts/${accountSid}/Calls`

/** Newest first. Tokens name the last call of a page, so that calls which begin meanwhile move nothing. */
export async function listCalls(
  { http, config, signal }: Context,
  at: { from: Instant } | { page: string },
): Promise<z.infer<typeof Page>> {
  const first = (from: Instant) => ({
    url: `${callsUrl(config)}.json`,
    query: { PageSize: 1000, 'StartTime>': isoInstant(from).replace(/\.\d+Z$/, 'Z') },
  })
  const request = 'page' in at ? { url: at.page } : first(at.from)
  return (await http.request({ ...request, schema: Page, signal })).data
}

export async function fetchCalls({ http, config, signal }: Context, sids: string[]): Promise<unknown[]> {
  const urlOf = (sid: string) => `${callsUrl(config)}/${encodeURIComponent(sid)}.json`
  const answers = await Promise.all(
    sids.map((sid) => http.request({ url: urlOf(sid), accept: [404], signal })),
  )
  return answers.filter(({ status }) => status !== 404).map(({ data }) => data)
}

/** Calls appear in the list a little after they began. */
const LAG_MS = 15 * 60_000
/** No call lasts longer. */
const LONGEST_MS = DAY_MS + 60 * 60_000

const Kept = z.object({ from: z.int() })
const At = z.object({ page: z.string(), open: z.int().optional() })
type Request = AccountRequest<TwilioConfig, z.infer<typeof Kept>, z.infer<typeof At>>

/**
 * By when calls began: Twilio does not tell what changed. The next run begins with the oldest call that was still under way,
 * so that each is read again once it is over.
 */
export const pullCalls = perAccount({
  kept: Kept,
  at: At,
  accounts: ({ accountSid }: TwilioConfig) => [accountSid],
  async page(request: Request) {
    const { at, kept, until, config } = request
    const from = kept?.from ?? until - config.historyDays * DAY_MS
    const { calls, next_page_uri } = await listCalls(request, at ? { page: at.page } : { from })
    const begun = calls.flatMap((call) => underWay(call) ?? []).filter((start) => start > until - LONGEST_MS)
    const open = Math.min(at?.open ?? until, ...begun)
    if (next_page_uri) return { records: calls, next: { page: next_page_uri, open } }
    return { records: calls, keep: { from: Math.min(open, until - LAG_MS) } }
  },
  isStale: (error, { at }) => at !== undefined && hasStatus(error, 400, 404),
})

const UNFINISHED = new Set(['queued', 'initiated', 'ringing', 'in-progress'])

function underWay(call: unknown): Instant | undefined {
  const { data } = Call.safeParse(call)
  return data && UNFINISHED.has(data.status ?? '')
    ? parseInstant(data.start_time ?? data.date_created ?? '')
    : undefined
}
