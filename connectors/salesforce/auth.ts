import * as z from 'zod'
import {
  type AccessToken,
  type AcquireContext,
  AuthError,
  ConfigError,
  RateLimitError,
  retryAfter,
  TransientError,
} from '#kit'
import type { SalesforceConfig } from './config.ts'

const Token = z.object({ access_token: z.string().min(1), instance_url: z.url() })
const Refusal = z.object({ error: z.string(), error_description: z.string().optional() })

/** Hosts that serve every org; the client credentials flow exists on the org's own domain only. */
const SHARED_LOGIN = /^(login|test)\.salesforce\.com$/

/**
 * OAuth 2.0 client credentials flow. The answer carries no lifetime: a session ends by the org's session settings,
 * which shows as 401 and makes the door obtain anew.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 */
export async function acquireToken(ctx: AcquireContext<SalesforceConfig>): Promise<AccessToken> {
  const { config, baseUrl } = ctx
  const login = (config.loginUrl ?? baseUrl).replace(/\/+$/, '')
  if (SHARED_LOGIN.test(new URL(login).hostname)) {
    throw new ConfigError(
      'config.invalid',
      `${login} cannot issue tokens for client credentials: set baseUrl to the My Domain address of the org (https://….my.salesforce.com)`,
    )
  }
  const response = await ctx.fetch(`${login}/services/oauth2/token`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: config.clientId,
      client_secret: config.clientSecret,
    }).toString(),
  })
  const body = await readJson(response)
  const wait = retryAfter(response.headers, ctx.now)
  const details = { httpStatus: response.status, ...(wait !== undefined ? { retryAfterMs: wait } : {}) }
  if (response.status >= 500) {
    const said = `${login} answered ${response.status} to a token request`
    throw new TransientError('http.server_error', said, details)
  }
  if (response.status === 429)
    throw new RateLimitError('http.rate_limited', `${login} limits token requests`, details)
  const token = Token.safeParse(body)
  if (response.ok && token.success)
    return { token: token.data.access_token, baseUrl: token.data.instance_url }
  if (response.ok) {
    throw new ConfigError(
      'http.unexpected_body',
      `${login}/services/oauth2/token answered without access_token and instance_url`,
    )
  }
  const refusal = Refusal.safeParse(body)
  const reason = refusal.success
    ? `${refusal.data.error}: ${refusal.data.error_description ?? ''}`
    : `status ${response.status}`
  throw new AuthError('auth.rejected', `Salesforce refused the client credentials (${reason})`, {
    httpStatus: response.status,
    ...(refusal.success ? { vendorCode: refusal.data.error } : {}),
  })
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}
