import { isMap, isScalar, isSeq } from 'yaml'
import { didYouMean } from '#kit'
import type { Reporter } from '../problems.ts'
import type { CompiledMapping, Desired, MappingProblem } from '../types.ts'
import type { MappingView } from '../view.ts'
import type { FileScope } from './expressions.ts'
import { TEST_KEYS } from './keys.ts'
import { buildTestView } from './test-view.ts'
import type { Entry, YamlReader } from './yaml-file.ts'

/** One example of the file's `tests:`. */
export interface MappingTest {
  name: string
  at: number
  given: { fixture: string; at: number } | { view: MappingView }
  /** Undefined: a record is expected, whatever its fields. */
  isSkipped: boolean
  fields: { name: string; value: unknown; at: number }[]
  absent: { name: string; at: number }[]
  links: { object: string; entity: unknown; at: number }[]
}

interface Context {
  file: FileScope
  from: CompiledMapping['from']
  fieldNames: readonly string[]
  yaml: YamlReader
}

export function readTests(entry: Entry | undefined, context: Context): MappingTest[] {
  const { yaml } = context
  const list = entry && yaml.list(entry, 'tests')
  return (list ? yaml.maps(list, 'A test') : []).flatMap((map, index) => {
    const keys = yaml.keys(map, TEST_KEYS, 'A test')
    const name = keys.name && yaml.scalar(keys.name, 'name')
    const given = keys.given && readGiven(keys.given, context)
    const isWhenFalse = keys.when ? yaml.choice(keys.when, ['false'], 'when in a test') === 'false' : false
    const isNull = isScalar(keys.expect?.value) && keys.expect.value.value === null
    if (!given) return []
    return {
      name: name?.text ?? `test ${index + 1}`,
      at: yaml.offsetOf(map),
      given,
      isSkipped: isWhenFalse || isNull,
      fields: keys.expect && !isNull ? readExpected(keys.expect, context) : [],
      absent: keys.absent ? readAbsent(keys.absent, context) : [],
      links: keys.links ? readLinks(keys.links, yaml) : [],
    }
  })
}

function readGiven(entry: Entry, { yaml, file, from }: Context): MappingTest['given'] | undefined {
  if (isScalar(entry.value) && typeof entry.value.value === 'string') {
    return { fixture: entry.value.value, at: yaml.at(entry) }
  }
  const map = yaml.map(entry, 'given')
  if (!map) return undefined
  const { view, problems } = buildTestView(map.toJSON(), from, file.schema)
  for (const { path, message } of problems)
    yaml.reporter.report('mapping.type', offsetOfPath(map, path) ?? yaml.at(entry), message)
  return { view }
}

function offsetOfPath(map: unknown, path: (string | number)[]): number | undefined {
  let node: unknown = map
  let at: number | undefined
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
      at = isScalar(pair?.key) ? pair.key.range?.[0] : at
      node = pair?.value
    } else if (isSeq(node)) node = node.items[Number(name)]
  }
  return at
}

function readExpected(entry: Entry, { yaml, fieldNames }: Context): MappingTest['fields'] {
  const map = yaml.map(entry, 'expect')
  return (map ? yaml.entries(map) : []).map(({ name, at, value }) => {
    checkField(name, at, fieldNames, yaml)
    return { name, at, value: isScalar(value) ? value.value : value?.toJSON() }
  })
}

function readAbsent(entry: Entry, { yaml, fieldNames }: Context): MappingTest['absent'] {
  const list = yaml.list(entry, 'absent')
  return (list?.items ?? []).map((item) => {
    const name = isScalar(item) ? String(item.value) : ''
    checkField(name, yaml.offsetOf(item), fieldNames, yaml)
    return { name, at: yaml.offsetOf(item) }
  })
}

function checkField(name: string, at: number, fieldNames: readonly string[], yaml: YamlReader): void {
  if (fieldNames.includes(name)) return
  yaml.reporter.report('mapping.unknown_name', at, `fields has no ${name}.${didYouMean(name, fieldNames)}`)
}

function readLinks(entry: Entry, yaml: YamlReader): MappingTest['links'] {
  const map = yaml.map(entry, 'links')
  return (map ? yaml.entries(map) : []).map(({ name, at, value }) => ({
    object: name,
    at,
    entity: isScalar(value) ? value.value : undefined,
  }))
}

/** Runs the tests against the compiled mapping; a fixture that cannot be read is a failed test. */
export function runTests(
  tests: readonly MappingTest[],
  {
    evaluate,
    from,
    schema,
    reporter: { place },
  }: {
    evaluate: CompiledMapping['evaluate']
    from: CompiledMapping['from']
    schema: FileScope['schema']
    reporter: Reporter
  },
  readFixture: (path: string) => unknown,
): MappingProblem[] {
  const problems: MappingProblem[] = []
  for (const test of tests) {
    const fail = (at: number, message: string) =>
      problems.push({ code: 'mapping.test_failed', message: `${test.name}: ${message}`, ...place(at) })
    const view = viewOf(test, from, schema, readFixture, fail)
    if (view) compare(test, evaluate(view), fail)
  }
  return problems
}

type Fail = (at: number, message: string) => void

function viewOf(
  { given }: MappingTest,
  from: CompiledMapping['from'],
  schema: FileScope['schema'],
  readFixture: (path: string) => unknown,
  fail: Fail,
): MappingView | undefined {
  if ('view' in given) return given.view
  let json: unknown
  try {
    json = readFixture(given.fixture)
  } catch (error) {
    fail(
      given.at,
      `fixture ${given.fixture} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  }
  const { view, problems } = buildTestView(json, from, schema)
  for (const { message } of problems) fail(given.at, `fixture ${given.fixture}: ${message}`)
  return problems.length === 0 ? view : undefined
}

function compare(test: MappingTest, desired: Desired | undefined, fail: Fail): void {
  if (test.isSkipped) {
    if (desired) fail(test.at, 'expected no record, because when is false, but one would be written')
    return
  }
  if (!desired) {
    fail(test.at, 'when is false, so no record would be written')
    return
  }
  for (const { name, value, at } of test.fields) {
    const found = Object.hasOwn(desired.fields, name)
      ? desired.fields[name]!.value
      : desired.links.find(({ field }) => field === name)?.entity
    if (found === undefined) fail(at, `${name} is left out, expected ${JSON.stringify(value)}`)
    else if (found !== value)
      fail(at, `${name} is ${JSON.stringify(found)}, expected ${JSON.stringify(value)}`)
  }
  for (const { name, at } of test.absent) {
    const found = desired.fields[name]
    if (found || desired.links.some(({ field }) => field === name))
      fail(at, `${name} is ${JSON.stringify(found?.value ?? 'linked')}, expected to be left out`)
  }
  for (const { object, entity, at } of test.links) {
    const found = desired.links.find((link) => link.object === object)?.entity
    if (found !== entity)
      fail(
        at,
        `the link to ${object} is ${JSON.stringify(found ?? null)}, expected ${JSON.stringify(entity)}`,
      )
  }
}
