import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { detailsOf, type PandadocDocument, summaryOf } from './documents.ts'
import { listDocuments } from './list.ts'

export type { PandadocDocument, PandadocRecipient } from './documents.ts'

export interface PandadocSandboxOptions {
  apiKey: string
  /** Shared key of the webhook subscription. */
  webhookKey: string
  now: () => number
  /** Requests a minute before 429; unlimited where absent. */
  requestsPerMinute?: number
}

export interface PandadocDelivery {
  method: 'POST'
  /** To be appended to the webhook address: "?signature=…". */
  query: string
  headers: Record<string, string>
  body: string
}

export interface PandadocSandbox extends Sandbox {
  /** Adds documents, or replaces those with the same id. */
  load(documents: PandadocDocument[]): void
  /** Deletes a document: it is gone from the list and answers 404. */
  remove(id: string): void
  /** A webhook as PandaDoc signs it; a retry is the same call with the same `eventId`. */
  signedDelivery(
    events: { event: string; id: string }[],
    options?: { eventId?: string },
  ): Promise<PandadocDelivery>
}

/** PandaDoc's document API: key, paging, filters and error shapes as the vendor has them. */
export function createPandadocSandbox(options: PandadocSandboxOptions): PandadocSandbox {
  const documents = new Map<string, PandadocDocument>()
  const sandbox = createSandbox({
    name: 'pandadoc',
    hosts: ['api.pandadoc.com'],
    app: documentApi(options, documents),
  })
  let delivered = 0

  return Object.assign(sandbox, {
    load(added: PandadocDocument[]) {
      for (const document of added) documents.set(document.id, document)
    },
    remove(id: string) {
      documents.delete(id)
    },
    async signedDelivery(
      events: { event: string; id: string }[],
      { eventId = `sandbox-event-${++delivered}` } = {},
    ) {
      const body = JSON.stringify(
        events.map(({ event, id }) => {
          const document = documents.get(id)
          return { event, data: document ? detailsOf(document) : { id } }
        }),
      )
      return {
        method: 'POST' as const,
        query: `?signature=${await hexHmac(options.webhookKey, body)}`,
        headers: { 'content-type': 'application/json', 'x-pandadoc-webhook-event-id': eventId },
        body,
      }
    },
  })
}

function documentApi(options: PandadocSandboxOptions, documents: Map<string, PandadocDocument>): Hono {
  const app = new Hono()
  const limited = limiter(options)
  app.use('*', async (c, next) => {
    if (limited()) {
      return c.json({ type: 'throttled', detail: 'Request was throttled.' }, 429, { 'retry-after': '1' })
    }
    const authorization = c.req.header('authorization')
    if (authorization === undefined) return refuse(c, 'Authentication credentials were not provided.')
    if (authorization !== `API-Key ${options.apiKey}`)
      return refuse(c, 'Incorrect authentication credentials.')
    return next()
  })
  app.get('/public/v1/members/current', (c) =>
    c.json({
      user_id: 'FA5QAu8UGA3oVDDZuPL75B',
      email: 'sales@example.com',
      first_name: 'Sales',
      last_name: '',
      is_active: true,
    }),
  )
  app.get('/public/v1/documents', (c) => {
    const found = listDocuments([...documents.values()], c.req.query())
    if (!Array.isArray(found)) return c.json({ type: 'validation_error', detail: found }, 400)
    return c.json({ results: found.map(summaryOf) })
  })
  app.get('/public/v1/documents/:id', (c) => {
    const document = documents.get(c.req.param('id'))
    return document ? c.json({ ...summaryOf(document), uuid: document.id }) : notFound(c)
  })
  app.get('/public/v1/documents/:id/details', (c) => {
    const document = documents.get(c.req.param('id'))
    if (!document) return notFound(c)
    if (document.status === 'document.uploaded') {
      return c.json({ type: 'request_error', detail: 'Document is still being processed.' }, 409)
    }
    return c.json(detailsOf(document))
  })
  app.notFound(notFound)
  return app
}

const refuse = (c: Context, detail: string) => c.json({ type: 'authentication_error', detail }, 401)
const notFound = (c: Context) => c.json({ type: 'request_error', detail: 'Not found' }, 404)

const MINUTE_MS = 60_000

/** Counts requests of the last minute. */
function limiter({ now, requestsPerMinute }: PandadocSandboxOptions): () => boolean {
  let seen: number[] = []
  return () => {
    if (requestsPerMinute === undefined) return false
    seen = seen.filter((at) => at > now() - MINUTE_MS)
    if (seen.length >= requestsPerMinute) return true
    seen.push(now())
    return false
  }
}

async function hexHmac(key: string, body: string): Promise<string> {
  const encoder = new TextEncoder()
  const imported = await crypto.subtle.importKey(
    'raw',
    encoder.encode(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(body)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
