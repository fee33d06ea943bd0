import { expect, test } from 'vitest'
import { type AnyConnector, AuthError, type ConnectorContext, RateLimitError } from '#kit'
import apollo from '../../connectors/apollo/index.ts'
import companiesHouse from '../../connectors/companies-house/index.ts'
import gleif from '../../connectors/gleif/index.ts'
import theCompaniesApi from '../../connectors/the-companies-api/index.ts'
import { createApolloSandbox } from '../../src/sandbox/apollo/index.ts'
import { createCompaniesHouseSandbox } from '../../src/sandbox/companies-house/index.ts'
import { createGleifSandbox } from '../../src/sandbox/gleif/index.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { createCompaniesApiSandbox } from '../../src/sandbox/the-companies-api/index.ts'
import { NOW, type TestClock, testClock, contextOf as typedContextOf } from './support.ts'

const contextOf = (
  connector: AnyConnector,
  config: Record<string, unknown>,
  sandboxes: Sandbox[],
  clock?: TestClock,
  // biome-ignore lint/suspicious/noExplicitAny: each connector has read its own configuration
): ConnectorContext<any> => typedContextOf(connector, config, sandboxes, clock)

const acme = { kind: 'account', domain: 'acme-works.com', name: 'Acme Works' } as const

test('The Companies API: an answer with its parent, and credits that ran out pause it until tomorrow', async () => {
  const now = () => NOW
  const parent = { name: 'Acme Holding', domain: 'www.acme-holding.com' }
  const sandbox = createCompaniesApiSandbox({
    apiToken: 'token',
    companies: [{ domain: 'acme-works.com', name: 'Acme', employees: 12, parent }],
    credits: 1,
    now,
  })
  const config = theCompaniesApi.config.parse({ apiToken: 'token' })
  const ctx = contextOf(theCompaniesApi, config, [sandbox])
  await theCompaniesApi.check!(ctx)
  expect(await theCompaniesApi.enricher!.enrich(ctx, acme)).toMatchObject({
    status: 'hit',
    cost: 1,
    fields: { name: { value: 'Acme' }, employees: { value: 12 } },
    parent: { identifiers: [{ kind: 'domain', value: 'acme-holding.com' }], name: 'Acme Holding' },
  })
  const error = await theCompaniesApi.enricher!.enrich(ctx, acme).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({
    code: 'enrich.credits_exhausted',
    details: { retryAfterMs: 14.5 * 3_600_000 },
  })
  const stranger = contextOf(theCompaniesApi, theCompaniesApi.config.parse({ apiToken: 'other' }), [sandbox])
  await expect(theCompaniesApi.check!(stranger)).rejects.toBeInstanceOf(AuthError)
})

test('Apollo: companies and people; a wrong key, a closed endpoint and a used-up minute are told apart', async () => {
  const clock = testClock()
  const sandbox = createApolloSandbox({
    apiKey: 'key',
    organizations: [{ primary_domain: 'acme-works.com', name: 'Acme', country: 'United States' }],
    people: [{ email: 'ada@acme-works.com', name: 'Ada Lovelace', seniority: 'c_suite' }],
    perMinute: 2,
    now: clock.now,
  })
  const of = (apiKey: string, more = sandbox) =>
    contextOf(apollo, apollo.config.parse({ apiKey }), [more], clock)
  const ask = apollo.enricher!.enrich
  expect(await ask(of('key'), acme)).toMatchObject({ status: 'hit', fields: { country: { value: 'US' } } })
  expect(await ask(of('key'), { kind: 'person', email: 'Ada@acme-works.com' })).toMatchObject({
    status: 'hit',
    fields: { full_name: { value: 'Ada Lovelace' } },
  })
  expect(await ask(of('key'), { kind: 'person', email: 'bob@acme-works.com' })).toEqual({
    status: 'miss',
    cost: 0,
  })
  await expect(apollo.check!(of('wrong'))).rejects.toBeInstanceOf(AuthError)
  await expect(ask(of('wrong'), acme)).rejects.toBeInstanceOf(AuthError)
  const closed = createApolloSandbox({ apiKey: 'key', closed: ['people/match'], now: clock.now })
  await expect(ask(of('key', closed), { kind: 'person', email: 'a@b.co' })).rejects.toMatchObject({
    kind: 'auth',
  })
  const busy = await ask(of('key'), { kind: 'person', email: 'cyd@acme-works.com' }).catch((e: unknown) => e)
  expect(busy).toBeInstanceOf(RateLimitError)
})

test('GLEIF: two entities of one name are nobody, and parents are asked for where they are wanted', async () => {
  const entities = [
    { lei: 'L1', name: 'Acme Works GmbH', country: 'DE', parent: 'L2' },
    { lei: 'L2', name: 'Acme Works Inc', country: 'US' },
  ]
  const sandbox = createGleifSandbox({ entities, now: () => NOW })
  const of = (parents: boolean) => contextOf(gleif, gleif.config.parse({ parents }), [sandbox])
  expect(await gleif.enricher!.enrich(of(true), acme)).toEqual({ status: 'miss', cost: 0 })
  const german = { ...acme, country: 'DE' }
  expect(await gleif.enricher!.enrich(of(true), german)).toMatchObject({
    identifiers: [{ kind: 'lei', value: 'L1' }],
    parent: { identifiers: [{ kind: 'lei', value: 'L2' }], name: 'Acme Works Inc' },
  })
  const before = sandbox.requests.length
  expect(await gleif.enricher!.enrich(of(false), german)).not.toHaveProperty('parent')
  expect(sandbox.requests.length).toBe(before + 1)
})

test('Companies House: who holds the majority is the parent, by its number, where that is a British one', async () => {
  const companies = [
    { number: '01234567', title: 'ACME WORKS LIMITED', heldBy: { number: '42', name: 'Acme Holding Ltd' } },
    {
      number: '07654321',
      title: 'BOLT WORKS LTD',
      heldBy: { number: 'HRB 1', name: 'Bolt SE', country: 'Germany' },
    },
    {
      number: '07654322',
      title: 'COG WORKS LTD',
      heldBy: { number: '43', name: 'Fund LP', share: '25-to-50' },
    },
  ]
  const sandbox = createCompaniesHouseSandbox({ apiKey: 'key', companies, now: () => NOW })
  const ctx = contextOf(companiesHouse, companiesHouse.config.parse({ apiKey: 'key' }), [sandbox])
  await companiesHouse.check!(ctx)
  const ask = (name: string) =>
    companiesHouse.enricher!.enrich(ctx, { kind: 'account', domain: 'acme-works.co.uk', name, country: 'GB' })
  expect(await ask('Acme Works')).toMatchObject({
    status: 'hit',
    identifiers: [{ kind: 'vendor_id', value: 'company:01234567' }],
    parent: { identifiers: [{ kind: 'vendor_id', value: 'company:00000042' }], name: 'Acme Holding Ltd' },
  })
  for (const name of ['Bolt Works', 'Cog Works']) expect(await ask(name)).not.toHaveProperty('parent')
})
