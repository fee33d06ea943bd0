import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planText, readPlan, startPlanFile } from '../../src/cli/plan-file.ts'
import type { PlannedOperation } from '../../src/engine/planning/plan-operations.ts'
import type { PlanSummary } from '../../src/engine/planning/plan-summary.ts'

const AT = '2026-03-02T12:00:00.000Z'
const SUMMARY: PlanSummary = { totals: [], calls: [], warnings: ['a "b"\n'], exceeded: [] }
const operation = (id: string): PlannedOperation => ({
  id,
  destination: 'salesforce',
  object: 'Lead',
  entity: 'per_1',
  externalId: 'per_1',
  action: 'create',
  fields: [],
  fingerprint: 'f',
})

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const file = () => join(folder, 'plan.json')

test('property: a plan that is written in pieces, however they are cut, is one JSON document', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string())), (pieces) => {
      const text = planText(AT)
      const written = pieces.map((ids) => text.add(ids.map(operation))).join('') + text.end(SUMMARY)
      expect(JSON.parse(written)).toEqual({
        version: 2,
        createdAt: AT,
        operations: pieces.flat().map(operation),
        ...SUMMARY,
      })
    }),
  )
})

test('a plan takes its place when it is whole, and not before', () => {
  writeFileSync(file(), 'the plan before')
  const kept = startPlanFile(file(), AT)
  kept.add([operation('a')])
  kept.add([operation('b')])
  expect(readFileSync(file(), 'utf8')).toBe('the plan before')
  kept.end(SUMMARY)
  kept.discard()
  expect(readPlan(file()).operations.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(readdirSync(folder)).toEqual(['plan.json'])
})

test('a plan that was not ended leaves nothing behind', () => {
  const kept = startPlanFile(file(), AT)
  kept.add([operation('a')])
  kept.discard()
  expect(existsSync(file())).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})
