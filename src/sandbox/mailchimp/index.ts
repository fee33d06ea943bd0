import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { itemsOf, type MailchimpCampaign, reportOf } from './campaigns.ts'
import { type MailchimpMember, memberId, memberOf } from './members.ts'

export type { MailchimpCampaign, MailchimpRecipient } from './campaigns.ts'
export type { MailchimpMember } from './members.ts'

export interface MailchimpSandboxOptions {
  /** Ends in its data centre, which is the only host that answers: `…-us21`. */
  apiKey: string
  signingSecret: string
  now: () => number
}

export interface MailchimpDelivery {
  headers: Record<string, string>
  body: string
}

export interface MailchimpSandbox extends Sandbox {
  /** Adds members or campaigns, or replaces those of the same address or id. */
  load(objects: { members?: MailchimpMember[]; campaigns?: MailchimpCampaign[] }): void
  removeMember(list: string, address: string): void
  removeCampaign(id: string): void
  /** A webhook, signed. */
  delivery(type: string, data: Record<string, string>): Promise<MailchimpDelivery>
}

const MAX_COUNT = 1000
const LISTS: Record<string, string> = {
  'sent-to': 'sent_to',
  'open-details': 'members',
  'email-activity': 'emails',
  unsubscribed: 'unsubscribes',
}

/** Mailchimp's Marketing API: key and data centre, paging, filters and problem documents as the vendor has them. */
export function createMailchimpSandbox(options: MailchimpSandboxOptions): MailchimpSandbox {
  const members = new Map<string, MailchimpMember>()
  const campaigns = new Map<string, MailchimpCampaign>()
  const host = `${options.apiKey.split('-').at(-1)}.api.mailchimp.com`
  const app = api(options.apiKey, members, campaigns)
  const sandbox = createSandbox({ name: 'mailchimp', hosts: [host], app })
  return Object.assign(sandbox, {
    load(objects: { members?: MailchimpMember[]; campaigns?: MailchimpCampaign[] }) {
      for (const member of objects.members ?? []) members.set(`${member.list}/${memberId(member)}`, member)
      for (const campaign of objects.campaigns ?? []) campaigns.set(campaign.id, campaign)
    },
    removeMember(list: string, address: string) {
      members.delete(`${list}/${memberId({ list, address, changed: 0 })}`)
    },
    removeCampaign(id: string) {
      campaigns.delete(id)
    },
    async delivery(type: string, data: Record<string, string>) {
      const fired = new Date(options.now()).toISOString().slice(0, 19).replace('T', ' ')
      const fields = Object.entries(data).map(([name, value]) => [`data[${name}]`, value])
      const body = new URLSearchParams([['type', type], ['fired_at', fired], ...fields]).toString()
      const time = Math.floor(options.now() / 1000)
      const signature = await hexHmac(options.signingSecret, `${time}.${body}`)
      return {
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-mailchimp-signature': `t=${time},v1=${signature}`,
        },
        body,
      }
    },
  })
}

