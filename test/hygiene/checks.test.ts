import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RecordAttribute } from '#kit'
import { checkAccount } from '../../src/hygiene/accounts.ts'
import {
  CHECKS,
  type CrmRecord,
  checkRecord,
  DAY_MS,
  DEFAULTS,
  findDealsTwice,
  type Surroundings,
  staleAfterMs,
  stuckAfter,
  trustOf,
} from '../../src/hygiene/index.ts'
import { inTitleCase } from '../../src/hygiene/names.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const around: Surroundings = {
  now: NOW,
  settings: DEFAULTS,
  users: new Map(),
  account: () => undefined,
  accountOfDomain: () => undefined,
  listOf: () => undefined,
}
const checksOf = (kind: CrmRecord['kind'], values: CrmRecord['values']): string[] => {
  const has = new Set(Object.keys(values) as RecordAttribute[])
  return checkRecord({ object: kind, kind, crmId: '1', has, values }, around).map(({ check }) => check)
}

test('every check is documented, and only checks that there are', () => {
  const text = readFileSync(new URL('../../docs/hygiene.md', import.meta.url), 'utf8')
  const named = new Set([...text.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name]) => name))
  for (const check of Object.keys(CHECKS))
    if (!check.startsWith('missing.')) expect([...named], check).toContain(check)
  const families = new Set(Object.keys(CHECKS).map((check) => check.split('.')[0]))
  for (const name of named)
    if (families.has(name!.split('.')[0]!)) expect(Object.keys(CHECKS)).toContain(name)
})

test.each([
  ['VAN DER MEER-ÖRTEL', true, 'en', 'van der Meer-Örtel'],
  ['DE LA CRUZ', true, 'en', 'de la Cruz'],
  ["o'brien", true, 'en', "O'Brien"],
  ['MCDONALD', true, 'en', 'McDonald'],
  ['MACHADO', true, 'en', 'Machado'],
  ['ИВАНОВА-ПЕТРОВА', true, 'en', 'Иванова-Петрова'],
  ['ΠΑΠΑΔΟΠΟΥΛΟΣ', true, 'en', 'Παπαδοπουλος'],
  ['IŞIK', true, 'tr', 'Işık'],
  ['ben', false, 'en', 'Ben'],
  ['VAN', true, 'en', 'Van'],
])('%s is written %s as a family name in %s: %s', (text, isFamily, locale, written) => {
  expect(inTitleCase(text, locale, isFamily)).toBe(written)
})

test('names that look made up are names beside another one; scripts without capitals have none', () => {
  const person = (first_name: string, last_name: string) => checksOf('contact', { first_name, last_name })
  for (const [first, last] of [
    ['Christopher', 'Guest'],
    ['서연', 'Na'],
    ['小明', '王'],
    ['فاطمہ', 'خان'],
    ['נועה', 'לוי'],
    ['JP', 'Morgan'],
    ['Ludwig', 'van Beethoven'],
    ['bell', 'Hooks'],
  ] as const)
    expect(person(first, last), `${first} ${last}`).toEqual([])
  expect(person('Test', 'User')).toEqual(['name.placeholder', 'name.placeholder'])
  expect(person('Ada', 'Unknown')).toEqual(['name.placeholder'])
  expect(person('xxx', 'Lovelace')).toEqual(['name.placeholder'])
  expect(person('Ada', 'ada@acme-works.com')).toEqual(['name.malformed'])
  expect(person('ada', 'lovelace')).toEqual(['name.capitals', 'name.capitals'])
  expect(person('Jürgen', 'MÜLLER')).toEqual(['name.capitals'])
})

test('addresses: who reads them, and whether anybody can', () => {
  const email = (text: string) => checksOf('contact', { email: text })
  expect(email('ada@acme-works.com')).toEqual([])
  expect(email('Ada.Lovelace+news@Acme-Works.co.uk')).toEqual([])
  expect(email('jürgen@müller-möbel.de')).toEqual([])
  expect(email('Ada <ada@acme-works.com>')).toEqual(['email.malformed'])
  expect(email('ada@acme')).toEqual(['email.malformed'])
  expect(email('none@none.com')).toEqual(['email.placeholder'])
  expect(email('info@acme-works.com')).toEqual(['email.role'])
  expect(email('ada@yahoo.co.jp')).toEqual(['email.free_mail'])
})

