import fc from 'fast-check'
import { expect, test } from 'vitest'
import { STAGES, type StageName } from '../../src/engine/engine.ts'
import { CUSTOMERS, deliver, KNOWN_COMPANIES, PROSPECTS, type SourceEvent, stock } from '../support/events.ts'
import { HOUR, mappings, preparedCrms, SIGNAL, startHub, type TestHub, testClock } from '../support/hub.ts'
import { createSandboxes } from '../support/sandboxes.ts'
import { type Content, contentOf, duplicatesIn, withoutFirstWritten } from '../support/snapshots.ts'

/** Some events come in together; then some stages get a turn. */
interface Turn {
  events: SourceEvent[]
  stages: StageName[]
  /** Milliseconds until the next turn. */
  pause: number
}

async function emptyHub(): Promise<TestHub> {
  const clock = testClock()
  const sandboxes = await createSandboxes(clock, {
    crm: await preparedCrms(),
    pdl: { companies: KNOWN_COMPANIES },
  })
  stock(sandboxes)
  return startHub({ clock, sandboxes })
}

async function outcomeOf(
  turns: readonly Turn[],
  before: readonly SourceEvent[] = [],
): Promise<{ content: Content; duplicates: string[] }> {
  const hub = await emptyHub()
  try {
    if (before.length > 0) {
      await deliver(hub, before)
      await hub.drainAll()
    }
    for (const { events, stages, pause } of turns) {
      await deliver(hub, events)
      for (const stage of stages) await hub.engine.step(stage, { signal: SIGNAL, flush: true })
      hub.clock.advance(pause)
    }
    await hub.drainAll()
    const totals = await hub.store.inspect.totals()
    const dead =
      totals.receipts.dead + totals.records.dead + totals.operations.filter((o) => o.state === 'dead').length
    expect(dead, 'dead letters').toBe(0)
    return { content: contentOf(hub.sandboxes), duplicates: duplicatesIn(hub.sandboxes) }
  } finally {
    await hub.close()
  }
}

/** Every event at least once, in any order, some repeated, cut into requests of any size. */
const turnsOf = (events: readonly SourceEvent[], stages: readonly StageName[]): fc.Arbitrary<Turn[]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...events], { minLength: events.length }),
      fc.array(fc.tuple(fc.nat({ max: events.length }), fc.constantFrom(...events)), { maxLength: 10 }),
      fc.array(
        fc.record({
          size: fc.integer({ min: 1, max: 9 }),
          stages: fc.array(fc.constantFrom(...stages), { maxLength: 4 }),
          pause: fc.constantFrom(0, 1_000, HOUR),
        }),
        { minLength: 1, maxLength: 16 },
      ),
    )
    .map(([order, repeats, cuts]) => {
      const sequence = [...order]
      for (const [place, event] of repeats) sequence.splice(place, 0, event)
      const turns: Turn[] = []
      for (const { size, ...rest } of cuts) {
        const isLast = turns.length === cuts.length - 1
        turns.push({ events: sequence.splice(0, isLast ? sequence.length : size), ...rest })
      }
      return turns
    })

const READERS: StageName[] = ['unpack', 'absorb', 'enrich', 'project']
const RUNS = { numRuns: Number(process.env.RUNS ?? 12), endOnFailure: true }

test('the same events in any order and with repeats give the same CRM', async () => {
  const all = [...PROSPECTS, ...CUSTOMERS]
  const expected = await outcomeOf([{ events: all, stages: [], pause: 0 }])
  expect(expected.duplicates).toEqual([])
  await fc.assert(
    fc.asyncProperty(turnsOf(all, READERS), async (turns) => {
      const { content, duplicates } = await outcomeOf(turns)
      expect(duplicates).toEqual([])
      expect(content).toEqual(expected.content)
    }),
    RUNS,
  )
})

test('also when the CRM is written to while events still come in', async () => {
  const expected = await outcomeOf([{ events: PROSPECTS, stages: [], pause: 0 }], CUSTOMERS)
  await fc.assert(
    fc.asyncProperty(turnsOf(PROSPECTS, STAGES), async (turns) => {
      const { content, duplicates } = await outcomeOf(turns, CUSTOMERS)
      expect(duplicates).toEqual([])
      expect(withoutFirstWritten(content, mappings())).toEqual(
        withoutFirstWritten(expected.content, mappings()),
      )
    }),
    RUNS,
  )
})
