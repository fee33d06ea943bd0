import type { Totals } from '../../engine/ports.ts'
import { table } from '../output.ts'

export interface DemoSummary {
  received: number
  people: number
  accounts: number
  touchpoints: number
  /** By destination and object: what this run wrote. */
  written: { destination: string; object: string; created: number; updated: number }[]
  /** By connection, this run. */
  apiCalls: Record<string, number>
  enrichment: Record<string, number>
  deadLetters: number
  seconds: number
  urls: Record<string, string>
}

export function summarise(
  before: Totals,
  after: Totals,
  more: Pick<DemoSummary, 'apiCalls' | 'seconds' | 'urls'>,
): DemoSummary {
  const done = (totals: Totals) =>
    new Map(
      totals.operations.filter((o) => o.state === 'done').map((o) => [`${o.destination} ${o.object}`, o]),
    )
  const earlier = done(before)
  const written = [...done(after).values()].map(({ destination, object, count, created }) => {
    const old = earlier.get(`${destination} ${object}`)
    const newlyCreated = created - (old?.created ?? 0)
    return { destination, object, created: newlyCreated, updated: count - (old?.count ?? 0) - newlyCreated }
  })
  return {
    received: after.records.total,
    people: after.knownPeople,
    accounts: after.knownAccounts,
    touchpoints: after.touchpoints,
    written,
    enrichment: Object.fromEntries(after.enrichments.map((e) => [`${e.provider} ${e.status}`, e.count])),
    deadLetters:
      after.receipts.dead +
      after.records.dead +
      after.operations.filter((o) => o.state === 'dead').reduce((n, o) => n + o.count, 0),
    ...more,
  }
}

export function describeSummary(summary: DemoSummary): string {
  const { received, people, accounts, touchpoints, deadLetters, seconds, written, apiCalls, urls } = summary
  return [
    '',
    table([
      ['records received', received],
      ['people', people],
      ['accounts', accounts],
      ['touchpoints', touchpoints],
      ['dead letters', deadLetters],
      ['seconds', seconds.toFixed(1)],
    ]),
    '',
    table(
      written.map((w) => [w.destination, w.object, w.created, w.updated]),
      { header: ['CRM', 'object', 'created', 'updated'] },
    ),
    '',
    table(Object.entries(apiCalls), { header: ['connection', 'API calls'] }),
    '',
    table(Object.entries(urls)),
  ].join('\n')
}
