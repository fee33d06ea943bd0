import type { Clock } from './clock.ts'
import { ConfigError } from './errors.ts'
import { toBase64 } from './webhook.ts'

/** How a connection proves who it is, as data; the field names are checked against the connector's config. */
export type Auth<C> =
  | { type: 'none' }
  | { type: 'bearer'; token: keyof C & string }
  | { type: 'basic'; username: keyof C & string; password?: keyof C & string }
  | { type: 'header'; header: string; value: keyof C & string; prefix?: string }
  /**
   * A token that is obtained and expires (OAuth client credentials, JWT); kept in memory, obtained once at a time. Where
   * one connection acts for several users, `subjectOf` says for whom a request is made; each has a token of their own.
   */
  | {
      type: 'token'
      acquire(ctx: AcquireContext<C>): Promise<AccessToken>
      subjectOf?(request: Request, config: C): string | undefined
    }

export interface AcquireContext<C> {
  config: C
  baseUrl: string
  now: number
  /** On whose behalf, as `subjectOf` named them. */
  subject?: string
  /** The token that the vendor refused last, so that nobody hands it out again. */
  rejected?: string
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

/**
 * Where the tokens of a connection are kept, by subject ('' without one). In a Worker it outlives the authenticators of
 * single invocations: vendors limit how often one may log in.
 */
export type TokenMemory = Map<string, { token: AccessToken; renewAt: number }>

/** What the door needs of an auth scheme. */
export interface Authenticator {
  authorize(request: Request): Promise<Request> | Request
  /** Drops what `rejected` was sent with (whatever is cached, without it), so that the next `authorize` obtains anew. */
  refresh?(rejected?: Request): Promise<void>
  baseUrl?(): Promise<string | undefined>
}

export function createAuthenticator<C extends Record<string, unknown>>(
  auth: Auth<C>,
  config: C,
  options: { baseUrl: string; fetch: typeof globalThis.fetch; clock: Clock; memory?: TokenMemory },
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
      return tokenAuthenticator(auth, config, options)
  }
}

function text(config: Record<string, unknown>, field: string): string {
  const value = config[field]
  if (typeof value !== 'string') throw new ConfigError('config.invalid', `The connection lacks ${field}`)
  return value
}

function header(name: string, value: string): Authenticator {
  const check = new Headers()
  setHeader(check, name, value)
  return {
    authorize(request) {
      request.headers.set(name, value)
      return request
    },
  }
}

/** The runtime quotes a value that it refuses; a secret must not end up in a message. */
function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value)
  } catch {
    throw new ConfigError(
      'config.invalid',
      `The secret for the header ${name} holds characters that a header cannot carry (line breaks, or a copied “…”)`,
    )
  }
}

const EXPIRY_MARGIN_MS = 60_000

function tokenAuthenticator<C>(
  { acquire, subjectOf }: Extract<Auth<C>, { type: 'token' }>,
  config: C,
  {
    baseUrl,
    fetch,
    clock,
    memory = new Map(),
  }: { baseUrl: string; fetch: typeof globalThis.fetch; clock: Clock; memory?: TokenMemory },
): Authenticator {
  const pending = new Map<string, Promise<AccessToken>>()
  const refused = new Map<string, string>()

  async function obtain(subject: string): Promise<AccessToken> {
    const askedAt = clock.now()
    const rejected = refused.get(subject)
    const token = await acquire({
      config,
      baseUrl,
      now: askedAt,
      fetch,
      ...(subject ? { subject } : {}),
      ...(rejected ? { rejected } : {}),
    })
    // A token that lives shorter than the margin serves half its life, else each call would ask for one.
    const lifetime = (token.expiresAt ?? Number.POSITIVE_INFINITY) - askedAt
    memory.set(subject, { token, renewAt: askedAt + lifetime - Math.min(EXPIRY_MARGIN_MS, lifetime / 2) })
    return token
  }

  /** Single flight: concurrent callers share one request for a token. A failure is not kept. */
  async function current(subject: string): Promise<AccessToken> {
    const held = memory.get(subject)
    if (held && clock.now() < held.renewAt) return held.token
    const asked = pending.get(subject) ?? obtain(subject).finally(() => pending.delete(subject))
    pending.set(subject, asked)
    return await asked
  }

  const bearer = ({ token }: AccessToken): string => `Bearer ${token}`
  const subjectFor = (request: Request): string => subjectOf?.(request, config) ?? ''

  return {
    async authorize(request) {
      setHeader(request.headers, 'authorization', bearer(await current(subjectFor(request))))
      return request
    },
    async refresh(rejected) {
      if (!rejected) return memory.clear()
      const subject = subjectFor(rejected)
      const held = memory.get(subject)
      // Another caller may have renewed it meanwhile.
      const isOther = held && rejected.headers.get('authorization') !== bearer(held.token)
      if (held && !isOther) refused.set(subject, held.token.token)
      if (!isOther) memory.delete(subject)
    },
    // Whoever acts for many has no token that could tell.
    ...(subjectOf ? {} : { baseUrl: async () => (await current('')).baseUrl }),
  }
}
