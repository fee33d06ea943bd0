import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { FieldDescription, ObjectSpec } from '#kit'
import { contextOf } from '../../src/engine/connection.ts'
import { checkFields, checkObjects } from '../../src/mapping/index.ts'
import { createWorld } from '../engine/support.ts'
import { compile, personFile } from './support.ts'

const field = (
  name: string,
  type: FieldDescription['type'] = 'text',
  more: Partial<FieldDescription> = {},
): FieldDescription => ({
  name,
  type,
  isWritable: true,
  isRequired: false,
  isExternalId: false,
  ...more,
})
const KEY = field('Key', 'text', { isExternalId: true })
const CRM = [
  KEY,
  field('Name', 'text', { isRequired: true, maxLength: 80 }),
  field('Long', 'text', { maxLength: 255 }),
  field('Mail', 'email', { maxLength: 80 }),
  field('Count', 'integer'),
  field('Flag', 'boolean'),
  field('Day', 'date'),
  field('Moment', 'datetime'),
  field('Stage', 'picklist', { options: ['Open', 'Closed'] }),
  field('Parent', 'reference', { references: ['Account'] }),
  field('Formula', 'number', { isWritable: false }),
]

/** "field severity? message" of a mapping that maps Name besides. */
function found(lines: string, fields = CRM, head = ''): string[] {
  const mapping = compile(personFile(`${head}fields:\n  Name: '"x"'\n${lines}`))
  return checkFields(mapping, fields, { externalId: 'Key' }).map(
    ({ field: name, severity, message, line, column }) =>
      `${line}:${column} ${name} ${severity ?? 'error'} ${message}`,
  )
}

test.each([
  ['  Nmae: person.title', '6:3 Nmae error the CRM has no such field (nearest: Name)'],
  ['  Formula: 1', '6:3 Formula error the field is not writable'],
  [
    '  Count: person.title',
    "6:3 Count error the CRM's field is a integer, the expression gives text; add | number",
  ],
  [
    '  Flag: person.title',
    "6:3 Flag error the CRM's field is a boolean, the expression gives text; add | boolean",
  ],
  [
    '  Day: person.created_at',
    "6:3 Day error the CRM's field is a date, the expression gives datetime; add | date",
  ],
  [
    '  Moment: person.created_at | date',
    "6:3 Moment error the CRM's field is a datetime, the expression gives date; add | datetime",
  ],
  ['  Parent: { lookup: Lead, by: account.id }', '6:3 Parent error it refers to Account, not to Lead'],
  ['  Long: { lookup: Account, by: account.id }', '6:3 Long error it is a text and cannot refer to Account'],
  [
    '  Stage: if(person.is_free_mail == true, "Opne", "Closed")',
    '6:3 Stage error the picklist has no value "Opne". Did you mean Open?',
  ],
  [
    '  Stage: person.title',
    '6:3 Stage warning the picklist takes 2 values only, and the expression may give any text; use | picklist(table)',
  ],
  [
    '  Long: person.title | truncate(300)',
    '6:3 Long warning the field takes 255 characters, and the text may be longer; add | truncate(255)',
  ],
])('%s: %s', (line, expected) => {
  expect(found(line)).toEqual([expected])
})

test.each([
  '  Long: person.title',
  '  Mail: person.email',
  '  Flag: person.title | is_set',
  '  Count: touchpoints | count',
  '  Stage: if(person.is_free_mail == true, "Open", "Closed")',
  '  Stage: person.title | left(3) | contains("CEO") | text',
  '  Parent: { lookup: Account, by: account.id }',
  '  Formula: { from: 1, write: never }',
  '  Stage: null',
])('%s fits', (line) => {
  expect(found(line).filter((text) => text.includes('error'))).toEqual([])
})

test('a table is held against the picklist that it fills', () => {
  const table = (cell: string) =>
    found('  Stage: person.title | picklist(t)', CRM, `tables: { t: { a: Open, "*": ${cell} } }\n`)
  expect(table('Closed')).toEqual([])
  expect(table('Done')).toEqual(['7:3 Stage error the picklist has no value "Done". It has Open or Closed.'])
})

