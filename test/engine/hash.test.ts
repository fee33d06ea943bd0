import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashJson, hashNatively, hashParts, hashText, isHashNative } from '../../src/engine/hash.ts'

const native = (data: string | Uint8Array) => hash('sha256', data, 'hex')
const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('علی رضا', '王小明', '\ud800'),
  ),
)

test('ids do not depend on which implementation of SHA-256 made them', () => {
  const samples = fc.sample(texts, 200).flat()
  const bytes = fc.sample(fc.uint8Array({ maxLength: 3_000 }), 50)
  expect(isHashNative()).toBe(false)
  const portable = [...samples, ...bytes].map((data) => hashText(data))
  hashNatively(native)
  expect(isHashNative()).toBe(true)
  expect([...samples, ...bytes].map((data) => hashText(data))).toEqual(portable)
})

test('a JSON value has one hash, however its keys are ordered', () => {
  expect(hashJson({ a: 1, b: [{ x: null, y: 'ü' }] })).toBe(hashJson({ b: [{ y: 'ü', x: null }], a: 1 }))
  expect(hashJson({ a: 1 })).not.toBe(hashJson({ a: '1' }))
})

test('parts are told apart however they are cut', () => {
  expect(hashParts('ab', 'c')).not.toBe(hashParts('a', 'bc'))
})
