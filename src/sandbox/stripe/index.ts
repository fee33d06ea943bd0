import { Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { type SignedDelivery, signDelivery, thinOf } from './delivery.ts'
import { listObjects } from './list.ts'
import { createdOf, createObjectStore, eventTypeOf, type StripeObject } from './objects.ts'
import { previousOf } from './previous.ts'
import {
  badParameter,
  missing,
  noAccess,
  noKey,
  StripeProblem,
  tooFast,
  unknownParameter,
  unknownUrl,
  wrongKey,
} from './problem.ts'
import { parseExpand, render } from './render.ts'
import { CAN_BE_DELETED, LISTS, TYPES } from './schema.ts'

export { stripeCustomer, stripePrice, stripeProduct, stripeSubscription } from './builders.ts'
export * from './builders-billing.ts'
export type { SignedDelivery } from './delivery.ts'
export type { StripeObject } from './objects.ts'

const API_VERSION = '2026-10-28.endive'

export interface StripeSandboxOptions {
  /** Milliseconds; decides when events happen and when they are 30 days old. */
  clock?: () => number
  webhookSecret?: string
  /** The only key that is let in. Any sk_, rk_ key where absent. */
  apiKey?: string
  /** The simulator is this connected account: requests must name it, and its events do. */
  account?: string
  /** What events and deliveries say of themselves; test data where absent. */
  livemode?: boolean
  /** Requests allowed per second of the clock; more are answered 429. Unlimited where absent. */
  maxPerSecond?: number
}

export interface StripeSandbox extends Sandbox {
  /** History: stores objects as they are, without events. Nested objects are stored under their own type too. */
  load(objects: readonly StripeObject[]): void
  /** Creates or replaces one object and records the event, "<type>.created" or ".updated" unless `verb` says otherwise. */
  upsert(object: StripeObject, verb?: string): StripeObject
  /** Deletes an object of a type that Stripe lets delete, and records "<type>.deleted". */
  remove(type: string, id: string): StripeObject
  /** The object as an API answer without expansion. */
  read(type: string, id: string): StripeObject | undefined
  /** Events so far, oldest first. */
  readonly events: readonly StripeObject[]
  /** The webhook request that announces an event, signed now. */
  signedDelivery(event: StripeObject): Promise<SignedDelivery>
  /** The same as a thin event: it names the object by type, id and address. */
  signedThinDelivery(event: StripeObject): Promise<SignedDelivery>
}

/** Stripe's read API over objects in memory, as strict as the real one where the hub reads it. */
export function createStripeSandbox(options: StripeSandboxOptions = {}): StripeSandbox {
  const { clock = Date.now, webhookSecret = 'whsec_sandbox', apiKey, maxPerSecond } = options
  const { account, livemode = false } = options
  const store = createObjectStore()
  const events: StripeObject[] = []
  const window = { second: 0, count: 0 }
  let requests = 0

  function record(type: string, object: StripeObject, before?: StripeObject): StripeObject {
    const previous = before && type.endsWith('.updated') ? previousOf(before, object) : undefined
    const event: StripeObject = {
      id: `evt_${(events.length + 1).toString().padStart(24, '0')}`,
      object: 'event',
      api_version: API_VERSION,
      created: Math.floor(clock() / 1000),
      ...(account ? { account } : {}),
      data: { object, ...(previous ? { previous_attributes: previous } : {}) },
      livemode,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    }
    events.push(event)
    return event
  }

  function authorise(header: string | undefined): string {
    const [scheme, value] = header?.split(' ') ?? []
    const key =
      scheme === 'Bearer' ? value : scheme === 'Basic' && value ? atob(value).split(':')[0] : undefined
    if (!key) throw noKey()
    if (apiKey === undefined ? !/^[rs]k_\w+/.test(key) : key !== apiKey) throw wrongKey(key)
    return key
  }

  function checkAccount(key: string, named: string | undefined): void {
    if (named !== account) throw noAccess(key, named)
  }

  function limitRate(): void {
    const second = Math.floor(clock() / 1000)
    if (second !== window.second) Object.assign(window, { second, count: 0 })
    if (maxPerSecond !== undefined && ++window.count > maxPerSecond) throw tooFast()
  }

  const app = new Hono()
  app.use(async (c, next) => {
    c.header('request-id', `req_${(++requests).toString().padStart(14, '0')}`)
    checkAccount(authorise(c.req.header('authorization')), c.req.header('stripe-account'))
    limitRate()
    const version = c.req.header('stripe-version') ?? API_VERSION
    if (!/^20\d\d-\d\d-\d\d(\.\w+)?$/.test(version))
      throw badParameter('Stripe-Version', `Invalid Stripe API version: ${version}`)
    c.header('stripe-version', version)
    await next()
  })

  for (const [name, spec] of Object.entries(LISTS)) {
    app.get(`/v1/${name}`, (c) =>
      c.json(listObjects(eventStore(spec.type), spec, new URL(c.req.url), clock())),
    )
    app.get(`/v1/${name}/:id`, (c) => {
      const query = new URL(c.req.url).searchParams
      for (const key of query.keys()) if (!/^expand\[\d*\]$/.test(key)) throw unknownParameter(key)
      return c.json(retrieve(spec.type, c.req.param('id'), [...query.values()]))
    })
  }

  app.get('/v1/customers/:id/tax_ids', (c) => {
    const url = new URL(c.req.url)
    url.searchParams.set('customer', c.req.param('id'))
    return c.json(listObjects(store, { type: 'tax_id', filters: ['customer'], created: false }, url, clock()))
  })

  /** Events live beside the objects: they are never referred to, and there are many. */
  function eventStore(type: string) {
    if (type !== 'event') return store
    return { ...store, all: () => [...events].reverse().sort((a, b) => createdOf(b) - createdOf(a)) }
  }

  function retrieve(type: string, id: string, expand: string[]): StripeObject | Record<string, unknown> {
    const tree = parseExpand(expand)
    const found = type === 'event' ? events.find((event) => event.id === id) : store.get(type, id)
    if (found) return render(store, found, tree)
    // A deleted customer still answers; other objects are gone.
    if (type === 'customer' && store.isDeleted(type, id)) return { id, object: type, deleted: true }
    throw missing(type, id)
  }

  app.notFound((c) => {
    throw unknownUrl(c.req.method, c.req.path)
  })
  app.onError((error, c) => {
    if (!(error instanceof StripeProblem)) throw error
    return c.json({ error: error.error }, error.status as 400)
  })

  const sandbox = createSandbox({ name: 'stripe', hosts: ['api.stripe.com'], app })
  return Object.assign(sandbox, {
    load(objects: readonly StripeObject[]) {
      for (const object of objects) store.put(object)
    },
    upsert(object: StripeObject, verb?: string) {
      const stored = store.get(object.object, object.id)
      const before = stored && render(store, stored)
      store.put(object)
      return record(
        eventTypeOf(object, verb ?? (before ? 'updated' : 'created')),
        render(store, store.get(object.object, object.id)!),
        before,
      )
    },
    remove(type: string, id: string) {
      const found = store.get(type, id)
      if (!TYPES[type] || !CAN_BE_DELETED.has(type) || !found)
        throw new TypeError(`Stripe has no ${type} ${id} that can be deleted`)
      const last = render(store, found)
      store.delete(type, id)
      return record(eventTypeOf(last, 'deleted'), last)
    },
    read(type: string, id: string) {
      const found = store.get(type, id)
      return found ? render(store, found) : undefined
    },
    events,
    signedDelivery: (event: StripeObject) => signDelivery(event, webhookSecret, clock()),
    signedThinDelivery: (event: StripeObject) => signDelivery(thinOf(event), webhookSecret, clock()),
  })
}
