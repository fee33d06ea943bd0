import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Contribution, type Contribution as Said } from '#model'
import { dailyPass } from '../../src/engine/daily.ts'
import { refreshMappings } from '../../src/engine/mappings/mapping-changes.ts'
import type { Standing } from '../../src/engine/ports.ts'
import { explain } from '../../src/engine/why.ts'
import {
  ACCOUNTS,
  compile,
  createWorld,
  DAY,
  type Fact,
  person,
  START,
  touch,
  type World,
} from './support.ts'

const RULES = readFileSync(new URL('../../mappings/classify.yaml', import.meta.url), 'utf8')

const company = (name: string, more: Record<string, unknown> = {}): Said =>
  Contribution.parse({
    type: 'account',
    identifiers: [{ kind: 'domain', value: `${name}-works.com` }],
    attributes: { name },
    ...more,
  })
const below = (parent: string) => ({ parent: [{ kind: 'domain', value: `${parent}-works.com` }] })
const subscription = (name: string, amount: number): Said =>
  Contribution.parse({
    type: 'document',
    account: [{ kind: 'domain', value: `${name}-works.com` }],
    document: {
      type: 'subscription',
      key: `sub-${name}`,
      status: 'active',
      plan: 'Team',
      currency: 'USD',
      mrr: { amount, currency: 'USD' },
      started_at: START - DAY,
    },
  })

/** What every company is, by name, as stored; ids replaced by names. */
async function standings(w: World): Promise<Record<string, Standing & { [key: string]: unknown }>> {
  const { items } = await w.inspect.entities({ kind: 'account', limit: 100 })
  return Object.fromEntries(
    items.map(({ golden }) => [String(golden.name ?? golden.domain), golden.$standing as Standing]),
  ) as never
}
const parentsOf = async (w: World) =>
  Object.fromEntries(
    Object.entries(await standings(w)).map(([name, { parent, ultimate }]) => [
      name,
      [parent?.name, ultimate?.name],
    ]),
  )
const world = (mappings: Record<string, string> = {}) =>
  createWorld({
    use: ['salesforce'],
    mappings: { 'm/account.yaml': ACCOUNTS, 'm/classify.yaml': RULES, ...mappings },
  })

test('companies stand below their parents, and their sums are carried up', async () => {
  const w = await world()
  await w.say({ key: 'c', says: [company('child', below('middle')), subscription('child', 10_000)] })
  await w.say({ key: 'm', says: [company('middle', below('top')), subscription('middle', 5_000)] })
  await w.settle()
  await w.say({ key: 't', says: [company('top')] })
  await w.settle()
  expect(await parentsOf(w)).toEqual({
    child: ['middle', 'top'],
    middle: ['top', 'top'],
    top: [undefined, undefined],
  })
  const { top, middle } = await standings(w)
  expect([top!.children, middle!.children]).toEqual([1, 1])
  expect(top!.total).toMatchObject({ accounts: 3, customers: 2, subscriptions: 2, mrr: { USD: 15_000 } })

  // A change below is carried up.
  await w.say({
    key: 'c',
    says: [company('child', below('middle')), subscription('child', 20_000)],
    updated_at: w.clock.now() + 1,
  })
  await w.settle()
  expect((await standings(w)).top!.total.mrr).toEqual({ USD: 25_000 })

  // The child goes elsewhere: the old branch loses it, the new one has it.
  await w.say({
    key: 'c',
    says: [company('child', below('other')), subscription('child', 20_000)],
    updated_at: w.clock.now() + 2,
  })
  await w.settle()
  const after = await standings(w)
  expect(after.top!.total).toMatchObject({ accounts: 2, mrr: { USD: 5_000 } })
  expect(after.middle!.children).toBe(0)
  expect(after['other-works.com']).toMatchObject({
    children: 1,
    total: { accounts: 2, mrr: { USD: 20_000 } },
  })
  await w.close()
})

test('a new name of the top reaches all below it', async () => {
  const w = await world()
  await w.say({ key: 'c', says: [company('child', below('middle'))] })
  await w.say({ key: 'm', says: [company('middle', below('top'))] })
  await w.say({ key: 't', says: [company('top')] })
  await w.settle()
  await w.say({
    key: 't',
    says: [company('top', { attributes: { name: 'Top Group' } })],
    updated_at: w.clock.now() + 1,
  })
  await w.settle()
  expect((await parentsOf(w)).child).toEqual(['middle', 'Top Group'])
  await w.close()
})

