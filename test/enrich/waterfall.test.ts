import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EnrichmentQuestion } from '#kit'
import { DAY_MS, dayOf } from '#model'
import {
  type AnyEnricher,
  expiryOf,
  type KnownAnswer,
  ledgerKeys,
  PAUSE_KEY,
  type PlanRequest,
  planBatch,
  type Subject,
  type WaterfallStep,
  withAnswer,
  withoutUnwanted,
} from '../../src/enrich/index.ts'
import { NOW } from './support.ts'

function enricherOf(
  account: string[],
  method: AnyEnricher['method'] = 'derived',
  person: string[] = account,
): AnyEnricher {
  return {
    method,
    answers: () => true,
    cacheKey: (question) => question.email ?? question.domain ?? '',
    fields: { account, person } as AnyEnricher['fields'],
    keepDays: { hit: 90, miss: 30 },
    enrich: async () => ({ status: 'miss', cost: 0 }),
  }
}

const guess: WaterfallStep = { connection: 'guess', enricher: enricherOf(['name', 'country'], 'inferred') }
const first: WaterfallStep = { connection: 'first', enricher: enricherOf(['name', 'industry']) }
const second: WaterfallStep = { connection: 'second', enricher: enricherOf(['industry', 'employees']) }
const account: EnrichmentQuestion = { kind: 'account', domain: 'kestrel.de' }
const person: EnrichmentQuestion = { kind: 'person', email: 'ana@kestrel.de' }
const base = { enrichers: [guess, first, second], known: [], spentToday: {}, now: NOW }
const planOne = (request: PlanRequest & Subject) => planBatch({ ...request, subjects: [request] })[0]!
const asked = (request: Partial<PlanRequest & Subject>) =>
  planOne({ ...base, question: account, goldenFields: {}, ...request }).asks.map((ask) => ask.connection)

test('providers are asked in order, each for what none before it could fill', () => {
  expect(asked({})).toEqual(['guess', 'first', 'second'])
  expect(asked({ enrichers: [first, { ...second, enricher: enricherOf(['industry']) }] })).toEqual(['first'])
})

test('once the first has answered, the next is asked for what is still missing', () => {
  const overlapping = { connection: 'second', enricher: enricherOf(['industry', 'name']) }
  const goldenFields = withAnswer({}, first.enricher, {
    status: 'hit',
    cost: 1,
    fields: { name: { value: 'Kestrel', observedAt: NOW, confidence: 0.8 } },
  })
  const known = [{ provider: 'first', key: 'kestrel.de', expiresAt: NOW + DAY_MS }]
  expect(asked({ enrichers: [first, overlapping], goldenFields, known })).toEqual(['second'])
})

test('what a source asserted is never asked for, a guess may be improved by a provider only', () => {
  const asserted = { method: 'asserted' } as const
  expect(
    asked({ goldenFields: { name: asserted, country: asserted, industry: asserted, employees: asserted } }),
  ).toEqual([])
  expect(
    asked({
      goldenFields: {
        name: { method: 'inferred' },
        country: { method: 'inferred' },
        industry: asserted,
        employees: asserted,
      },
    }),
  ).toEqual(['first'])
})

test('a hit, miss or failure is not asked again before it expires', () => {
  const known = (expiresAt: number): KnownAnswer[] => [{ provider: 'first', key: 'kestrel.de', expiresAt }]
  expect(asked({ known: known(NOW + 1) })).not.toContain('first')
  expect(asked({ known: known(NOW) })).toContain('first')
  expect(asked({ known: [{ provider: 'first', key: 'other.de', expiresAt: NOW + 1 }] })).toContain('first')
})

test('a spent budget defers the question to the next UTC day', () => {
  const plan = planOne({
    ...base,
    enrichers: [{ ...first, dailyBudget: 5 }],
    spentToday: { first: 5 },
    question: account,
    goldenFields: {},
  })
  expect(plan.asks).toEqual([])
  expect(plan.deferred).toEqual([
    { connection: 'first', key: 'kestrel.de', until: (dayOf(NOW) + 1) * DAY_MS },
  ])
})

test('a provider that cannot be asked leaves its fields to the next one', () => {
  const enrichers = [
    { ...first, dailyBudget: 0 },
    { connection: 'second', enricher: enricherOf(['industry', 'name']) },
  ]
  expect(asked({ enrichers })).toEqual(['second'])
})

test('people who object are not named to third parties', () => {
  expect(asked({ question: person, consent: { gpc: true } })).toEqual(['guess'])
  expect(asked({ question: person, consent: { marketing: 'denied' } })).toEqual(['guess'])
  expect(asked({ question: person, consent: { marketing: 'unknown', gpc: false } })).toEqual([
    'guess',
    'first',
    'second',
  ])
  expect(asked({ question: account, consent: { gpc: true } })).toEqual(['guess', 'first', 'second'])
  expect(
    asked({ question: person, consent: { gpc: true }, enrichers: [{ ...guess, isLocal: false }] }),
  ).toEqual([])
})

