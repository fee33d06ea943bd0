import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const example = /<!-- worked example.*-->\n```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? ''

/** Reads two pages through a door, the second run with the cursor of the first, and prints what came of it. */
const DRIVER = `
import connector from './connectors/acme-forms/index.ts'
import { createAuthenticator, createDoor, silentLog } from '#kit'
import { Contribution } from '#model'

const items = [
  { id: 's1', sent_at: '2026-01-05T10:00:00Z', form: 'Demo', email: 'ada@example.com', name: '王小明' },
  { id: 's2', sent_at: '2026-01-06T10:00:00Z', form: 'Demo', email: 'bob@example.com' },
]
const asked = []
const answer = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
const fetch = async (request) => {
  const url = new URL(request.url)
  asked.push([url.pathname, url.searchParams.get('since'), url.searchParams.get('page'), request.headers.get('authorization')])
  return url.searchParams.has('page') ? answer({ items: items.slice(1) }) : answer({ items: items.slice(0, 1), next: 'p2' })
}
const clock = { now: () => Date.UTC(2026, 1, 1), sleep: async () => {} }
const { baseUrl, auth } = connector
const settings = connector.config.parse({ apiKey: 'key' })
const authenticator = createAuthenticator(auth, settings, { baseUrl, fetch, clock })
const http = createDoor({ connection: 'forms', baseUrl, authenticator, limits: connector.limits, fetch, clock, log: silentLog })
const ctx = { connection: 'forms', config: settings, http, log: silentLog, now: clock.now, signal: new AbortController().signal }
const { submissions } = connector.streams
const contributions = []
let cursor
for (let run = 0; run < 2; run++) {
  for await (const page of submissions.pull.read(ctx, cursor)) {
    cursor = page.cursor
    for (const raw of page.records) {
      const record = submissions.record.parse(raw)
      if (run === 0) contributions.push([submissions.key(record), submissions.map(record, ctx).map((c) => Contribution.parse(c))])
    }
  }
}
console.log(JSON.stringify({ asked, contributions }))
process.exit(0)
`

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-example-'))
  for (const name of ['src', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }))
  mkdirSync(join(folder, 'connectors/acme-forms'), { recursive: true })
  writeFileSync(join(folder, 'connectors/acme-forms/index.ts'), example)
  writeFileSync(join(folder, 'driver.ts'), DRIVER)
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['connectors'] }))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the worked example of a connector type-checks', () => {
  expect(example).toContain('apiKey: secret()')
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
    {
      encoding: 'utf8',
    },
  )
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

test('the worked example reads its pages, resumes with its overlap, and maps to the canonical model', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['driver.ts'], { cwd: folder, encoding: 'utf8' })
  expect(stderr).not.toMatch(/Error/)
  const { asked, contributions } = JSON.parse(stdout)
  const since = '2026-01-31T23:50:00.000Z'
  expect(asked).toEqual([
    ['/v1/submissions', null, null, 'Bearer key'],
    ['/v1/submissions', null, 'p2', 'Bearer key'],
    ['/v1/submissions', since, null, 'Bearer key'],
    ['/v1/submissions', since, 'p2', 'Bearer key'],
  ])
  expect(contributions.map(([key]: [string]) => key)).toEqual(['s1', 's2'])
  expect(contributions[0][1][0].attributes).toEqual({ email: 'ada@example.com', full_name: '王小明' })
  expect(contributions[1][1][0].attributes).toEqual({ email: 'bob@example.com' })
  expect(contributions[0][1][1].touchpoint).toMatchObject({
    kind: 'form.submitted',
    occurred_at: Date.UTC(2026, 0, 5, 10),
  })
})
