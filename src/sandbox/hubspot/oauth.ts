import { Hono } from 'hono'
import { type ConsentServer, createConsentServer } from '../consent.ts'

export interface OAuthApp {
  clientId: string
  clientSecret: string
  redirectUris: readonly string[]
}

export interface OAuth {
  routes: Hono
  consent: ConsentServer
  /** True for an access token that has not ended. */
  isSession(token: string): boolean
  /** Ends all access tokens. */
  expire(): void
}

const LIFETIME_S = 1800
const OBJECTS = ['companies', 'contacts', 'deals']
const SCOPES = [
  'oauth',
  'crm.objects.owners.read',
  ...OBJECTS.flatMap((object) =>
    ['objects', 'schemas'].flatMap((kind) => [`crm.${kind}.${object}.read`, `crm.${kind}.${object}.write`]),
  ),
]

/** Token endpoint of an app that owners of portals install. */
export function createOAuth(app: OAuthApp, now: () => number): OAuth {
  const consent = createConsentServer({ ...app, scopes: SCOPES, now })
  const sessions = new Map<string, number>()
  let issued = 0
  const routes = new Hono().post('/oauth/:version/token', async (c) => {
    const form = (await c.req.parseBody()) as Record<string, string>
    const answer = await consent.token(form)
    if ('error' in answer) {
      return c.json(
        { status: 'BAD_CLIENT_ID', error: answer.error, error_description: answer.description },
        400,
      )
    }
    const access_token = `access-${++issued}`
    sessions.set(access_token, now() + LIFETIME_S * 1000)
    const { refreshToken: refresh_token } = answer
    return c.json({ access_token, refresh_token, expires_in: LIFETIME_S, token_type: 'bearer' })
  })
  return {
    routes,
    consent,
    isSession: (token) => (sessions.get(token) ?? 0) > now(),
    expire: () => sessions.clear(),
  }
}
