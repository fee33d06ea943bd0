import * as z from 'zod'
import type { AccessToken, AcquireContext, Auth } from './auth.ts'
import type { Connector } from './connector.ts'
import type { Consent } from './consent.ts'
import { AuthError, ConfigError, HubError, RateLimitError, RecordError, TransientError } from './errors.ts'
import { resolveUrl, retryAfter, statusError } from './http.ts'
import { signJwt } from './jwt.ts'
import { requestToken } from './oauth.ts'
import { secret } from './secret.ts'
import type { ConnectorContext } from './source.ts'

/** What the connectors for Google's APIs share: two ways to prove who one is, errors, and the SDK behind the door. */

const KeyFile = z.looseObject({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
})

const credentials = {
  serviceAccount: secret().optional().describe('Key file of a service account: its JSON text'),
  clientId: z
    .string()
    .optional()
    .describe('OAuth client, instead of serviceAccount: let in by tributary connect, or by refreshToken'),
  clientSecret: secret().optional().describe('Secret of the OAuth client'),
  refreshToken: secret().optional().describe('Refresh token of the user who gave consent elsewhere'),
  tokenUrl: z.url().default('https://oauth2.googleapis.com/token').describe('Address of the token server'),
  authorizeUrl: z.url().default('https://accounts.google.com/o/oauth2/v2/auth').describe('Where users agree'),
}
const Credentials = z.object(credentials)
export type GoogleCredentials = z.output<typeof Credentials>

/** Settings of a Google connection: a service account, or what an OAuth consent gave, and the connector's own. */
export const googleConfig = <S extends z.ZodRawShape>(settings: S) =>
  z.object({ ...credentials, ...settings }).refine(hasCredentials, {
    path: ['serviceAccount'],
    error: 'is missing: the JSON of a key file, or else clientId and clientSecret of an OAuth client',
  })

const hasCredentials = (config: Partial<Record<keyof GoogleCredentials, unknown>>): boolean =>
  Boolean(config.serviceAccount || (config.clientId && config.clientSecret))

type SubjectOf<C> = (request: Request, config: C) => string | undefined

/**
 * How a connector for Google's APIs signs in, and how it reads their errors: to be spread into its definition. With
 * `subjectOf` a service account acts for the user it names (domain-wide delegation).
 */
export const googleAccess = <C extends GoogleCredentials>(
  scopes: readonly string[],
  subjectOf?: SubjectOf<C>,
): Pick<Connector<C>, 'auth' | 'consent' | 'classify'> => ({
  auth: googleAuth<C>(scopes, subjectOf),
  consent: googleConsent<C>(scopes),
  classify: classifyGoogle,
})

/** The colleague whom a path names in the group of `pattern`; nobody where it names something else. */
export const userInPath =
  (pattern: RegExp): SubjectOf<{ users: readonly string[] }> =>
  ({ url }, { users }) => {
    const named = pattern.exec(new URL(url).pathname)?.[1]
    return named ? users.find((user) => user === decodeURIComponent(named)) : undefined
  }

/**
 * A user lets the hub in by a browser, where there is neither a service account nor a refresh token in the configuration.
 * Without `prompt` Google gives a refresh token the first time only.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server
 */
const googleConsent = <C extends GoogleCredentials>(scopes: readonly string[]): Consent<C> => ({
  isUsed: ({ serviceAccount, refreshToken }) => !serviceAccount && !refreshToken,
  authorizeUrl: ({ authorizeUrl }) => authorizeUrl,
  tokenUrl: ({ tokenUrl }) => tokenUrl,
  client: ({ clientId, clientSecret }) => ({ id: clientId ?? '', secret: clientSecret }),
  scopes: () => scopes,
  params: { access_type: 'offline', prompt: 'consent' },
})

/**
 * Tokens of a service account or of a user's consent.
 * @see https://developers.google.com/identity/protocols/oauth2/service-account
 */
const googleAuth = <C extends GoogleCredentials>(
  scopes: readonly string[],
  subjectOf?: SubjectOf<C>,
): Auth<C> => ({
  type: 'token',
  acquire: (ctx) => acquireToken(ctx, scopes),
  ...(subjectOf
    ? { subjectOf: (request, config) => (config.serviceAccount ? subjectOf(request, config) : undefined) }
    : {}),
})

const LIFETIME_S = 3600
/** What Google wants a JWT to be meant for, wherever it is sent. */
const AUDIENCE = 'https://oauth2.googleapis.com/token'

async function acquireToken(
  ctx: AcquireContext<GoogleCredentials>,
  scopes: readonly string[],
): Promise<AccessToken> {
  const { config, now, subject } = ctx
  const { tokenUrl, clientId, clientSecret, refreshToken } = config
  if (!config.serviceAccount) {
    const form = {
      grant_type: 'refresh_token',
      client_id: clientId ?? '',
      client_secret: clientSecret ?? '',
      refresh_token: refreshToken ?? '',
    }
    return await requestToken(ctx, { tokenUrl, form })
  }
  const key = readKeyFile(config.serviceAccount)
  const issuedAt = Math.floor(now / 1000)
  const claims = {
    iss: key.client_email,
    scope: scopes.join(' '),
    aud: AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_S,
    ...(subject ? { sub: subject } : {}),
  }
  const assertion = await signJwt(key.private_key, claims, key.private_key_id)
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
  try {
    return await requestToken(ctx, { tokenUrl, form })
  } catch (error) {
    throw subject && error instanceof AuthError ? delegationError(error, key.client_email, subject) : error
  }
}