test('who is said to own whom in a ring gives a tree, and another word opens it again', async () => {
  const w = await world()
  await w.say({ key: 'a', says: [company('a', below('b'))], updated_at: START + 1 })
  await w.say({ key: 'b', says: [company('b', below('c'))], updated_at: START + 2 })
  await w.settle()
  expect((await standings(w)).a).toMatchObject({ parent: { name: 'b' }, ultimate: { domain: 'c-works.com' } })
  await w.say({ key: 'c', says: [company('c', below('a'))], updated_at: START + 3 })
  await w.settle()
  // What was said first is the weakest.
  expect(await parentsOf(w)).toEqual({ a: [undefined, undefined], b: ['c', 'a'], c: ['a', 'a'] })
  expect((await standings(w)).a!.total.accounts).toBe(3)
  await w.say({ key: 'c', says: [company('c')], updated_at: START + 4 })
  await w.settle()
  expect(await parentsOf(w)).toEqual({ a: ['b', 'c'], b: ['c', 'c'], c: [undefined, undefined] })
  expect((await standings(w)).c!.total.accounts).toBe(3)
  await w.close()
})

test('a register names both the parent and the one at the top', async () => {
  const w = await world()
  const ids = {
    parent: [{ kind: 'lei', value: 'HWUPKR0MPOU8FGXBT394' }],
    ultimate_parent: [{ kind: 'domain', value: 'top-works.com' }],
  }
  await w.say({ key: 'c', says: [company('child', ids)] })
  await w.say({
    key: 'p',
    says: [
      Contribution.parse({
        type: 'account',
        identifiers: [
          { kind: 'domain', value: 'middle-works.com' },
          { kind: 'lei', value: 'HWUPKR0MPOU8FGXBT394' },
        ],
        attributes: { name: 'middle' },
      }),
    ],
  })
  await w.say({ key: 't', says: [company('top')] })
  await w.settle()
  expect(await parentsOf(w)).toEqual({
    child: ['middle', 'top'],
    middle: ['top', 'top'],
    top: [undefined, undefined],
  })
  await w.close()
})

test('the same words in any order, in any chunks, give the same tree and the same sums', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const facts = fc.uniqueArray(
    fc.record({
      child: fc.constantFrom(...names),
      parent: fc.constantFrom(...names),
      mrr: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: ({ child }) => child, minLength: 2, maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(
      facts.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.boolean()),
      ),
      async ([list, shuffled, isSlow]) => {
        const seen: unknown[] = []
        for (const [order, settles] of [
          [list, false],
          [shuffled, isSlow],
        ] as const) {
          const w = await createWorld({ use: [], mappings: {} })
          for (const { child, parent, mrr } of order) {
            const says = [company(child, below(parent)), ...(mrr > 0 ? [subscription(child, mrr * 100)] : [])]
            const fact: Fact = { key: child, says, updated_at: START + names.indexOf(child) }
            await w.say(fact)
            if (settles) await w.settle()
          }
          await w.settle()
          const { items } = await w.inspect.entities({ kind: 'account', limit: 100 })
          seen.push(
            items
              .map(({ id, golden }) => [id, golden.$standing])
              .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
          )
          await w.close()
        }
        expect(seen[1]).toEqual(seen[0])
      },
    ),
    { numRuns: 25 },
  )
}, 60_000)

const CONTACTS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email | lower
  LastName: person.last_name ?? "Unknown"
  Department: { from: account.activity_band, write: always }
  Title: { from: account.ultimate_parent.name, write: always }
