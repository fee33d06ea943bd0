import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { callOf, type TwilioCall } from './calls.ts'

export type { TwilioCall } from './calls.ts'

export interface TwilioSandboxOptions {
  accountSid: string
  apiKeySid: string
  apiKeySecret: string
  /** Signs callbacks. */
  authToken: string
  now: () => number
  /** Requests in flight or in a second before 429; unlimited where absent. */
  requestsPerSecond?: number
}

export interface TwilioDelivery {
  method: 'POST'
  headers: Record<string, string>
  body: string
}

export interface TwilioSandbox extends Sandbox {
  /** Adds calls, or replaces those with the same sid. */
  load(calls: TwilioCall[]): void
  /** Deletes a call's record. */
  remove(sid: string): void
  /** A status callback to `url`, signed as Twilio does. */
  statusCallback(url: string, sid: string, status?: string): Promise<TwilioDelivery>
}

const MAX_PAGE_SIZE = 1000
const DEFAULT_PAGE_SIZE = 50

/** Twilio's Calls resource: keys, filters, page tokens and error bodies as the vendor has them. */
export function createTwilioSandbox(options: TwilioSandboxOptions): TwilioSandbox {
  const calls = new Map<string, TwilioCall>()
  const sandbox = createSandbox({
    name: 'twilio',
    hosts: ['api.twilio.com'],
    app: callApi(options, calls),
  })
  return Object.assign(sandbox, {
    load(added: TwilioCall[]) {
      for (const call of added) calls.set(call.sid, call)
    },
    remove(sid: string) {
      calls.delete(sid)
    },
    async statusCallback(url: string, sid: string, status = calls.get(sid)?.status ?? 'completed') {
      const call = calls.get(sid)
      const fields: Record<string, string> = {
        AccountSid: options.accountSid,
        ApiVersion: '2010-04-01',
        CallSid: sid,
        CallStatus: status,
        Direction: call?.direction ?? 'inbound',
        From: call?.from ?? '',
        To: call?.to ?? '',
        CallbackSource: 'call-progress-events',
        SequenceNumber: '2',
        Timestamp: new Date(options.now()).toUTCString().replace('GMT', '+0000'),
        ...(status === 'completed' ? { CallDuration: String(call?.seconds ?? 0) } : {}),
      }
      const names = Object.keys(fields).sort()
      const signed = url + names.map((name) => name + fields[name]).join('')
      return {
        method: 'POST' as const,
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
          'x-twilio-signature': await hmacSha1(options.authToken, signed),
        },
        body: new URLSearchParams(fields).toString(),
      }
    },
  })
}

function callApi(options: TwilioSandboxOptions, calls: Map<string, TwilioCall>): Hono {
  const app = new Hono()
  const { accountSid, now, requestsPerSecond } = options
  const expected = `Basic ${btoa(`${options.apiKeySid}:${options.apiKeySecret}`)}`
  let seen: number[] = []
  app.use('*', async (c, next) => {
    seen = seen.filter((at) => at > now() - 1000)
    if (requestsPerSecond !== undefined && seen.length >= requestsPerSecond)
      return problem(c, 429, 20429, 'Too Many Requests')
    seen.push(now())
    if (c.req.header('authorization') !== expected) return problem(c, 401, 20003, 'Authenticate')
    return next()
  })
  const base = '/2010-04-01/Accounts/:account'
  app.use(`${base}/*`, (c, next) =>
    [accountSid, `${accountSid}.json`].includes(c.req.param('account'))
      ? next()
      : Promise.resolve(missing(c)),
  )
  app.get(`${base}/Calls.json`, (c) => {
    const query = c.req.query()
    const size = Number(query.PageSize ?? DEFAULT_PAGE_SIZE)
    if (!Number.isInteger(size) || size < 1) return problem(c, 400, 20001, 'Invalid PageSize')
    const page = Number(query.Page ?? 0)
    if (page > 0 && !query.PageToken) return problem(c, 400, 20006, 'Page number requires a PageToken')
    const after = query['StartTime>']
    const before = query['StartTime<']
    for (const text of [after, before])
      if (text !== undefined && Number.isNaN(Date.parse(text)))
        return problem(c, 400, 20001, 'Invalid StartTime')
    const found = [...calls.values()]
      .filter(({ started }) => after === undefined || started >= Date.parse(after))
      .filter(({ started }) => before === undefined || started <= Date.parse(before))
      .filter(({ status }) => query.Status === undefined || status === query.Status)
      .sort((a, b) => b.started - a.started || (a.sid < b.sid ? 1 : -1))
    const last = query.PageToken?.replace(/^PA/, '')
    const begin = last === undefined ? 0 : found.findIndex(({ sid }) => sid === last) + 1
    if (last !== undefined && begin === 0) return problem(c, 400, 20006, 'Invalid PageToken')
    const shown = found.slice(begin, begin + Math.min(size, MAX_PAGE_SIZE))
    const uri = (more: Record<string, string>) => {
      const { Page, PageToken, ...rest } = query
      return `/2010-04-01/Accounts/${accountSid}/Calls.json?${new URLSearchParams({ ...rest, ...more })}`
    }
    const hasMore = begin + shown.length < found.length
    return c.json({
      calls: shown.map((call) => callOf(accountSid, call)),
      page,
      page_size: Math.min(size, MAX_PAGE_SIZE),
      start: 0,
      end: Math.max(0, shown.length - 1),
      uri: uri({ Page: String(page) }),
      first_page_uri: uri({ Page: '0' }),
      previous_page_uri: null,
      next_page_uri: hasMore ? uri({ Page: String(page + 1), PageToken: `PA${shown.at(-1)!.sid}` }) : null,
    })
  })
  app.get(`${base}/Calls/:file`, (c) => {
    const call = calls.get(c.req.param('file').replace(/\.json$/, ''))
    return call ? c.json(callOf(accountSid, call)) : missing(c)
  })
  // What a key of the standard kind may not read.
  app.get('/2010-04-01/Accounts/:file', (c) => problem(c, 401, 20003, 'Authenticate'))
  app.notFound(missing)
  return app
}

const problem = (c: Context, status: 400 | 401 | 404 | 429, code: number, message: string) =>
  c.json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, status)

const missing = (c: Context) =>
  problem(c, 404, 20404, `The requested resource ${new URL(c.req.url).pathname} was not found`)

async function hmacSha1(key: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-1' }
  const imported = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign'])
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)))
  return btoa(String.fromCharCode(...digest))
}
