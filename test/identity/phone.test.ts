import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalisePhone, ownNumbers } from '#kit'
import { normaliseIdentifier, resolve } from '../../src/identity/index.ts'

test.each([
  ['+49 30 901820', '+4930901820'],
  ['+44 (0)20 7946 0018', '+442079460018'],
  ['＋１ ２１２ ５５５ ０１９９', '+12125550199'],
  ['+8613812345678', '+8613812345678'],
])('%s is compared as %s', (text, e164) => {
  expect(normalisePhone(text)).toBe(e164)
})

test.each([
  '030 901820',
  '004930901820',
  '+266696687',
  '+1 555',
  'anonymous',
  '+',
  '',
  '+49 30 901820 ext. 12',
])('"%s" is nobody', (text) => {
  expect(normalisePhone(text)).toBeUndefined()
})

test('a normalised number stays as it is, and no text fails', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^\+[0-9 ()-]{1,20}$/)),
      (text) => {
        const once = normalisePhone(text)
        if (once !== undefined) expect(normalisePhone(once)).toBe(once)
      },
    ),
  )
})

test("a company's number identifies nobody", () => {
  expect(normaliseIdentifier('account', 'c', { kind: 'phone', value: '+4930901820' })).toBeUndefined()
})

test('colleagues who share a number stay two people, and its calls stand with the first', () => {
  const of = (kind: 'email' | 'phone', value: string) => ({ entityKind: 'person', kind, value }) as const
  const shared = of('phone', '+4930901820')
  const resolution = resolve(
    [
      { entityKind: 'person', identifiers: [of('email', 'late@x.example'), shared], at: 2 },
      { entityKind: 'person', identifiers: [of('email', 'early@x.example'), shared], at: 1 },
      { entityKind: 'person', identifiers: [shared], at: 3 },
    ],
    [],
    [],
    (_, { value }) => value,
  )
  expect(resolution.merges).toEqual([])
  expect(resolution.roots).toEqual(['late@x.example', 'early@x.example', 'early@x.example'])
})

test('our own telephones are told from others by number, or by line', () => {
  const isOwn = ownNumbers(['+49 (30) 901820', '+44 20 7946 00*'])
  expect(
    ['+4930901820', '+49 30 901820', '+442079460018', '+442079461818', '+4930901821'].map(isOwn),
  ).toEqual([true, true, true, false, false])
})
