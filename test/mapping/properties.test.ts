import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CompiledMapping,
  compileMapping,
  functionReference,
  type MappingView,
  pathReference,
} from '../../src/mapping/index.ts'
import { compile, NOW, personFile } from './support.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const shipped: CompiledMapping[] = [
  'hubspot/contacts',
  'hubspot/companies',
  'hubspot/deals',
  'salesforce/account',
  'salesforce/contact',
  'salesforce/lead',
  'salesforce/opportunity',
].map((name) => compile(read(`mappings/${name}.yaml`), name))

/** Sets a path within nested objects. */
function put(root: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.')
  let node = root
  for (const name of names.slice(0, -1)) {
    node[name] ??= {}
    node = node[name] as Record<string, unknown>
  }
  node[names.at(-1)!] = value
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    'a@b.c',
    'lead',
    'contact',
    'customer',
    'DE',
    '+49 30 123456',
    'نوری ٹیکسٹائل',
    '👩‍👩‍👧',
  ),
)
const valueOfType: Record<string, fc.Arbitrary<unknown>> = {
  text,
  number: fc.double(),
  boolean: fc.boolean(),
  datetime: fc.oneof(fc.integer({ min: -1e14, max: 1e14 }), fc.double()),
  money: fc.record({ amount: fc.maxSafeInteger(), currency: fc.constantFrom('EUR', 'JPY', 'KWD') }),
}

/** Views as the model allows them, and where `wild`, with any value in any place. */
function views(wild: boolean): fc.Arbitrary<MappingView> {
  const paths = ['person', 'quote']
    .flatMap((from) => pathReference(from as 'person' | 'quote'))
    .filter(({ path }) => path !== 'now' && path !== 'touchpoints')
  const entries = paths.map(({ path, type }) =>
    fc
      .option(
        fc.oneof(
          { weight: 6, arbitrary: valueOfType[type] ?? text },
          { weight: 1, arbitrary: fc.constant(null) },
          ...(wild ? [{ weight: 2, arbitrary: fc.anything() }] : []),
        ),
        { nil: undefined },
      )
      .map((value) => [path, value] as const),
  )
  const bucket = fc.record({
    kind: fc.constantFrom('page.viewed', 'email.clicked'),
    channel: text,
    day: fc.integer({ min: 20_000, max: 21_000 }),
    count: fc.nat(),
    firstAt: fc.integer(),
    lastAt: fc.integer(),
    amounts: fc.dictionary(fc.constantFrom('EUR', 'USD'), fc.integer()),
  })
  const touchpoints = wild ? fc.array(fc.oneof(bucket, fc.anything())) : fc.array(bucket)
  return fc.tuple(fc.tuple(...entries), touchpoints).map(([values, buckets]) => {
    const root: Record<string, unknown> = {
      now: NOW,
      person: {},
      billing: {},
      consent: {},
      touchpoints: buckets,
    }
    for (const [path, value] of values) if (value !== undefined) put(root, path, value)
    return root as unknown as MappingView
  })
}

