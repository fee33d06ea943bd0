import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { type AircallCall, type AircallContact, callOf, contactOf } from './objects.ts'

export type { AircallCall, AircallContact } from './objects.ts'

export interface AircallSandboxOptions {
  apiId: string
  apiToken: string
  /** Stands in every event. */
  webhookToken: string
  now: () => number
  /** Requests a minute before 429; unlimited where absent. */
  requestsPerMinute?: number
}

export interface AircallSandbox extends Sandbox {
  /** Adds calls or contacts, or replaces those with the same id. */
  load(objects: { calls?: AircallCall[]; contacts?: AircallContact[] }): void
  removeContact(id: number): void
  /** The body of an event as Aircall posts it. */
  event(event: string, id: number): string
}

const MAX_PER_PAGE = 50
const MAX_ITEMS = 10_000
const MINUTE_MS = 60_000

/** Aircall's public API: keys, paging with its end at 10,000, the minute's quota and error bodies as the vendor has them. */
export function createAircallSandbox(options: AircallSandboxOptions): AircallSandbox {
  const calls = new Map<number, AircallCall>()
  const contacts = new Map<number, AircallContact>()
  const callShown = (call: AircallCall, withContact: boolean) => {
    const contact = call.contact === undefined ? undefined : contacts.get(call.contact)
    return callOf(call, contact && withContact ? contactOf(contact) : null)
  }
  const app = new Hono()
  const expected = `Basic ${btoa(`${options.apiId}:${options.apiToken}`)}`
  let seen: number[] = []
  app.use('*', async (c, next) => {
    // Refused at the edge, before the quota is counted.
    if (c.req.header('authorization') !== expected) return c.json({ message: 'Forbidden' }, 403)
    const now = options.now()
    const limit = options.requestsPerMinute
    seen = seen.filter((at) => at > now - MINUTE_MS)
    if (limit !== undefined && seen.length >= limit) {
      return c.json({ error: 'Too Many Requests', troubleshoot: 'Rate limit has been reached' }, 429, {
        date: new Date(now).toUTCString(),
        'x-aircallapi-limit': String(limit),
        'x-aircallapi-remaining': '0',
        'x-aircallapi-reset': String(Math.ceil((seen[0]! + MINUTE_MS) / 1000)),
      })
    }
    seen.push(now)
    return next()
  })
  app.get('/v1/ping', (c) => c.json({ ping: 'pong' }))
  app.get('/v1/calls', (c) =>
    list(c, 'calls', [...calls.values()], {
      orders: ['created_at'],
      instantOf: (call) => call.started,
      show: (call) => callShown(call, c.req.query('fetch_contact') === 'true'),
    }),
  )
  app.get('/v1/calls/:id', (c) => {
    const call = calls.get(Number(c.req.param('id')))
    return call ? c.json({ call: callShown(call, c.req.query('fetch_contact') === 'true') }) : missing(c)
  })
  app.get('/v1/contacts', (c) =>
    list(c, 'contacts', [...contacts.values()], {
      orders: ['created_at', 'updated_at'],
      instantOf: (contact, order) => (order === 'updated_at' ? contact.updated : contact.created),
      show: contactOf,
    }),
  )
  app.get('/v1/contacts/:id', (c) => {
    const contact = contacts.get(Number(c.req.param('id')))
    return contact ? c.json({ contact: contactOf(contact) }) : missing(c)
  })
  app.notFound(missing)
  const sandbox = createSandbox({ name: 'aircall', hosts: ['api.aircall.io'], app })
  return Object.assign(sandbox, {
    load(objects: { calls?: AircallCall[]; contacts?: AircallContact[] }) {
      for (const call of objects.calls ?? []) calls.set(call.id, call)
      for (const contact of objects.contacts ?? []) contacts.set(contact.id, contact)
    },
    removeContact(id: number) {
      contacts.delete(id)
    },
    event(event: string, id: number) {
      const resource = event.split('.')[0]!
      const call = resource === 'call' ? calls.get(id) : undefined
      const contact = resource === 'contact' ? contacts.get(id) : undefined
      return JSON.stringify({
        resource,
        event,
        timestamp: Math.floor(options.now() / 1000),
        token: options.webhookToken,
        data: call ? callShown(call, true) : contact ? contactOf(contact) : { id },
      })
    },
  })
}

const missing = (c: Context) =>
  c.json({ error: 'Not Found', troubleshoot: 'Make sure the id is the one of your company' }, 404)

function list<T extends { id: number }>(
  c: Context,
  kind: string,
  all: T[],
  {
    orders,
    instantOf,
    show,
  }: { orders: string[]; instantOf: (item: T, order: string) => number; show: (item: T) => unknown },
) {
  const query = c.req.query()
  const { from, to, order = 'asc', order_by: orderBy = 'created_at' } = query
  const [page, perPage] = [Number(query.page ?? 1), Number(query.per_page ?? 20)]
  const complaint =
    !Number.isInteger(perPage) || perPage < 1 || perPage > MAX_PER_PAGE
      ? 'per_page must be between 1 and 50'
      : !Number.isInteger(page) || page < 1
        ? 'page must be a positive integer'
        : page * perPage > MAX_ITEMS
          ? 'Pagination is limited to 10000 items, use from and to'
          : !['asc', 'desc'].includes(order)
            ? 'order must be asc or desc'
            : !orders.includes(orderBy)
              ? 'order_by is unknown'
              : [from, to].some((text) => text !== undefined && !/^\d{1,10}$/.test(text))
                ? 'from and to are UNIX timestamps'
                : undefined
  if (complaint) return c.json({ error: 'Bad Request', troubleshoot: complaint }, 400)
  const seconds = (item: T) => Math.floor(instantOf(item, 'created_at') / 1000)
  const found = all
    .filter((item) => from === undefined || seconds(item) >= Number(from))
    .filter((item) => to === undefined || seconds(item) <= Number(to))
    .sort((a, b) => instantOf(a, orderBy) - instantOf(b, orderBy) || a.id - b.id)
  if (order === 'desc') found.reverse()
  const shown = found.slice((page - 1) * perPage, page * perPage)
  const address = (n: number) =>
    `https://api.aircall.io/v1/${kind}?${new URLSearchParams({ ...query, page: String(n) })}`
  const hasMore = page * perPage < found.length
  return c.json({
    meta: {
      count: shown.length,
      total: found.length,
      current_page: page,
      per_page: perPage,
      next_page_link: hasMore ? address(page + 1) : null,
      previous_page_link: page > 1 ? address(page - 1) : null,
    },
    [kind]: shown.map(show),
  })
}
