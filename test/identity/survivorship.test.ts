import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, surviving } from '../../src/identity/index.ts'

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

test('the golden record is a function of the set of claims', () => {
  const anyClaim = fc.record({
    ref: fc.string({ minLength: 1, maxLength: 3 }),
    attributes: fc.record(
      {
        name: fc.constantFrom('x', 'y', '', null),
        city: fc.constantFrom('کراچی', '北京', null),
        consent: fc.constantFrom({ marketing: 'granted' }, { gpc: true }, null),
      },
      { requiredKeys: [] },
    ),
    method: fc.constantFrom('asserted', 'derived', 'inferred'),
    observedAt: fc.nat(3),
  }) as fc.Arbitrary<Claim>
  const claims = fc.uniqueArray(anyClaim, { selector: (c) => c.ref, maxLength: 6 })
  fc.assert(
    fc.property(
      claims.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        expect(surviving(shuffled)).toEqual(surviving(all))
      },
    ),
  )
})
