import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkMappings, compileMapping, formatProblem, jsonSchema } from '../../src/mapping/index.ts'
import { compile, personFile, viewOf } from './support.ts'

const filesIn = (folder: string): (readonly [string, string])[] => {
  const url = new URL(`./fixtures/${folder}/`, import.meta.url)
  return readdirSync(url)
    .sort()
    .map((name) => [name, readFileSync(new URL(name, url), 'utf8')] as const)
}

test.each(filesIn('valid'))('valid/%s compiles and passes its tests', (file, text) => {
  const { mapping, problems, warnings } = compileMapping({ file, text })
  expect([...problems, ...warnings]).toEqual([])
  expect(mapping?.runTests(() => undefined)).toEqual([])
})

/** `# expect line:column code message` at the end of a file; an expectation without a message only wants a problem. */
const expectations = (text: string, word: string) =>
  [...text.matchAll(new RegExp(`^# ${word} ?(.*)$`, 'gm'))].map(([, line]) => line!.trim())

test.each(filesIn('invalid'))('invalid/%s gives exactly its problems', (file, text) => {
  const { mapping, problems, warnings } = compileMapping({ file, text })
  const shown = (list: typeof problems) => list.map((p) => `${p.line}:${p.column} ${p.code} ${p.message}`)
  expect(mapping).toBeUndefined()
  const expected = expectations(text, 'expect')
  if (expected[0] === '') expect(problems.length).toBeGreaterThan(0)
  else expect(shown(problems)).toEqual(expected)
  expect(shown(warnings)).toEqual(expectations(text, 'warn'))
  expect(problems.every((problem) => problem.file === file)).toBe(true)
})

test('a problem is shown with its line and a caret under the place', () => {
  const text = personFile('fields:\n  Name: "日本 " ?? person.emial\n  X: "\'日本\' ?? person.emial"')
  const { problems } = compileMapping({ file: 'a.yaml', text: text.replace('"日本 " ??', 'person.title ??') })
  expect(formatProblem(problems[0]!, text.replace('"日本 " ??', 'person.title ??'))).toBe(
    [
      'a.yaml:5:32 error mapping.unknown_name',
      '  person.emial is unknown. Did you mean person.email?',
      '  5 |   Name: person.title ?? person.emial',
      '    |                                ^',
    ].join('\n'),
  )
  // Wide characters take two columns on a terminal.
  const lines = formatProblem(problems[1]!, text).split('\n')
  expect(lines.at(-1)!.indexOf('^')).toBe(lines.at(-2)!.indexOf('emial') + 2)
})

test('two files for one object and links to nobody are found across files', () => {
  const text = personFile('fields:\n  A: 1\n  P: { lookup: Parent, by: account.id }')
  const parent =
    'apiVersion: tributary/v1\ntarget: { connection: crm, object: Parent }\nfrom: account\nfields: { A: 1 }\n'
  const files = [
    { file: 'a.yaml', text },
    { file: 'b.yaml', text },
  ]
  const alone = checkMappings(files)
  expect(alone.mappings).toHaveLength(2)
  expect(alone.problems.map((p) => `${p.file}:${p.line} ${p.message}`)).toEqual([
    'b.yaml:1 a.yaml already maps person to Thing of crm.',
  ])
  expect(alone.warnings.map((p) => `${p.file}:${p.line}:${p.column} ${p.message}`)).toEqual([
    'a.yaml:6:3 No mapping writes Parent of crm, so this link never finds a record.',
    'b.yaml:6:3 No mapping writes Parent of crm, so this link never finds a record.',
  ])
  const together = checkMappings([files[0]!, { file: 'parent.yaml', text: parent }])
  expect([...together.problems, ...together.warnings]).toEqual([])
})

test('one broken file does not hide the others', () => {
  const { mappings, problems } = checkMappings([
    { file: 'bad.yaml', text: 'x: [' },
    { file: 'good.yaml', text: personFile('fields: { A: 1 }') },
  ])
  expect(mappings.map(({ file }) => file)).toEqual(['good.yaml'])
  expect(problems.every(({ file }) => file === 'bad.yaml')).toBe(true)
})

test('the compiled mapping tells what it writes and reads', () => {
  const mapping = compile(
    personFile(
      'defaults: { write: if_empty }\nfields:\n  T: account.name\n  N: { from: billing.mrr | money_major, write: always }\n  D: now | date\n  P: { lookup: Parent, by: account.id, on_miss: hold }',
    ),
  )
  expect(mapping.fields.map(({ name, policy, type, lookup }) => [name, policy, type, lookup])).toEqual([
    ['T', 'if_empty', 'text', undefined],
    ['N', 'always', 'number', undefined],
    ['D', 'if_empty', 'date', undefined],
    ['P', 'always', 'unknown', 'Parent'],
  ])
  expect(mapping).toMatchObject({
    destination: 'crm',
    object: 'Thing',
    mode: 'upsert',
    onMultiple: 'quarantine',
    readsClock: true,
  })
  expect(mapping.reads).toEqual({
    account: true,
    billing: true,
    touchpoints: false,
    paths: new Set(['account.name', 'billing.mrr', 'now', 'account.id']),
  })
  expect(mapping.fields[0]!.place).toEqual({ file: 'thing.yaml', line: 6, column: 3 })
  expect(compile(personFile('fields: { T: 1 }')).hash).not.toBe(compile(personFile('fields: { T: 2 }')).hash)
})