/** Two different things to mend, told apart by the code: the admin has not delegated, or there is no such user. */
const delegationError = (error: AuthError, account: string, subject: string): AuthError =>
  new AuthError(
    'auth.rejected',
    error.details.vendorCode === 'unauthorized_client'
      ? `${account} may not act for ${subject}: delegate its client id with the scopes in the connector's README (Admin console → Security → API controls → Domain-wide delegation)`
      : `${account} cannot act for ${subject}: ${error.message}`,
    error.details,
  )

function readKeyFile(text: string): z.infer<typeof KeyFile> {
  try {
    return KeyFile.parse(JSON.parse(text))
  } catch {
    // Without the cause: it would quote the key.
    throw new ConfigError('config.invalid', 'serviceAccount is not the JSON of a service account key file')
  }
}

const ErrorBody = z.object({
  error: z.looseObject({
    message: z.string().optional(),
    status: z.string().optional(),
    errors: z.array(z.looseObject({ reason: z.string().optional() })).optional(),
    details: z.array(z.looseObject({ reason: z.string().optional() })).optional(),
  }),
})

const RATE =
  /^(rateLimitExceeded|userRateLimitExceeded|RATE_LIMIT_EXCEEDED|RESOURCE_EXHAUSTED|concurrentRequestLimitExceeded)$/
const QUOTA = /^(quotaExceeded|dailyLimitExceeded)$/
const SWITCHED_OFF = /^(accessNotConfigured|SERVICE_DISABLED)$/

/** Google's error bodies, of both generations. @see https://cloud.google.com/apis/design/errors */
function classifyGoogle(status: number, headers: Headers, body: string): HubError | undefined {
  const error = readError(body)
  if (!error) return undefined
  const reason =
    [...(error.errors ?? []), ...(error.details ?? [])].find((e) => e.reason)?.reason ?? error.status
  const message = `Google: ${error.message ?? `status ${status}`}`
  const wait = retryAfter(headers, 0)
  const details = {
    httpStatus: status,
    ...(reason ? { vendorCode: reason } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
  if (reason && QUOTA.test(reason)) return new RateLimitError('http.quota_exhausted', message, details)
  if (status === 429 || (reason && RATE.test(reason))) {
    return new RateLimitError('http.rate_limited', message, details)
  }
  if (status === 401) return new AuthError('auth.rejected', message, details)
  if (reason && SWITCHED_OFF.test(reason)) return new ConfigError('config.rejected', message, details)
  if (status === 403) return new AuthError('auth.forbidden', message, details)
  if (status >= 500) return new TransientError('http.server_error', message, details)
  if (status === 404) return new ConfigError('config.rejected', message, details)
  return new ConfigError('http.unexpected_status', message, details)
}

function readError(body: string): z.infer<typeof ErrorBody>['error'] | undefined {
  try {
    return ErrorBody.safeParse(JSON.parse(body)).data?.error
  } catch {
    return undefined
  }
}

/**
 * Options for a client of googleapis: its requests go through the door, which authorises, waits and repeats. Its own
 * transport loses errors in workerd.
 */
export function googleOptions<C>(ctx: ConnectorContext<C>): {
  retry: false
  fetchImplementation: typeof globalThis.fetch
} {
  return {
    retry: false,
    async fetchImplementation(input, init) {
      // The SDK knows hosts but no path prefix.
      const { pathname, search } = new URL(input instanceof Request ? input.url : input)
      const { method = 'GET', headers, body = null } = init ?? {}
      const response = await ctx.http.fetch(resolveUrl(ctx.http.baseUrl, pathname + search), {
        method,
        body,
        signal: ctx.signal,
        ...(headers ? { headers } : {}),
      })
      if (response.ok) return response
      const text = await response.text()
      throw (
        classifyGoogle(response.status, response.headers, text) ??
        statusError(ctx.connection, method, response, text, ctx.now())
      )
    },
  }
}

/**
 * The answer of one call of the SDK in the shape that is used. The SDK wraps what its transport throws; the classed error
 * is unwrapped. @throws RecordError http.unexpected_body for another shape
 */
export async function askGoogle<T>(schema: z.ZodType<T>, call: () => Promise<{ data: unknown }>): Promise<T> {
  let data: unknown
  try {
    data = (await call()).data
  } catch (error) {
    throw error instanceof Error && error.cause instanceof HubError ? error.cause : error
  }
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  if (typeof data === 'string') {
    throw new TransientError('http.unexpected_body', 'Google answered with something that is not JSON')
  }
  const issue = parsed.error.issues[0]
  throw new RecordError(
    'http.unexpected_body',
    `Google answered in an unknown shape: ${issue?.path.join('.') || 'the body'}: ${issue?.message}`,
    { cause: parsed.error },
  )
}

/** True where Google says that the thing, or the place to resume from, is gone. */
export const hasStatus = (error: unknown, ...statuses: number[]): boolean =>
  error instanceof HubError && statuses.includes(error.details.httpStatus ?? 0)
