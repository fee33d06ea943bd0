import { expect } from 'vitest'
import {
  AuthError,
  type EnrichmentQuestion,
  enricherOf,
  type HubError,
  RateLimitError,
  TransientError,
} from '#kit'
import { fakeClock } from '../../support/fake-clock.ts'
import { allExchanges } from '../fixtures.ts'
import { type Check, configOf, connect, openSession, plain, refuseUnknown, type Subject } from '../subject.ts'
import { type Interference, playVendor } from '../vendor.ts'
import { failureOf } from './failure.ts'

/** Of whoever has a mailbox there, the domain says nothing. */
const FREE_MAIL = ['gmail.com', 'outlook.com', 'web.de', 'qq.com', 'yahoo.co.uk']
const LONGER_THAN_ANY_DEADLINE_MS = 10 * 60_000

/** An enricher's answers, and that trouble is never taken for "nothing is known". */
export function enricherChecks(subject: Subject): Check[] {
  const { connector, fixtures } = subject
  const enricher = enricherOf(connector, configOf(subject))
  if (!enricher || !fixtures.enricher) return []
  const { questions } = fixtures.enricher
  const check = (name: string, run: () => Promise<void>): Check => ({ name, title: name, run })
  const put = (question: unknown) => question as EnrichmentQuestion
  const answered = questions.filter(({ expect: expected }) => expected !== 'not asked')

  /** Questions that need the vendor, with the vendor in trouble. */
  async function inTrouble(interfere: Interference): Promise<unknown[]> {
    const errors: unknown[] = []
    for (const { question } of answered) {
      const well = openSession(subject)
      await enricher!.enrich(well.ctx, put(question))
      if (well.vendor.asked.length === 0) continue
      const { ctx } = openSession(subject, { interfere })
      errors.push(await failureOf(() => enricher!.enrich(ctx, put(question))))
    }
    return errors
  }
  const down = () => {
    throw new TypeError('fetch failed')
  }

  return [
    check('answers as expected', async () => {
      for (const { title, question, expect: expected } of questions) {
        expect(enricher.answers(put(question)), `${title}: whether it is asked`).toBe(
          expected !== 'not asked',
        )
        if (expected === 'not asked') continue
        const session = openSession(subject)
        const answer = await enricher.enrich(session.ctx, put(question)).finally(() => refuseUnknown(session))
        expect(answer, title).toMatchObject(expected)
        if (answer.status !== 'hit' || expected.status !== 'hit') continue
        expect(Object.keys(answer.fields).sort(), `${title}: fields`).toEqual(
          Object.keys(expected.fields).sort(),
        )
      }
      const statuses = answered.map(({ expect: expected }) => (expected as { status: string }).status)
      expect(statuses, 'the fixtures have a question that is answered').toContain('hit')
      if (allExchanges(fixtures).length > 0)
        expect(statuses, 'the fixtures have a question without an answer').toContain('miss')
    }),
    check('fills only fields that it declares', async () => {
      for (const { question } of answered) {
        const { ctx, clock } = openSession(subject)
        const answer = await enricher.enrich(ctx, put(question))
        if (answer.status !== 'hit') continue
        const declared: readonly string[] = enricher.fields[question.kind] ?? []
        for (const [field, { confidence, observedAt }] of Object.entries(answer.fields)) {
          expect(declared, `fields.${question.kind}`).toContain(field)
          expect(confidence).toBeGreaterThanOrEqual(0)
          expect(confidence).toBeLessThanOrEqual(1)
          expect(observedAt).toBeLessThanOrEqual(clock.now())
        }
      }
    }),
    check('tells an outage from a miss', async () => {
      for (const error of [...(await inTrouble(down)), ...(await inTrouble(() => plain(503)))])
        expect(error).toBeInstanceOf(TransientError)
    }),
    check('tells refused credentials from a miss', async () => {
      for (const error of await inTrouble(() => fixtures.connection.refused))
        expect(error).toBeInstanceOf(AuthError)
    }),
    check('tells a rate limit from a miss', async () => {
      for (const error of await inTrouble(() => plain(429, { 'retry-after': '600' }))) {
        expect(error).toBeInstanceOf(RateLimitError)
        expect((error as HubError).details.retryAfterMs).toBeGreaterThan(0)
      }
    }),
    check('does not wait for ever', async () => {
      for (const { question } of answered) {
        const baseUrl = fixtures.connection.baseUrl ?? connector.baseUrl
        const clock = fakeClock({ start: fixtures.connection.now })
        const hanging = playVendor(
          allExchanges(fixtures),
          baseUrl,
          ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        )
        const { ctx } = connect(subject, { baseUrl, fetch: hanging.fetch, clock })
        let outcome: unknown
        void enricher.enrich(ctx, put(question)).then(
          (answer) => {
            outcome = answer
          },
          (error: unknown) => {
            outcome = error
          },
        )
        await clock.advance(LONGER_THAN_ANY_DEADLINE_MS)
        if (hanging.asked.length > 0) expect(outcome).toBeInstanceOf(TransientError)
        expect(outcome, 'still waiting').toBeDefined()
      }
    }),
    check('does not ask about free mail domains', async () => {
      for (const domain of FREE_MAIL) expect(enricher.answers({ kind: 'account', domain })).toBe(false)
    }),
    check('asks the same question once', async () => {
      for (const { question } of answered) {
        const key = enricher.cacheKey(put(question))
        expect(key).not.toBe('')
        const loud = { ...question }
        for (const field of ['email', 'domain'] as const)
          if (loud[field]) loud[field] = ` ${loud[field]!.toUpperCase()} `
        expect(enricher.cacheKey(put(loud))).toBe(key)
      }
      const keys = new Set(answered.map(({ question }) => enricher.cacheKey(put(question))))
      expect(keys.size, 'different questions share a key').toBe(answered.length)
    }),
  ]
}
