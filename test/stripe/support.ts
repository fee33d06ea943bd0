import type { ConnectorContext, Page } from '#kit'
import { type StripeConfig, stripeConfig } from '../../connectors/stripe/config.ts'
import connector from '../../connectors/stripe/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import {
  createStripeSandbox,
  type StripeSandbox,
  type StripeSandboxOptions,
} from '../../src/sandbox/stripe/index.ts'
import { clockOf, connectorContext } from '../support/connector-context.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const unix = (ms: number): number => Math.floor(ms / 1000)
export const daysAgo = (days: number): number => unix(NOW - days * 86_400_000)

export type Config = StripeConfig
export const readConfig = (over: Record<string, unknown> = {}): Config =>
  stripeConfig.parse({ apiKey: 'rk_test_51Hub', webhookSecret: 'whsec_sandbox', ...over })

export interface World {
  sandbox: StripeSandbox
  time: { now: number }
  ctx: ConnectorContext<Config>
  stop: AbortController
}

/** A connection to a simulator, with a clock that stands still and never waits. */
export function world(
  options: StripeSandboxOptions & { config?: Record<string, unknown>; baseUrl?: string } = {},
): World {
  const { config: over, baseUrl = connector.baseUrl, ...sandboxOptions } = options
  const time = { now: NOW }
  const clock = clockOf(time)
  const sandbox = createStripeSandbox({ clock: clock.now, ...sandboxOptions })
  const config = readConfig(over)
  const fetch = sandboxFetch([sandbox], { '127.0.0.1:4100': prefixed(sandbox) })
  const stop = new AbortController()
  const ctx = connectorContext(connector, {
    config,
    fetch,
    clock,
    connection: 'stripe-eu',
    baseUrl,
    signal: stop.signal,
  })
  return { sandbox, time, ctx, stop }
}

/** A proxy that serves the API below /stripe. */
function prefixed(sandbox: StripeSandbox): StripeSandbox {
  return {
    ...sandbox,
    fetch(request) {
      const url = new URL(request.url)
      if (!url.pathname.startsWith('/stripe/'))
        throw new TypeError(`No such path behind the proxy: ${url.pathname}`)
      return sandbox.fetch(
        new Request(`https://api.stripe.com${url.pathname.slice('/stripe'.length)}${url.search}`, request),
      )
    },
  }
}

export type StreamName = keyof NonNullable<typeof connector.streams>
export const streamOf = (name: string) => connector.streams![name]!

export async function pull(w: World, stream: string, cursor?: Page['cursor']) {
  const pages: Page[] = []
  for await (const page of streamOf(stream).pull!.read(w.ctx, cursor)) pages.push(page)
  return {
    pages,
    cursor: pages.at(-1)!.cursor,
    records: pages.flatMap((p) => p.records),
    deleted: pages.flatMap((p) => p.deleted),
  }
}

export const mapRecord = (w: World, stream: string, raw: unknown) =>
  streamOf(stream).map(streamOf(stream).record.parse(raw), { connection: 'stripe-eu', config: w.ctx.config })
