import fc from 'fast-check'
import { expect, test } from 'vitest'
import { watchDue } from '../../src/engine/watch-due.ts'
import { CONTACTS, createWorld, HUBSPOT_CONTACTS, MINUTE, person } from './support.ts'

/** What docs/delivery.md says of `live: poll`: how long before a write an edit may go unseen. */
const WINDOW_MS = { hubspot: 2 * MINUTE, salesforce: 90_000 }
const INDEX_LAG_MS = 45_000
/** By when a poll has certainly seen what changed: index lag, overlap and the time between two polls are shorter. */
const SEEN_MS = 6 * MINUTE
const ADA = 'ada@acme-works.com'

const step = fc.oneof(
  fc.record({ kind: fc.constant('say' as const), title: fc.constantFrom('CTO', 'CEO', 'COO', 'CIO') }),
  fc.record({ kind: fc.constant('edit' as const), title: fc.constantFrom('Chief', 'Queen', 'CTO') }),
  fc.record({
    kind: fc.constant('wait' as const),
    ms: fc.constantFrom(500, 10_000, 29_000, 50_000, 61_000, 6 * MINUTE, 31 * MINUTE),
  }),
  fc.record({ kind: fc.constant('watch' as const) }),
)

test.each(['hubspot', 'salesforce'] as const)(
  '%s: an edit is overwritten only within the window that is documented, whatever polls, writes and waits come between',
  {
    timeout: 120_000,
  },
  async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 18 }), async (steps) => {
        const mapping = `${name === 'hubspot' ? HUBSPOT_CONTACTS : CONTACTS}\nlive: poll\n`
        const w = await createWorld({
          use: [name],
          mappings: { 'c.yaml': mapping },
          hubspot: { searchLagMs: INDEX_LAG_MS },
        })
        const { hubspot, salesforce } = w.sandboxes
        const title = () =>
          name === 'hubspot'
            ? hubspot.records('contacts')[0]?.properties.jobtitle
            : salesforce.records('Contact')[0]?.Title
        const say = async (value: string) => {
          w.clock.advance(1)
          await w.say({ key: '1', says: [person(ADA, { last_name: 'Lovelace', title: value })] })
          await w.settle()
        }
        const watch = () => watchDue({ deps: w.engine.deps }, { signal: new AbortController().signal })
        await watch()
        await say('CTO')
        let ours = 'CTO'
        let said = 'CTO'
        let edit: { value: string; at: number } | undefined
        // A field that was given back stays the person's until a poll has seen it.
        let givenBackAt: number | undefined
        for (const action of steps) {
          if (action.kind === 'wait') w.clock.advance(action.ms)
          else if (action.kind === 'watch') {
            await watch()
            if (givenBackAt !== undefined && w.clock.now() - givenBackAt >= SEEN_MS) givenBackAt = undefined
          } else if (action.kind === 'edit') {
            if (name === 'hubspot')
              hubspot.edit('contacts', hubspot.records('contacts')[0]!.id, { jobtitle: action.title })
            else
              salesforce.edit('Contact', String(salesforce.records('Contact')[0]!.Id), {
                Title: action.title,
              })
            // Whoever types what we wrote has given the field back.
            if (edit && action.title === ours) givenBackAt = w.clock.now()
            edit = action.title === ours ? undefined : { value: action.title, at: w.clock.now() }
          } else {
            await say(action.title)
            const now = title()
            if (edit && now !== edit.value)
              expect(w.clock.now() - edit.at, 'age of the edit').toBeLessThanOrEqual(WINDOW_MS[name] + 1_000)
            // Nothing is written where there is no news, whatever people did meanwhile.
            if (!edit && givenBackAt === undefined && action.title !== said) expect(now).toBe(action.title)
            said = action.title
            if (!edit || now !== edit.value || now === action.title) {
              ours = String(now)
              edit = undefined
            }
          }
        }
        await w.close()
      }),
      { numRuns: 25 },
    )
  },
)
