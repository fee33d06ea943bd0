import website from '../../connectors/website/index.ts'
import type { NewReceipt } from '../../src/engine/ports.ts'
import {
  type CollectConnection,
  type CollectDeps,
  collectRoutes,
  indexByWriteKey,
} from '../../src/routes/collect.ts'

export const NOW = Date.parse('2026-03-01T12:00:00Z')
export const KEY = 'wk_live_1'

/** The collector with its receipts in memory, and what the website connector reads from them. */
export function collector(options: Partial<CollectDeps> & { connections?: CollectConnection[] } = {}) {
  const receipts: NewReceipt[] = []
  const { connections = [{ name: 'web', writeKey: KEY }], ...deps } = options
  const app = collectRoutes({
    connection: indexByWriteKey(connections),
    receive: async (receipt) => {
      receipts.push(receipt)
    },
    now: () => NOW,
    ...deps,
  })
  const config = { writeKey: KEY, keepBots: false }
  const records = () =>
    receipts.flatMap(
      ({ body, headers, receivedAt }) =>
        website.webhook!.receive({ body, headers, receivedAt, config }).records!,
    )
  return {
    app,
    receipts,
    /** Events as they would be stored. */
    events: () => records().map(({ record }) => (record as { event: Record<string, unknown> }).event),
    /** What they become. */
    contributions: () =>
      records().flatMap(({ record }) => {
        const stream = website.streams!.events!
        return stream.map(stream.record.parse(record), { connection: 'web', config })
      }),
    async send(
      path: string,
      body: unknown,
      headers: Record<string, string> = { authorization: `Basic ${btoa(`${KEY}:`)}` },
    ) {
      return app.request(`https://hub.example${path}`, {
        method: 'POST',
        headers,
        body:
          typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      })
    },
  }
}

export const event = (more: Record<string, unknown> = {}) => ({
  messageId: 'm1',
  anonymousId: 'a1',
  event: 'X',
  ...more,
})

export async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
