import { expect } from 'vitest'
import { allExchanges } from '../fixtures.ts'
import { type Check, openSession, read, type Session, type Subject } from '../subject.ts'

const HOUR_MS = 3_600_000

/** An exchange that nothing asks for tests nothing, and says something of the vendor that no code knows. */
export function coverageChecks(subject: Subject): Check[] {
  const { connector, fixtures } = subject
  if (allExchanges(fixtures).length === 0) return []
  return [
    {
      name: 'uses every exchange of its fixtures',
      title: 'uses every exchange of its fixtures',
      async run() {
        const sessions: Session[] = []
        const open = () => {
          const session = openSession(subject)
          sessions.push(session)
          return session
        }
        // Failures are the business of other checks.
        const use = (run: () => Promise<unknown> | undefined) =>
          Promise.resolve()
            .then(run)
            .catch(() => {})
        await use(() => connector.check?.(open().ctx))
        for (const [name, stream] of Object.entries(connector.streams ?? {})) {
          if (stream.pull) {
            const first = await read(subject, name)
            const cursor = first.pages.at(-1)?.cursor
            const second = await read(subject, name, { later: HOUR_MS, ...(cursor ? { cursor } : {}) })
            sessions.push(first.session, second.session)
          }
          const told = (fixtures.webhooks?.deliveries ?? []).flatMap((delivery) => delivery.expect.refetch)
          const keys = told.flatMap((hint) => (hint.stream === name ? [hint.key] : []))
          if (stream.fetch && keys.length > 0) await use(() => stream.fetch!(open().ctx, [...new Set(keys)]))
        }
        for (const { question } of fixtures.enricher?.questions ?? [])
          if (connector.enricher?.answers(question as never))
            await use(() => connector.enricher!.enrich(open().ctx, question as never))
        const used = new Set(sessions.flatMap(({ vendor }) => [...vendor.used].map((e) => JSON.stringify(e))))
        const unused = allExchanges(fixtures)
          .map((exchange) => ({ exchange, text: JSON.stringify(exchange) }))
          .filter(({ text }) => !used.has(text))
          .map(({ exchange: { request } }) => JSON.stringify(request))
        expect(unused, 'exchanges that nothing asks for').toEqual([])
      },
    },
  ]
}
