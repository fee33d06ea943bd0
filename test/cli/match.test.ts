import { expect, test } from 'vitest'
import { tributary, tributaryJson, workspace } from './support.ts'

const PEOPLE = `id,First Name,Surname,E-mail,Date of birth,Postcode,Town,Person,Shoe size
1,Anna,Weber,anna.weber@acme.example,1980-02-03,10115,Berlin,p1,38
2,Ana,Weber,anna.weber@acme.example,1980-02-03,10115,Berlin,p1,38
3,Anna,Bauer,anna.bauer@other.example,1955-09-30,80331,München,p2,40
4,Юлия,Иванова,yuliya@acme.example,1990-12-24,20095,Hamburg,p3,37
5,Yuliya,Ivanova,,1990-12-24,20095,Hamburg,p3,
6,Omar,Khan,omar@acme.example,1971-05-06,50667,Köln,p4,44
7,Zoe,Quinn,zoe@acme.example,1966-07-08,60311,Frankfurt,,39
`

test('match evaluate measures labelled records: links by threshold beside equality, groups, calibration', async () => {
  const { write } = workspace()
  const file = write('people.csv', PEOPLE)
  const { code, out } = await tributary('match', 'evaluate', file, '--entity', 'Person')
  expect(code).toBe(0)
  expect(out).toContain('first_name (First Name), last_name (Surname)')
  expect(out).toContain('Not used: Shoe size')
  expect(out).toContain('1 rows without a label left out')
  expect(out).toContain('6 records of 4 entities, 2 true pairs')
  expect(out).toMatch(/^links +right +wrong +missed +precision +recall +F1$/m)
  expect(out).toMatch(/^p >= 0.5 +2 +0 +0 +1.0000 +1.0000 +1.0000$/m)
  expect(out).toMatch(/^exact e-mail +1 +0 +1 +1.0000 +0.5000 +0.6666$/m)
  expect(out).toMatch(/^groups +B-cubed precision/m)
  expect(out).toMatch(/^told +pairs +mean told +found$/m)
})

test('with --json there is all of it, and the model that was learned', async () => {
  const { write } = workspace()
  const file = write('people.csv', PEOPLE.replaceAll(',', ';'))
  const { code, json } = await tributaryJson('match', 'evaluate', file, '--entity', 'person')
  expect(code).toBe(0)
  expect(json).toMatchObject({
    files: [{ file, records: 6, skipped: 1, mapping: { email: 'E-mail', birth_date: 'Date of birth' } }],
    truePairs: 2,
    thresholds: [
      { threshold: 0.5, truePositives: 2, falsePositives: 0 },
      { threshold: 0.9 },
      { threshold: 0.99 },
    ],
    model: { version: 1 },
    seconds: { matching: expect.any(Number) },
  })
})

test('--across compares files only with each other; --entity-pattern takes the label out of an id', async () => {
  const { write } = workspace()
  const row = (id: string) => `${id},Anna,Weber,anna@acme.example,1980-02-03\n`
  const header = 'id,first_name,last_name,email,dob\n'
  const a = write(
    'a.csv',
    `${header + row('rec-1-org') + row('rec-1-dup-0')}rec-2-org,Omar,Khan,omar@acme.example,1971-05-06\n`,
  )
  const b = write('b.csv', header + row('rec-1-dup-1'))
  const label = ['--entity', 'id', '--entity-pattern', 'rec-(\\d+)-']
  expect((await tributaryJson('match', 'evaluate', a, b, ...label)).json).toMatchObject({ truePairs: 3 })
  expect((await tributaryJson('match', 'evaluate', a, b, '--across', ...label)).json).toMatchObject({
    truePairs: 2,
    blocking: { candidates: 2 },
  })
})

test('--map names a column, --country reads national numbers', async () => {
  const { write } = workspace()
  const file = write(
    'people.csv',
    'who,first_name,last_name,Festnetz,entity\n1,Anna,Weber,030 901820,p1\n2,A.,Weber,+49 30 901820,p1\n',
  )
  const { json } = await tributaryJson(
    'match',
    'evaluate',
    file,
    '--map',
    'phone=Festnetz',
    '--country',
    'de',
  )
  expect(json).toMatchObject({ files: [{ mapping: { phone: 'Festnetz' } }], blocking: { candidates: 1 } })
})

