import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import Database from 'libsql/promise'
import { expect, test } from 'vitest'
import { overlay } from '../../src/store/dialect.ts'

interface Native {
  prepare(sql: string): Promise<{ all(params: unknown[]): Promise<{ v: string }[]> }>
}

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c"d', 'e\\f', '→Acc', '$z', '[0]', '', '12'),
  fc.string({ maxLength: 4 }),
)
const member = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 2 }),
  fc.record({ value: fc.string(), x: fc.constant(null) }),
)
const object = fc
  .dictionary(key, member, { maxKeys: 6 })
  .map((made) => JSON.stringify(made))
  .filter((text) => !text.includes('\\u0000'))

/** What a field was written with: the later form of a field replaces the earlier one whole. */
const written = fc
  .dictionary(
    fc.constantFrom('Title', 'Phone', '→Account'),
    fc.dictionary(
      fc.constantFrom('value', 'at', 'maybe'),
      fc.oneof(fc.integer(), fc.constantFrom('x', ':null')),
    ),
  )
  .map((made) => JSON.stringify(made))

test('an object laid over another one in SQL is what spreading both would be', async () => {
  const sql = `SELECT ${overlay('?1', '?2')} AS v`
  const libsql = await (new Database(':memory:', {}) as unknown as Native).prepare(sql)
  const newer = new DatabaseSync(':memory:').prepare(sql)
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.tuple(object, object), fc.tuple(written, written)), async ([a, b]) => {
      const wanted = { ...JSON.parse(a), ...JSON.parse(b) }
      const [row] = await libsql.all([a, b])
      expect(JSON.parse(row!.v)).toEqual(wanted)
      expect(JSON.parse(String(newer.get(a, b)!.v))).toEqual(wanted)
    }),
    { numRuns: 1_000 },
  )
})
