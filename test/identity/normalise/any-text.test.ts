import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  companyKey,
  latin,
  nameKey,
  type Reading,
  readBirthDate,
  readCompany,
  readCountry,
  readDomain,
  readEmail,
  readJobTitle,
  readPersonName,
  readPhone,
  readPostalCode,
  readRegion,
  readStreet,
  squish,
  streetKey,
} from '../../../src/identity/normalise/index.ts'
import '../../support/property-seed.ts'

const PIECES =
  `a Z é ß İ ñ 王 小明 김 민준 さ っ キャ ー Юл щ ё Σ ς ου μπ محمد ی ‌ राहुल ् தமிழ் נח ნ ու สม เ 0 ٣ 12 . , ; ' ’ - & + @ ( ) # / : // www .com gmail.com Dr Jr van GmbH Co Ltd S.A. the 株式会社 ООО st street Flat 3 +49 ext CEO of *in`
    .split(' ')
    .concat([' ', '\n', '\u200b', '\u0301', '\ud800'])

/** Any text at all, and texts made of what names, addresses and numbers are made of. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(' ')),
)

const READERS: Record<string, (text: string, country?: string) => Reading<unknown>> = {
  name: (full, country) => readPersonName({ full }, country ? { country } : {}),
  email: (text) => readEmail(text),
  phone: (text, country) => readPhone(text, country ? { country } : {}),
  domain: (text) => readDomain(text),
  company: (text) => readCompany(text),
  'job title': (text) => readJobTitle(text),
  street: (text) => readStreet(text),
  country: (text) => readCountry(text),
  region: (text, country) => readRegion(text, { country }),
  'postal code': (text, country) => readPostalCode(text, { country }),
  'birth date': (text) => readBirthDate(text),
}

test.each(Object.entries(READERS))(
  '%s: any text is read, with a value exactly where it is worth something',
  (_, read) => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(undefined, 'US', 'DE', 'CN', 'PK', 'xx'), (text, country) => {
        const { grade, value, flags } = read(text, country)
        expect(value !== undefined).toBe(grade === 'good' || grade === 'weak')
        expect(flags.length > 0).toBe(grade === 'bad' || grade === 'weak' || flags.length > 0)
        if (text.trim() === '') expect(value).toBeUndefined()
      }),
    )
  },
)

test.each([
  ['email', (text: string) => readEmail(text).value?.address],
  ['phone', (text: string) => readPhone(text).value?.number],
  ['domain', (text: string) => readDomain(text).value],
  ['country', (text: string) => readCountry(text).value],
  ['postal code', (text: string) => readPostalCode(text).value],
  ['birth date', (text: string) => readBirthDate(text).value],
  ['name', (text: string) => readPersonName({ full: text }).value?.display],
  ['company', (text: string) => readCompany(text).value?.display],
  ['job title', (text: string) => readJobTitle(text).value?.display],
  ['street', (text: string) => readStreet(text).value?.display],
])('%s: what was read is read as itself', (_, read) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const value = read(text)
      if (value !== undefined) expect(read(value)).toBe(value)
    }),
  )
})

test.each([
  ['latin', latin],
  ['name', nameKey],
  ['company', (text: string) => companyKey(text).key],
  ['street', streetKey],
  ['blanks', squish],
])('the key of a key is itself: %s', (_, fold) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const key = fold(text)
      expect(fold(key)).toBe(key)
    }),
    { numRuns: 500 },
  )
})

test('what is shown keeps its script and all of its letters', () => {
  const letters = (text: string) => text.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}]/gu, '')
  fc.assert(
    fc.property(anyText, (text) => {
      for (const value of [
        readPersonName({ full: text }).value,
        readCompany(text).value,
        readJobTitle(text).value,
        readStreet(text).value,
      ])
        if (value) expect(letters(value.display)).toBe(letters(squish(text)))
    }),
  )
})
