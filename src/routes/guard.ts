import type { Context, MiddlewareHandler, Next } from 'hono'
import { AuthError, ConfigError } from '#kit'
import { problem } from './problem.ts'
import { hasSession, isAdminToken } from './session.ts'

export interface GuardOptions {
  /** TRIBUTARY_ADMIN_TOKEN. Required unless `isLoopback`; where it is set, it is asked for on loopback too. */
  adminToken?: string | undefined
  /** The server can only be reached from its own machine. */
  isLoopback: boolean
  /** Host names besides localhost, 127.0.0.1 and [::1] under which a loopback server without token may be called. */
  allowedHosts?: readonly string[]
  now?: () => number
}

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]']

export const isLoopbackHost = (host: string): boolean =>
  ['localhost', '::1', '[::1]'].includes(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host)

/** Refuses to start a server that anyone in the network could read. */
export function assertSafeBinding({
  host,
  adminToken,
}: {
  host: string
  adminToken?: string | undefined
}): void {
  if (isLoopbackHost(host) || adminToken) return
  throw new ConfigError(
    'config.admin_token_missing',
    `HOST is ${host}, which others can reach, and TRIBUTARY_ADMIN_TOKEN is not set`,
    { at: { host } },
  )
}

/**
 * Closes API, pages and metrics. With an admin token: `Authorization: Bearer`, or a session cookie. Without one, on
 * loopback only: the request must be addressed to loopback (a page of another site that rebinds its DNS name is not).
 * A foreign Origin is refused in every case.
 */
export function guard(options: GuardOptions): MiddlewareHandler {
  const { adminToken, isLoopback, now = Date.now } = options
  const allowed = new Set(
    [...LOOPBACK_HOSTS, ...(options.allowedHosts ?? [])].map((host) => host.toLowerCase()),
  )

  return async (c, next) => {
    const host = hostOf(c)
    if (!isSameOrigin(c.req.header('origin'), host)) {
      return refuse('request.forbidden_origin', 'The request comes from a page of another address')
    }
    if (!adminToken) {
      if (!isLoopback)
        return refuse('request.unauthorized', 'TRIBUTARY_ADMIN_TOKEN is not set, so this address is closed')
      if (!allowed.has(nameOf(host))) {
        return refuse(
          'request.forbidden_origin',
          'Without an admin token only localhost, 127.0.0.1 and [::1] are answered',
        )
      }
      return closed(c, next)
    }
    const bearer = /^Bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const isKnown =
      bearer !== undefined ? await isAdminToken(bearer, adminToken) : await hasSession(c, adminToken, now())
    if (isKnown) return closed(c, next)
    if (bearer === undefined && wantsPage(c)) {
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(`/login?next=${encodeURIComponent(pathname + search)}`, 303)
    }
    const detail = bearer === undefined ? 'The request carries no admin token' : 'The admin token is wrong'
    return refuse('request.unauthorized', detail)
  }
}

async function closed(c: Context, next: Next): Promise<void> {
  await next()
  c.res.headers.set('cache-control', 'no-store')
  c.res.headers.set('x-content-type-options', 'nosniff')
}

function refuse(code: 'request.unauthorized' | 'request.forbidden_origin', detail: string): Response {
  const headers: Record<string, string> = { 'x-content-type-options': 'nosniff' }
  if (code === 'request.unauthorized') headers['www-authenticate'] = 'Bearer realm="tributary"'
  return problem(new AuthError(code, detail), { headers })
}

/** `host[:port]` as the client addressed us. */
const hostOf = (c: Context): string => (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase()

const nameOf = (host: string): string => /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(?::\d{1,5})?$/.exec(host)?.[1] ?? ''

export function isSameOrigin(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

const wantsPage = (c: Context): boolean =>
  c.req.method === 'GET' &&
  !c.req.path.startsWith('/api/') &&
  (c.req.header('accept') ?? '').includes('text/html')