test('null is left out or cleared by on_null, absent is always left out, empty is written', () => {
  const mapping = compile(
    personFile('fields:\n  Skip: person.title\n  Clear: { from: person.title, on_null: clear }'),
  )
  const fields = (title?: string | null) =>
    Object.entries(
      mapping.evaluate(viewOf({ person: title === undefined ? {} : { title } } as never))!.fields,
    ).map(([name, { value }]) => [name, value])
  expect(fields()).toEqual([])
  expect(fields(null)).toEqual([['Clear', null]])
  expect(fields('')).toEqual([
    ['Skip', ''],
    ['Clear', ''],
  ])
})

test('links and match values are left out where there is none', () => {
  const mapping = compile(
    personFile(
      'match:\n  - Email: person.email | lower\n  - Phone: person.phone\nfields:\n  P: { lookup: Parent, by: account.id }\nassociations:\n  - { to: Parent, by: account.id, on_miss: hold }',
    ),
  )
  const bare = mapping.evaluate(viewOf({ person: { email: 'A@X.COM', phone: '' } } as never))
  expect(bare).toMatchObject({ links: [], match: [{ field: 'Email', value: 'a@x.com' }] })
  const linked = mapping.evaluate(
    viewOf({ account: { id: 'acc', stage: 'prospect', created_at: 0 } } as never),
  )
  expect(linked?.links).toEqual([
    { field: 'P', object: 'Parent', entity: 'acc', onMiss: 'skip' },
    { object: 'Parent', entity: 'acc', onMiss: 'hold' },
  ])
})

test('templates show what is there and leave no holes', () => {
  const text = personFile(
    'fields: { A: 1 }\nactivities:\n  - kind: a.b\n    as: Task\n    subject: "Saw {title} at {occurred_at | date}  {{x}} {props.deep.er ?? \'}\'}"\n    body: "{amount}\\n\\n\\n\\n{props.list}\\n{campaign}"',
  )
  const [rule] = compile(text).activities
  const base = { kind: 'a.b', channel: 'x', occurredAt: Date.UTC(2026, 0, 2), count: 1, props: {} }
  expect(rule!.subject({ ...base, title: 'T' })).toBe('Saw T at 2026-01-02 {x} }')
  expect(rule!.subject({ ...base, props: { deep: { er: 7 } } })).toBe('Saw at 2026-01-02 {x} 7')
  expect(
    rule!.body({
      ...base,
      amount: { amount: 5, currency: 'KWD' },
      props: { list: ['a', 'b'] },
      campaign: { name: 'C' },
    }),
  ).toBe('0.005 KWD\n\na, b\nC')
  expect(rule!.body(base)).toBe('')
})

test('failing tests say both values, unreadable fixtures their path', () => {
  const text = personFile(
    'fields: { T: person.title, U: person.city }\ntests:\n  - { given: { person: { title: a } }, expect: { T: b, U: x }, absent: [T] }\n  - { name: file, given: none.json, expect: { T: a } }\n  - { given: f.json, when: false }',
  )
  const paths: string[] = []
  const problems = compile(text, 'folder/thing.yaml').runTests((path) => {
    paths.push(path)
    if (path === 'none.json') throw new Error('no such file')
    return { person: { titl: 'x' } }
  })
  expect(problems.map((p) => `${p.line}:${p.column} ${p.code} ${p.message}`)).toEqual([
    '6:50 mapping.test_failed test 1: T is "a", expected "b"',
    '6:56 mapping.test_failed test 1: U is left out, expected "x"',
    '6:73 mapping.test_failed test 1: T is "a", expected to be left out',
    '7:26 mapping.test_failed file: fixture none.json cannot be read: no such file',
    '8:14 mapping.test_failed test 3: fixture f.json: person.titl is unknown. Did you mean title?',
  ])
  expect(paths).toEqual(['none.json', 'f.json'])
})

test('the JSON Schema knows the keys that the reader knows', () => {
  const schema = jsonSchema() as { properties: Record<string, { properties?: object }>; required: string[] }
  expect(schema.required).toEqual(['apiVersion', 'target', 'from', 'fields'])
  const { problems } = compileMapping({ file: 'x.yaml', text: 'nokey_at_all_like_this: 1' })
  for (const name of Object.keys(schema.properties))
    expect(problems.map(({ message }) => message).join()).toContain(name)
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
})
