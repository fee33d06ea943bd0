import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Random } from './random.ts'
import { never, type Scheduler } from './scheduler.ts'
import type { Vendors } from './vendors.ts'

export type VendorName = keyof Vendors

/** What the network does to one request. */
export type Trouble =
  | { kind: 'none' }
  /** Never arrives. */
  | { kind: 'lost before' }
  /** Arrives and is done; the answer does not come back. */
  | { kind: 'lost after' }
  /** Arrives and is done; the caller waits in vain. */
  | { kind: 'hangs' }
  /** Something in front of the vendor answers. */
  | { kind: 'answer'; status: number; retryAfter?: number }

export interface Weather {
  troubleOf(vendor: VendorName, request: Request, now: number): Trouble
  /** Milliseconds that a request, or its answer, is under way. */
  latency(): number
}

/** Clear sky: everything arrives at once. */
export const CALM: Weather = { troubleOf: () => ({ kind: 'none' }), latency: () => 0 }

export interface Exchange {
  process: string
  vendor: VendorName
  method: string
  path: string
  /** Records in the body, where it has any. */
  items: number
  /** How the body names them. */
  keys: string[]
  status: number
  trouble: Trouble['kind']
  /** How long the vendor said to wait. */
  retryAfterMs?: number
  /** The step that makes it, and when that began. */
  step: string
  stepAt: number
  /** API calls of the day, as the answer told. */
  calls?: { used: number; limit: number }
  /** When it left. */
  from: number
  /** When it was done at the vendor. */
  at: number
  /** When the process knew; absent while it does not. */
  until?: number
}

export interface NetworkOptions {
  scheduler: Scheduler
  vendors: Vendors
  weather: () => Weather
  onExchange(exchange: Exchange): void
}

/** `fetch` of one process. What has left when the process dies reaches the vendor all the same. */
export function fetchOf(
  { scheduler, vendors, weather, onExchange }: NetworkOptions,
  process: { name: string; isDead(): boolean; step(): { name: string; at: number } },
): typeof globalThis.fetch {
  const byHost = new Map<string, [VendorName, Sandbox]>()
  for (const [name, sandbox] of Object.entries(vendors))
    for (const host of sandbox.hosts) byHost.set(host, [name as VendorName, sandbox])

  return async (input, init) => {
    const { request, body } = await readable(input, init?.signal)
    if (process.isDead()) return never()
    const { host, pathname } = new URL(request.url)
    const found = byHost.get(host)
    if (!found) throw new TypeError(`No simulator stands for ${host}`)
    const [vendor, sandbox] = found
    const { troubleOf, latency } = weather()
    const trouble = troubleOf(vendor, request, scheduler.now())
    const items = itemsIn(body)
    const exchange: Exchange = {
      process: process.name,
      vendor,
      method: request.method,
      path: pathname,
      items: items.length,
      keys: items.map(keyOf),
      status: 0,
      trouble: trouble.kind,
      step: process.step().name,
      stepAt: process.step().at,
      from: scheduler.now(),
      at: Number.POSITIVE_INFINITY,
    }
    const note = (status: number) => onExchange(Object.assign(exchange, { status, at: scheduler.now() }))
    const known = () => {
      if (!process.isDead()) exchange.until = scheduler.now()
    }
    await scheduler.turn(latency())
    if (trouble.kind === 'lost before') {
      note(0)
      known()
      throw new TypeError('fetch failed')
    }
    if (trouble.kind === 'answer') {
      if (trouble.retryAfter !== undefined) exchange.retryAfterMs = trouble.retryAfter * 1000
      note(trouble.status)
      known()
      return refusal(trouble, request)
    }
    const response = await sandbox.fetch(request)
    note(trouble.kind === 'none' ? response.status : 0)
    if (trouble.kind === 'hangs') return never()
    await scheduler.turn(latency())
    if (process.isDead()) return never()
    known()
    if (trouble.kind === 'none') Object.assign(exchange, callsIn(response.headers))
    if (trouble.kind === 'lost after') throw new TypeError('fetch failed')
    return response
  }
}

function callsIn(headers: Headers): Pick<Exchange, 'calls'> {
  const told = /api-usage=(\d+)\/(\d+)/.exec(headers.get('sforce-limit-info') ?? '')
  return told ? { calls: { used: Number(told[1]), limit: Number(told[2]) } } : {}
}

/** A request and its text, which a request gives only once. */
async function readable(
  input: string | URL | Request,
  signal: AbortSignal | null | undefined,
): Promise<{ request: Request; body: string }> {
  signal?.throwIfAborted()
  // What a connector sends comes through the door, which has made a request of it.
  if (!(input instanceof Request)) throw new TypeError(`${input} was not sent through the door`)
  const request = input
  if (!request.body) return { request, body: '' }
  const { url, method, headers } = request
  const body = await request.text()
  return { request: new Request(url, { method, headers, body }), body }
}

/** As badly behaved proxies do, it repeats the credentials that it was shown. */
function refusal({ status, retryAfter }: Extract<Trouble, { kind: 'answer' }>, request: Request): Response {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  const said = { message: 'not now', authorization: request.headers.get('authorization') }
  return new Response(JSON.stringify(said), { status, headers })
}

type Item = Record<string, unknown>

function itemsIn(body: string): Item[] {
  if (!body.startsWith('{')) return []
  const { records, inputs } = JSON.parse(body) as { records?: unknown; inputs?: unknown }
  const items = records ?? inputs
  return Array.isArray(items) ? (items as Item[]) : []
}

const keyOf = ({ Id, id, Tributary_Id__c }: Item): string => String(Id ?? id ?? Tributary_Id__c ?? '')

/** What may go wrong on the way, as a seed has it. */
export interface WeatherPlan {
  /** Probabilities for one request. */
  lostBefore: number
  lostAfter: number
  hangs: number
  serverError: number
  /** Longest time under way, ms. */
  latency: number
  /** Probability that it takes many times as long, though less than a caller waits. */
  slow: number
  /** Times in which a vendor does not do its work. */
  outages: { vendor: VendorName; from: number; until: number; status: number; retryAfter?: number }[]
}

/** Both ways together stay below the deadline of a call. */
const SLOWEST = 9_000

export function weatherOf(plan: WeatherPlan, random: Random): Weather {
  return {
    latency() {
      if (plan.slow > 0 && random.chance(plan.slow)) return random.int(1_000, SLOWEST)
      return plan.latency === 0 ? 0 : random.int(0, plan.latency)
    },
    troubleOf(vendor, request, now) {
      const outage = plan.outages.find((o) => o.vendor === vendor && now >= o.from && now < o.until)
      if (outage) {
        if (outage.status === 0) return { kind: 'lost before' }
        const { status, retryAfter } = outage
        return { kind: 'answer', status, ...(retryAfter !== undefined ? { retryAfter } : {}) }
      }
      // What comes back from a write is the more interesting half.
      const weight = request.method === 'GET' ? 0.5 : 1
      const dice = random.next() / weight
      let bound = plan.lostBefore
      if (dice < bound) return { kind: 'lost before' }
      bound += plan.lostAfter
      if (dice < bound) return { kind: 'lost after' }
      bound += plan.hangs
      if (dice < bound) return { kind: 'hangs' }
      bound += plan.serverError
      if (dice < bound) return { kind: 'answer', status: random.pick([500, 502, 503, 504]) }
      return { kind: 'none' }
    },
  }
}