test('what the CRM requires must be mapped, and have a value in every record', () => {
  const required = (lines: string, head = '') =>
    checkFields(compile(personFile(`${head}fields:\n${lines}`)), CRM, { externalId: 'Key' })
  expect(required('  Long: person.title')).toMatchObject([
    { code: 'mapping.required', severity: 'warning', field: 'Name', line: 2, column: 36 },
  ])
  expect(required('  Long: person.title', 'mode: update\n')).toEqual([])
  for (const [expression, isSure] of [
    ['person.last_name', false],
    ['person.last_name ?? person.title', false],
    ['(person.last_name ?? person.email ?? "Unknown") | truncate(80)', true],
    ['person.last_name | default("?") | left(80)', false],
    ['if(person.email | is_set, "a", "b")', true],
    ['if(person.email | is_set, "a", person.title) | truncate(80)', false],
    ['case(person.email | is_set, "a", "b")', true],
    ['coalesce(person.title, "x") | upper | truncate(80)', true],
    ['[person.first_name, "x"] | join(" ") | truncate(80)', true],
    ['"" ?? "" | truncate(80)', false],
    ['person.email | lower | truncate(80)', true],
  ] as const) {
    const when = 'when: person.stage == "lead" and person.email | is_set\n'
    const codes = required(`  Name: ${JSON.stringify(expression)}`, when).map(({ code }) => code)
    expect([expression, codes.includes('mapping.required')]).toEqual([expression, !isSure])
  }
})

test('the field of our key must be there, unique and writable', () => {
  const withKey = (...key: FieldDescription[]) => found('', [...key, ...CRM.slice(1)])
  expect(withKey()).toEqual([
    '2:36 Key error the field for our key is missing; tributary setup --apply creates it',
  ])
  expect(withKey(field('Key'))).toEqual([
    '2:36 Key error the field for our key is not unique, so records would be written twice; make it a unique external id',
  ])
  expect(withKey({ ...KEY, isWritable: false })[0]).toContain('is not writable')
})

test('match rules name fields of the CRM', () => {
  expect(found('', CRM, 'match: [{ Mial: person.email }]\n')).toEqual([
    '2:36 Mial error the CRM has no such field (nearest: Mail)',
  ])
})

test('objects that the connector cannot write are named with their place and the nearest', () => {
  const spec = (more: Partial<ObjectSpec> = {}): ObjectSpec => ({
    title: 't',
    externalId: 'Key',
    batchSize: 1,
    readSize: 1,
    rank: 1,
    ...more,
  })
  const objects = { Contact: spec(), Account: spec(), Task: spec({ activity: () => ({ fields: {} }) }) }
  const mapping = compile(
    personFile(
      'fields:\n  P: { lookup: Acount, by: account.id }\nactivities: [{ kind: a.b, as: Contact, subject: x }]',
    ).replace('object: Thing', 'object: Contcat'),
  )
  expect(
    checkObjects(mapping, objects).map(({ line, column, message }) => `${line}:${column} ${message}`),
  ).toEqual([
    '2:36 crm has no object Contcat that can be written. Did you mean Contact?',
    '6:14 crm has no timeline object Contact that can be written. Known: Task.',
    '5:3 crm has no object Acount that can be written. Did you mean Account?',
  ])
})

test('the shipped mappings fit CRMs that setup has prepared', async () => {
  const folder = new URL('../../mappings/', import.meta.url)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  )
  const world = await createWorld({
    use: ['salesforce', 'hubspot'],
    mappings: Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')])),
  })
  const { deps } = world.engine
  const signal = new AbortController().signal
  const shown: string[] = []
  for (const mapping of world.mappings.current) {
    const connection = deps.connections.get(mapping.destination)!
    const { objects, describe } = connection.connector.destination!
    const fields = await describe(contextOf(connection, { ...deps, signal }), mapping.object)
    for (const problem of [
      ...checkObjects(mapping, objects),
      ...checkFields(mapping, fields, objects[mapping.object]!),
    ])
      shown.push(`${problem.file}:${problem.line} ${problem.severity ?? 'error'} ${problem.message}`)
  }
  await world.close()
  expect(shown).toEqual([
    // Which currencies a portal has switched on is for its people to say.
    'hubspot/deals.yaml:34 warning the picklist takes 15 values only, and the expression may give any text; use | picklist(table)',
  ])
})