test('two subjects with one question ask it once', () => {
  const subject = { question: account, goldenFields: {} }
  const plans = planBatch({ ...base, subjects: [subject, subject] })
  expect(plans.map((plan) => plan.asks.length)).toEqual([3, 0])
})

test('subjects of one batch share the budget', () => {
  const subjects = ['a.de', 'b.de'].map((domain) => ({
    question: { kind: 'account', domain } as const,
    goldenFields: {},
  }))
  const plans = planBatch({ ...base, enrichers: [{ ...first, dailyBudget: 1 }], subjects })
  expect(plans.map((plan) => [plan.asks.length, plan.deferred.length])).toEqual([
    [1, 0],
    [0, 1],
  ])
})

test('a provider that is paused as a whole is asked nothing until the pause ends', () => {
  const known = [{ provider: 'first', key: PAUSE_KEY, expiresAt: NOW + 60_000 }]
  const plan = planOne({ ...base, known, question: account, goldenFields: {} })
  expect(plan.asks.map((ask) => ask.connection)).toEqual(['guess', 'second'])
  expect(plan.deferred).toEqual([{ connection: 'first', key: 'kestrel.de', until: NOW + 60_000 }])
  expect(asked({ known, now: NOW + 60_000 })).toContain('first')
})

test('ledger keys name every question that could be asked, and the pauses', () => {
  expect(ledgerKeys([first], account)).toEqual([
    { provider: 'first', key: 'kestrel.de' },
    { provider: 'first', key: PAUSE_KEY },
  ])
  expect(expiryOf({ step: first }, 'account', 'miss', NOW)).toBe(NOW + 30 * DAY_MS)
})

test('of a field that has an order of its own, only who is listed there is asked, in that order', () => {
  const fields = { account: { industry: { from: ['second', 'first'] }, employees: { from: [] } } }
  const steps = [first, second].map((step) => ({ ...step, fields }))
  expect(asked({ enrichers: steps, goldenFields: { name: { method: 'asserted' } } })).toEqual(['second'])
  const known = [{ provider: 'second', key: 'kestrel.de', expiresAt: NOW + 1 }]
  expect(asked({ enrichers: steps, goldenFields: { name: { method: 'asserted' } }, known })).toEqual([
    'first',
  ])
  expect(
    asked({
      enrichers: steps,
      goldenFields: { name: { method: 'asserted' }, industry: { method: 'derived' } },
    }),
  ).toEqual([])
})

test('conditions keep a provider, or everybody from a field, from being asked', () => {
  const isGerman = ({ values }: { values: Readonly<Record<string, unknown>> }) => values.country === 'DE'
  const guarded = { ...first, rule: { when: { account: isGerman } } }
  expect(asked({ enrichers: [guarded], values: { country: 'FR' } })).toEqual([])
  expect(asked({ enrichers: [guarded], values: { country: 'DE' } })).toEqual(['first'])
  const fields = { account: { industry: { when: isGerman }, employees: { when: isGerman } } }
  expect(asked({ enrichers: [{ ...second, fields }], values: { country: 'FR' } })).toEqual([])
  expect(asked({ enrichers: [{ ...second, fields }], values: { country: 'DE' } })).toEqual(['second'])
})

test("a provider's value that is too old or not sure enough is asked for anew, and looked at when it becomes too old", () => {
  const steps = [{ ...second, rule: { maxAgeMs: 10 * DAY_MS, minConfidence: 0.6 } }]
  const golden = (confidence: number, age: number) => {
    const value = { method: 'derived', confidence, observedAt: NOW - age * DAY_MS } as const
    return { industry: value, employees: value }
  }
  const plan = (goldenFields: Subject['goldenFields']) =>
    planOne({ ...base, enrichers: steps, question: account, goldenFields })
  expect(plan(golden(0.9, 9)).asks).toEqual([])
  expect(plan(golden(0.9, 9)).deferred[0]).toMatchObject({ until: NOW + DAY_MS })
  expect(plan(golden(0.9, 10)).asks).toHaveLength(1)
  expect(plan(golden(0.5, 1)).asks).toHaveLength(1)
  expect(plan({ industry: { method: 'asserted' }, employees: { method: 'asserted' } })).toEqual({
    asks: [],
    deferred: [],
  })
  expect(expiryOf({ step: steps[0]! }, 'account', 'hit', NOW)).toBe(NOW + 10 * DAY_MS)
})

test('values that are not wanted are not taken; nothing left is nothing known', () => {
  const fields = { account: { industry: { from: ['first'] }, employees: { minConfidence: 0.8 } } }
  const step = { ...second, fields }
  const value = (confidence: number) => ({ value: 'x', observedAt: NOW, confidence })
  const answer = { status: 'hit', cost: 1, fields: { industry: value(1), employees: value(0.7) } } as const
  expect(withoutUnwanted({ step }, 'account', answer)).toEqual({ status: 'miss', cost: 1 })
  expect(withoutUnwanted({ step: second }, 'account', answer)).toEqual(answer)
})

