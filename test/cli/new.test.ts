import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tributary, tributaryJson, workspace } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const REGISTRY = `import type { AnyConnector } from '#kit'
import csv from './csv/index.ts'
import peopleDataLabs from './people-data-labs/index.ts'
import website from './website/index.ts'

/** Every connector. */
export const connectors: readonly AnyConnector[] = [
  csv,
  peopleDataLabs,
  website,
]
`

const checkout = (registry = REGISTRY) => workspace({ 'connectors/index.ts': registry })
const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8')

test('new writes a folder and registers it at its place in the alphabet', async () => {
  const { folder } = checkout()
  const { code, json } = await tributaryJson('new', 'acme-crm')
  expect(code).toBe(0)
  expect(json).toMatchObject({ name: 'acme-crm', title: 'Acme Crm', changed: ['connectors/index.ts'] })
  const created = json.created as string[]
  expect(created).toContain('connectors/acme-crm/fixtures/contacts.expected.json')
  for (const file of created) {
    expect(read(folder, file)).not.toMatch(/template.?vendor/i)
  }
  expect(readdirSync(join(folder, 'connectors')).sort()).toEqual(['acme-crm', 'index.ts'])
  const expected = REGISTRY.replace(
    'import csv',
    "import acmeCrm from './acme-crm/index.ts'\nimport csv",
  ).replace('  csv,', '  acmeCrm,\n  csv,')
  expect(read(folder, 'connectors/index.ts')).toBe(expected)
})

test.each([
  [
    'mailer',
    '  csv,\n  mailer,\n  peopleDataLabs,',
    "'./csv/index.ts'\nimport mailer from './mailer/index.ts'",
  ],
  ['zuora', '  website,\n  zuora,\n]', "'./website/index.ts'\nimport zuora from './zuora/index.ts'\n\n"],
  ['new', '  csv,\n  newConnector,\n', "import newConnector from './new/index.ts'"],
])('new %s stands in order in the registry', async (name, entry, imported) => {
  const { folder } = checkout()
  expect((await tributary('new', name)).code).toBe(0)
  const registry = read(folder, 'connectors/index.ts')
  expect(registry).toContain(entry)
  expect(registry).toContain(imported)
})

test('new takes the vendor’s own spelling and the address of its API', async () => {
  const { folder } = checkout()
  const args = ['--title', "Sam's CRM", '--base-url', 'https://eu.sams.example/api/']
  const { code, out } = await tributary('new', 'sams-crm', ...args)
  expect(code).toBe(0)
  expect(out).toContain("npx vitest run test/acceptance -t 'sams-crm ›'")
  const index = read(folder, 'connectors/sams-crm/index.ts')
  expect(index).toContain("name: 'sams-crm'")
  expect(index).toContain("title: 'Sam\\'s CRM'")
  expect(index).toContain("baseUrl: 'https://eu.sams.example/api'")
  expect(read(folder, 'connectors/sams-crm/README.md')).toContain("# Sam's CRM")
})

test.each([
  ['Acme CRM', 'did you mean "acme-crm"?'],
  ['AcmeCrm', 'did you mean "acme-crm"?'],
  ['6sense', 'did you mean "sense"?'],
  ['acme_crm', 'did you mean "acme-crm"?'],
  ['../evil', 'did you mean "evil"?'],
  ['…', 'beginning with a letter'],
  ['x'.repeat(41), 'at most 40'],
])('new refuses the name %s and says what would do', async (name, hint) => {
  const { folder } = checkout()
  const { code, err } = await tributary('new', name)
  expect(code).toBe(2)
  expect(err).toContain(hint)
  expect(err).toContain('cli.usage')
  expect(readdirSync(join(folder, 'connectors'))).toEqual(['index.ts'])
  expect(read(folder, 'connectors/index.ts')).toBe(REGISTRY)
})

test('new leaves a folder alone that exists, and a registry that it cannot read', async () => {
  const { folder, write } = checkout()
  write('connectors/acme/index.ts', '// mine')
  const taken = await tributary('new', 'acme')
  expect(taken.code).toBe(2)
  expect(taken.err).toContain('connectors/acme exists already')
  expect(read(folder, 'connectors/acme/index.ts')).toBe('// mine')

  expect((await tributary('new', 'csv')).err).toContain('lists csv already, whose folder is missing')
  write('connectors/index.ts', 'export const connectors = []\n')
  const odd = await tributary('new', 'other')
  expect(odd.code).toBe(2)
  expect(odd.err).toContain('one line per connector')
  expect(existsSync(join(folder, 'connectors/other'))).toBe(false)
})

test('new refuses an address that is none, and a folder without Tributary', async () => {
  workspace()
  const outside = await tributary('new', 'acme')
  expect(outside.code).toBe(2)
  expect(outside.err).toContain('run it in a checkout of Tributary')
  checkout()
  const { code, err } = await tributary('new', 'acme', '--base-url', 'api.acme.example')
  expect(code).toBe(2)
  expect(err).toContain('https://api.example.com')
})

test('the recipe holds: a new connector passes the kit and is listed, without another edit', async () => {
  const { folder } = workspace()
  const parts = [
    'src',
    'connectors',
    'docs',
    'test/acceptance',
    'test/support',
    'test/config/connectors-doc.test.ts',
  ]
  const files = ['package.json', 'tsconfig.json', 'vitest.config.ts']
  for (const part of [...parts, ...files]) {
    mkdirSync(join(folder, part, '..'), { recursive: true })
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  expect((await tributary('new', 'acme-crm')).code).toBe(0)

  const args = ['run', '--reporter=json', '--outputFile=report.json', '--testNamePattern', 'acme-crm']
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const { stderr } = await promisify(execFile)(process.execPath, [vitest, ...args], {
    cwd: folder,
    env,
  }).catch((error: { stderr: string }) => error)
  expect(existsSync(join(folder, 'report.json')), stderr).toBe(true)
  const report = JSON.parse(read(folder, 'report.json')) as {
    testResults: { assertionResults: { status: string; title: string; failureMessages: string[] }[] }[]
  }
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const ran = results.filter(({ status }) => status !== 'skipped' && status !== 'pending')
  expect(ran.filter(({ status }) => status !== 'passed')).toEqual([])
  const titles = ran.map(({ title }) => title)
  expect(titles).toContain('acme-crm › contacts: resumes after any page')
  expect(titles).toContain('acme-crm › refuses what was altered')
  expect(titles).toContain('docs/connectors.md says how deliveries of acme-crm are proved')
  expect(ran.filter(({ title }) => title.startsWith('acme-crm ›')).length).toBeGreaterThan(35)
})
