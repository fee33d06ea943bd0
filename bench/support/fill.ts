// Fills a database through the engine's store port: node fill.ts '{"database":…,"touchpoints":…}'
import type { NewContribution, NewTouchpoint } from '../../src/engine/ports.ts'
import { openStore } from '../../src/store/open-store.ts'
import { emailOf, PEOPLE } from './bodies.ts'

const { database, touchpoints } = JSON.parse(process.argv[2] ?? '{}') as {
  database: string
  touchpoints: number
}
const CHUNK = 5_000
const MINUTE = 60_000
const now = Date.now()
const store = await openStore(database)
const personOf = (n: number) => `per_${String(n % PEOPLE).padStart(24, '0')}`
const none = { records: [], dead: [], merges: [], reroots: [], judgements: [], documents: [], dirty: [] }

const people = Array.from({ length: PEOPLE }, (_, n) => n)
await store.absorb.commit({
  ...none,
  now,
  entities: people.map((n) => ({
    id: personOf(n),
    kind: 'person' as const,
    root: personOf(n),
    createdAt: now,
  })),
  identifiers: people.flatMap((n) => [
    { entityKind: 'person' as const, kind: 'user_id' as const, value: `user-${n}`, entity: personOf(n) },
    { entityKind: 'person' as const, kind: 'email' as const, value: emailOf(n), entity: personOf(n) },
  ]),
  contributions: people.map(
    (n): NewContribution => ({
      connection: 'website',
      stream: 'events',
      key: `identify-${n}`,
      slot: 'person:0',
      kind: 'person',
      entity: personOf(n),
      attributes: { email: emailOf(n), first_name: 'Ada', last_name: `Lovelace ${n}` },
      method: 'asserted',
      observedAt: now,
    }),
  ),
  touchpoints: [],
})

for (let from = 0; from < touchpoints; from += CHUNK) {
  const rows = Array.from({ length: Math.min(CHUNK, touchpoints - from) }, (_, i): NewTouchpoint => {
    const n = from + i
    return {
      id: `tp_${n.toString(16).padStart(8, '0')}${((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(24, '0')}`,
      kind: 'page.viewed',
      occurredAt: now - (touchpoints - n) * MINUTE * Math.min(1, 500_000 / touchpoints),
      connection: 'website',
      stream: 'events',
      key: `view-${n}`,
      channel: 'paid',
      direction: 'inbound',
      isMachine: false,
      person: personOf(n),
      title: 'Pricing and plans',
      url: 'https://www.example.com/pricing?utm_source=google&utm_medium=cpc',
      referrer: 'https://www.google.com/',
      campaign: { name: 'spring', source: 'google', medium: 'cpc' },
    }
  })
  await store.absorb.commit({
    ...none,
    now,
    entities: [],
    identifiers: [],
    contributions: [],
    touchpoints: rows,
  })
}
await store.close()