test('a country that is in no list of the CRM is one issue and not two', () => {
  const listed = { ...around, listOf: () => new Set(['Germany', 'France']) }
  const of = (country: string) =>
    checkRecord(
      { object: 'Account', kind: 'account', crmId: '1', has: new Set(['country']), values: { country } },
      listed,
    )
  expect(of('Atlantis').map(({ check }) => check)).toEqual(['value.not_in_list'])
  expect(of('GERMANY')).toMatchObject([{ fix: { kind: 'standardise', set: { country: 'Germany' } } }])
  expect(of('Germany')).toEqual([])
})

test('trust falls off by the yearly decay, and a record is stale where less than the wanted share is left', () => {
  const year = 365.25 * DAY_MS
  expect(trustOf(year, DEFAULTS)).toBeCloseTo(0.75, 10)
  // 2.37 % a month: the same 25 % a year.
  expect(1 - trustOf(year / 12, DEFAULTS)).toBeCloseTo(0.0237, 4)
  expect(Math.round(staleAfterMs(DEFAULTS) / DAY_MS)).toBe(880)
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      (yearlyDecay, leastTrust) => {
        const settings = { ...DEFAULTS, yearlyDecay, leastTrust }
        expect(trustOf(staleAfterMs(settings), settings)).toBeCloseTo(leastTrust, 8)
      },
    ),
  )
})

test('a deal is stuck by the other deals of its stage, and not among a few', () => {
  const days = (...ages: number[]) => ages.map((age) => age * DAY_MS)
  const limitOf = (ages: number[]) => {
    const stuck = stuckAfter(days(...ages), DEFAULTS)
    return stuck && stuck.limit / DAY_MS
  }
  // Three times the median, in whatever order they come.
  expect(limitOf([90, 21, 20, 22, 24, 23, 25, 27, 26, 28, 29])).toBe(75)
  expect(limitOf([20, 21, 22, 23, 24, 25, 26, 90])).toBeUndefined()
  // Three times two days is no reason to worry.
  expect(limitOf([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 29])).toBe(30)
})

test('an account is dead, idle or untouched, never two of them', () => {
  const days = (count: number) => NOW - count * DAY_MS
  const facts = {
    createdAt: days(900),
    activityAt: days(800),
    hasActivity: true,
    hasContact: true,
    hasActiveContact: false,
    hasDeal: false,
    hasOpenDeal: false,
    hasWonDeal: false,
    isBeforeCustomer: false,
  }
  const of = (more: Partial<typeof facts>) => checkAccount({ ...facts, ...more }, around)
  expect(of({})).toMatchObject([{ check: 'account.dead' }])
  expect(of({})[0]).not.toHaveProperty('fix')
  expect(of({ hasContact: false })[1]).toMatchObject({ check: 'account.dead', fix: { kind: 'archive' } })
  expect(of({ hasOpenDeal: true })).toMatchObject([{ check: 'account.idle' }])
  expect(of({ hasActiveContact: true })).toMatchObject([{ check: 'account.idle' }])
  expect(of({ activityAt: days(10) })).toEqual([])
  expect(of({ hasActivity: false })).toEqual([])
})

test('renewals of every year are no duplicates; the same sale twice is', () => {
  const deal = (crmId: string, closeOn: string, more = {}) => ({
    object: 'Opportunity',
    crmId,
    number: 0,
    account: 'a',
    nameKey: 'renewal',
    amount: '100',
    closeOn,
    isOpen: false,
    isOurs: false,
    ...more,
  })
  expect(findDealsTwice([deal('1', '2025-01-01'), deal('2', '2026-01-01')])).toEqual({
    groups: [],
    pairs: [],
  })
  const twice = findDealsTwice([deal('2', '2025-01-01', { isOurs: true }), deal('1', '2025-01-01')])
  // Ours is the one that stays.
  expect(twice.groups.map((group) => group.map(({ crmId }) => crmId))).toEqual([['2', '1']])
})
