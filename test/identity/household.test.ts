import { expect, test } from 'vitest'
import { familyNameOf, householdKeyOf, householdName } from '../../src/identity/index.ts'

const HOME = { street: 'Lindenweg 4', postal_code: '50667', city: 'Köln', country: 'DE' }
const keyOf = (more: Record<string, unknown>) => householdKeyOf({ last_name: 'Weber', ...HOME, ...more })

test.each([
  ['another given name', { first_name: 'Jonas' }],
  ['other capitals and blanks', { last_name: ' WEBER ', street: 'LINDENWEG  4', postal_code: '50 667' }],
  ['the country by its name', { country: 'Germany' }],
  ['one text for the whole name', { last_name: undefined, full_name: 'Dr. Lena Weber' }],
  ['another town, where the code tells', { city: 'Köln-Altstadt' }],
])('one household: %s', (_, more) => {
  expect(keyOf(more)).toBe(keyOf({}))
  expect(keyOf(more)).toBeDefined()
})

test.each([
  ['another name', { last_name: 'Webber' }],
  ['another house', { street: 'Lindenweg 6' }],
  ['another flat', { street: 'Lindenweg 4, Whg 12' }],
  ['another street', { street: 'Ahornweg 4' }],
  ['another postal code', { postal_code: '50668' }],
  ['another country', { country: 'AT', postal_code: '5066' }],
])('two households: %s', (_, more) => {
  expect(keyOf(more)).not.toBe(keyOf({}))
  expect(keyOf(more)).toBeDefined()
})

test.each([
  ['no family name', { last_name: null, first_name: 'Lena' }],
  ['no street', { street: '' }],
  ['no number', { street: 'Lindenweg' }],
  ['neither code nor town', { postal_code: null, city: null }],
  ['a made-up street', { street: 'n/a' }],
])('nobody is told to live with others: %s', (_, more) => {
  expect(keyOf(more)).toBeUndefined()
})

test('a household is called as most of its members write it', () => {
  expect(householdName(['WEBER', 'WEBER', 'Weber'])).toBe('Weber')
  expect(householdName(['weber', 'Weber', 'Weber'])).toBe('Weber')
  expect(householdName(['weber', 'Weber'])).toBe(householdName(['Weber', 'weber']))
  expect(householdName(['WEBER'])).toBe('WEBER')
  expect(householdName([])).toBeUndefined()
  expect(familyNameOf({ full_name: '王小明', country: 'CN' })).toBeDefined()
})
