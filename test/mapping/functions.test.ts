import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { functionReference, pathReference } from '../../src/mapping/index.ts'
import { compile, problemsOf, resultOf, viewOf } from './support.ts'

const DOCS = new URL('../../docs/mappings.md', import.meta.url)
const functions = functionReference()

test.each(functions.flatMap(({ name, examples }) => examples.map((example) => [name, ...example] as const)))(
  'the example of %s holds: %s is %j',
  (_, expression, result) => {
    expect(resultOf(expression)).toBe(result)
  },
)

const cell = (text: string): string => text.replaceAll('|', '\\|')

function functionTables(): string {
  const groups = Map.groupBy(functions, ({ group }) => group)
  const seeing = functions.filter(({ seesEmpty }) => seesEmpty).map(({ name }) => `\`${name}\``)
  const empty = `An empty text stays empty where the result is a text and becomes absent elsewhere; only ${seeing.join(', ')} look at it.`
  const tables = [...groups]
    .map(([group, entries]) => {
      const rows = entries.map(({ usage, summary, example }) => {
        const result = typeof example.result === 'string' ? `"${example.result}"` : String(example.result)
        return `| \`${cell(usage)}\` | ${cell(summary)} | \`${cell(example.expression)}\` → \`${cell(result)}\` |`
      })
      return `### ${group}\n\n| function | does | example |\n| --- | --- | --- |\n${rows.join('\n')}`
    })
    .join('\n\n')
  return `${empty}\n\n${tables}`
}

function pathTables(): string {
  const all = (['account', 'person', 'quote'] as const).flatMap(pathReference)
  const paths = new Map(all.map((entry) => [entry.path, entry])).values()
  const groups = Map.groupBy(paths, ({ path }) =>
    path.includes('.') ? path.split('.')[0]! : 'now, touchpoints',
  )
  return [...groups]
    .map(([group, entries]) => {
      const rows = entries.map(({ path, type, doc }) => `| \`${path}\` | ${type} | ${cell(doc)} |`)
      return `### ${group}\n\n| path | type | |\n| --- | --- | --- |\n${rows.join('\n')}`
    })
    .join('\n\n')
}

/** Without the padding of tables, which is the formatter's business. */
const normal = (markdown: string): string => markdown.replace(/ +/g, ' ').replace(/-{3,}/g, '---')

/** `UPDATE_DOCS=1 npx vitest run test/mapping/functions.test.ts` writes the tables. */
function expectSection(name: string, content: string): void {
  const text = readFileSync(DOCS, 'utf8')
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`)
  if (process.env.UPDATE_DOCS)
    writeFileSync(
      DOCS,
      text.replace(pattern, (_, open, close) => `${open}\n${content}\n${close}`),
    )
  const section = pattern.exec(readFileSync(DOCS, 'utf8'))?.[0] ?? ''
  expect(normal(section)).toContain(normal(content))
}

test('docs/mappings.md lists every function as the code declares it', () => {
  expectSection('functions', functionTables())
})

test('docs/mappings.md lists every path as the code declares it', () => {
  expectSection('paths', pathTables())
})

test.each([
  ['"家庭 علی राम" | title', '家庭 علی राम'],
  ['"anne-marie d\'angelo" | title', "Anne-Marie D'Angelo"],
  ['"don\'t" | title', "Don't"],
  ['"ИВАН McDonald DHL" | title', 'Иван McDonald Dhl'],
  ['"ελλασ" | title', 'Ελλασ'],
])('title: %s is %j', (expression, expected) => {
  expect(resultOf(expression)).toBe(expected)
})

test('truncate counts code points and keeps graphemes whole', () => {
  const cut = (title: string, limit: number) =>
    resultOf(`person.title | truncate(${limit})`, viewOf({ person: { title } } as never))
  expect(cut('👩‍👩‍👧x', 4)).toBe('👩‍👩‍'.slice(0, 0) || [...'👩‍👩‍👧x'].slice(0, 4).join(''))
  expect(cut('ab👩‍👩‍👧', 4)).toBe('ab')
  expect(cut('ab😀cd', 3)).toBe('ab😀')
  expect(cut('e\u0301e\u0301', 3)).toBe('e\u0301')
  expect(cut('علی رضا', 4)).toBe('علی')
  expect(cut('short', 80)).toBe('short')
})

test('e164 reads national and international numbers and refuses what is none', () => {
  const phone = (phone: string, country?: string) =>
    resultOf(
      'person.phone | e164(person.country)',
      viewOf({ person: { phone, ...(country ? { country } : {}) } } as never),
    )
  expect(phone('+92 42 35761999')).toBe('+924235761999')
  expect(phone('042 35761999', 'pk')).toBe('+924235761999')
  expect(phone('042 35761999')).toBe(undefined)
  expect(phone('042 35761999', 'XX')).toBe(undefined)
  expect(phone('call me')).toBe(undefined)
  expect(phone('123', 'DE')).toBe(undefined)
})

test('domain finds the registrable domain or nothing', () => {
  const domain = (text: string) => resultOf(`${JSON.stringify(text)} | domain`)
  expect(domain('https://a.b.example.com:8443/x')).toBe('example.com')
  expect(domain('ada@mail.example.co.uk')).toBe('example.co.uk')
  expect(domain('localhost')).toBe(undefined)
  expect(domain('10.0.0.1')).toBe(undefined)
  expect(domain('not a domain')).toBe(undefined)
})

test('strip_html drops scripts and decodes entities without running over broken markup', () => {
  const strip = (text: string) =>
    resultOf('person.title | strip_html', viewOf({ person: { title: text } } as never))
  expect(strip('<style>a{}</style><p>A&nbsp;&#x645;&#65;</p><br/>3 < 4 &unknown; &#xD800;')).toBe(
    'A مA 3 < 4 &unknown; &#xD800;',
  )
  expect(strip('x<script>alert(1)')).toBe('x')
  const started = performance.now()
  strip('<a'.repeat(50_000) + '<script>'.repeat(20_000))
  expect(performance.now() - started).toBeLessThan(2_000)
})

test.each([
  ['1.005 | round(2)', 1.01],
  ['-2.5 | round', -3],
  ['1234.5 | round(-1)', 1235],
  ['-0.4 | round', 0],
  ['"1e5" | number', undefined],
  ['"1,000" | number', undefined],
  ['"5 JPY" | money | money_major', 5],
  ['"1.234 KWD" | money | money_major', 1.234],
  ['"2026-02-30" | date', undefined],
  ['"01/02/2026" | date', undefined],
  ['"2026-01-02T00:30:00+05:00" | date', '2026-01-01'],
  ['"9999-12-31" | date | add_days(1)', undefined],
  ['"2000-01-16" | date | age', 25],
  ['"2000-01-15" | date | age', 26],
  ['"XK" | country_name', 'Kosovo'],
  ['"Pakistan" | country_name', 'Pakistan'],
  ['"a" | rest', undefined],
  ['"@x.com" | email_local', undefined],
  ['"x" | split(",") | at(2)', undefined],
  ['["", null] | join(" ")', undefined],
] as const)('%s is %j', (expression, expected) => {
  expect(resultOf(expression)).toBe(expected)
})

test('a constant date that does not exist is refused where it is compared', () => {
  expect(problemsOf('now > "2026-13-01"')).toEqual(['5 Cannot compare datetime with text. Add | date.'])
})

test('the example at the top of docs/mappings.md works', () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(readFileSync(DOCS, 'utf8'))![1]!
  expect(compile(example).runTests(() => undefined)).toEqual([])
})