`

test('people see how lively their company is, and the day on which that changes brings it to the CRM', async () => {
  const w = await world({ 'm/contact.yaml': CONTACTS })
  await w.say({
    key: '1',
    says: [
      person('ana@child-works.com', { last_name: 'Ana' }),
      company('child', below('top')),
      company('top'),
      touch('ana@child-works.com', 'page.viewed', START - DAY),
    ],
  })
  await w.settle()
  const contact = () =>
    w.sandboxes.salesforce.records('Contact').map(({ Department, Title }) => [Department, Title])
  expect(contact()).toEqual([['hot', 'top']])
  await dailyPass(w.engine.deps)
  w.clock.advance(6 * DAY)
  await dailyPass(w.engine.deps)
  await w.settle()
  expect(contact()).toEqual([['hot', 'top']])
  w.clock.advance(DAY)
  await dailyPass(w.engine.deps)
  await w.settle()
  expect(contact()).toEqual([['warm', 'top']])
  await w.close()
})

test('changed rules classify every account anew', async () => {
  const w = await world()
  await refreshMappings(w.engine.deps)
  await w.say({ key: '1', says: [company('child')] })
  await w.settle()
  expect((await standings(w)).child!.classes).toMatchObject({ class: 'prospect', activity_band: 'none' })
  w.mappings.current = compile({
    'm/account.yaml': ACCOUNTS,
    'm/classify.yaml': 'apiVersion: tributary/v1\nclass:\n  - competitor: account.name == "child"\n',
  })
  await refreshMappings(w.engine.deps)
  await w.settle()
  expect((await standings(w)).child!.classes).toEqual({ class: 'competitor' })
  await w.close()
})

test('why tells the rule, the claim and the name that decided', async () => {
  const w = await world({ 'm/contact.yaml': WHY_CONTACTS, 'm/account.yaml': WHY_ACCOUNTS })
  await w.say({
    key: 'c',
    says: [company('child', { ...below('top'), attributes: { name: 'child', country: 'DE' } })],
  })
  await w.say({
    key: 'p',
    says: [person('jane@gmail.com', { last_name: 'Doe', company_name: 'Child', country: 'DE' })],
  })
  await w.settle()
  const because = async (object: string, field: string) => {
    const row = w.sandboxes.salesforce.records(object).find(({ Name }) => Name !== 'top-works.com')!
    const { fields } = await explain(w.engine.deps, {
      destination: 'salesforce',
      object,
      id: String(row.Id),
      field,
    })
    return fields[0]!.inputs
  }
  expect(await because('Account', 'Industry')).toEqual([
    { path: 'account.class', kind: 'derived', value: 'prospect', because: 'm/classify.yaml:14: true' },
  ])
  expect(await because('Account', 'Description')).toMatchObject([
    {
      path: 'account.parent.domain',
      value: 'top-works.com',
      because: expect.stringMatching(/^said by book\/facts\/c#/),
    },
  ])
  expect(await because('Contact', 'Department')).toMatchObject([
    {
      value: 'country',
      because: expect.stringMatching(/^the employer "Child" is acc_\w+ by country, confidence 0.85$/),
    },
  ])
  expect(await because('Contact', 'Title')).toMatchObject([
    { value: 'none', because: expect.stringMatching(/^m\/classify.yaml:\d+: true$/) },
  ])
  await w.close()
})

const WHY_ACCOUNTS = `${ACCOUNTS}  Description: account.parent.domain
`.replace('account.industry', 'account.class')
const WHY_CONTACTS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email | lower
  LastName: person.last_name ?? "Unknown"
  Department: person.account_match.method
  Title: account.activity_band
`

const TREE = `${ACCOUNTS}  ParentId: { lookup: Account, by: account.parent.id, on_miss: skip }
  AnnualRevenue: { from: account.rollup.mrr | money_major, write: always }
`

test('the tree stands in the CRM: a child waits for its parent, and the sum goes to the top', async () => {
  const w = await world({ 'm/account.yaml': TREE })
  await w.say({ key: 'c', says: [company('child', below('middle')), subscription('child', 10_000)] })
  await w.say({ key: 'm', says: [company('middle', below('top')), subscription('middle', 5_000)] })
  await w.say({ key: 't', says: [company('top')] })
  // Level by level: whose parent is on its way waits for it.
  for (let level = 0; level < 3; level++) {
    await w.settle()
    w.clock.advance(1_000)
  }
  const rows = w.sandboxes.salesforce.records('Account')
  const nameOf = (id: unknown) => rows.find((row) => row.Id === id)?.Name ?? null
  const tree = rows.map(({ Name, ParentId, AnnualRevenue }) => [Name, nameOf(ParentId), AnnualRevenue])
  expect(tree.sort()).toEqual([
    ['child', 'middle', 100],
    ['middle', 'top', 150],
    ['top', null, 150],
  ])
  await w.close()
})
