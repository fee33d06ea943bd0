import * as z from 'zod'
import type { AccessToken, AcquireContext } from './auth.ts'
import { AuthError, ConfigError } from './errors.ts'
import { requestGrant } from './oauth.ts'
import { base64Url, type Sealer } from './seal.ts'

/**
 * How the owner of an account lets the hub in by a browser: OAuth 2 authorisation code with PKCE (RFC 6749 and 7636), as
 * data of a connector. `tributary connect` and `/oauth/callback` do the rest.
 */
export interface Consent<C> {
  /** Whether this connection was configured to be let in so, rather than by a key of its own. */
  isUsed(config: C): boolean
  authorizeUrl(config: C, baseUrl: string): string
  tokenUrl(config: C, baseUrl: string): string
  client(config: C): { id: string; secret?: string | undefined }
  scopes(config: C): readonly string[]
  /** Further parameters of the authorize address, such as access_type=offline. */
  params?: Readonly<Record<string, string>>
}

/** What consent gave. The refresh token may change with every renewal. */
export interface Grant {
  refreshToken?: string | undefined
  access: AccessToken
  /** Instant of the consent. */
  grantedAt: number
}

/** Where the grant of one connection is kept, across processes and restarts. */
export interface GrantKeeper {
  read(): Promise<Grant | undefined>
  save(grant: Grant): Promise<void>
  forget(): Promise<void>
  /** Runs `work` while no other process renews this grant. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
}

type Asking<C> = Pick<AcquireContext<C>, 'config' | 'baseUrl' | 'fetch' | 'now'>

/** A token of less remaining life is renewed. */
const MARGIN_MS = 60_000

/**
 * The access token of a kept grant, renewed where it is about to end or was `rejected`. One process renews at a time, and
 * whoever waited takes what the other got: vendors that replace refresh tokens accept each only once.
 * @throws AuthError auth.not_connected before the first consent · auth.revoked when a new one is needed
 */
export async function acquireByConsent<C>(
  ctx: AcquireContext<C>,
  consent: Consent<C>,
  keeper: GrantKeeper,
  connection: string,
): Promise<AccessToken> {
  const isFresh = ({ access }: Grant): boolean =>
    access.token !== ctx.rejected && (access.expiresAt ?? Number.POSITIVE_INFINITY) - MARGIN_MS > ctx.now
  const held = await keeper.read()
  if (!held) {
    throw new AuthError(
      'auth.not_connected',
      `${connection} has not been let in yet; run: tributary connect ${connection}`,
    )
  }
  if (isFresh(held)) return held.access
  return await keeper.exclusively(async () => {
    const current = (await keeper.read()) ?? held
    if (isFresh(current)) return current.access
    const renewed = await renew(ctx, consent, current, connection)
    await keeper.save(renewed)
    return renewed.access
  })
}

async function renew<C>(
  ctx: Asking<C>,
  consent: Consent<C>,
  grant: Grant,
  connection: string,
): Promise<Grant> {
  const { refreshToken } = grant
  const again = `run: tributary connect ${connection}`
  if (!refreshToken) {
    throw new AuthError(
      'auth.revoked',
      `The consent for ${connection} has ended and cannot be renewed; ${again}`,
    )
  }
  try {
    const { access, refreshToken: next } = await ask(ctx, consent, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    })
    // Not every answer repeats where the API lives.
    const { baseUrl } = grant.access
    return {
      ...grant,
      access: { ...(baseUrl ? { baseUrl } : {}), ...access },
      refreshToken: next ?? refreshToken,
    }
  } catch (error) {
    const isOver = error instanceof AuthError && error.details.vendorCode === 'invalid_grant'
    if (!isOver) throw error
    throw new AuthError(
      'auth.revoked',
      `The consent for ${connection} was withdrawn or has ended; ${again} (${error.message})`,
      error.details,
    )
  }
}

const ask = <C>(ctx: Asking<C>, consent: Consent<C>, form: Record<string, string>) => {
  const { id, secret } = consent.client(ctx.config)
  return requestGrant(ctx, {
    tokenUrl: consent.tokenUrl(ctx.config, ctx.baseUrl),
    form: { ...form, client_id: id, ...(secret ? { client_secret: secret } : {}) },
  })
}

const STATE_LIFETIME_MS = 10 * 60_000
const STATE = 'oauth-state'
const State = z.object({ verifier: z.string(), redirectUri: z.string(), expiresAt: z.number() })

/** The browser's part of one connection. */
export interface ConsentFlow {
  /** The vendor's address where the owner agrees; good for ten minutes. */
  begin(redirectUri: string): Promise<string>
  /**
   * Keeps what the code that came back is worth.
   * @throws AuthError auth.state_invalid where the answer belongs to no question of ours · auth.rejected
   */
  finish(answer: { state: string; code: string }): Promise<void>
}

/** Nothing is stored between question and answer: the state carries both, sealed. */
export function createConsentFlow<C>(
  connection: string,
  consent: Consent<C>,
  options: {
    config: C
    baseUrl: string
    fetch: typeof globalThis.fetch
    now(): number
    keeper: GrantKeeper
    sealer: () => Promise<Sealer>
  },
): ConsentFlow {
  const { config, baseUrl, fetch, now, keeper } = options
  const purpose = `${STATE}:${connection}`
  return {
    async begin(redirectUri) {
      const verifier = base64Url(crypto.getRandomValues(new Uint8Array(32)))
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
      const state = { verifier, redirectUri, expiresAt: now() + STATE_LIFETIME_MS }
      const sealed = await (await options.sealer()).seal(JSON.stringify(state), purpose)
      const url = new URL(consent.authorizeUrl(config, baseUrl))
      const scope = consent.scopes(config).join(' ')
      const query = {
        response_type: 'code',
        client_id: consent.client(config).id,
        redirect_uri: redirectUri,
        ...(scope ? { scope } : {}),
        state: `${encodeURIComponent(connection)}~${sealed}`,
        code_challenge: base64Url(new Uint8Array(digest)),
        code_challenge_method: 'S256',
        ...consent.params,
      }
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
      return url.href
    },
    async finish({ state, code }) {
      const { verifier, redirectUri } = await readState(state)
      const ctx = { config, baseUrl, fetch, now: now() }
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }
      await keeper.save({ ...(await ask(ctx, consent, form)), grantedAt: now() })
    },
  }

  async function readState(state: string): Promise<z.output<typeof State>> {
    const sealer = await options.sealer()
    try {
      const opened = State.parse(JSON.parse(await sealer.open(state.slice(state.indexOf('~') + 1), purpose)))
      if (opened.expiresAt > now()) return opened
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof z.ZodError || error instanceof SyntaxError))
        throw error
    }
    throw new AuthError(
      'auth.state_invalid',
      `This answer belongs to no question that was asked in the last ten minutes; run: tributary connect ${connection}`,
    )
  }
}

/** Which connection the state of a callback is about; undefined where it is none of ours. */
export function connectionOfState(state: string): string | undefined {
  const [name, sealed] = state.split('~')
  try {
    return sealed ? decodeURIComponent(name!) : undefined
  } catch {
    return undefined
  }
}
