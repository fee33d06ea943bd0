import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  concatBytes,
  equalBytes,
  equalText,
  fromBase64,
  fromHex,
  hmac,
  SignatureError,
  signatureInvalid,
  timestampStale,
  toBase64,
  toHex,
} from '#kit'

/** https://www.rfc-editor.org/rfc/rfc4231 §4.2–4.8 (key and data in hex, HMAC-SHA-256). */
const RFC_4231 = [
  ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '4a656665',
    '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    'aa'.repeat(131),
    toHex(new TextEncoder().encode('Test Using Larger Than Block-Size Key - Hash Key First')),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
] as const

test.each(RFC_4231)('HMAC-SHA-256 agrees with RFC 4231 for the key %s', async (key, data, mac) => {
  expect(toHex(await hmac('SHA-256', fromHex(key), fromHex(data)))).toBe(mac)
})

test('HMAC-SHA-1 agrees with RFC 2202', async () => {
  expect(toHex(await hmac('SHA-1', 'Jefe', 'what do ya want for nothing?'))).toBe(
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  )
})

test('text and bytes of a secret and of data give the same HMAC; another hash another', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const mac = toHex(await hmac('SHA-256', 'sécret', 'dätä'))
  expect(toHex(await hmac('SHA-256', bytes('sécret'), bytes('dätä')))).toBe(mac)
  expect(toHex(await hmac('SHA-256', 'sécret', 'dätä'))).toBe(mac)
  expect(toHex(await hmac('SHA-1', 'sécret', 'dätä'))).not.toBe(mac)
})

test('each of very many secrets keeps its own key', async () => {
  const macs = async () => {
    const all: string[] = []
    for (let i = 0; i < 1_200; i++) all.push(toHex(await hmac('SHA-256', `secret-${i}`, 'x')))
    return all
  }
  const first = await macs()
  expect(new Set(first).size).toBe(1_200)
  expect(await macs()).toEqual(first)
})

test('bytes are equal only when all are, whatever their lengths', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
      expect(equalBytes(a, a.slice())).toBe(true)
      expect(equalBytes(a, concatBytes(a, a))).toBe(a.length === 0)
    }),
  )
  expect(equalBytes(new Uint8Array([0, 0]), new Uint8Array([]))).toBe(false)
  expect(equalBytes(new Uint8Array([]), new Uint8Array([0]))).toBe(false)
  expect([equalText('ä', 'ä'), equalText('ä', 'a'), equalText('', '')]).toEqual([true, false, true])
})

test('a comparison reads as many bytes whether the first or the last one differs', () => {
  const readsUntil = (different: number): number => {
    let reads = 0
    const bytes = new Uint8Array(32)
    bytes[different] = 1
    const counted = new Proxy(bytes, {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads++
        return Reflect.get(target, name, target)
      },
    })
    equalBytes(counted, new Uint8Array(32))
    return reads
  }
  expect(readsUntil(0)).toBe(32)
  expect(readsUntil(31)).toBe(32)
})

test('hex and base64 are read back as they were written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
      expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes)
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
    }),
  )
})

test('what is no hex or base64 is empty and equals no signature', async () => {
  for (const text of ['abc', 'zz', '0x00', 'ab cd', 'ü']) expect(fromHex(text)).toEqual(new Uint8Array())
  for (const text of ['a', '====', 'a*b=', 'ü']) expect(fromBase64(text)).toEqual(new Uint8Array())
  expect(equalBytes(await hmac('SHA-256', 'secret', 'x'), fromHex('nonsense'))).toBe(false)
})

test('parts are joined in order, text as UTF-8', () => {
  expect(new TextDecoder().decode(concatBytes('ä', new Uint8Array([46]), '', '秘'))).toBe('ä.秘')
})

test('refusals say what is wrong', () => {
  expect(signatureInvalid()).toBeInstanceOf(SignatureError)
  expect(timestampStale(400_000, 300_000).message).toBe('The delivery is 400 s old; 300 s are allowed')
})
