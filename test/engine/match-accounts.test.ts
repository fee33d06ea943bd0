import { expect, test } from 'vitest'
import { Contribution, type Contribution as Said } from '#model'
import { judgePair, unmerge } from '../../src/engine/matching/judge.ts'
import { refreshMatching } from '../../src/engine/matching/match-changes.ts'
import type { Standing } from '../../src/engine/ports.ts'
import { guard } from '../../src/routes/guard.ts'
import { pageRoutes } from '../../src/routes/pages.ts'
import { api } from './api-support.ts'
import { createWorld, type Fact, MINUTE, person, START, tell, type World } from './support.ts'

const MAPPINGS = {
  'account.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Account }
from: account
when: account.name | is_set
fields:
  Name: account.name
  Website: account.domain
  Industry: account.industry
  NumberOfEmployees: account.employees
`,
  'contact.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  AccountId: { lookup: Account, by: account.id, on_miss: skip }
  Email: person.email
  LastName: person.last_name
  Department: account.industry
  Title: account.ultimate_parent.name
`,
  'deal.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Opportunity }
from: quote
fields:
  Name: account.industry ?? quote.title
  StageName: '"Closed Won"'
  CloseDate: quote.created_at | date
`,
}

const open = (mode: string) => createWorld({ mappings: MAPPINGS, config: `matching: { mode: ${mode} }` })

let version = 0
const fact = (key: string, ...says: Said[]): Fact => ({ key, updated_at: START + ++version, says })
const company = (id: string, attributes: Record<string, unknown>, more: Record<string, unknown> = {}): Said =>
  Contribution.parse({
    type: 'account',
    identifiers: [id.includes('.') ? { kind: 'domain', value: id } : { kind: 'group_id', value: id }],
    attributes,
    ...more,
  })

const SITE = { street: 'Werkstraße 12', postal_code: '10115', city: 'Berlin', country: 'DE' }
/** As the CRM knows it, and as the billing does. */
const SOLD = fact('crm', company('novatrend.com', { name: 'Novatrend', ...SITE, industry: 'Optics' }))
const BILLED = fact('bill', company('billing-7', { name: 'Novatrend GmbH', ...SITE, employees: 12 }))

const pairs = async (w: World) => (await w.store.match.pairs({ limit: 100 })).items
const accounts = async (w: World) => {
  const { items } = await w.inspect.entities({ limit: 100, kind: 'account' })
  return items.map(({ id, golden: { name, domain, industry, employees } }) => ({
    id,
    name,
    domain,
    industry,
    employees,
  }))
}
const crm = (w: World) =>
  w.sandboxes.salesforce
    .records('Account')
    .map(({ Name, Industry = null, NumberOfEmployees = null }) => [Name, Industry, NumberOfEmployees])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
const idOf = async (w: World, value: string) => {
  const kind = value.includes('.') ? 'domain' : 'group_id'
  const [found] = await w.store.absorb.findIdentifiers([{ entityKind: 'account', kind, value }])
  return found!.entity
}

test('two records of one company wait for a person where nothing else is asked for', async () => {
  const w = await open('review')
  await tell(w, SOLD, BILLED)
  expect(await pairs(w)).toMatchObject([{ kind: 'account', verdict: 'same' }])
  expect(crm(w)).toEqual([
    ['Novatrend', 'Optics', null],
    ['Novatrend GmbH', null, 12],
  ])
  await w.close()
})

test('a sure pair is one company before the CRM hears of either, where that is asked for', async () => {
  const w = await open('auto')
  await tell(w, SOLD, BILLED)
  expect(await accounts(w)).toMatchObject([{ domain: 'novatrend.com', industry: 'Optics', employees: 12 }])
  expect(crm(w)).toMatchObject([[expect.any(String), 'Optics', 12]])
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('where nothing is compared no company is', async () => {
  const w = await open('off')
  await tell(w, SOLD, BILLED)
  expect(await pairs(w)).toEqual([])
  w.engine.deps.matching.mode = 'auto'
  await refreshMatching(w.engine.deps)
  await w.settle()
  expect(await accounts(w)).toHaveLength(1)
  await w.close()
})

test('accepted they are one in the CRM, and rejected both are again what they were', async () => {
  const w = await open('review')
  await tell(w, SOLD)
  await tell(w, BILLED)
  const before = await accounts(w)
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  expect(await accounts(w)).toMatchObject([{ domain: 'novatrend.com', industry: 'Optics', employees: 12 }])
  expect(crm(w)).toContainEqual([expect.any(String), 'Optics', 12])
  expect(crm(w)).toHaveLength(2)
  expect(await pairs(w)).toEqual([])

  // What is said of one while both are one goes with it.
  await tell(w, fact('bill', company('billing-7', { name: 'Novatrend GmbH', ...SITE, employees: 14 })))
  expect(await accounts(w)).toMatchObject([{ employees: 14 }])

  await judgePair(w.engine.deps, pair!, 'different')
  w.clock.advance(MINUTE)
  await w.settle()
  const change = (row: (typeof before)[number]) => (row.employees === 12 ? { ...row, employees: 14 } : row)
  expect(new Set(await accounts(w))).toEqual(new Set(before.map(change)))
  expect(crm(w)).toMatchObject([
    ['Novatrend', 'Optics', expect.anything()],
    ['Novatrend GmbH', null, 14],
  ])
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('the only CRM record of two is the record of both, and goes back to the one that it was made for', async () => {
  const w = await open('review')
  await tell(w, BILLED)
  await tell(
    w,
    fact('crm', company('novatrend.com', { ...SITE, linkedin_url: 'linkedin.com/company/novatrend' })),
  )
  expect(crm(w)).toHaveLength(1)
  const [billed, sold] = [await idOf(w, 'billing-7'), await idOf(w, 'novatrend.com')]
  await judgePair(w.engine.deps, { a: sold, b: billed }, 'same')
  await w.settle()
  expect(crm(w)).toHaveLength(1)
  await unmerge(w.engine.deps, sold)
  w.clock.advance(MINUTE)
  await w.settle()
  const key = { destination: 'salesforce', object: 'Account', entity: billed }
  expect(await w.store.project.projections([key])).toMatchObject([{ externalId: billed }])
  expect(crm(w)).toHaveLength(1)
  await w.close()
})

test('people follow their company there and back, also where it tells nothing new', async () => {
  const w = await open('review')
  await tell(w, SOLD)
  await tell(w, fact('bill', company('billing-7', { name: 'Novatrend', ...SITE })))
  const works = { account: [{ kind: 'group_id', value: 'billing-7' }] }
  await tell(w, fact('p', person('berg@mail.example', { last_name: 'Berg' }, works)))
  const contact = () => w.sandboxes.salesforce.records('Contact')[0]!
  const { AccountId: own } = contact()
  const [sold, billed] = [await idOf(w, 'novatrend.com'), await idOf(w, 'billing-7')]
  await judgePair(w.engine.deps, { a: sold, b: billed }, 'same')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contact()).toMatchObject({ Department: 'Optics' })
  expect(contact().AccountId).not.toBe(own)
  await unmerge(w.engine.deps, billed)
  w.clock.advance(MINUTE)
  await w.settle()
  expect(contact().AccountId).toBe(own)
  await w.close()
})

test('whoever works there, buys for it or stands below it follows the company there and back', async () => {
  const w = await open('review')
  const employee = (email: string) =>
    person(email, { last_name: 'Berg' }, { account: [{ kind: 'group_id', value: 'billing-7' }] })
  const quote = Contribution.parse({
    type: 'document',
    account: [{ kind: 'group_id', value: 'billing-7' }],
    document: {
      type: 'quote',
      key: 'q1',
      number: 'Q-1',
      title: 'Lenses',
      status: 'sent',
      currency: 'EUR',
      total: { amount: 100, currency: 'EUR' },
      created_at: START,
    },
  })
  const child = company(
    'daughter-optik.de',
    { name: 'Tochter Optik' },
    {
      parent: [{ kind: 'group_id', value: 'billing-7' }],
    },
  )
  const clerk = person('li@daughter-optik.de', { last_name: 'Li' })
  await tell(w, SOLD)
  await tell(w, fact('bill', company('billing-7', { name: 'Novatrend', ...SITE })))
  await tell(w, fact('p', employee('berg@mail.example')), fact('q', quote), fact('c', child, clerk))

  const seen = async () => {
    const contacts = w.sandboxes.salesforce.records('Contact')
    const { items } = await w.inspect.entities({ limit: 100, kind: 'account' })
    const named = new Map(items.map(({ id, golden }) => [id, golden]))
    const standing = (id: string) => named.get(id)?.$standing as Standing | undefined
    const berg = contacts.find(({ LastName }) => LastName === 'Berg')!
    const li = contacts.find(({ LastName }) => LastName === 'Li')!
    const place = standing(await idOf(w, 'daughter-optik.de'))
    return {
      industryOfContact: berg.Department ?? null,
      accountOfContact: berg.AccountId,
      topOfDaughter: li.Title,
      nameOfDeal: w.sandboxes.salesforce.records('Opportunity')[0]!.Name,
      parent: place?.parent?.id,
      children: [
        standing(await idOf(w, 'novatrend.com'))?.children,
        standing(await idOf(w, 'billing-7'))?.children,
      ],
    }
  }
  const apart = await seen()
  const [sold, billed] = [await idOf(w, 'novatrend.com'), await idOf(w, 'billing-7')]
  expect(apart).toMatchObject({
    industryOfContact: null,
    nameOfDeal: 'Lenses',
    parent: billed,
    children: [0, 1],
  })

  await judgePair(w.engine.deps, { a: sold, b: billed }, 'same')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(await seen()).toMatchObject({
    industryOfContact: 'Optics',
    nameOfDeal: 'Optics',
    parent: sold,
    children: [1, undefined],
  })
  expect((await seen()).accountOfContact).not.toBe(apart.accountOfContact)

  await unmerge(w.engine.deps, billed)
  w.clock.advance(MINUTE)
  await w.settle()
  // A field that the mapping does not clear keeps its value.
  expect(await seen()).toEqual({ ...apart, industryOfContact: 'Optics' })
  await w.close()
})

test('companies of one group are no pair, nor is one whose parent the other turns out to be', async () => {
  const w = await open('review')
  await tell(
    w,
    fact('g', company('kestrel.de', { name: 'Kestrel Germany GmbH', phone: '+49 30 9018200' })),
    fact('i', company('kestrel-inc.com', { name: 'Kestrel Inc', phone: '+49 30 9018200' })),
  )
  expect(await pairs(w)).toEqual([])
  await tell(w, SOLD, BILLED)
  expect(await pairs(w)).toHaveLength(1)
  await tell(
    w,
    fact(
      'bill',
      company(
        'billing-7',
        { name: 'Novatrend GmbH', ...SITE },
        { parent: [{ kind: 'domain', value: 'novatrend.com' }] },
      ),
    ),
  )
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('whoever said what they are told by takes it back, and the pair is none any more', async () => {
  const w = await open('review')
  await tell(w, SOLD, BILLED)
  expect(await pairs(w)).toHaveLength(1)
  await w.forget('bill')
  w.clock.advance(MINUTE)
  await w.settle()
  expect(await pairs(w)).toEqual([])
  await w.close()
})

test('companies that turn out to have an identifier in common are one, whatever was judged', async () => {
  const w = await open('review')
  await tell(w, SOLD, BILLED)
  const [pair] = await pairs(w)
  await judgePair(w.engine.deps, pair!, 'same')
  await w.settle()
  const both = Contribution.parse({
    type: 'account',
    identifiers: [
      { kind: 'domain', value: 'novatrend.com' },
      { kind: 'group_id', value: 'billing-7' },
    ],
    attributes: {},
  })
  await tell(w, fact('both', both))
  expect(await accounts(w)).toHaveLength(1)
  await expect(unmerge(w.engine.deps, pair!.a)).rejects.toMatchObject({ code: 'match.alone' })
  await w.close()
})

test('a company of which no more than the domain of an address is known is compared too', async () => {
  const w = await open('review')
  await tell(w, BILLED, fact('p', person('berg@novatrend.com', { last_name: 'Berg' })))
  expect(await pairs(w)).toMatchObject([{ kind: 'account', verdict: 'unsure' }])
  await w.close()
})

test('what the CRM has merged it cannot take apart: that is told, and a new record is made', async () => {
  const w = await open('review')
  await tell(w, SOLD, BILLED)
  const [sold, billed] = [await idOf(w, 'novatrend.com'), await idOf(w, 'billing-7')]
  await judgePair(w.engine.deps, { a: sold, b: billed }, 'same')
  await w.settle()
  const crmOf = async (entity: string) => {
    const key = { destination: 'salesforce', object: 'Account', entity }
    return (await w.store.project.projections([key]))[0]?.crmId
  }
  const [kept, gone] = [await crmOf(sold), await crmOf(billed)]
  w.sandboxes.salesforce.merge('Account', kept!, gone!)
  const redirect = { destination: 'salesforce', object: 'Account', from: gone!, to: kept! }
  await w.store.deliver.finish({
    now: w.clock.now(),
    results: [],
    deliveries: [],
    live: [],
    redirects: [{ ...redirect, reason: 'merged' }],
  })
  expect(await unmerge(w.engine.deps, billed)).toMatchObject({ from: [sold], fused: [redirect] })
  w.clock.advance(MINUTE)
  await w.settle()
  expect(await crmOf(sold)).toBe(kept)
  expect([kept, gone, undefined]).not.toContain(await crmOf(billed))
  expect(crm(w)).toHaveLength(2)
  await w.close()
})

test('a person and a company are two', async () => {
  const w = await open('review')
  await tell(w, SOLD, fact('p', person('berg@novatrend.com', { last_name: 'Berg' })))
  const { items } = await w.inspect.entities({ limit: 9, kind: 'person' })
  const mixed = { a: items[0]!.id, b: await idOf(w, 'novatrend.com') }
  await expect(judgePair(w.engine.deps, mixed, 'same')).rejects.toMatchObject({ code: 'request.invalid' })
  await w.close()
})

test('the API tells companies from people, and takes a word on both', async () => {
  const w = await open('review')
  const ada = (email: string) =>
    person(email, { first_name: 'Ada', last_name: 'Lovelace', phone: '+44 20 7946 0958', city: 'London' })
  await tell(w, SOLD, BILLED, fact('a', ada('ada@mail.example')), fact('b', ada('ada.l@post.example')))
  const { get, post } = api(w)
  expect((await get('/api/matches')).body.items).toHaveLength(2)
  const { body } = await get('/api/matches?kind=account')
  const [match] = body.items
  expect(body.items).toMatchObject([{ kind: 'account', verdict: 'same' }])
  expect(match.evidence).toContainEqual({ attribute: 'street', level: 'equal', weight: expect.any(Number) })
  const pages = pageRoutes({
    inspect: w.inspect,
    match: w.store.match,
    guard: guard({ isLoopback: true }),
    secrets: [],
  })
  const page = await (await pages.request(`http://localhost/accounts/${match.a}`)).text()
  expect(page).toContain('Perhaps the same company')
  expect(page).toContain(`href="/accounts/${match.b}"`)

  expect((await post(`/api/matches/${match.id}/accept`, {})).status).toBe(200)
  await w.settle()
  expect(await accounts(w)).toHaveLength(1)
  expect(await post(`/api/accounts/${match.a}/unmerge`, {})).toMatchObject({
    status: 200,
    body: { entity: match.a, from: [match.b], fused: [], left: { fields: expect.any(Array) } },
  })
  await w.settle()
  expect(await accounts(w)).toHaveLength(2)
  await post(`/api/matches/${match.id}/reopen`, {})
  expect((await get('/api/matches?kind=account')).body.items).toMatchObject([{ id: match.id }])
  await w.close()
})

test('a person who shares house and telephone with a company is no company', async () => {
  const w = await open('auto')
  const reached = { ...SITE, phone: '+493012345678' }
  await tell(
    w,
    fact('crm', company('novatrend.com', { name: 'Novatrend', ...reached })),
    fact('lead', person('billing@novatrend.com', { company_name: 'Novatrend', ...reached })),
  )
  await w.settle()
  expect(await pairs(w)).toEqual([])
  expect((await accounts(w)).map(({ name }) => name)).toEqual(['Novatrend'])
  expect((await w.inspect.entities({ limit: 9, kind: 'person' })).items).toHaveLength(1)
  await w.close()
})
