import {
  type AccessToken,
  type AcquireContext,
  AuthError,
  ConfigError,
  type Consent,
  requestToken,
  signJwt,
} from '#kit'
import type { SalesforceConfig } from './config.ts'

/** Hosts that serve every org; the client credentials flow exists on the org's own domain only. */
const SHARED_LOGIN = /^(login|test)\.salesforce\.com$/
/** Salesforce takes assertions that end within three minutes. */
const ASSERTION_S = 180

const loginOf = ({ loginUrl }: SalesforceConfig, baseUrl: string): string =>
  (loginUrl ?? baseUrl).replace(/\/+$/, '')

/**
 * OAuth 2.0 client credentials or JWT bearer flow. The answer carries no lifetime: a session ends by the org's session
 * settings, which shows as 401 and makes the door obtain anew.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
export async function acquireToken(ctx: AcquireContext<SalesforceConfig>): Promise<AccessToken> {
  const { config, baseUrl } = ctx
  const login = loginOf(config, baseUrl)
  const form = config.grant === 'jwt' ? await assertionForm(ctx) : secretForm(config, login)
  try {
    const token = await requestToken(ctx, { tokenUrl: `${login}/services/oauth2/token`, form })
    if (token.baseUrl) return token
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const what = config.grant === 'jwt' ? `the assertion for ${config.username}` : 'the client credentials'
    throw new AuthError('auth.rejected', `Salesforce refused ${what}: ${error.message}`, error.details)
  }
  throw new ConfigError(
    'http.unexpected_body',
    `${login}/services/oauth2/token answered without access_token and instance_url`,
  )
}

function secretForm({ clientId, clientSecret }: SalesforceConfig, login: string): Record<string, string> {
  if (SHARED_LOGIN.test(new URL(login).hostname)) {
    throw new ConfigError(
      'config.invalid',
      `${login} cannot issue tokens for client credentials: set baseUrl to the My Domain address of the org (https://….my.salesforce.com)`,
    )
  }
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret ?? '' }
}

async function assertionForm({
  config,
  baseUrl,
  now,
}: AcquireContext<SalesforceConfig>): Promise<Record<string, string>> {
  const { clientId, username, privateKey } = config
  const { hostname } = new URL(loginOf(config, baseUrl))
  const claims = {
    iss: clientId,
    sub: username,
    // The audience names the kind of org, whatever domain is asked.
    aud: /(^test\.|\.sandbox\.)/.test(hostname)
      ? 'https://test.salesforce.com'
      : 'https://login.salesforce.com',
    exp: Math.floor(now / 1000) + ASSERTION_S,
  }
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await signJwt(privateKey ?? '', claims),
  }
}

/** Web server flow. https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm */
export const consent: Consent<SalesforceConfig> = {
  isUsed: ({ grant }) => grant === 'consent',
  authorizeUrl: (config, baseUrl) => `${loginOf(config, baseUrl)}/services/oauth2/authorize`,
  tokenUrl: (config, baseUrl) => `${loginOf(config, baseUrl)}/services/oauth2/token`,
  client: ({ clientId, clientSecret }) => ({ id: clientId, secret: clientSecret }),
  scopes: () => ['api', 'refresh_token'],
}