/** A text of the language: tokens put together at random, often well formed. */
const expressions: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...pathReference('person').map(({ path }) => path)),
    fc.constantFrom(
      '"text"',
      "''",
      '0',
      '-3.5',
      '1e9',
      'true',
      'null',
      '[]',
      '["a", null]',
      '"2026-01-31"',
      '"49 EUR"',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(...functionReference().map(({ usage }) => usage.replace(/[?…]/g, ''))),
      )
      .map(([value, usage]) => `${value} | ${usage}`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(...functionReference().map(({ name }) => name)),
        tie('expression'),
      )
      .map(([value, name, arg]) => `(${value}) | ${name}(${arg})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('??', 'and', 'or', '==', '!=', '<', 'in', 'not in', '+', '/', '|', '.', '='),
        tie('expression'),
      )
      .map((parts) => parts.join(' ')),
    tie('expression').map((inner) => `not (${inner})`),
    tie('expression').map((inner) => `if(${inner} | is_set, ${inner}, null)`),
  ),
})).expression

test('shipped mappings never throw, whatever a view holds', () => {
  fc.assert(
    fc.property(views(true), (view) => {
      for (const mapping of shipped) mapping.evaluate(view)
    }),
    { numRuns: 300 },
  )
})

test('any text is either compiled or refused with a place inside it', () => {
  fc.assert(
    fc.property(fc.oneof(expressions, fc.string({ unit: 'binary' })), (expression) => {
      const file = personFile(`fields:\n  X:\n    from: ${JSON.stringify(expression)}`)
      const { mapping, problems } = compileMapping({ file: 'x.yaml', text: file })
      expect(mapping === undefined).toBe(problems.length > 0)
      for (const { line, column } of problems) {
        expect(line).toBeGreaterThanOrEqual(1)
        expect(column).toBeLessThanOrEqual((file.split('\n')[line - 1]?.length ?? 0) + 1)
      }
    }),
    { numRuns: 1000 },
  )
})

test('any text is read as a file without throwing', () => {
  const bits = fc.constantFrom(
    'fields:',
    'from: person',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '"',
    "'",
    '|',
    '>',
    '&a',
    '*a',
    '!!str',
    '#',
    '?',
    'tests:',
    'target:',
    'null',
    '~',
    '\t',
    '%',
    '---',
    '...',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(bits).map((parts) => parts.join('')),
      ),
      (text) => {
        expect(compileMapping({ file: 'x.yaml', text }).problems.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 1000 },
  )
})

test('whatever compiles gives CRM values, null only where it clears, and never throws', () => {
  let compiled = 0
  fc.assert(
    fc.property(expressions, views(true), (expression, view) => {
      const quoted = JSON.stringify(expression)
      const text = personFile(
        `fields:\n  Skip: { from: ${quoted} }\n  Clear: { from: ${quoted}, on_null: clear }`,
      )
      const { mapping } = compileMapping({ file: 'x.yaml', text })
      if (!mapping) return
      compiled++
      const { fields } = mapping.evaluate(view)!
      const { Skip, Clear } = fields
      expect(Skip?.value).not.toBe(null)
      if (Clear?.value === null) expect(Skip).toBeUndefined()
      else expect(Skip?.value).toEqual(Clear?.value)
      const { type } = mapping.fields[0]!
      const value = Clear?.value
      if (value === undefined || value === null) return
      if (type === 'number') expect(Number.isFinite(value)).toBe(true)
      else if (type === 'date') expect(value).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      else if (type === 'datetime') expect(value).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
      else expect(typeof value).toBe(type === 'boolean' ? 'boolean' : 'string')
    }),
    { numRuns: 3000 },
  )
  // The generator is worthless if hardly anything it makes is well formed.
  expect(compiled).toBeGreaterThan(300)
})

test('an absent path never produces a field', () => {
  const paths = pathReference('person').filter(({ path, type }) => path !== 'now' && type !== 'touchpoints')
  fc.assert(
    fc.property(fc.constantFrom(...paths), views(false), ({ path, type }, view) => {
      const names = path.split('.')
      let node = view as unknown as Record<string, unknown> | undefined
      for (const name of names.slice(0, -1)) node = node?.[name] as Record<string, unknown> | undefined
      if (node) delete node[names.at(-1)!]
      const expression = type === 'money' ? `${path} | money_major` : path
      const { fields } = compile(
        personFile(`fields:\n  X: { from: ${expression}, on_null: clear }`),
      ).evaluate(view)!
      expect(fields).toEqual({})
    }),
  )
})

test('the order of touchpoint buckets never changes a field', () => {
  fc.assert(
    fc.property(views(false), fc.integer(), (view, seed) => {
      const shuffled = [...view.touchpoints]
        .map((bucket, i) => ({ bucket, key: Math.sin(seed + i) }))
        .sort((a, b) => a.key - b.key)
      const mapping = compile(
        personFile(
          'fields:\n  A: touchpoints | count\n  B: touchpoints | first(kind)\n  C: touchpoints | last(channel)\n  D: touchpoints | sum("EUR") | money_major',
        ),
      )
      expect(mapping.evaluate({ ...view, touchpoints: shuffled.map(({ bucket }) => bucket) })).toEqual(
        mapping.evaluate(view),
      )
    }),
  )
})
