import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide, type FieldState } from '../../src/engine/decide.ts'
import { isEmpty, sameValue } from '../../src/engine/same-value.ts'

const state = (more: Partial<FieldState>): FieldState => ({
  policy: 'if_owned',
  after: 'new',
  written: undefined,
  live: undefined,
  isNew: false,
  ...more,
})

test.each([
  [
    'a value we wrote and nobody touched is ours to change',
    { written: { value: 'old' }, live: 'old' },
    'write',
  ],
  [
    'a value that someone changed since our last write is kept',
    { written: { value: 'old' }, live: 'theirs' },
    'skip',
  ],
  ['a value that was there before us is kept', { live: 'theirs' }, 'skip'],
  ['an empty field is filled', { live: null }, 'write'],
  ['always overwrites a person', { policy: 'always', written: { value: 'old' }, live: 'theirs' }, 'write'],
  ['if_empty leaves a filled field alone', { policy: 'if_empty', live: 'theirs' }, 'skip'],
  ['if_empty fills an empty one', { policy: 'if_empty', live: '' }, 'write'],
  [
    'once does not write a second time, even when the field was emptied',
    { policy: 'once', written: { value: 'old' }, live: null },
    'skip',
  ],
  [
    'hold_on_conflict holds instead of skipping',
    { policy: 'hold_on_conflict', written: { value: 'old' }, live: 'theirs' },
    'hold',
  ],
  ['never never writes', { policy: 'never', live: null }, 'skip'],
  ['max writes a greater number only', { policy: 'max', after: 3, live: 5 }, 'skip'],
  ['a new record takes every value', { isNew: true }, 'write'],
  ['a new record is not sent empty fields', { isNew: true, after: null }, 'skip'],
] as const)('%s', (_, given, action) => {
  expect(decide(state(given)).action).toBe(action)
})

test('numbers, texts of numbers and instants in other notations are the same value', () => {
  expect(sameValue(49, '49')).toBe(true)
  expect(sameValue('49.00', 49)).toBe(true)
  expect(sameValue('00049', 49)).toBe(false)
  expect(sameValue('2026-01-01T00:00:00.000+0000', '2026-01-01T00:00:00.000Z')).toBe(true)
  expect(sameValue(null, '')).toBe(true)
  expect(sameValue(0, '')).toBe(false)
  expect(sameValue('عائشہ', 'عائشہ ')).toBe(true)
})

test('a value that a person typed is never overwritten unless the policy is always, max or min', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null))
  fc.assert(
    fc.property(
      value,
      value,
      value,
      fc.constantFrom('if_owned', 'if_empty', 'once', 'hold_on_conflict', 'never'),
      fc.boolean(),
      (after, written, live, policy, hasWritten) => {
        const isTheirs = !isEmpty(live) && !(hasWritten && sameValue(live, written))
        const { action } = decide({
          policy,
          after,
          live,
          written: hasWritten ? { value: written } : undefined,
          isNew: false,
        })
        if (isTheirs) expect(action).not.toBe('write')
      },
    ),
  )
})

test('what the CRM holds already is never sent', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      fc.constantFrom('always', 'if_owned', 'max', 'if_empty'),
      (value, policy) => {
        expect(decide(state({ policy, after: value, live: value })).action).toBe('skip')
      },
    ),
  )
})
