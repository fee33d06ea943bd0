import { type Context, Hono } from 'hono'
import { type ConsentServer, createConsentServer } from '../consent.ts'
import { readJwt } from '../jwt.ts'
import { GoogleProblem } from './problem.ts'

export interface GoogleAccounts {
  /** The OAuth client and the refresh token of the user who gave consent. */
  clientId: string
  clientSecret: string
  refreshToken: string
  /** Registered callbacks of the OAuth client. */
  redirectUris?: readonly string[]
  /** Who gave consent. */
  user: string
  /** Mailboxes of the Workspace domain for which a service account may act. */
  delegatedUsers: string[]
  /** Scopes that the admin delegated, and that the user consented to. */
  scopes: string[]
}

/** Whoever a request comes from: a user, or the service account as itself. */
export interface Caller {
  email: string
  scopes: string[]
}

export interface Identity {
  routes: Hono
  /** Key file of the service account, as the Cloud console gives it. */
  keyFile: string
  serviceAccount: string
  callerOf(c: Context, scope: RegExp): Caller
  /** The user and the OAuth client. */
  consent: ConsentServer
  /** Ends all sessions: tokens that were given out are refused. */
  revoke(): void
}

const AUDIENCE = 'https://oauth2.googleapis.com/token'
const LIFETIME_S = 3599
const EMAIL = 'hub@project.iam.gserviceaccount.test'

let keys: Promise<CryptoKeyPair> | undefined

/** Takes a while, so once for all simulators of a process. */
const generateKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ['sign', 'verify'],
  )

/** The token server: refresh tokens and signed assertions in, access tokens out. */
export async function createIdentity(accounts: GoogleAccounts, now: () => number): Promise<Identity> {
  keys ??= generateKeys()
  const pair = await keys
  const consent = createConsentServer({ ...accounts, redirectUris: accounts.redirectUris ?? [], now })
  const tokens = new Map<string, Caller & { expiresAt: number }>()
  let issued = 0

  const grant = (caller: Caller) => {
    const access_token = `ya29.sandbox-${++issued}`
    tokens.set(access_token, { ...caller, expiresAt: now() + LIFETIME_S * 1000 })
    return { access_token, expires_in: LIFETIME_S, scope: caller.scopes.join(' '), token_type: 'Bearer' }
  }

  const routes = new Hono().post('/token', async (c) => {
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    const refuse = (error: string, error_description: string, status: 400 | 401 = 400) =>
      c.json({ error, error_description }, status)
    if (form.grant_type === 'refresh_token') {
      if (form.client_id !== accounts.clientId || form.client_secret !== accounts.clientSecret) {
        return refuse('invalid_client', 'The OAuth client was not found.', 401)
      }
      if (form.refresh_token === accounts.refreshToken) {
        return c.json(grant({ email: accounts.user, scopes: accounts.scopes }))
      }
    }
    if (form.grant_type === 'refresh_token' || form.grant_type === 'authorization_code') {
      const answer = await consent.token(form)
      if ('error' in answer) return refuse(answer.error, 'Token has been expired or revoked.')
      const { refreshToken: refresh_token } = answer
      return c.json({ ...grant({ email: accounts.user, scopes: accounts.scopes }), refresh_token })
    }
    if (form.grant_type !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      return refuse('unsupported_grant_type', `Invalid grant_type: ${form.grant_type}`)
    }
    const claims = await readJwt(form.assertion ?? '', pair.publicKey)
    if (!claims) return refuse('invalid_grant', 'Invalid JWT Signature.')
    const { iss, aud, iat, exp, sub } = claims
    const seconds = now() / 1000
    if (iss !== EMAIL || aud !== AUDIENCE)
      return refuse('invalid_grant', 'Invalid JWT: Failed audience check.')
    if (!(Number(exp) - Number(iat) <= 3600 && Number(iat) <= seconds + 60 && Number(exp) > seconds)) {
      return refuse(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      )
    }
    const scopes = String(claims.scope ?? '').split(' ')
    if (sub === undefined) return c.json(grant({ email: EMAIL, scopes }))
    if (!accounts.delegatedUsers.includes(String(sub)))
      return refuse('invalid_grant', 'Invalid email or User ID')
    if (scopes.some((scope) => !accounts.scopes.includes(scope))) {
      return refuse(
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
        401,
      )
    }
    return c.json(grant({ email: String(sub), scopes }))
  })

  return {
    routes,
    consent,
    serviceAccount: EMAIL,
    keyFile: JSON.stringify({
      type: 'service_account',
      project_id: 'project',
      private_key_id: 'sandbox-key',
      private_key: await toPem(pair.privateKey),
      client_email: EMAIL,
      client_id: '100000000000000000001',
      token_uri: AUDIENCE,
    }),
    callerOf(c, scope) {
      const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
      const held = token === undefined ? undefined : tokens.get(token)
      if (!held || held.expiresAt <= now()) {
        const message =
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
        throw new GoogleProblem(401, 'authError', message)
      }
      if (!held.scopes.some((given) => scope.test(given))) {
        throw new GoogleProblem(
          403,
          'insufficientPermissions',
          'Request had insufficient authentication scopes.',
        )
      }
      return held
    },
    revoke: () => tokens.clear(),
  }
}

async function toPem(key: CryptoKey): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', key))
  const body = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return `-----BEGIN PRIVATE KEY-----\n${body.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
}
