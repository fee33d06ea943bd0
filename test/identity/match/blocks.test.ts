import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type BlockingRule,
  blockKeys,
  buildBlocks,
  type MatchRecord,
  prepareValues,
} from '../../../src/identity/match/index.ts'
import '../../support/property-seed.ts'

const byCity: BlockingRule = { name: 'city', attributes: ['city'], key: (v) => v.city }
const byRegion: BlockingRule = { name: 'region', attributes: ['region'], key: (v) => v.region }

const anyRecords = fc
  .array(
    fc.record(
      {
        city: fc.constantFrom('a', 'b', 'c'),
        region: fc.constantFrom('x', 'y'),
        source: fc.constantFrom('one', 'two'),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 15 },
  )
  .map((all) =>
    all.map(
      ({ source, ...values }, i): MatchRecord => ({ id: String(i), values, ...(source ? { source } : {}) }),
    ),
  )

test('every pair that shares a key is found exactly once, none of one source', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const found: string[] = []
      buildBlocks(records, [byCity, byRegion]).eachPair((a, b) =>
        found.push([a, b].sort((x, y) => x - y).join('-')),
      )
      const expected = records.flatMap((a, i) =>
        records.slice(i + 1).flatMap((b, k) => {
          const shares = (key: 'city' | 'region') =>
            a.values[key] !== undefined && a.values[key] === b.values[key]
          const isOneSource = a.source !== undefined && a.source === b.source
          return !isOneSource && (shares('city') || shares('region')) ? [`${i}-${i + 1 + k}`] : []
        }),
      )
      expect(found.sort()).toEqual(expected.sort())
    }),
  )
})

test('a value that too many share is not compared by, and said to be left out', () => {
  const records = Array.from({ length: 6 }, (_, i) => ({
    id: String(i),
    values: { city: i < 5 ? 'big' : 'small' },
  }))
  const blocks = buildBlocks(records, [byCity], 4)
  let pairs = 0
  blocks.eachPair(() => pairs++)
  expect(pairs).toBe(0)
  expect(blocks.skipped).toEqual([{ rule: 'city', keys: 1, records: 5 }])
})

test('confused name fields, other spellings and other scripts meet in a block', () => {
  const keys = (first_name: string, last_name: string) => blockKeys(prepareValues({ first_name, last_name }))
  expect(keys('Meyer', 'Anna')).toEqual(keys('Anna', 'Maier'))
  expect(keys('Мария', 'Иванова')).toEqual(keys('Maria', 'Ivanova'))
  expect(keys('', 'Ivanova')).toEqual([])
})
