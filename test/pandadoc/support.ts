import { Contribution } from '#model'
import pandadoc from '../../connectors/pandadoc/index.ts'
import { createPandadocSandbox, type PandadocDocument } from '../../src/sandbox/pandadoc/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { connectorContext } from '../support/connector-context.ts'

export const NOW = Date.parse('2026-03-01T12:00:00Z')
export const iso = (ms: number) => new Date(ms).toISOString()

const parsed = (config: Record<string, unknown>) => pandadoc.config.parse(config) as never

/** The simulator and the context of a connection that reaches it. */
export function connect(options: { apiKey?: string; requestsPerMinute?: number } = {}) {
  const sandbox = createPandadocSandbox({
    apiKey: 'pd-key',
    webhookKey: 'pd-hook',
    now: () => NOW,
    ...(options.requestsPerMinute ? { requestsPerMinute: options.requestsPerMinute } : {}),
  })
  const config = parsed({ apiKey: options.apiKey ?? 'pd-key', webhookKey: 'pd-hook' })
  const fetch = sandboxFetch([sandbox])
  // Waiting costs nothing here: retries follow each other at once.
  const clock = { now: () => NOW, sleep: async () => {} }
  const ctx = connectorContext<never>(pandadoc, { config, fetch, clock, connection: 'pd' })
  return { sandbox, ctx, config }
}

export const documents = pandadoc.streams!.documents!

export const mapDocument = (document: unknown, config: Record<string, unknown> = {}): Contribution[] =>
  documents
    .map(documents.record.parse(document), { connection: 'pd', config: parsed({ apiKey: 'k', ...config }) })
    .map((contribution) => Contribution.parse(contribution))

export function quote(id: string, more: Partial<PandadocDocument> = {}): PandadocDocument {
  return {
    id,
    name: `Offer ${id}`,
    status: 'document.sent',
    date_created: iso(NOW - 5 * 86_400_000),
    date_modified: iso(NOW - 4 * 86_400_000),
    date_sent: iso(NOW - 4 * 86_400_000),
    created_by: { email: 'sales@acme.example' },
    recipients: [{ email: 'ada@buyer.example', first_name: 'Ada', last_name: 'Lovelace', role: 'Client' }],
    grand_total: { amount: '1234.50', currency: 'EUR' },
    ...more,
  }
}
