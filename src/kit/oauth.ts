import * as z from 'zod'
import type { AccessToken, AcquireContext } from './auth.ts'
import { AuthError, ConfigError, RateLimitError, TransientError } from './errors.ts'
import { retryAfter } from './http/retry.ts'

const Granted = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  /** Salesforce: where the API of this org lives. */
  instance_url: z.url().optional(),
})
const Refused = z.object({ error: z.string(), error_description: z.string().optional() })

/** Asks a token server for an access token; see requestGrant. */
export const requestToken = async (...request: Parameters<typeof requestGrant>): Promise<AccessToken> =>
  (await requestGrant(...request)).access

/**
 * Asks a token server for an access token, and a refresh token where it gives one (RFC 6749, section 5).
 * @throws AuthError auth.rejected with the server's own reason · RateLimitError · TransientError · ConfigError where the
 * answer is no token
 */
export async function requestGrant(
  ctx: Pick<AcquireContext<unknown>, 'fetch' | 'now'>,
  { tokenUrl, form }: { tokenUrl: string; form: Record<string, string> },
): Promise<{ access: AccessToken; refreshToken?: string }> {
  const response = await ctx.fetch(tokenUrl, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  const { now } = ctx
  const { status, headers } = response
  const place = new URL(tokenUrl).host
  const wait = retryAfter(headers, now)
  const details = { httpStatus: status, ...(wait === undefined ? {} : { retryAfterMs: wait }) }
  if (status === 429) throw new RateLimitError('http.rate_limited', `${place} limits token requests`, details)
  if (status >= 500) {
    throw new TransientError('http.server_error', `${place} answered ${status} to a token request`, details)
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) {
    const refused = Refused.safeParse(body)
    const { error = `status ${status}`, error_description: why } = refused.data ?? {}
    throw new AuthError('auth.rejected', `${place} refused a token: ${why ? `${error}: ${why}` : error}`, {
      ...details,
      ...(refused.success ? { vendorCode: error } : {}),
    })
  }
  const granted = Granted.safeParse(body)
  if (!granted.success) {
    throw new ConfigError('http.unexpected_body', `${place} answered a token request without access_token`)
  }
  const { access_token: token, expires_in: seconds, refresh_token, instance_url } = granted.data
  return {
    access: {
      token,
      ...(seconds === undefined ? {} : { expiresAt: now + seconds * 1000 }),
      ...(instance_url ? { baseUrl: instance_url } : {}),
    },
    ...(refresh_token ? { refreshToken: refresh_token } : {}),
  }
}
