import Stripe from 'stripe'
import {
  AuthError,
  ConfigError,
  type ConnectorContext,
  HubError,
  RateLimitError,
  RecordError,
  resolveUrl,
  retryAfter,
  statusError,
  TransientError,
} from '#kit'
import { modeOfKey, type StripeConfig } from './config.ts'

export type Json = Record<string, unknown>
export type Query = Record<string, string | number | readonly string[] | undefined>

/** Reads from one Stripe account. Answers are plain JSON: the SDK's typed methods would turn decimals into objects. */
export interface StripeClient {
  get(path: string, query?: Query): Promise<Json>
  /** One page of a list, newest first. */
  list(path: string, query?: Query): Promise<{ data: Json[]; has_more: boolean }>
  /** The object, or undefined where it does not exist (any more). */
  find(path: string, query?: Query): Promise<Json | undefined>
}

/** The door waits and retries; the SDK must not give up before it does. */
const SDK_TIMEOUT_MS = 10 * 60_000

/** Test data among real ones is the worst that a wrong key can do, so no read is made with one. */
function assertMode({ config }: ConnectorContext<StripeConfig>): void {
  const isLive = modeOfKey(config.apiKey)
  if (config.livemode === undefined || isLive === undefined || isLive === config.livemode) return
  const [key, said] = isLive ? ['live', 'test'] : ['test', 'live']
  throw new ConfigError(
    'config.rejected',
    `The connection is for ${said} data (livemode: ${config.livemode}), but apiKey is a ${key} key; use rk_${said}_…, or a connection of its own for ${key} data`,
    { at: { key: 'apiKey' } },
  )
}

type Ctx = ConnectorContext<StripeConfig>

/** The latest of each door. The SDK makes an object for every resource that Stripe has, which costs more than a call. */
const opened = new WeakMap<Ctx['http'], { ctx: Ctx; client: StripeClient }>()

export function openClient(ctx: Ctx): StripeClient {
  assertMode(ctx)
  const held = opened.get(ctx.http)
  if (held && held.ctx.config === ctx.config && held.ctx.signal === ctx.signal) return held.client
  const client = createClient(ctx)
  opened.set(ctx.http, { ctx, client })
  return client
}

function createClient(ctx: Ctx): StripeClient {
  const stripe = new Stripe(ctx.config.apiKey, {
    httpClient: Stripe.createFetchHttpClient(throughDoor(ctx)),
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: SDK_TIMEOUT_MS,
    appInfo: { name: 'Tributary' },
  })

  async function get(path: string, query: Query = {}): Promise<Json> {
    try {
      const search = encodeQuery(query)
      return (await stripe.rawRequest('GET', search ? `${path}?${search}` : path)) as unknown as Json
    } catch (error) {
      throw causeOf(error)
    }
  }

  return {
    get,
    async list(path, query) {
      const { data, has_more } = await get(path, query)
      if (!Array.isArray(data)) {
        throw new RecordError('http.unexpected_body', `${path} answered without a list of data`)
      }
      return { data: data as Json[], has_more: has_more === true }
    },
    async find(path, query) {
      try {
        const found = await get(path, query)
        return found.deleted === true ? undefined : found
      } catch (error) {
        if (error instanceof HubError && error.code === 'record.not_found') return undefined
        throw error
      }
    },
  }
}

function encodeQuery(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) search.append(`${name}[]`, item)
    else search.append(name, String(value))
  }
  return search.toString()
}

/**
 * The SDK knows hosts but no path prefix, so requests are aimed at the connection's base URL here. Errors are classed
 * here too: the SDK takes a 5xx whose body is not Stripe's for a success.
 */
function throughDoor(ctx: ConnectorContext<StripeConfig>): typeof globalThis.fetch {
  return async (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    const signal = init?.signal ? AbortSignal.any([init.signal, ctx.signal]) : ctx.signal
    const headers = new Headers(init?.headers)
    if (ctx.config.apiVersion) headers.set('stripe-version', ctx.config.apiVersion)
    if (ctx.config.account) headers.set('stripe-account', ctx.config.account)
    const response = await ctx.http.fetch(resolveUrl(ctx.http.baseUrl, pathname + search), {
      ...init,
      headers,
      signal,
    })
    if (response.ok) return response
    const body = await response.text()
    throw (
      classify(response.status, response.headers, body) ??
      statusError(ctx.connection, init?.method ?? 'GET', response, body, ctx.now())
    )
  }
}

/** The SDK wraps whatever its transport throws; the classed error is inside. */
function causeOf(error: unknown): unknown {
  const { StripeConnectionError, StripeAPIError } = Stripe.errors
  if (error instanceof StripeConnectionError) {
    const inner: unknown = error.detail
    if (inner instanceof HubError) return inner
    return new TransientError('http.network', 'The connection to Stripe was lost while the answer was read', {
      cause: error,
    })
  }
  if (error instanceof StripeAPIError) {
    return new TransientError('http.unexpected_body', 'Stripe answered with something that is not JSON', {
      cause: error,
    })
  }
  return error
}

/** Stripe's error body as a classed error. @see https://docs.stripe.com/error-codes */
export function classify(status: number, headers: Headers, body: string): HubError | undefined {
  const error = errorOf(body)
  if (!error) return undefined
  const code = text(error.code)
  const requestId = headers.get('request-id')
  const message = `Stripe: ${text(error.message) ?? `status ${status}`}${requestId ? ` (request ${requestId})` : ''}`
  const param = text(error.param)
  const wait = retryAfter(headers, 0)
  const vendorCode = code ?? text(error.type)
  const details = {
    httpStatus: status,
    ...(vendorCode ? { vendorCode } : {}),
    ...(param ? { at: { param } } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
  if (code === 'lock_timeout') return new TransientError('record.locked', message, details)
  if (status === 429 || code === 'rate_limit')
    return new RateLimitError('http.rate_limited', message, details)
  if (status === 401) return new AuthError('auth.rejected', message, details)
  if (status === 403) return new AuthError('auth.forbidden', message, details)
  if (status === 404) return new RecordError('record.not_found', message, details)
  if (status >= 500 || status === 409) return new TransientError('http.server_error', message, details)
  // Only reads are made, so a request that is refused is a matter of API version, account or our own query.
  return new ConfigError('config.rejected', message, details)
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

function errorOf(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    const error =
      typeof parsed === 'object' && parsed !== null && 'error' in parsed ? parsed.error : undefined
    return typeof error === 'object' && error !== null ? (error as Json) : undefined
  } catch {
    return undefined
  }
}
