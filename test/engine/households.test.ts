import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refreshMappings } from '../../src/engine/mappings/mapping-changes.ts'
import { judgePair, unmerge } from '../../src/engine/matching/judge.ts'
import { explain } from '../../src/engine/why.ts'
import { compile, createWorld, type Fact, MINUTE, person, START, tell, type World } from './support.ts'

const CONTACTS = (fields: string) => ({
  'contact.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
defaults: { write: always, on_null: clear }
fields:
  Email: person.email
  LastName: person.last_name
${fields}`,
})
const SHOWN = `
  Department: person.household.id ?? null
  Title: person.household.name ?? null
  MailingCity: (person.household.members | text) ?? null
`
const HOME = { street: 'Lindenweg 4', postal_code: '50667', city: 'Köln', country: 'DE' }

let version = 0
const lives = (name: string, more: Record<string, unknown> = {}): Fact => ({
  key: name,
  updated_at: START + ++version,
  says: [person(`${name}@gmail.com`, { first_name: name, last_name: 'Weber', ...HOME, ...more })],
})
const open = () => createWorld({ mappings: CONTACTS(SHOWN) })

/** By mailbox: household by its number among those seen, name, members. */
function seen(w: World): Record<string, unknown> {
  const ids: string[] = []
  const rows = w.sandboxes.salesforce
    .records('Contact')
    .map(({ Email, Department, Title, MailingCity }) => [
      String(Email).split('@')[0]!,
      Department,
      Title,
      MailingCity,
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return Object.fromEntries(
    rows.map(([name, id, title, members]) => {
      if (!id) return [name, null]
      if (!ids.includes(String(id))) ids.push(String(id))
      return [name, `${ids.indexOf(String(id))} ${title} ${members}`]
    }),
  )
}
const idOf = async (w: World, name: string) => {
  const [found] = await w.store.absorb.findIdentifiers([
    { entityKind: 'person', kind: 'email', value: `${name}@gmail.com` },
  ])
  return found!.entity
}

test('people of one name at one address are one household, whoever comes first', async () => {
  const w = await open()
  await tell(w, lives('lena', { last_name: 'WEBER' }))
  expect(seen(w)).toEqual({ lena: '0 WEBER 1' })
  await tell(w, lives('jonas', { street: 'LINDENWEG 4' }))
  await tell(w, lives('omar', { last_name: 'Khan' }), lives('ines', { street: 'Lindenweg 8' }))
  expect(seen(w)).toEqual({ ines: '0 Weber 1', jonas: '1 Weber 2', lena: '1 Weber 2', omar: '2 Khan 1' })
  await w.close()
})

test('whoever moves in together with many others is counted with them', async () => {
  const w = await open()
  const houses = Array.from({ length: 60 }, (_, i) => i)
  const of = (side: string) => houses.map((i) => lives(`${side}${i}`, { street: `Lindenweg ${i + 1}` }))
  await tell(w, ...of('a'), ...of('b'))
  const counted = w.sandboxes.salesforce.records('Contact').map(({ MailingCity }) => MailingCity)
  expect(counted).toEqual(Array(120).fill('2'))
  await w.close()
})

test('why tells what makes a household', async () => {
  const w = await open()
  await tell(w, lives('lena'), lives('jonas'))
  const { Id: id } = w.sandboxes.salesforce.records('Contact')[0]!
  const { fields } = await explain(w.engine.deps, {
    destination: 'salesforce',
    object: 'Contact',
    id: String(id),
    field: 'Title',
  })
  expect(fields[0]!.inputs).toMatchObject([
    { path: 'person.household.name', value: 'Weber', because: expect.stringContaining('with 1 more') },
  ])
  await w.close()
})

test('who has a company lives in no household as far as we are concerned', async () => {
  const w = await open()
  await tell(
    w,
    lives('lena'),
    lives('jonas', { company_name: 'Blue Kestrel Ltd' }),
    lives('omar', { company_name: 'self-employed' }),
    {
      key: 'works',
      updated_at: START,
      says: [person('zoe@blue-kestrel.com', { last_name: 'Weber', ...HOME })],
    },
  )
  expect(seen(w)).toEqual({ jonas: null, lena: '0 Weber 2', omar: '0 Weber 2', zoe: null })
  await w.close()
})

test('whoever moves out or is forgotten is counted there no more', async () => {
  const w = await open()
  await tell(w, lives('lena'), lives('jonas'), lives('omar'))
  await tell(w, lives('omar', { street: 'Ahornweg 1' }))
  expect(seen(w)).toEqual({ jonas: '0 Weber 2', lena: '0 Weber 2', omar: '1 Weber 1' })
  await w.forget('jonas')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(seen(w)).toMatchObject({ lena: expect.stringContaining('Weber 1') })
  await w.close()
})

test('two records of one person are one member, and two again when they are taken apart', async () => {
  const w = await open()
  await tell(w, lives('lena'), lives('lena2', { first_name: 'Lena' }), lives('jonas'))
  const [a, b] = [await idOf(w, 'lena'), await idOf(w, 'lena2')]
  await judgePair(w.engine.deps, { a, b }, 'same')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(seen(w)).toMatchObject({ jonas: expect.stringContaining('Weber 2') })
  await unmerge(w.engine.deps, b)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(seen(w)).toEqual({ jonas: '0 Weber 3', lena: '0 Weber 3', lena2: '0 Weber 3' })
  await w.close()
})

test('whoever is judged to be somebody of another household leaves theirs', async () => {
  const w = await open()
  // What is known of the address later counts.
  const outdated = lives('lena2', { street: 'Ahornweg 1' })
  await tell(w, lives('lena'), lives('jonas'))
  await tell(w, outdated, lives('omar', { street: 'Ahornweg 1' }))
  const lena = await idOf(w, 'lena')
  await judgePair(w.engine.deps, { a: lena, b: await idOf(w, 'lena2') }, 'same')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(seen(w)).toMatchObject({ jonas: '0 Weber 2', lena: '0 Weber 2', omar: '1 Weber 1' })
  expect(await w.store.project.householdsLeft([lena])).toEqual([])
  await w.close()
})

test('more people of one name at one address than a family has are no household', async () => {
  const w = await open()
  const many = Array.from({ length: 21 }, (_, i) => lives(`p${i}`))
  await tell(w, ...many.slice(0, 20))
  expect(new Set(Object.values(seen(w)))).toEqual(new Set(['0 Weber 20']))
  await tell(w, many[20]!)
  expect(new Set(Object.values(seen(w)))).toEqual(new Set([null]))
  await tell(w, lives('p3', { street: 'Ahornweg 1' }))
  expect(new Set(Object.values(seen(w)))).toEqual(new Set(['0 Weber 20', '1 Weber 1']))
  await w.close()
})

test('a mapping that begins to read households finds them all', async () => {
  const w = await createWorld({ mappings: CONTACTS('') })
  await refreshMappings(w.engine.deps)
  await tell(w, lives('lena'), lives('jonas'))
  expect((await w.store.project.golden([await idOf(w, 'lena')]))[0]!.golden.$household).toBeUndefined()
  w.mappings.current = compile(CONTACTS(SHOWN))
  await refreshMappings(w.engine.deps)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(seen(w)).toEqual({ jonas: '0 Weber 2', lena: '0 Weber 2' })
  await w.close()
})

const HISTORY: Fact[] = [
  lives('lena', { last_name: 'WEBER' }),
  lives('jonas'),
  lives('omar', { street: 'Ahornweg 1' }),
  lives('omar'),
  lives('ines', { company_name: 'Blue Kestrel' }),
  lives('ines'),
  lives('zoe'),
  lives('zoe', { last_name: 'Khan' }),
]

test('households do not depend on the order in which things are heard', async () => {
  const play = async (facts: readonly Fact[], pauses: readonly boolean[]) => {
    const w = await open()
    for (const [i, fact] of facts.entries()) {
      await w.say(fact)
      if (pauses[i]) await w.settle()
    }
    w.clock.advance(MINUTE)
    await w.settle()
    const found = seen(w)
    await w.close()
    return found
  }
  const whole = await play(HISTORY, [])
  expect(whole).toEqual({
    ines: '0 Weber 4',
    jonas: '0 Weber 4',
    lena: '0 Weber 4',
    omar: '0 Weber 4',
    zoe: '1 Khan 1',
  })
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(HISTORY, { minLength: HISTORY.length }),
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      async (order, pauses) => {
        expect(await play(order, pauses)).toEqual(whole)
      },
    ),
    { numRuns: 6 },
  )
})
