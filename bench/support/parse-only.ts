// The baseline of `receive`: the same HTTP stack, which parses and validates the same JSON and keeps nothing.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import * as z from 'zod'
import { SegmentEvent } from '../../connectors/website/api.ts'

const Batch = z.looseObject({ batch: z.array(SegmentEvent) })
const StripeEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.number(),
  data: z.looseObject({ object: z.looseObject({ id: z.string(), object: z.string() }) }),
})

const app = new Hono()
for (const [path, schema] of [
  ['/v1/track', SegmentEvent],
  ['/v1/batch', Batch],
  ['/hooks/stripe', StripeEvent],
] as const) {
  app.post(path, async (c) => {
    const parsed = schema.safeParse(await c.req.json())
    return parsed.success ? c.json({ success: true }) : c.json({ error: parsed.error.message }, 400)
  })
}

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, (address: AddressInfo) => {
  process.stdout.write(`baseline listens on http://127.0.0.1:${address.port}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  process.exit()
})
