import { Hono } from 'hono'
import { readJwt } from '../../jwt.ts'
import { ORG_ID, type Org } from '../org.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** OAuth 2.0: client credentials, JWT bearer and web server flow; and the identity of the running user. */
export function authRoutes(org: Org): Hono {
  const app = new Hono()

  app.post('/services/oauth2/token', async (c) => {
    const refuse = (error: string, description: string) =>
      c.json({ error, error_description: description }, 400)
    const form = (await c.req.parseBody()) as Record<string, string>
    const url = new URL(c.req.url)
    const grant = () => ({
      access_token: org.openSession(),
      signature: 'c2FuZGJveA==',
      scope: 'api',
      instance_url: url.origin,
      id: `${url.origin}/id/${ORG_ID}/${org.integrationUser}`,
      token_type: 'Bearer',
      issued_at: String(org.options.now()),
    })
    if (form.grant_type === JWT_BEARER) {
      const { jwt, now, clientId } = org.options
      const claims = jwt && (await readJwt(form.assertion ?? '', jwt.publicKey))
      if (!claims || claims.iss !== clientId) return refuse('invalid_grant', 'invalid assertion')
      if (claims.aud !== 'https://login.salesforce.com') return refuse('invalid_grant', 'audience is invalid')
      const seconds = Number(claims.exp) - now() / 1000
      if (!(seconds > 0 && seconds <= 300)) return refuse('invalid_grant', 'expired assertion')
      if (claims.sub !== jwt?.username) return refuse('invalid_grant', "user hasn't approved this consumer")
      return c.json(grant())
    }
    if (form.grant_type !== 'client_credentials') {
      const answer = await org.consent.token(form)
      if ('error' in answer) return refuse(answer.error, answer.description)
      return c.json({ ...grant(), refresh_token: answer.refreshToken })
    }
    // The flow exists on My Domain addresses only.
    if (/^(login|test)\.salesforce\.com$/.test(url.hostname))
      return refuse('invalid_grant', 'request not supported on this domain')
    if (form.client_id !== org.options.clientId)
      return refuse('invalid_client_id', 'client identifier invalid')
    if (form.client_secret !== org.options.clientSecret)
      return refuse('invalid_client', 'invalid client credentials')
    return c.json(grant())
  })

  app.get('/services/oauth2/userinfo', (c) => {
    const token = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (!token || !org.touchSession(token)) return c.text('Bad_OAuth_Token', 403)
    const user = org.needTable('User').records.get(org.integrationUser)!
    return c.json({
      sub: `${new URL(c.req.url).origin}/id/${ORG_ID}/${org.integrationUser}`,
      user_id: org.integrationUser,
      organization_id: ORG_ID,
      preferred_username: user.Username,
      name: user.Name,
      email: user.Email,
      active: user.IsActive,
    })
  })

  return app
}
