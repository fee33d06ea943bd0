import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Contribution } from '#model'
import { judgePair } from '../../src/engine/matching/judge.ts'
import { createWorld, MINUTE, START, type World } from '../engine/support.ts'

/** What comes in: a source says something of somebody, or a person says something of two. */
type Incoming =
  | { type: 'said'; who: number; version: number; attributes: Record<string, unknown>; names: string[] }
  | { type: 'judged'; a: number; b: number; verdict: 'same' | 'different' }

/** Five who come in, and what is said of them. */
interface Cast {
  kind: 'person' | 'account'
  by: 'email' | 'group_id'
  names: string[]
  said: Incoming[]
}

type Telling = (
  who: number,
  version: number,
  attributes: Record<string, unknown>,
  ...more: number[]
) => Incoming
const cast = (
  kind: Cast['kind'],
  by: Cast['by'],
  names: string[],
  tell: (said: Telling) => Incoming[],
): Cast => ({
  kind,
  by,
  names,
  said: tell((who, version, attributes, ...more) => ({
    type: 'said',
    who,
    version,
    attributes,
    names: [who, ...more].map((n) => names[n]!),
  })),
})

const ADA = { first_name: 'Ada', last_name: 'Lovelace', company_name: 'Analytical Engines', city: 'London' }
const PHONE = '+44 20 7946 0958'
const ACME = { name: 'Analytical Engines', city: 'London', street: '12 St James Square', country: 'GB' }

/** Three records of one, the second first under another name; somebody else; and a fifth that an identifier ties to the third. */
const PEOPLE = cast(
  'person',
  'email',
  [
    'ada@engines.example',
    'ada.l@mail.example',
    'a.lovelace@home.example',
    'omar@acme.example',
    'ada@late.example',
  ],
  (said) => [
    said(0, 1, { ...ADA, phone: PHONE, title: 'Countess' }),
    said(1, 1, { first_name: 'Grace', last_name: 'Hopper', city: 'New York' }),
    said(1, 2, { ...ADA, phone: PHONE, department: 'Mathematics' }),
    said(2, 1, { ...ADA, phone: PHONE, street: '12 St James Square' }),
    said(3, 1, { first_name: 'Omar', last_name: 'Khan', company_name: 'Acme', phone: '+49 30 1234567' }),
    said(4, 1, { last_name: 'Byron', title: 'Analyst' }),
    said(4, 2, { last_name: 'King', title: 'Analyst' }, 2),
  ],
)
const COMPANIES = cast('account', 'group_id', ['g0', 'g1', 'g2', 'g3', 'g4'], (said) => [
  said(0, 1, { ...ACME, phone: PHONE, industry: 'Machines' }),
  said(1, 1, { name: 'Blue Kestrel', city: 'New York' }),
  said(1, 2, { ...ACME, name: 'ANALYTICAL ENGINES LTD', employees: 12 }),
  said(2, 1, { ...ACME, phone: PHONE, founded: 1837 }),
  said(3, 1, { name: 'Analytical Engines Germany', phone: PHONE }),
  said(4, 1, { name: 'Difference Engines', type: 'private' }),
  said(4, 2, { type: 'public' }, 2),
])

/** The fifth is the third by an identifier: of two words on one pair of bases the later counts, so there is one. */
const basesOf = ({ a, b }: { a: number; b: number }): string =>
  [a, b]
    .map((n) => (n === 4 ? 2 : n))
    .sort()
    .join(' ')

const JUDGED = fc.uniqueArray(
  fc
    .record({ a: fc.nat(4), b: fc.nat(4), verdict: fc.constantFrom('same' as const, 'different' as const) })
    .filter(({ a, b }) => a < b)
    .map((judged): Incoming => ({ type: 'judged', ...judged })),
  { maxLength: 4, selector: (one) => (one.type === 'judged' ? basesOf(one) : '') },
)

const idOf = async (w: World, { kind, by, names }: Cast, n: number): Promise<string | undefined> => {
  const [found] = await w.store.absorb.findIdentifiers([{ entityKind: kind, kind: by, value: names[n]! }])
  return found?.entity
}

/** False where they are not known yet. Whoever is one by their identifiers is judged in vain. */
async function judge(
  w: World,
  who: Cast,
  { a, b, verdict }: Incoming & { type: 'judged' },
  isBack = false,
): Promise<boolean> {
  const [x, y] = [await idOf(w, who, a), await idOf(w, who, b)]
  if (!x || !y) return false
  await judgePair(w.engine.deps, { a: x, b: y }, isBack ? undefined : verdict).catch(
    (error: { code?: string }) => {
      if (error.code !== 'match.one_already') throw error
    },
  )
  return true
}

/** Who stands together, by identifier, and what is shown of them. */
async function seen(w: World, who: Cast): Promise<string[]> {
  const groups = new Map<string, number[]>()
  for (const n of who.names.keys()) {
    const id = await idOf(w, who, n)
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
  who: Cast,
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
          Contribution.parse({
            type: who.kind,
            identifiers: one.names.map((value) => ({ kind: who.by, value })),
            attributes: one.attributes,
          }),
        ],
      })
    if (pauses[i]) await w.settle()
    const waiting = []
    for (const judged of late) if (!(await judge(w, who, judged))) waiting.push(judged)
    late = waiting
  }
  await w.settle()
  for (const judged of late) await judge(w, who, judged)
  w.clock.advance(MINUTE)
  await w.settle()
  return w
}

const CASTS = [
  ['people', PEOPLE],
  ['companies', COMPANIES],
] as const

test.each(
  CASTS.flatMap(([whom, who]) => (['review', 'auto'] as const).map((mode) => [whom, mode, who] as const)),
)(
  'of %s with %s: who is who and what is shown of them does not depend on the order of records and judgements',
  async (_, mode, who) => {
    await fc.assert(
      fc.asyncProperty(
        JUDGED.chain((judged) =>
          fc.record({
            history: fc.constant([...who.said, ...judged]),
            order: fc.shuffledSubarray([...who.said, ...judged], {
              minLength: who.said.length + judged.length,
            }),
            pauses: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
          }),
        ),
        async ({ history, order, pauses }) => {
          const [straight, shuffled] = [await play(who, mode, history), await play(who, mode, order, pauses)]
          expect(await seen(shuffled, who)).toEqual(await seen(straight, who))
          await Promise.all([straight.close(), shuffled.close()])
        },
      ),
      { numRuns: 8 },
    )
  },
)

test.each(CASTS)(
  'of %s: what was said and is taken back leaves everybody as if nothing had been said',
  async (_, who) => {
    await fc.assert(
      fc.asyncProperty(
        JUDGED,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        async (judged, pauses) => {
          const untouched = await play(who, 'review', who.said)
          const w = await play(
            who,
            'review',
            [...who.said.slice(0, 6), ...judged, ...who.said.slice(6)],
            pauses,
          )
          for (const one of judged) if (one.type === 'judged') await judge(w, who, one, true)
          await w.settle()
          expect(await seen(w, who)).toEqual(await seen(untouched, who))
          await Promise.all([w.close(), untouched.close()])
        },
      ),
      { numRuns: 8 },
    )
  },
)

test('with auto the companies that are one come together, and their namesake in another country does not', async () => {
  const w = await play(COMPANIES, 'auto', COMPANIES.said)
  const groups = (await seen(w, COMPANIES)).map((group) => group.slice(0, group.indexOf(':')))
  expect(groups).toEqual(['0,1,2,4', '3'])
  await w.close()
})
