import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSealer, newKey } from '#kit'

const KEY = 'ab'.repeat(32)

test('any text opens again, under its key and for its purpose', async () => {
  const sealer = await createSealer([KEY])
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const sealed = await sealer.seal(text, 'grant:crm')
      expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/)
      expect(await sealer.open(sealed, 'grant:crm')).toBe(text)
    }),
    { numRuns: 50 },
  )
})

test('the same text is never sealed to the same bytes', async () => {
  const sealer = await createSealer([KEY])
  expect(await sealer.seal('x', 'p')).not.toBe(await sealer.seal('x', 'p'))
})

test('what was altered, or sealed for something else, does not open', async () => {
  const sealer = await createSealer([KEY])
  const sealed = await sealer.seal('token', 'grant:crm')
  const flipped = sealed.slice(0, 20) + (sealed[20] === 'A' ? 'B' : 'A') + sealed.slice(21)
  for (const [text, purpose] of [
    [flipped, 'grant:crm'],
    [sealed, 'grant:mail'],
    [sealed.slice(0, -4), 'grant:crm'],
    ['v2.none', 'grant:crm'],
  ] as const) {
    await expect(sealer.open(text, purpose)).rejects.toMatchObject({ code: 'credential.damaged' })
  }
})

test('a former key opens and no longer seals; an unknown one is named', async () => {
  const sealed = await (await createSealer([KEY])).seal('token', 'p')
  const next = newKey()
  const both = await createSealer([next, KEY])
  expect(await both.open(sealed, 'p')).toBe('token')
  expect((await both.seal('token', 'p')).split('.')[1]).toBe(both.keyId)
  const stranger = (await createSealer([next])).open(sealed, 'p')
  await expect(stranger).rejects.toMatchObject({ code: 'credential.key_unknown', kind: 'config' })
})

test('a key is 32 bytes, in hexadecimal or base64', async () => {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(32).fill(0xab)))
  expect((await createSealer([base64])).keyId).toBe((await createSealer([KEY])).keyId)
  await expect(createSealer(['short'])).rejects.toThrow(/tributary keys new/)
})
