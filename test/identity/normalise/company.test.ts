import { expect, test } from 'vitest'
import {
  companyKey,
  readCompany,
  readCountry,
  readDomain,
  readPostalCode,
  readRegion,
  readStreet,
} from '../../../src/identity/normalise/index.ts'

test.each([
  ['Acme GmbH & Co. KG', 'acme', 'gmbh'],
  ['ACME, Inc.', 'acme', 'incorporated'],
  ['Acme Pvt. Ltd.', 'acme', 'private limited'],
  ['Foo S.p.A.', 'foo', 'sa'],
  ['Foo Sp. z o.o.', 'foo', 'llc'],
  ['Grupo Bimbo, S.A.B. de C.V.', 'grupo bimbo', 'sa'],
  ['Ромашка ООО', 'romashka', 'llc'],
  ['ООО «Ромашка»', 'romashka', 'llc'],
  ['株式会社トヨタ', 'toyota', 'asian'],
  ['Toyota K.K.', 'toyota', 'asian'],
  ['㈱トヨタ', 'toyota', 'asian'],
  ['PT Telkom Indonesia Tbk', 'telkom indonesia', 'asian'],
  ['The Home Depot, Inc.', 'home depot', 'incorporated'],
  ['Procter & Gamble Co.', 'procter and gamble', 'incorporated'],
  ['Johnson & Johnson', 'johnson and johnson', undefined],
  ['Spotify AB', 'spotify', 'ab'],
  ['华为技术有限公司', '华为技术', 'asian'],
  ['Limited', 'limited', undefined],
])('%s is compared as %s', (written, key, legalForm) => {
  const found = companyKey(written)
  expect([found.key, found.legalForm]).toEqual([key, legalForm])
})

test.each(['n/a', 'self-employed', '-', 'ada@acme.de', 'None'])('%s is no company', (text) => {
  expect(readCompany(text)).toEqual({ grade: 'bad', flags: ['placeholder'] })
})

test.each([
  ['https://www.shop.example.co.uk/x?y', 'good', 'example.co.uk'],
  ['münchen.de', 'good', 'xn--mnchen-3ya.de'],
  ['acme.myshopify.com', 'good', 'acme.myshopify.com'],
  ['http://facebook.com/acme', 'weak', 'facebook.com'],
  ['gmail.com', 'weak', 'gmail.com'],
  ['localhost', 'bad', undefined],
  ['http://10.0.0.1/', 'bad', undefined],
])('the site %s is %s', (text, grade, value) => {
  const read = readDomain(text)
  expect([read.grade, read.value]).toEqual([grade, value])
})

test.each([
  ['12a High Street, Flat 3', { number: '12a', unit: '3', key: 'high st' }],
  ['Hauptstraße 12 a', { number: '12a', key: 'haupt st' }],
  ['Calle de Alcalá 50', { number: '50', key: 'c de alcala' }],
  ['5th Avenue 350', { number: '350', key: '5th ave' }],
  ['Tullaroop St.', { key: 'tullaroop st' }],
])('the street %s is read into its parts', (text, parts) => {
  expect(readStreet(text).value).toEqual({ display: text, ...parts })
})

test.each([
  ['Calif.', 'US', 'CA'],
  ['US-NY', 'US', 'NY'],
  ['Bayern', 'DE', 'BY'],
  ['New South Wales', 'AU', 'NSW'],
  ['São Paulo', 'BR', 'SP'],
  ['Sindh', 'pk', 'SD'],
])('the region %s of %s is %s', (text, country, code) => {
  expect(readRegion(text, { country })).toEqual({ grade: 'good', value: { display: text, code }, flags: [] })
})

test('a region is looked up in its country only', () => {
  expect(readRegion('WA')).toEqual({ grade: 'good', value: { display: 'WA' }, flags: [] })
  expect(readRegion('Atlantis', { country: 'DE' })).toMatchObject({
    grade: 'weak',
    flags: ['unknown_region'],
  })
})

test('countries and postal codes are read and judged', () => {
  expect(readCountry('Deutschland').value).toBe('DE')
  expect(readCountry('Atlantis')).toEqual({ grade: 'bad', flags: ['unknown_country'] })
  expect(readPostalCode('SW1A 1AA', { country: 'GB' })).toEqual({
    grade: 'good',
    value: 'sw1a1aa',
    flags: [],
  })
  expect(readPostalCode('123', { country: 'US' })).toMatchObject({
    grade: 'weak',
    flags: ['wrong_for_country'],
  })
  expect(readPostalCode('00000')).toMatchObject({ grade: 'bad' })
})
