import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { compileMapping, functionReference, isClassifierFile, jsonSchema } from '../../src/mapping/index.ts'
import { personFile } from './support.ts'

const schema = z.fromJSONSchema(jsonSchema() as never)
const isValid = (text: string): boolean => schema.safeParse(parse(text)).success
const compiles = (text: string): boolean => compileMapping({ file: 'x.yaml', text }).problems.length === 0

const read = (url: URL) =>
  readdirSync(url, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && !isClassifierFile(name))
    .sort()
    .map((name) => [name, readFileSync(new URL(name, url), 'utf8')] as const)

test.each([
  ...read(new URL('../../mappings/', import.meta.url)),
  ...read(new URL('./fixtures/valid/', import.meta.url)),
])('%s is valid by the JSON Schema', (_, text) => {
  const { error } = schema.safeParse(parse(text))
  expect(error?.issues ?? []).toEqual([])
})

const ACTIVITY = '{ kind: a.b, as: Task, subject: s }'
/** A right file that has every kind of map; slips below change one line of it. */
const FULL = personFile(`when: person.email | is_set
mode: upsert
match: [{ Email: person.email }]
on_multiple: newest
defaults: { write: if_owned, on_null: skip, on_unmapped: warn }
tables: { t: { a: b } }
fields:
  A: person.email
  B: { from: person.title, write: always }
  C: { lookup: Account, by: account.id, on_miss: hold }
associations: [{ to: companies, by: account.id }]
activities: [${ACTIVITY}]
tests: [{ given: { person: { email: a@b.co } }, expect: { A: a@b.co } }]`)

test('the file that the slips are made in is right', () => {
  expect([isValid(FULL), compiles(FULL)]).toEqual([true, true])
})

test.each([
  ['an unknown key of the file', 'mode: upsert', 'mood: upsert'],
  ['of the target', 'object: Thing }', 'object: Thing, objekt: x }'],
  ['of defaults', 'on_null: skip,', 'on_nul: skip,'],
  ['of a field', 'write: always', 'writes: always'],
  ['of a lookup', 'on_miss: hold', 'on_mis: hold'],
  ['of an association', '{ to: companies,', '{ to: companies, too: x,'],
  ['of an activity', ACTIVITY, '{ kind: a.b, as: Task, subject: s, polizy: log_each }'],
  ['of a test', '{ given:', '{ giben: 1, given:'],
  ['a mode that does not exist', 'mode: upsert', 'mode: upsurt'],
  ['a policy that does not exist', 'write: always', 'write: allways'],
  ['a link by something else', 'by: account.id, on_miss', 'by: account.name, on_miss'],
  ['a kind that is none', 'kind: a.b', 'kind: clicked'],
  ['a field name that is none', '  A: person.email', '  A-B: person.email'],
  ['two fields in a match rule', '{ Email: person.email }', '{ Email: person.email, Phone: person.phone }'],
  ['a table that is empty', '{ t: { a: b } }', '{ t: {} }'],
  ['another version', 'tributary/v1', 'tributary/v2'],
  ['nothing to read from', 'from: person', 'from: nobody'],
  ['a list for an expression', '  A: person.email', '  A: [person.email]'],
])('both the reader and the JSON Schema refuse %s: %s → %s', (_, right, wrong) => {
  const text = FULL.replace(right, wrong)
  expect(text).not.toBe(FULL)
  expect([isValid(text), compiles(text)]).toEqual([false, false])
})

test('editors show every function', () => {
  const { description } = (jsonSchema() as { $defs: { expression: { description: string } } }).$defs
    .expression
  for (const { usage } of functionReference()) expect(description).toContain(usage)
})
