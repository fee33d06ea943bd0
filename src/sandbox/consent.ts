/** What a vendor asks of an OAuth app that acts for a person: its registration, and how its tokens live. */
export interface ConsentOptions {
  clientId: string
  clientSecret: string
  /** Registered addresses, compared as they stand. */
  redirectUris: readonly string[]
  /** Scopes the app may ask for. */
  scopes: readonly string[]
  /** Each renewal ends the refresh token it was made with. */
  rotates?: boolean
  now: () => number
}

export interface Refusal {
  error: string
  description: string
}

/** The part of a vendor's OAuth server that deals with people: authorisation code with PKCE, and refresh tokens. */
export interface ConsentServer {
  /** The owner opens the address and agrees, or refuses: where the browser is sent. Throws where the vendor shows an error instead. */
  visit(address: URL, answer?: 'agree' | 'refuse'): string
  /** grant_type authorization_code or refresh_token; the refresh token to answer with. */
  token(form: Record<string, string | undefined>): Promise<{ refreshToken: string } | Refusal>
  /** The owner removes the app: refresh tokens are worth nothing any more. */
  withdraw(): void
  /** Renewals that were granted. */
  readonly renewals: number
}

const CODE_LIFETIME_MS = 10 * 60_000

export function createConsentServer(options: ConsentOptions): ConsentServer {
  const { clientId, clientSecret, redirectUris, scopes, rotates = false, now } = options
  const codes = new Map<string, { challenge: string; redirectUri: string; expiresAt: number }>()
  const refreshTokens = new Set<string>()
  let issued = 0
  let renewals = 0

  function issue(): { refreshToken: string } {
    const refreshToken = `refresh-${++issued}`
    refreshTokens.add(refreshToken)
    return { refreshToken }
  }

  return {
    get renewals() {
      return renewals
    },
    visit({ searchParams: query }, answer = 'agree') {
      const asked = (name: string) => query.get(name) ?? ''
      const redirectUri = asked('redirect_uri')
      // Vendors never redirect to an address that nobody registered.
      if (asked('client_id') !== clientId) throw new Error('unknown client_id')
      if (!redirectUris.includes(redirectUri))
        throw new Error(`redirect_uri is not registered: ${redirectUri}`)
      const back = new URL(redirectUri)
      back.searchParams.set('state', asked('state'))
      const unknown = asked('scope')
        .split(' ')
        .filter((scope) => scope && !scopes.includes(scope))
      const error =
        answer === 'refuse'
          ? 'access_denied'
          : asked('response_type') !== 'code' || asked('code_challenge_method') !== 'S256'
            ? 'invalid_request'
            : unknown.length > 0
              ? 'invalid_scope'
              : undefined
      if (error) back.searchParams.set('error', error)
      else {
        const code = `code-${++issued}`
        codes.set(code, {
          challenge: asked('code_challenge'),
          redirectUri,
          expiresAt: now() + CODE_LIFETIME_MS,
        })
        back.searchParams.set('code', code)
      }
      return back.href
    },
    async token(form) {
      if (form.client_id !== clientId || form.client_secret !== clientSecret)
        return { error: 'invalid_client', description: 'invalid client credentials' }
      if (form.grant_type === 'refresh_token') {
        const refreshToken = form.refresh_token ?? ''
        if (!refreshTokens.has(refreshToken))
          return { error: 'invalid_grant', description: 'expired or revoked refresh token' }
        renewals++
        if (!rotates) return { refreshToken }
        refreshTokens.delete(refreshToken)
        return issue()
      }
      if (form.grant_type !== 'authorization_code')
        return { error: 'unsupported_grant_type', description: 'grant type not supported' }
      const code = codes.get(form.code ?? '')
      codes.delete(form.code ?? '')
      if (!code || code.expiresAt <= now() || code.redirectUri !== form.redirect_uri)
        return { error: 'invalid_grant', description: 'invalid authorization code' }
      if (code.challenge !== (await challengeOf(form.code_verifier ?? '')))
        return { error: 'invalid_grant', description: 'invalid code verifier' }
      return issue()
    },
    withdraw: () => refreshTokens.clear(),
  }
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