test('no more look-ups are made for one company than the configuration allows, guesses not counted', () => {
  expect(asked({ perEntity: 1 })).toEqual(['guess', 'first'])
  const known = [{ provider: 'first', key: 'kestrel.de', expiresAt: NOW + 1, status: 'miss' as const }]
  expect(asked({ perEntity: 1, known })).toEqual(['guess'])
  expect(asked({ perEntity: 2, known })).toEqual(['guess', 'second'])
  expect(asked({ perEntity: 0 })).toEqual(['guess'])
})

test('what another process is asking is waited for; a claim whose process is lost leaves its fields to the next', () => {
  const overlapping = { connection: 'other', enricher: enricherOf(['industry', 'name']) }
  const claim = { provider: 'first', key: 'kestrel.de', status: 'asked' as const, expiresAt: NOW + DAY_MS }
  const plan = (at: number) =>
    planOne({
      ...base,
      enrichers: [first, overlapping],
      question: account,
      goldenFields: {},
      known: [{ ...claim, at }],
    })
  expect(plan(NOW - 1_000)).toMatchObject({ asks: [], deferred: [{ until: NOW + 59_000 }] })
  expect(plan(NOW - 60_000)).toMatchObject({
    asks: [{ connection: 'other' }],
    deferred: [{ until: NOW + DAY_MS }],
  })
})

const FIELDS = ['name', 'country', 'industry', 'employees', 'city'] as const
const steps = fc.uniqueArray(
  fc.record({
    connection: fc.constantFrom('a', 'b', 'c', 'd'),
    fields: fc.subarray([...FIELDS], { minLength: 1 }),
    isGuess: fc.boolean(),
    dailyBudget: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    knows: fc.boolean(),
  }),
  { selector: (step) => step.connection, minLength: 1 },
)

/** Runs days of arrivals the way the engine does: ledger, budget and golden values carried along. */
test('in any history nothing is asked twice while cached, no budget is exceeded and the order holds', () => {
  const arrivals = fc.array(
    fc.record({
      domain: fc.constantFrom('a.de', 'b.de', 'c.de', 'd.de', 'e.de'),
      afterDays: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(steps, arrivals, (generated, history) => {
      const enrichers: WaterfallStep[] = generated.map((step) => ({
        connection: step.connection,
        enricher: enricherOf(step.fields, step.isGuess ? 'inferred' : 'derived'),
        dailyBudget: step.dailyBudget,
      }))
      const ledger: KnownAnswer[] = []
      const calls: { connection: string; at: number }[] = []
      const golden = new Map<string, Subject['goldenFields']>()
      let now = NOW
      for (const { domain, afterDays } of history) {
        now += afterDays * DAY_MS
        const spentToday: Record<string, number> = {}
        for (const call of calls)
          if (dayOf(call.at) === dayOf(now))
            spentToday[call.connection] = (spentToday[call.connection] ?? 0) + 1
        const { asks } = planOne({
          enrichers,
          known: ledger,
          spentToday,
          now,
          question: { kind: 'account', domain },
          goldenFields: golden.get(domain) ?? {},
        })

        const order = asks.map((ask) => enrichers.findIndex((step) => step.connection === ask.connection))
        expect(order).toEqual([...order].sort((x, y) => x - y))
        for (const ask of asks) {
          expect(
            ledger.some(
              (row) => row.provider === ask.connection && row.key === ask.key && row.expiresAt > now,
            ),
          ).toBe(false)
          const knows = generated.find((step) => step.connection === ask.connection)!.knows
          const fields = ask.enricher.fields.account ?? []
          const answer = knows
            ? ({
                status: 'hit',
                cost: 1,
                fields: Object.fromEntries(
                  fields.map((f) => [f, { value: 'x', observedAt: now, confidence: 1 }]),
                ),
              } as const)
            : ({ status: 'miss', cost: 0 } as const)
          golden.set(domain, withAnswer(golden.get(domain) ?? {}, ask.enricher, answer))
          ledger.push({
            provider: ask.connection,
            key: ask.key,
            expiresAt: expiryOf(ask, 'account', answer.status, now),
          })
          calls.push({ connection: ask.connection, at: now })
        }
      }
      for (const step of enrichers) {
        const perDay = new Map<number, number>()
        for (const call of calls)
          if (call.connection === step.connection)
            perDay.set(dayOf(call.at), (perDay.get(dayOf(call.at)) ?? 0) + 1)
        for (const count of perDay.values())
          expect(count).toBeLessThanOrEqual(step.dailyBudget ?? Number.POSITIVE_INFINITY)
      }
    }),
  )
})
