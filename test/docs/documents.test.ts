import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { formatProblem, parseConfig } from '../../src/config/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string, pattern: RegExp) =>
  readdirSync(join(root, folder))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))

const documents = [
  ...filesIn('.', /\.md$/),
  ...filesIn('docs', /\.md$/),
  ...connectors.map(({ name }) => `connectors/${name}/README.md`),
]

/** As GitHub makes them: lower case, without punctuation, spaces as hyphens. */
const anchorsOf = (path: string): string[] =>
  [...withoutCode(read(path)).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '')

test.each(documents)('%s links to files and headings that exist', (path) => {
  for (const [, link] of withoutCode(read(path)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
    const [file, anchor] = link!.split('#') as [string, string | undefined]
    const target = file ? join(dirname(path), file) : path
    expect(existsSync(join(root, target)), `${path} → ${link}`).toBe(true)
    if (anchor) expect(anchorsOf(target), `${path} → ${link}`).toContain(anchor)
  }
})

test('the configurations that README.md shows are valid together', () => {
  const blocks = [...read('README.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml]) => yaml!)
  expect(blocks.length).toBeGreaterThan(1)
  const text = `connections:\n${blocks.map((block) => block.replace(/^connections:\n/, '')).join('')}`
  const env = Object.fromEntries(
    [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, 'value-of-a-variable']),
  )
  const { config, problems } = parseConfig({ file: 'README.md', text, env, connectors })
  expect(problems.map(formatProblem)).toEqual([])
  expect(config?.connections.map(({ name }) => name)).toEqual(['stripe', 'salesforce', 'website'])
})

test('README.md and CONTRIBUTING.md name npm scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const path of documents) {
    for (const [, name] of read(path).matchAll(/npm run ([\w:-]+)/g)) {
      expect(Object.keys(scripts), `${path}: npm run ${name}`).toContain(name)
    }
  }
})

test('documents name commands that the command line has', () => {
  const program = read('src/cli/program.ts')
  const known = [...program.matchAll(/\.command\('(\w+)/g)].map(([, name]) => name)
  for (const path of documents) {
    for (const [, name] of read(path).matchAll(/npx tributary (\w+)/g)) {
      expect(known, `${path}: npx tributary ${name}`).toContain(name)
    }
  }
})