test.each([
  ['an unknown action', ['evaluat', 'people.csv'], /match evaluat is unknown; did you mean "evaluate"\?/],
  ['a missing file', ['evaluate', 'none.csv'], /none.csv cannot be read: ENOENT/],
  [
    'no labels',
    ['evaluate', 'people.csv'],
    /Name the column that tells who each record really is with --entity/,
  ],
  ['an unknown column', ['evaluate', 'people.csv', '--entity', 'Persn'], /There is no column "Persn"/],
  [
    'an unknown field',
    ['evaluate', 'people.csv', '--entity', 'Person', '--map', 'phon=E-mail'],
    /no field "phon". Did you mean phone\?/,
  ],
  [
    'a broken pattern',
    ['evaluate', 'people.csv', '--entity', 'id', '--entity-pattern', '('],
    /is no regular expression/,
  ],
  [
    'a country that is none',
    ['evaluate', 'people.csv', '--entity', 'Person', '--country', 'Atlantis'],
    /--country Atlantis/,
  ],
])('%s ends with 2 and says what is wrong', async (_, args, message) => {
  workspace({ 'people.csv': PEOPLE })
  const { code, err } = await tributary('match', ...args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

const TWICE = `id,first_name,last_name,email,phone,company,city
1,Ada,Lovelace,ada@engines.example,+44 20 7946 0958,Analytical Engines,London
2,Ada,Lovelace,ada.l@mail.example,+44 20 7946 0958,Analytical Engines,London
3,Omar,Khan,omar@acme.example,+49 30 1234567,Acme,Berlin
`

test('match review shows who is probably the same, accept makes them one, unmerge takes them apart', async () => {
  workspace({ 'tributary.yaml': 'connections:\n  csv: { connector: csv }\n', 'people.csv': TWICE })
  expect((await tributary('import', 'people.csv', '--as', 'contacts')).code).toBe(0)
  const shown = await tributary('match', 'review')
  expect(shown.code).toBe(0)
  expect(shown.out).toMatch(/^per_\w+~per_\w+ {2}9\d\.\d %/m)
  expect(shown.out).toContain('Ada · Lovelace · ada@engines.example')
  expect(shown.out).toContain('phone equal +')
  expect(shown.out).not.toContain('Khan')

  const { json } = await tributaryJson<{ items: { id: string; a: string }[] }>('match', 'review')
  const [pair] = json.items
  const accepted = await tributary('match', 'accept', pair!.id)
  expect(accepted).toMatchObject({
    code: 0,
    out: expect.stringContaining('they are one; the CRM learns of it'),
  })
  expect((await tributary('match', 'review')).out).toContain('Nobody waits for a decision.')

  expect((await tributaryJson('match', 'unmerge', pair!.a)).json).toMatchObject({
    items: [{ entity: pair!.a }],
    isDone: true,
  })
  const again = await tributary('match', 'unmerge', pair!.a)
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('match.alone') })
  expect((await tributary('match', 'reopen', pair!.id)).code).toBe(0)
  expect((await tributary('match', 'review')).out).toContain(pair!.id)
})

const COMPANIES = `id,first_name,last_name,email,company,domain,city,country
1,Ada,Lovelace,ada@engines-works.com,Analytical Engines Ltd,engines-works.com,London,GB
2,Omar,Khan,omar@engines-works.co.uk,ANALYTICAL ENGINES,engines-works.co.uk,London,GB
3,Grace,Hopper,grace@blue-kestrel.com,Blue Kestrel,blue-kestrel.com,London,GB
`

test('match review shows companies too, by themselves with --kind', async () => {
  workspace({ 'tributary.yaml': 'connections:\n  csv: { connector: csv }\n', 'people.csv': COMPANIES })
  expect((await tributary('import', 'people.csv', '--as', 'contacts')).code).toBe(0)
  const shown = await tributary('match', 'review')
  expect(shown.out).toMatch(/^acc_\w+~acc_\w+ {2}9\d\.\d %/m)
  expect(shown.out).toContain('ANALYTICAL ENGINES · engines-works.co.uk')
  expect(shown.out).not.toContain('Kestrel')
  expect((await tributaryJson('match', 'review', '--kind', 'account')).json).toMatchObject({
    items: [{ kind: 'account' }],
  })
  expect((await tributary('match', 'review', '--kind', 'person')).out).toContain('Nobody waits')
  expect((await tributary('match', 'review', '--kind', 'acount')).err).toContain('did you mean "account"?')
})

test('match says what it takes', async () => {
  workspace({ 'tributary.yaml': 'connections: {}\nmatching: { mode: off }\n' })
  expect((await tributary('match', 'reviw')).err).toContain('review')
  expect(await tributary('match', 'accept')).toMatchObject({ code: 2 })
  expect((await tributary('match', 'review')).out).toContain('matching.mode is off')
})
