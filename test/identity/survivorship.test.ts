import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, rankClaims, type SurvivorshipRules, surviving } from '../../src/identity/index.ts'

const claim = (ref: string, attributes: Record<string, unknown>, more: Partial<Claim> = {}): Claim => ({
  ref,
  attributes,
  method: 'asserted',
  observedAt: 0,
  ...more,
})

test('the newer statement of equal standing wins', () => {
  const { values, sources } = surviving([
    claim('a', { title: 'CTO' }, { observedAt: 1 }),
    claim('b', { title: 'CEO' }, { observedAt: 2 }),
  ])
  expect(values.title).toBe('CEO')
  expect(sources.title).toBe('b')
})

test('a guess never beats a statement, however new it is', () => {
  const { values } = surviving([
    claim('a', { country: 'PK' }),
    claim('b', { country: 'US' }, { method: 'inferred', observedAt: 9 }),
  ])
  expect(values.country).toBe('PK')
})

test('a source that knows no value does not blank one that does, but null is known where nobody knows more', () => {
  const both = surviving([
    claim('a', { phone: '+49301' }, { observedAt: 1 }),
    claim('b', { phone: null }, { observedAt: 2 }),
  ])
  expect(both.values.phone).toBe('+49301')
  expect(surviving([claim('b', { phone: null })]).values).toEqual({ phone: null })
  expect('phone' in surviving([claim('b', {})]).values).toBe(false)
})

test('consent is the latest statement per purpose', () => {
  const { values } = surviving([
    claim('a', { consent: { marketing: 'granted', analytics: 'granted' } }, { observedAt: 1 }),
    claim('b', { consent: { marketing: 'denied' } }, { observedAt: 2 }),
  ])
  expect(values.consent).toEqual({ marketing: 'denied', analytics: 'granted' })
})

test('what stands for nothing loses to what says something, however new it is', () => {
  const said = (field: string, old: string, young: string) =>
    surviving([
      claim('a', { [field]: old }, { observedAt: 1 }),
      claim('b', { [field]: young }, { observedAt: 2, method: 'asserted' }),
    ]).values[field]
  expect(said('last_name', 'Lovelace', 'n/a')).toBe('Lovelace')
  expect(said('email', 'ada@acme.example', 'none')).toBe('ada@acme.example')
  expect(said('phone', '+49 30 1234567', '0000000')).toBe('+49 30 1234567')
  expect(said('last_name', '', 'n/a')).toBe('n/a')
  // A profession, and no name.
  expect(said('title', 'Developer', 'Tester')).toBe('Tester')
})

test('a locked field is what its source says as long as it says something', () => {
  const rules: SurvivorshipRules = { fields: { title: { lock: ['hr', 'crm'] } } }
  const claims = [
    claim('form/leads/1#0', { title: 'CEO' }, { observedAt: 9 }),
    claim('crm/Contact/1#0', { title: 'CTO' }, { observedAt: 2, method: 'derived' }),
    claim('hr/staff/1#0', { title: '' }, { observedAt: 5 }),
  ]
  expect(surviving(claims, rules).values.title).toBe('CTO')
  expect(surviving(claims).values.title).toBe('CEO')
  expect(
    rankClaims('title', claims, rules).map(({ claim, lostBy }) => [claim.ref.split('/')[0], lostBy]),
  ).toEqual([
    ['crm', undefined],
    ['form', 'lock'],
    ['hr', 'lock'],
  ])
})

test('a source that is listed before another counts more than how new it is, and less than how it knows', () => {
  const rules: SurvivorshipRules = { sources: ['billing', 'crm'], fields: { phone: { sources: ['crm'] } } }
  const claims = [
    claim('billing/customers/1#0', { city: 'Bonn', phone: '+49301' }, { observedAt: 1 }),
    claim('crm/Contact/1#0', { city: 'Köln', phone: '+49302' }, { observedAt: 2 }),
    claim('form/leads/1#0', { city: 'Ulm', phone: '+49303' }, { observedAt: 3 }),
  ]
  expect(surviving(claims, rules).values).toEqual({ city: 'Bonn', phone: '+49302' })
  expect(surviving(claims).values).toEqual({ city: 'Ulm', phone: '+49303' })
  const [billing, ...others] = claims
  expect(surviving([{ ...billing!, method: 'inferred' }, ...others], rules).values.city).toBe('Köln')
  expect(rankClaims('city', claims, rules).map(({ lostBy }) => lostBy)).toEqual([
    undefined,
    'source',
    'source',
  ])
})

test('of two at once the one that says more of somebody is believed', () => {
  const claims = [
    claim('a/s/1#0', { city: 'Bonn' }),
    claim('b/s/1#0', { city: 'Köln', street: 'Ring 1', phone: '' }),
  ]
  expect(surviving(claims).values.city).toBe('Köln')
  expect(rankClaims('city', claims)[1]!.lostBy).toBe('completeness')
})

test('the golden record is a function of the set of claims', () => {
  const anyClaim = fc.record({
    ref: fc
      .tuple(fc.constantFrom('crm/', 'billing/', ''), fc.string({ minLength: 1, maxLength: 3 }))
      .map((x) => x.join('')),
    attributes: fc.record(
      {
        name: fc.constantFrom('x', 'y', 'n/a', '', null),
        city: fc.constantFrom('کراچی', '北京', null),
        consent: fc.constantFrom({ marketing: 'granted' }, { gpc: true }, null),
      },
      { requiredKeys: [] },
    ),
    method: fc.constantFrom('asserted', 'derived', 'inferred'),
    observedAt: fc.nat(3),
  }) as fc.Arbitrary<Claim>
  const claims = fc.uniqueArray(anyClaim, { selector: (c) => c.ref, maxLength: 6 })
  const sources = fc.option(fc.shuffledSubarray(['crm', 'billing']), { nil: undefined })
  const rules = fc.record({
    sources,
    fields: fc.record({ name: fc.record({ sources, lock: sources }), city: fc.record({ lock: sources }) }),
  }) as fc.Arbitrary<SurvivorshipRules>
  fc.assert(
    fc.property(
      claims.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      rules,
      ([all, shuffled], rules) => {
        expect(surviving(shuffled, rules)).toEqual(surviving(all, rules))
        const [best] = rankClaims('name', shuffled, rules)
        expect(best?.claim.ref).toBe(surviving(all, rules).sources.name)
      },
    ),
  )
})