function api(
  apiKey: string,
  members: Map<string, MailchimpMember>,
  campaigns: Map<string, MailchimpCampaign>,
) {
  const app = new Hono()
  app.use('*', async (c, next) => {
    const [, given = ''] = atob(c.req.header('authorization')?.replace('Basic ', '') ?? '').split(/:(.*)/s)
    if (given === apiKey) return next()
    return problem(c, 401, 'API Key Invalid', 'Your API key may be invalid, or the data center is wrong.')
  })
  app.get('/3.0/ping', (c) => c.json({ health_status: "Everything's Chimpy!" }))
  app.get('/3.0/lists', (c) => {
    const lists = [...new Set([...members.values()].map(({ list }) => list))].sort()
    return page(
      c,
      'lists',
      lists.map((id) => ({ id })),
    )
  })
  app.get('/3.0/lists/:list/members', (c) => {
    const { since_last_changed: since, before_last_changed: before, ...query } = c.req.query()
    if (query.sort_field && !['timestamp_opt', 'timestamp_signup', 'last_changed'].includes(query.sort_field))
      return invalid(c, 'sort_field')
    if (query.sort_dir && !['ASC', 'DESC'].includes(query.sort_dir)) return invalid(c, 'sort_dir')
    const bounds = [timeOf(since), timeOf(before)]
    if (bounds.some(Number.isNaN)) return invalid(c, 'since_last_changed')
    const found = [...members.values()]
      .filter(({ list }) => list === c.req.param('list'))
      .filter(({ changed }) => bounds[0] === undefined || seconds(changed) > bounds[0])
      .filter(({ changed }) => bounds[1] === undefined || seconds(changed) < bounds[1])
      .sort((a, b) => seconds(a.changed) - seconds(b.changed) || (memberId(a) < memberId(b) ? -1 : 1))
    if (query.sort_dir === 'DESC') found.reverse()
    return page(c, 'members', found.map(memberOf))
  })
  app.get('/3.0/lists/:list/members/:id', (c) => {
    const member = members.get(`${c.req.param('list')}/${c.req.param('id')}`)
    return member ? c.json(memberOf(member)) : missing(c)
  })
  app.get('/3.0/reports', (c) => {
    const bounds = [timeOf(c.req.query('since_send_time')), timeOf(c.req.query('before_send_time'))]
    if (bounds.some(Number.isNaN)) return invalid(c, 'since_send_time')
    const found = [...campaigns.values()]
      .filter(({ sent }) => bounds[0] === undefined || sent > bounds[0])
      .filter(({ sent }) => bounds[1] === undefined || sent < bounds[1])
      .sort((a, b) => b.sent - a.sent)
    return page(c, 'reports', found.map(reportOf))
  })
  app.get('/3.0/reports/:id', (c) => {
    const campaign = campaigns.get(c.req.param('id'))
    return campaign ? c.json(reportOf(campaign)) : missing(c)
  })
  app.get('/3.0/reports/:id/:list', (c) => {
    const campaign = campaigns.get(c.req.param('id'))
    const field = LISTS[c.req.param('list')]
    if (!campaign || !field) return missing(c)
    const since = timeOf(c.req.query('since'))
    if (Number.isNaN(since)) return invalid(c, 'since')
    return page(c, field, itemsOf(campaign, c.req.param('list'), since ?? 0))
  })
  app.get('/3.0/reports/:id/unsubscribed/:member', (c) => {
    const campaign = campaigns.get(c.req.param('id'))
    const left = campaign ? itemsOf(campaign, 'unsubscribed', 0) : []
    const item = left.find(({ email_id }) => email_id === c.req.param('member'))
    return item ? c.json(item) : missing(c)
  })
  app.notFound(missing)
  return app
}

const seconds = (at: number): number => Math.floor(at / 1000) * 1000
const timeOf = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Date.parse(text)

function page(c: Context, field: string, all: Record<string, unknown>[]) {
  const [count, offset] = [Number(c.req.query('count') ?? 10), Number(c.req.query('offset') ?? 0)]
  if (!Number.isInteger(count) || count < 0 || count > MAX_COUNT) return invalid(c, 'count')
  if (!Number.isInteger(offset) || offset < 0) return invalid(c, 'offset')
  return c.json({ [field]: all.slice(offset, offset + count), total_items: all.length })
}

const problem = (c: Context, status: 400 | 401 | 404, title: string, detail: string, more = {}) =>
  c.json(
    {
      type: 'https://mailchimp.com/developer/marketing/docs/errors/',
      title,
      status,
      detail,
      instance: crypto.randomUUID(),
      ...more,
    },
    status,
    { 'content-type': 'application/problem+json; charset=utf-8' },
  )

const missing = (c: Context) =>
  problem(c, 404, 'Resource Not Found', 'The requested resource could not be found.')
const invalid = (c: Context, field: string) =>
  problem(c, 400, 'Invalid Resource', 'The resource submitted could not be validated.', {
    errors: [{ field, message: 'Schema describes another value' }],
  })

async function hexHmac(key: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign'])
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
