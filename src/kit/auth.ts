import type { Clock } from './clock.ts'
import { ConfigError } from './errors.ts'
import { toBase64 } from './webhook.ts'

/** How a connection proves who it is, as data; the field names are checked against the connector's config. */
export type Auth<C> =
  | { type: 'none' }
  | { type: 'bearer'; token: keyof C & string }
  | { type: 'basic'; username: keyof C & string; password?: keyof C & string }
  | { type: 'header'; header: string; value: keyof C & string; prefix?: string }
  /** A token that is obtained and expires (OAuth client credentials, JWT); kept in memory, obtained once at a time. */
  | { type: 'token'; acquire(ctx: AcquireContext<C>): Promise<AccessToken> }

export interface AcquireContext<C> {
  config: C
  baseUrl: string
  now: number
  /** Same door without authentication. */
  fetch: typeof globalThis.fetch
}

export interface AccessToken {
  token: string
  /** Instant; absent where the vendor does not tell. */
  expiresAt?: number
  /** Where the API lives when the token tells (Salesforce instance_url). */
  baseUrl?: string
}

/** What the door needs of an auth scheme. */
export interface Authenticator {
  authorize(request: Request): Promise<Request> | Request
  /** Drops what is cached, so that the next `authorize` obtains anew. */
  refresh?(): Promise<void>
  baseUrl?(): Promise<string | undefined>
}

export function createAuthenticator<C extends Record<string, unknown>>(
  auth: Auth<C>,
  config: C,
  options: { baseUrl: string; fetch: typeof globalThis.fetch; clock: Clock },
): Authenticator | undefined {
  switch (auth.type) {
    case 'none':
      return undefined
    case 'bearer':
      return header('authorization', `Bearer ${text(config, auth.token)}`)
    case 'basic': {
      const password = auth.password ? text(config, auth.password) : ''
      const pair = new TextEncoder().encode(`${text(config, auth.username)}:${password}`)
      return header('authorization', `Basic ${toBase64(pair)}`)
    }
    case 'header':
      return header(auth.header, `${auth.prefix ?? ''}${text(config, auth.value)}`)
    case 'token':
      return tokenAuthenticator(auth.acquire, config, options)
  }
}

function text(config: Record<string, unknown>, field: string): string {
  const value = config[field]
  if (typeof value !== 'string') throw new ConfigError('config.invalid', `The connection lacks ${field}`)
  return value
}

const header = (name: string, value: string): Authenticator => ({
  authorize(request) {
    request.headers.set(name, value)
    return request
  },
})

const EXPIRY_MARGIN_MS = 60_000

function tokenAuthenticator<C>(
  acquire: (ctx: AcquireContext<C>) => Promise<AccessToken>,
  config: C,
  { baseUrl, fetch, clock }: { baseUrl: string; fetch: typeof globalThis.fetch; clock: Clock },
): Authenticator {
  let current: Promise<AccessToken> | undefined

  async function token(): Promise<AccessToken> {
    const held = await current
    if (held && (held.expiresAt === undefined || held.expiresAt - EXPIRY_MARGIN_MS > clock.now())) return held
    // Single flight: concurrent callers share one request for a token.
    const pending = acquire({ config, baseUrl, now: clock.now(), fetch })
    current = pending
    pending.catch(() => {
      if (current === pending) current = undefined
    })
    return await pending
  }

  return {
    async authorize(request) {
      request.headers.set('authorization', `Bearer ${(await token()).token}`)
      return request
    },
    async refresh() {
      current = undefined
    },
    async baseUrl() {
      return (await token()).baseUrl
    },
  }
}
