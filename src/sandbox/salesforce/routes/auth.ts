import { Hono } from 'hono'
import { ORG_ID, type Org } from '../org.ts'

/** OAuth 2.0 client credentials flow and the identity of the running user. */
export function authRoutes(org: Org): Hono {
  const app = new Hono()

  app.post('/services/oauth2/token', async (c) => {
    const refuse = (error: string, description: string) =>
      c.json({ error, error_description: description }, 400)
    const form = await c.req.parseBody()
    const url = new URL(c.req.url)
    if (form.grant_type !== 'client_credentials')
      return refuse('unsupported_grant_type', 'grant type not supported')
    // The flow exists on My Domain addresses only.
    if (/^(login|test)\.salesforce\.com$/.test(url.hostname))
      return refuse('invalid_grant', 'request not supported on this domain')
    if (form.client_id !== org.options.clientId)
      return refuse('invalid_client_id', 'client identifier invalid')
    if (form.client_secret !== org.options.clientSecret)
      return refuse('invalid_client', 'invalid client credentials')
    return c.json({
      access_token: org.openSession(),
      signature: 'c2FuZGJveA==',
      scope: 'api',
      instance_url: url.origin,
      id: `${url.origin}/id/${ORG_ID}/${org.integrationUser}`,
      token_type: 'Bearer',
      issued_at: String(org.options.now()),
    })
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
