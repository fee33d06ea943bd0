import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import { nearest } from '#kit'
import {
  hideReferences,
  type Interpolation,
  interpolate,
  isIncomplete,
  showReferences,
} from './references.ts'
import type { ConfigProblem } from './types.ts'

export type Path = readonly PropertyKey[]

/** tributary.yaml with the environment filled in, and the place of everything in it. */
export interface SourceFile {
  data: unknown
  problems: ConfigProblem[]
  /**
   * Adds a problem at the value of a path; at its key with `onKey`; at the nearest parent where there is no such path.
   * `within`: so many characters into a text of one line.
   */
  report(path: Path, code: ConfigProblem['code'], message: string, onKey?: boolean, within?: number): void
  /** What was filled in at this path; undefined where the file holds the value itself. */
  referenceAt(path: Path): Interpolation | undefined
}

export function readSourceFile(file: string, text: string, env: Record<string, unknown>): SourceFile {
  const lines = new LineCounter()
  // prettyErrors would quote lines of the file, which may hold a secret.
  const document = parseDocument(hideReferences(text.replace(/^\uFEFF/, '')), {
    lineCounter: lines,
    prettyErrors: false,
  })
  const problems: ConfigProblem[] = []
  const references = new Map<Node, Interpolation>()

  function reportAt(offset: number, code: ConfigProblem['code'], message: string): void {
    const { line, col } = lines.linePos(offset)
    problems.push({ file, line: Math.max(1, line), column: Math.max(1, col), code, message })
  }

  for (const error of document.errors) {
    const message = error.message.replace(/: ".*$/s, '')
    reportAt(error.pos[0], 'config.invalid', `not valid YAML: ${showReferences(message)}`)
  }

  function fillIn(): void {
    visit(document, {
      Scalar(key, node) {
        if (key === 'key' || typeof node.value !== 'string') return
        const found = interpolate(node.value, env)
        const offset = node.range?.[0] ?? 0
        for (const { name, isEmpty } of found.missing) {
          const state = isEmpty ? 'is empty' : 'is not set'
          reportAt(offset, 'config.env_missing', `the environment variable ${name} ${state}`)
        }
        for (const name of found.malformed) {
          const near = nearest(name.replace(/\W.*$/, ''), Object.keys(env))
          const hint = near ? ` (is it \${${near}}?)` : ''
          reportAt(
            offset,
            'config.invalid',
            `\${…} takes the name of one environment variable and nothing else${hint}`,
          )
        }
        if (found.values.length > 0 || isIncomplete(found)) references.set(node, found)
        node.value = found.text
      },
      Alias(_, node) {
        if (node.resolve(document)) return
        reportAt(
          node.range?.[0] ?? 0,
          'config.invalid',
          `no anchor &${node.source} stands before the alias *${node.source}`,
        )
      },
    })
  }

  if (document.errors.length === 0) fillIn()
  return {
    data: document.errors.length > 0 ? undefined : toData(document, reportAt),
    problems,
    report(path, code, message, onKey = false, within = 0) {
      const node = nodeAt(document, path)
      const quote = within > 0 && isScalar(node) && /^QUOTE/.test(node.type ?? '') ? 1 : 0
      const isLong = isScalar(node) && /^BLOCK/.test(node.type ?? '')
      reportAt(offsetOf(document, path, onKey) + (isLong ? 0 : within + quote), code, message)
    },
    referenceAt(path) {
      const node = nodeAt(document, path)
      return node ? references.get(node) : undefined
    },
  }
}

function toData(
  document: Document,
  reportAt: (offset: number, code: 'config.invalid', message: string) => void,
): unknown {
  try {
    return document.toJS()
  } catch {
    reportAt(0, 'config.invalid', 'aliases (*name) are broken or multiply without end')
    return undefined
  }
}

function step(document: Document, node: unknown, key: PropertyKey): { key?: Node; value?: Node } | undefined {
  const target = isAlias(node) ? node.resolve(document) : node
  if (isSeq(target)) {
    const value = target.items[Number(key)]
    return value === undefined ? undefined : { value: value as Node }
  }
  if (!isMap(target)) return undefined
  const pair = target.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
  if (!pair) return undefined
  return { key: pair.key as Node, ...(pair.value ? { value: pair.value as Node } : {}) }
}

function nodeAt(document: Document, path: Path): Node | undefined {
  let node: Node | undefined | null = document.contents
  for (const key of path) node = step(document, node, key)?.value
  return isAlias(node) ? node.resolve(document) : (node ?? undefined)
}

function offsetOf(document: Document, path: Path, onKey: boolean): number {
  let node: Node | undefined | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [index, key] of path.entries()) {
    const found = step(document, node, key)
    if (!found) break
    const isLast = index === path.length - 1
    // A missing or wrong value inside a map is best shown at the key that opens the map.
    const anchor =
      (isLast && !onKey && !isMap(found.value) ? found.value : undefined) ?? found.key ?? found.value
    offset = anchor?.range?.[0] ?? offset
    node = found.value
  }
  return offset
}
