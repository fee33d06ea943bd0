import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Classifier, checkMappings, compileClassifier, formatProblem } from '../../src/mapping/index.ts'
import type { AccountView, MappingView } from '../../src/mapping/view.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 2, 2, 15, 30)

const viewOf = (account: Partial<AccountView>, more: Partial<MappingView> = {}): MappingView => ({
  now: NOW,
  account: { id: 'acc_1', stage: 'prospect', created_at: NOW - 900 * DAY, ...account },
  billing: {},
  consent: {},
  touchpoints: [],
  ...more,
})
const touchedAt = (at: number): Partial<AccountView> => ({
  last_touch: { at, kind: 'page.viewed', channel: 'direct' },
})

function rules(text: string): Classifier {
  const { classifier, problems, warnings } = compileClassifier({ file: 'classify.yaml', text })
  expect([...problems, ...warnings].map((problem) => formatProblem(problem, text))).toEqual([])
  return classifier!
}
const shippedText = readFileSync(new URL('../../mappings/classify.yaml', import.meta.url), 'utf8')
const shipped = rules(shippedText)

test('the shipped rules pass their own tests', () => {
  expect(shipped.runTests(() => ({}))).toEqual([])
})

test('the first rule that holds decides, and says where it stands', () => {
  const { classify } = rules(`apiVersion: tributary/v1
class:
  - big: account.employees > 100
  - any: true
`)
  expect(classify(viewOf({ employees: 500 }))).toEqual({
    classes: { class: 'big' },
    because: { class: 'classify.yaml:3: account.employees > 100' },
  })
  expect(classify(viewOf({ employees: 5 })).because.class).toBe('classify.yaml:4: true')
})

test('a later dimension reads an earlier one, and not the other way round', () => {
  const { classify } = rules(`apiVersion: tributary/v1
class:
  - customer: account.stage == "customer"
buyer_stage:
  - done: account.class == "customer"
`)
  expect(classify(viewOf({ stage: 'customer' })).classes).toEqual({ class: 'customer', buyer_stage: 'done' })
  // What an earlier projection decided does not decide.
  expect(classify(viewOf({ class: 'customer' })).classes).toEqual({})
  const { problems } = compileClassifier({
    file: 'classify.yaml',
    text: 'apiVersion: tributary/v1\nclass:\n  - a: account.buyer_stage == "x"\n',
  })
  expect(problems).toMatchObject([{ code: 'mapping.unknown_name', line: 3, column: 16 }])
})

test('what is wrong is named with line and column', () => {
  const text = `apiVersion: tributary/v1
class:
  - Customer: account.stage == "custmer"
  - a: account.employes > 3
  - b: account.name
  - c: 1
    d: true
  - e: true
  - f: true
bands: []
tests:
  - given: { account: { stage: customer } }
    expect: { clas: a }
`
  const { problems, warnings } = compileClassifier({ file: 'm/classify.yaml', text })
  expect(problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
    '3:5 mapping.syntax',
    '3:29 mapping.type',
    '4:16 mapping.unknown_name',
    '5:8 mapping.type',
    '6:5 mapping.syntax',
    '10:1 mapping.unknown_key',
    '13:15 mapping.unknown_name',
  ])
  expect(warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
    '9 f is never reached: e before it always holds.',
  ])
})

test('a folder has one file of rules, and its mappings carry them', () => {
  const mapping = {
    file: 'm/salesforce/account.yaml',
    text: `apiVersion: tributary/v1
target: { connection: salesforce, object: Account }
from: account
fields:
  Class__c: account.class
`,
  }
  const own = { file: 'm/classify.yaml', text: shippedText }
  const { mappings, problems, warnings } = checkMappings([own, mapping])
  expect([...problems, ...warnings]).toEqual([])
  expect(mappings[0]!.classifier!.hash).toBe(shipped.hash)
  expect(checkMappings([own, mapping, { ...own, file: 'm/other/classify.yaml' }]).problems).toMatchObject([
    { code: 'mapping.duplicate', file: 'm/other/classify.yaml' },
  ])
  expect(checkMappings([mapping]).warnings).toMatchObject([
    { code: 'mapping.unknown_name', severity: 'warning', file: 'm/salesforce/account.yaml' },
  ])
})

test('one day gives one answer', () => {
  const account = touchedAt(NOW - 7 * DAY)
  const at = (now: number) => shipped.classify(viewOf(account, { now })).classes.activity_band
  expect(at(Date.UTC(2026, 2, 2))).toBe('hot')
  expect(at(Date.UTC(2026, 2, 2, 23, 59, 59))).toBe('hot')
  expect(at(Date.UTC(2026, 2, 3))).toBe('warm')
})

test('rules without a clock need no review', () => {
  const timeless = rules('apiVersion: tributary/v1\nclass:\n  - a: account.employees > 3\n')
  expect(timeless.reviewDay(viewOf({}), {})).toBeUndefined()
})

test('between today and the day of review nothing changes', () => {
  const stages = fc.constantFrom('prospect' as const, 'customer' as const)
  fc.assert(
    fc.property(fc.integer({ min: -40, max: 800 }), stages, (ago, stage) => {
      const view = viewOf({ stage, ...touchedAt(NOW - ago * DAY) })
      const { classes } = shipped.classify(view)
      const today = Math.floor(NOW / DAY)
      const review = shipped.reviewDay(view, classes)!
      expect(review).toBeGreaterThan(today)
      for (let day = today; day < review; day++)
        expect(shipped.classify({ ...view, now: day * DAY }).classes).toEqual(classes)
    }),
  )
})

test('the day of review is the day on which a band ends', () => {
  const view = viewOf(touchedAt(NOW - 3 * DAY))
  const review = shipped.reviewDay(view, shipped.classify(view).classes)!
  expect(new Date(review * DAY).toISOString().slice(0, 10)).toBe('2026-03-07')
})
