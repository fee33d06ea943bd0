import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgePair } from '../../src/engine/matching/judge.ts'
import { createWorld, MINUTE, person, START, type World } from '../engine/support.ts'

/** What comes in: a source says something of somebody, or a person says something of two. */
type Incoming =
  | { type: 'said'; who: number; version: number; attributes: Record<string, unknown>; emails: string[] }
  | { type: 'judged'; a: number; b: number; verdict: 'same' | 'different' }

const EMAILS = [
  'ada@engines.example',
  'ada.l@mail.example',
  'a.lovelace@home.example',
  'omar@acme.example',
  'ada@late.example',
]
const ADA = { first_name: 'Ada', last_name: 'Lovelace', company_name: 'Analytical Engines', city: 'London' }
const PHONE = '+44 20 7946 0958'
const said = (
  who: number,
  version: number,
  attributes: Record<string, unknown>,
  ...more: number[]
): Incoming => ({
  type: 'said',
  who,
  version,
  attributes,
  emails: [who, ...more].map((n) => EMAILS[n]!),
})

/** Three records of Ada, one of them first under another name; somebody else; and a fifth that an address ties to a third. */
const SAID: Incoming[] = [
  said(0, 1, { ...ADA, phone: PHONE, title: 'Countess' }),
  said(1, 1, { first_name: 'Grace', last_name: 'Hopper', city: 'New York' }),
  said(1, 2, { ...ADA, phone: PHONE, department: 'Mathematics' }),
  said(2, 1, { ...ADA, phone: PHONE, street: '12 St James Square' }),
  said(3, 1, { first_name: 'Omar', last_name: 'Khan', company_name: 'Acme', phone: '+49 30 1234567' }),
  said(4, 1, { last_name: 'Byron', title: 'Analyst' }),
  said(4, 2, { last_name: 'King', title: 'Analyst' }, 2),
]
const JUDGED = fc.uniqueArray(
  fc
    .record({ a: fc.nat(4), b: fc.nat(4), verdict: fc.constantFrom('same' as const, 'different' as const) })
    .filter(({ a, b }) => a < b)
    .map((judged): Incoming => ({ type: 'judged', ...judged })),
  { maxLength: 4, selector: (one) => (one.type === 'judged' ? `${one.a} ${one.b}` : '') },
)

const idOf = async (w: World, n: number): Promise<string | undefined> => {
  const [found] = await w.store.absorb.findIdentifiers([
    { entityKind: 'person', kind: 'email', value: EMAILS[n]! },
  ])
  return found?.entity
}

/** False where they are not known yet. Whoever is one by their addresses is judged in vain. */
async function judge(
  w: World,
  { a, b, verdict }: Incoming & { type: 'judged' },
  isBack = false,
): Promise<boolean> {
  const [x, y] = [await idOf(w, a), await idOf(w, b)]
  if (!x || !y) return false
  await judgePair(w.engine.deps, { a: x, b: y }, isBack ? undefined : verdict).catch(
    (error: { code?: string }) => {
      if (error.code !== 'match.one_already') throw error
    },
  )
  return true
}

/** Who stands together, by address, and what is shown of them. */
async function seen(w: World): Promise<string[]> {
  const groups = new Map<string, number[]>()
  for (const n of EMAILS.keys()) {
    const id = await idOf(w, n)
    if (!id) continue
    const [node] = await w.store.absorb.rootsOf([id])
    groups.set(node!.root, [...(groups.get(node!.root) ?? []), n])
  }
  const rows = await w.store.project.golden([...groups.keys()])
  const shown = new Map(rows.map(({ id, golden: { $sources: _, ...golden } }) => [id, golden]))
  return [...groups].map(([root, members]) => `${members}: ${JSON.stringify(shown.get(root))}`).sort()
}

const open = (mode: 'review' | 'auto') => createWorld({ use: [], config: `matching: { mode: ${mode} }` })

async function play(
  mode: 'review' | 'auto',
  history: readonly Incoming[],
  pauses: readonly boolean[] = [],
): Promise<World> {
  const w = await open(mode)
  // The same second for all: which of two is older must not depend on who came first.
  let late: (Incoming & { type: 'judged' })[] = []
  for (const [i, one] of history.entries()) {
    if (one.type === 'judged') late.push(one)
    else
      await w.say({
        key: `${one.who}`,
        updated_at: START + one.version,
        says: [
          person(one.emails[0]!, one.attributes, {
            identifiers: one.emails.map((value) => ({ kind: 'email', value })),
          }),
        ],
      })
    if (pauses[i]) await w.settle()
    const waiting = []
    for (const judged of late) if (!(await judge(w, judged))) waiting.push(judged)
    late = waiting
  }
  await w.settle()
  for (const judged of late) await judge(w, judged)
  w.clock.advance(MINUTE)
  await w.settle()
  return w
}

test.each(['review', 'auto'] as const)(
  'with %s, who is who and what is shown of them does not depend on the order of records and judgements',
  async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        JUDGED.chain((judged) =>
          fc.record({
            history: fc.constant([...SAID, ...judged]),
            order: fc.shuffledSubarray([...SAID, ...judged], { minLength: SAID.length + judged.length }),
            pauses: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
          }),
        ),
        async ({ history, order, pauses }) => {
          const [straight, shuffled] = [await play(mode, history), await play(mode, order, pauses)]
          expect(await seen(shuffled)).toEqual(await seen(straight))
          await Promise.all([straight.close(), shuffled.close()])
        },
      ),
      { numRuns: 8 },
    )
  },
)

test('what people said and take back leaves everybody as if nothing had been said', async () => {
  await fc.assert(
    fc.asyncProperty(
      JUDGED,
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      async (judged, pauses) => {
        const untouched = await play('review', SAID)
        const w = await play('review', [...SAID.slice(0, 6), ...judged, ...SAID.slice(6)], pauses)
        for (const one of judged) if (one.type === 'judged') await judge(w, one, true)
        await w.settle()
        expect(await seen(w)).toEqual(await seen(untouched))
        await Promise.all([w.close(), untouched.close()])
      },
    ),
    { numRuns: 8 },
  )
})
