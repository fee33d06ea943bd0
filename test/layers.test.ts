import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each layer may import: layers of this project, then packages ("*": any). Longest matching folder rules. */
const RULES: Record<string, { layers: string[]; packages: string[] }> = {
  'src/model': { layers: [], packages: ['zod'] },
  'src/kit': { layers: ['src/model'], packages: ['zod', 'p-queue', 'libphonenumber-js'] },
  'src/mapping': {
    layers: ['src/model', 'src/kit'],
    packages: ['zod', 'yaml', 'libphonenumber-js', 'email-providers', 'tldts', '@noble/hashes'],
  },
  'src/identity': { layers: ['src/model', 'src/kit'], packages: ['tldts', 'email-providers'] },
  'src/hygiene': { layers: ['src/model', 'src/kit', 'src/identity'], packages: [] },
  'src/enrich': { layers: ['src/model', 'src/kit'], packages: ['zod'] },
  // The waterfall of enrichment is configured there, with conditions of the mapping language.
  'src/config': {
    layers: ['src/model', 'src/kit', 'src/mapping', 'src/enrich'],
    packages: ['zod', 'yaml'],
  },
  'src/engine': {
    layers: ['src/model', 'src/kit', 'src/mapping', 'src/identity', 'src/hygiene', 'src/enrich'],
    packages: ['@noble/hashes'],
  },
  'src/store': { layers: ['src/model', 'src/kit', 'src/engine'], packages: ['drizzle-orm', 'libsql'] },
  'src/routes': {
    layers: ['src/model', 'src/kit', 'src/engine'],
    packages: ['hono', 'zod', '@noble/hashes'],
  },
  'src/sandbox': { layers: ['src/model'], packages: ['*'] },
  'src/tabular': { layers: ['src/model', 'src/kit'], packages: ['zod', '@noble/hashes'] },
  connectors: { layers: ['src/model', 'src/kit', 'src/tabular'], packages: ['*'] },
}

/** Files that may know the platform; everything else also runs in workerd. */
const NODE_ONLY = [
  /^src\/node\.ts$/,
  /^src\/cli\//,
  /^src\/store\/(libsql|node-migrations|open-store|open-scratch|load-migrations)\.ts$/,
]

const files = ['src', 'connectors'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && name !== 'embedded.ts')
    .map((name) => `${folder}/${name}`),
)

const layerOf = (path: string) =>
  Object.keys(RULES)
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0]

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s+['"]([^'"]+)['"]/gm,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!)
}

/** What has to be loaded before a file is: its imports without those of types. */
const loadedBy = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)\s+(?!type\b)(?:[^'"`;]*?\s+from\s+)?['"]([^'"]+)['"]/gm,
    ),
  ].flatMap(([, specifier]) => targetOf(file, specifier!) ?? [])

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier === '#kit') return 'src/kit/index.ts'
  if (specifier === '#model') return 'src/model/index.ts'
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : undefined
}

function violationOf(file: string, specifier: string): string | undefined {
  const layer = layerOf(file)
  const rule = layer ? RULES[layer] : undefined
  if (!layer || !rule) return undefined
  const target = targetOf(file, specifier)
  if (target === undefined) {
    if (specifier.startsWith('node:')) return undefined
    const isAllowed = rule.packages.some(
      (name) => name === '*' || specifier === name || specifier.startsWith(`${name}/`),
    )
    return isAllowed
      ? undefined
      : `${file} imports the package ${specifier}; ${layer} may use: ${rule.packages.join(', ') || 'none'}`
  }
  if (layer === 'connectors' && target.startsWith('connectors/') && file !== 'connectors/index.ts') {
    const [own, other] = [file.split('/')[1], target.split('/')[1]]
    return own === other
      ? undefined
      : `${file} imports from the connector ${other}; a connector knows only its own folder`
  }
  if (target.startsWith(`${layer}/`)) return undefined
  const isAllowed = rule.layers.some((name) => target.startsWith(`${name}/`))
  return isAllowed
    ? undefined
    : `${file} imports ${target}; ${layer} may import: ${rule.layers.join(', ') || 'nothing else'}`
}

test('every layer imports only what it may', () => {
  const violations = files.flatMap((file) =>
    importsOf(file).flatMap((specifier) => violationOf(file, specifier) ?? []),
  )
  expect(violations).toEqual([])
})

/** One way round each circle that a search in depth meets; none where the imports have an order. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    if (done.has(file)) return
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return circles
}

test('no file has to be loaded before itself: only types are imported in circles', () => {
  const graph = new Map(files.map((file) => [file, loadedBy(file)]))
  expect(graph.get('connectors/index.ts')!.length).toBeGreaterThan(10)
  expect(circlesIn(graph)).toEqual([])
})

test('only the Node entry, the CLI and the Node store adapter know the platform', () => {
  const violations = files
    .filter((file) => !NODE_ONLY.some((pattern) => pattern.test(file)))
    .flatMap((file) => {
      const found = importsOf(file).filter((specifier) => specifier.startsWith('node:'))
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      if (/(?<![\w.'"`/-])process\.(env|exit|cwd|argv|stdout|on)\b/.test(text)) found.push('process')
      if (/(?<![\w.'"`])Buffer\.(from|alloc|concat)\b/.test(text)) found.push('Buffer')
      return found.map((what) => `${file} uses ${what}`)
    })
  expect(violations).toEqual([])
})

test('nothing calls fetch but the one door', () => {
  const violations = files
    .filter((file) => !/^src\/(kit\/http|kit\/auth|sandbox\/|cli\/|node\.ts|worker\.ts)/.test(file))
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      return (
        /(?<![\w.$'"`])fetch\(/.test(
          text.replace(/fetch\(\s*(ctx|request|keys|input)\b[^)]*\)\s*[{:]/g, ''),
        ) && !file.endsWith('snippet-source.ts')
      )
    })
  expect(violations).toEqual([])
})

test('the registry of connectors lists every folder once', () => {
  const folders = readdirSync(join(root, 'connectors'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  const registered = importsOf('connectors/index.ts').flatMap(
    (specifier) => /^\.\/([^/]+)\/index\.ts$/.exec(specifier)?.[1] ?? [],
  )
  expect(registered.toSorted()).toEqual(folders.toSorted())
})
