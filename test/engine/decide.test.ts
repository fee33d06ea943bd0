import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide, type FieldState, needsNoLook } from '../../src/engine/deciding/decide.ts'
import { isEmpty, isStillOurs, sameValue } from '../../src/engine/deciding/same-value.ts'

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

// ---------------------------------------------------------------- edits that lapse, stages, records not looked at

const values = fc.oneof(fc.string(), fc.integer(), fc.constant(null))

test('an edit lapses exactly when its time is over and our value is news, and only where the policy is if_owned', () => {
  fc.assert(
    fc.property(
      values,
      values,
      values,
      fc.nat(1_000),
      fc.nat(1_000),
      fc.constantFrom('if_owned', 'if_empty', 'once', 'hold_on_conflict'),
      (after, written, live, ageMs, holdsMs, policy) => {
        fc.pre(!isEmpty(live) && !sameValue(live, written) && !sameValue(live, after))
        fc.pre(!isStillOurs(live, written))
        const { action } = decide(
          state({ policy, after, live, written: { value: written }, edit: { ageMs, holdsMs } }),
        )
        const isOver = ageMs >= holdsMs && !sameValue(after, written)
        expect(action === 'write').toBe(policy === 'if_owned' && isOver)
      },
    ),
  )
})

test('what was in the CRM before us never lapses', () => {
  const edit = { ageMs: 2, holdsMs: 1 }
  expect(decide(state({ live: 'theirs', edit })).action).toBe('skip')
  expect(decide(state({ live: 'theirs', written: { maybe: 'x' }, edit })).action).toBe('skip')
})

test('a record never goes back to an earlier stage, whatever the policy, unless it is always', () => {
  const stages = ['subscriber', 'lead', 'customer', 'evangelist']
  fc.assert(
    fc.property(
      fc.constantFrom(...stages, null),
      fc.constantFrom(...stages),
      fc.constantFrom(...stages),
      fc.constantFrom('if_owned', 'if_empty', 'once', 'hold_on_conflict', 'max'),
      (after, live, written, policy) => {
        fc.pre(after === null || stages.indexOf(after) < stages.indexOf(live))
        const given = state({ policy, after, live, written: { value: written }, stages })
        expect(decide(given).action).not.toBe('write')
        expect(decide({ ...given, policy: 'always' }).action).toBe('write')
      },
    ),
  )
  const forward = { after: 'customer', live: 'lead', written: { value: 'lead' }, stages }
  expect(decide(state(forward)).action).toBe('write')
  expect(decide(state({ ...forward, after: 'partner' })).action).toBe('write')
})

test('where no look is needed, the decision is the same whatever the CRM holds', () => {
  const written = fc.oneof(
    fc.constant(undefined),
    values.map((value) => ({ value })),
    values.map((maybe) => ({ maybe })),
    fc.tuple(values, values).map(([value, maybe]) => ({ value, maybe })),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('always', 'if_owned', 'if_empty', 'once', 'hold_on_conflict', 'max', 'min', 'never'),
      values,
      written,
      values,
      (policy, after, wrote, live) => {
        fc.pre(needsNoLook(policy, after, wrote))
        const isWritten = (given: Partial<FieldState>) =>
          decide(state({ policy, after, written: wrote, ...given })).action === 'write'
        const unseen = isWritten({ live: undefined, isUnseen: true })
        // Writing what is there already changes nothing.
        if (!sameValue(live, after)) expect(isWritten({ live })).toBe(unseen)
      },
    ),
    { numRuns: 500 },
  )
})
