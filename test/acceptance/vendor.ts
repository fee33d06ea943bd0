import type { Exchange, VendorResponse } from './fixtures.ts'

export interface Asked {
  method: string
  url: URL
  body: string
  /** Of this attempt. */
  signal: AbortSignal
  /** Counted over all attempts, from 0. */
  index: number
  /** How often the same was asked before. */
  repetition: number
  /** How many requests have begun by now. */
  begun(): number
}

/** What happens instead of the prepared answer; undefined lets it through. */
export type Interference = (
  asked: Asked,
  prepared: VendorResponse | undefined,
) => VendorResponse | Response | undefined | Promise<VendorResponse | Response | undefined>

/** A vendor that knows exactly the exchanges of the fixtures. */
export interface Vendor {
  fetch: typeof globalThis.fetch
  readonly asked: Asked[]
  readonly used: ReadonlySet<Exchange>
  /** Requests that no exchange answers. */
  readonly unknown: string[]
}

export function playVendor(
  exchanges: readonly Exchange[],
  baseUrl: string,
  interfere?: Interference,
): Vendor {
  const asked: Asked[] = []
  const used = new Set<Exchange>()
  const unknown: string[] = []
  const times = new Map<string, number>()
  let begun = 0

  async function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const index = begun++
    const request = new Request(input, init)
    const body = await request.text()
    const { method, url } = request
    const same = `${method} ${url} ${body}`
    const repetition = times.get(same) ?? 0
    times.set(same, repetition + 1)
    const one: Asked = {
      method,
      url: new URL(url),
      body,
      signal: init?.signal ?? request.signal,
      index,
      repetition,
      begun: () => begun,
    }
    asked.push(one)
    const exchange = bestOf(exchanges, one, baseUrl)
    const instead = await interfere?.(one, exchange?.response)
    if (instead instanceof Response) return instead
    if (instead) return toResponse(instead)
    if (!exchange) {
      unknown.push(`${method} ${url}${body ? ` ${body.slice(0, 500)}` : ''}`)
      return toResponse({ status: 501, headers: {}, body: 'no exchange of the fixtures matches' })
    }
    used.add(exchange)
    return toResponse(exchange.response)
  }

  return { fetch, asked, used, unknown }
}

export function toResponse({ status, headers, body }: VendorResponse): Response {
  const isText = typeof body === 'string'
  const content = body === undefined || status === 204 || status === 304 ? null : body
  return new Response(content === null || isText ? (content as string | null) : JSON.stringify(content), {
    status,
    headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...headers },
  })
}

function bestOf(exchanges: readonly Exchange[], asked: Asked, baseUrl: string): Exchange | undefined {
  let best: { exchange: Exchange; listed: number } | undefined
  for (const exchange of exchanges) {
    const listed = matchOf(exchange.request, asked, baseUrl)
    if (listed !== undefined && (!best || listed > best.listed)) best = { exchange, listed }
  }
  return best?.exchange
}

/** How many members are listed; undefined where one differs. */
function matchOf(
  { method, path, query, body }: Exchange['request'],
  asked: Asked,
  baseUrl: string,
): number | undefined {
  if (method !== asked.method) return undefined
  const address = path.startsWith('/') ? new URL(baseUrl).origin + path : path
  if (
    address !== decodeURI(asked.url.origin + asked.url.pathname) &&
    address !== asked.url.origin + asked.url.pathname
  )
    return undefined
  for (const [name, expected] of Object.entries(query)) {
    const values = asked.url.searchParams.getAll(name)
    const wanted = expected === null ? [] : typeof expected === 'string' ? [expected] : expected
    if (values.length !== wanted.length || wanted.some((value, i) => values[i] !== value)) return undefined
  }
  const parsed = body === undefined ? undefined : parseBody(asked.body)
  const inBody = body === undefined ? 0 : listedIn(body, parsed)
  return inBody === undefined ? undefined : Object.keys(query).length + inBody
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.includes('=') ? Object.fromEntries(new URLSearchParams(text)) : text
  }
}

function listedIn(expected: unknown, actual: unknown): number | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return undefined
    return sum(expected.map((item, i) => listedIn(item, actual[i])))
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return undefined
    return sum(
      Object.entries(expected).map(([name, part]) =>
        listedIn(part, (actual as Record<string, unknown>)[name]),
      ),
    )
  }
  return expected === (actual ?? null) ? 1 : undefined
}

function sum(parts: (number | undefined)[]): number | undefined {
  let total = 0
  for (const part of parts) {
    if (part === undefined) return undefined
    total += part
  }
  return total
}
