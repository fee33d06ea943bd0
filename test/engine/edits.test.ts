import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editsOf } from '../../src/engine/deciding/edits.ts'

const NOW = 1_000_000
const wrote = (value: unknown, at = NOW - 100) => ({ value, at, operation: 'op' })
const seen = (fields: Record<string, unknown>, at = NOW) => ({ fields, seenAt: NOW, at })

test('a value of ours that is another one now is an edit, of the time at which the record changed', () => {
  expect(
    editsOf(seen({ Title: 'Chief', City: 'Pune' }, NOW - 7), { Title: wrote('CTO') }, undefined),
  ).toEqual({
    Title: NOW - 7,
  })
})

test('an edit that is known keeps its time until the field changes again', () => {
  const known = { fields: { Title: 'Chief' }, edited: { Title: NOW - 50 } }
  const written = { Title: wrote('CTO') }
  expect(editsOf(seen({ Title: 'Chief' }), written, known)).toEqual({ Title: NOW - 50 })
  expect(editsOf(seen({ Title: 'Queen' }), written, known)).toEqual({ Title: NOW })
  expect(editsOf(seen({ Title: 'CTO' }), written, known)).toEqual({ Title: null })
})

test('what was sent and may have arrived is ours', () => {
  const written = { Title: { ...wrote('CTO'), maybe: 'CEO' } }
  expect(editsOf(seen({ Title: 'CEO' }), written, undefined)).toEqual({})
  expect(editsOf(seen({ Title: 'COO' }), written, undefined)).toEqual({ Title: NOW })
})

test('an answer that may be older than our write says nothing of an edit', () => {
  expect(editsOf(seen({ Title: 'CTO' }), { Title: wrote('CEO', NOW + 1) }, undefined)).toEqual({})
})

test('our own value that comes back is never an edit, in whatever notation', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  fc.assert(
    fc.property(value, fc.boolean(), (own, isText) => {
      const live = isText && own !== null ? String(own) : own
      expect(editsOf(seen({ Field: live }), { Field: wrote(own) }, undefined)).toEqual({})
    }),
  )
})
