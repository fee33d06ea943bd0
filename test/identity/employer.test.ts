import { expect, test } from 'vitest'
import { companyKeyOf, matchEmployer, type Namesake, type Worker } from '../../src/identity/index.ts'

const BERLIN: Namesake = {
  id: 'berlin',
  name: 'Brightwave GmbH',
  domain: 'brightwave-works.com',
  country: 'DE',
  city: 'Berlin',
  postal_code: '10119',
  phone: '+49 30 901820-0',
}
const AUSTIN: Namesake = { id: 'austin', name: 'Brightwave Inc.', country: 'US', city: 'Austin' }
const NOWHERE: Namesake = { id: 'nowhere', name: 'BRIGHTWAVE' }
const worker = (more: Partial<Worker> = {}): Worker => ({ company_name: 'Brightwave', ...more })
const match = (who: Worker, ...companies: Namesake[]) => {
  const found = matchEmployer(who, companies)
  return found?.outcome === 'matched' ? `${found.account} by ${found.method}` : found?.candidates
}

test.each([
  ['Brightwave GmbH', 'brightwave'],
  ['The BRIGHTWAVE, Inc.', 'brightwave'],
  ['Brightwave Sp. z o.o.', 'brightwave'],
  ['ООО «Ромашка»', companyKeyOf('Romashka')],
  ['https://brightwave-works.com/', 'domain:brightwave-works.com'],
  ['brightwave-works.com', 'domain:brightwave-works.com'],
  ['self employed', undefined],
  ['n/a', undefined],
  ['x', undefined],
  ['jane@brightwave-works.com', undefined],
])('%s is known as %s', (name, key) => {
  expect(companyKeyOf(name)).toBe(key)
})

test('a number of the switchboard settles it, wherever they live', () => {
  expect(match(worker({ phone: '+49 30 901820-42', country: 'US' }), BERLIN, AUSTIN)).toBe('berlin by phone')
  expect(match(worker({ phone: '030 90182042', country: 'DE' }), BERLIN)).toBe('berlin by phone')
})

test('then the place, then the country; another country excludes', () => {
  expect(match(worker({ country: 'DE', postal_code: '10119' }), BERLIN, AUSTIN)).toBe('berlin by postal_code')
  expect(match(worker({ country: 'de', city: 'BERLIN' }), BERLIN, AUSTIN)).toBe('berlin by city')
  expect(match(worker({ country: 'US', city: 'Dallas' }), BERLIN, AUSTIN)).toBe('austin by country')
  expect(match(worker({ country: 'FR' }), BERLIN, AUSTIN)).toBeUndefined()
})

test('a web address in place of a name leads to the company of that domain', () => {
  const who = worker({ company_name: 'www.brightwave-works.com', country: 'FR' })
  expect(match(who, BERLIN)).toBe('berlin by website')
})

test('the name alone settles nothing, unless the legal form is the same and only one has it', () => {
  expect(match(worker(), BERLIN)).toEqual(['berlin'])
  expect(match(worker({ company_name: 'Brightwave gmbh' }), BERLIN, NOWHERE)).toBe('berlin by legal_name')
  expect(match(worker({ company_name: 'Brightwave Ltd', country: 'DE' }), BERLIN)).toEqual(['berlin'])
})

test('where several are as likely nobody is chosen', () => {
  const twin = { ...BERLIN, id: 'twin', phone: '+49 40 1234567' }
  expect(match(worker({ country: 'DE', city: 'Berlin' }), BERLIN, twin)).toEqual(['berlin', 'twin'])
  expect(match(worker({ country: 'DE', phone: '+49 30 901820-0' }), BERLIN, twin)).toBe('berlin by phone')
})

test('the order of the companies does not matter', () => {
  const all = [BERLIN, AUSTIN, NOWHERE, { ...NOWHERE, id: 'also' }]
  for (const who of [worker(), worker({ country: 'DE' }), worker({ country: 'FR' })])
    expect(matchEmployer(who, [...all].reverse())).toEqual(matchEmployer(who, all))
})
