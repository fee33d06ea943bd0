import { expect, test } from 'vitest'
import { compileMapping, jsonSchema } from '../../src/mapping/index.ts'

const DAY = 86_400_000
const compile = (top: string, field = 'Title: person.title') =>
  compileMapping({
    file: 'c.yaml',
    text: `apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
${top}
fields:
  LastName: person.last_name
  ${field}
`,
  })
const holds = (top: string, field?: string) => {
  const { mapping, problems } = compile(top, field)
  expect(problems).toEqual([])
  const desired = mapping!.evaluate({ now: 0, person: { title: 'CTO', last_name: 'L' } } as never)!
  return Object.fromEntries(Object.entries(desired.fields).map(([name, { holdMs }]) => [name, holdMs]))
}

test.each([
  ['', undefined],
  ['live: poll', 'poll'],
  ['live: needed', 'needed'],
  ['live: read', 'read'],
])('"%s" gives %s', (top, live) => {
  expect(compile(top).mapping?.live).toBe(live)
})

test('how long an edit holds is the field’s word, then the file’s, else for ever', () => {
  expect(holds('')).toEqual({ LastName: undefined, Title: undefined })
  expect(holds('defaults: { edits_hold: 30d }')).toEqual({ LastName: 30 * DAY, Title: 30 * DAY })
  expect(holds('defaults: { edits_hold: 30d }', 'Title: { from: person.title, edits_hold: 12h }')).toEqual({
    LastName: 30 * DAY,
    Title: DAY / 2,
  })
  expect(
    holds('defaults: { edits_hold: 30d }', 'Title: { from: person.title, edits_hold: forever }'),
  ).toEqual({ LastName: 30 * DAY, Title: undefined })
  expect(holds('defaults: { edits_hold: 30d }', 'Title: { from: person.title, write: always }')).toEqual({
    LastName: 30 * DAY,
    Title: undefined,
  })
})

test.each([
  ['live: never', 'Title: person.title', /live cannot be never/],
  ['defaults: { edits_hold: 30 }', 'Title: person.title', /edits_hold cannot be 30\. Use forever, or hours/],
  ['', 'Title: { from: person.title, write: always, edits_hold: 3d }', /goes with write: if_owned/],
])('%s %s is refused with its reason', (top, field, reason) => {
  expect(compile(top, field).problems.map((problem) => problem.message)).toEqual([
    expect.stringMatching(reason),
  ])
})

test('editors know both keys', () => {
  const schema = jsonSchema() as { properties: Record<string, { enum?: string[]; properties?: object }> }
  expect(schema.properties.live?.enum).toEqual(['poll', 'needed', 'read'])
  expect(schema.properties.defaults?.properties).toHaveProperty('edits_hold')
})
