import type { MiddlewareHandler } from 'hono'

export interface LimitOptions {
  now(): number
  /** Expected token; any non-empty one where absent. */
  token: string | undefined
  /** Access tokens that an app was given, besides `token`. */
  isSession?: ((token: string) => boolean) | undefined
  /** Scopes that the token lacks. */
  missingScopes: Set<string>
  dailyLimit: number
  tenSecondLimit: number
  searchPerSecond: number
}

const TEN_SECONDS = 10_000
const DAY = 86_400_000

/** Bearer check, scopes, and the three limits of a portal with HubSpot's headers and 429 bodies. */
export function guardRequests(options: LimitOptions): MiddlewareHandler {
  const burst = createWindow(options.tenSecondLimit, TEN_SECONDS)
  const searches = createWindow(options.searchPerSecond, 1000)
  let day = -1
  let usedToday = 0
  return async (c, next) => {
    const now = options.now()
    const isSearch = c.req.path.endsWith('/search')
    const bearer = c.req.header('authorization')?.match(/^Bearer (\S+)$/)?.[1]
    const isKnown = bearer && (options.token === undefined || bearer === options.token)
    if (!bearer || !(options.isSession?.(bearer) ?? isKnown)) return c.json(unauthenticated(), 401)
    if (Math.floor(now / DAY) !== day) {
      day = Math.floor(now / DAY)
      usedToday = 0
    }
    if (usedToday >= options.dailyLimit)
      return c.json(limited('DAILY', 'You have reached your daily limit.'), 429)
    if (!burst.take(now))
      return c.json(limited('TEN_SECONDLY_ROLLING', 'You have reached your ten_secondly_rolling limit.'), 429)
    if (isSearch && !searches.take(now))
      return c.json(limited('SECONDLY', 'You have reached your secondly limit.'), 429)
    usedToday++
    const scope = scopeOf(c.req.method, c.req.path)
    if (scope && options.missingScopes.has(scope)) return c.json(forbidden(scope), 403)
    await next()
    // Search answers carry no rate limit headers.
    if (isSearch) return
    if (Number.isFinite(options.dailyLimit)) {
      c.res.headers.set('x-hubspot-ratelimit-daily', String(options.dailyLimit))
      c.res.headers.set('x-hubspot-ratelimit-daily-remaining', String(options.dailyLimit - usedToday))
    }
    if (!Number.isFinite(options.tenSecondLimit)) return
    c.res.headers.set('x-hubspot-ratelimit-interval-milliseconds', String(TEN_SECONDS))
    c.res.headers.set('x-hubspot-ratelimit-max', String(options.tenSecondLimit))
    c.res.headers.set('x-hubspot-ratelimit-remaining', String(burst.remaining(now)))
  }
}

/** A rolling window: the instants of the last `max` requests in a ring. */
function createWindow(max: number, lengthMs: number) {
  const ring: number[] = []
  let head = 0
  const isOver = (at: number, now: number) => at <= now - lengthMs
  return {
    take(now: number): boolean {
      if (!Number.isFinite(max)) return true
      if (ring.length < max) {
        ring.push(now)
        return true
      }
      if (!isOver(ring[head]!, now)) return false
      ring[head] = now
      head = (head + 1) % max
      return true
    },
    remaining: (now: number) => max - ring.filter((at) => !isOver(at, now)).length,
  }
}

function scopeOf(method: string, path: string): string | undefined {
  const object = /\/(companies|contacts|deals)(\/|$)/.exec(path)?.[1] ?? 'contacts'
  const isRead = method === 'GET' || /\/(read|search)$/.test(path)
  if (/^\/crm\/(v3\/)?owners/.test(path)) return 'crm.objects.owners.read'
  if (/^\/crm\/(v3\/properties|properties)/.test(path))
    return `crm.schemas.${object}.${isRead ? 'read' : 'write'}`
  if (path.startsWith('/crm/')) return `crm.objects.${object}.${isRead ? 'read' : 'write'}`
  return undefined
}

const unauthenticated = () => ({
  status: 'error',
  message: 'Authentication credentials not found. This API supports OAuth 2.0 authentication.',
  correlationId: crypto.randomUUID(),
  category: 'INVALID_AUTHENTICATION',
})

const forbidden = (scope: string) => ({
  status: 'error',
  message: "This app hasn't been granted all required scopes to make this call.",
  correlationId: crypto.randomUUID(),
  category: 'MISSING_SCOPES',
  errors: [
    {
      message: 'One or more of the following scopes are required.',
      context: { requiredGranularScopes: [scope] },
    },
  ],
})

const limited = (policyName: string, message: string) => ({
  status: 'error',
  message,
  errorType: 'RATE_LIMIT',
  policyName,
  correlationId: crypto.randomUUID(),
})
