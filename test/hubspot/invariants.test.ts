import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WriteOperation } from '../../src/kit/index.ts'
import { createBench, crmIdOf } from './support.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const person = fc.record({
  key: fc.integer({ min: 0, max: 12 }),
  isValid: fc.boolean(),
  firstname: text,
})

test('whatever a batch holds, results stand in its order and say what the portal holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(person, { maxLength: 30 }), fc.boolean(), async (people, isWholeRefusal) => {
      const { portal, upsert } = await createBench()
      if (isWholeRefusal) {
        const body = {
          status: 'error',
          category: 'VALIDATION_ERROR',
          message: 'one of them',
          correlationId: 'x',
        }
        portal.fail({
          kind: 'answer',
          status: 400,
          body,
          times: 3,
          matches: (request) => request.url.endsWith('/batch/upsert'),
        })
      }
      const operations = people.map(
        ({ key, isValid, firstname }, n): WriteOperation => ({
          id: `op${n}`,
          externalId: `p${key}`,
          fields: { email: isValid ? `p${key}@example.com` : 'nonsense', firstname, lastname: 'x' },
        }),
      )
      const results = await upsert('contacts', operations)
      expect(results).toHaveLength(operations.length)
      const last = new Map<string, string>()
      results.forEach((result, n) => {
        const { externalId, fields } = operations[n]!
        if (!people[n]!.isValid) expect(result.status).toBe('failed')
        if (result.status !== 'written') return
        expect(portal.record('contacts', crmIdOf(result))?.properties.tributary_id).toBe(externalId)
        last.set(externalId, String(fields.firstname))
      })
      expect(portal.records('contacts')).toHaveLength(last.size)
      for (const { properties } of portal.records('contacts')) {
        expect(properties.firstname ?? '').toBe(last.get(properties.tributary_id!))
      }
    }),
    { numRuns: 40 },
  )
})

test('writing the same operations again changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(person, { maxLength: 20 }), async (people) => {
      const { portal, upsert } = await createBench()
      const operations = people.map(
        ({ key, firstname }, n): WriteOperation => ({
          id: `op${n}`,
          externalId: `p${key}`,
          fields: { email: `p${key}@example.com`, firstname },
        }),
      )
      await upsert('contacts', operations)
      const before = portal.snapshot()
      await upsert('contacts', operations)
      expect(portal.snapshot()).toEqual(before)
    }),
    { numRuns: 20 },
  )
})
