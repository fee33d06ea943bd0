import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { didYouMean, listOr } from '#kit'
import type { Reporter } from '../problems.ts'
import type { Key } from './keys.ts'
import { type ScalarText, scalarText } from './scalar-text.ts'

/** One key of a map with its value; offsets for problems. */
export interface Entry {
  name: string
  at: number
  value: Node | null
}

/** Reads a YAML file into nodes, reporting everything that is not plain YAML. Undefined where nothing can be read. */
export function readYaml(text: string, reporter: Reporter): YAMLMap | undefined {
  const document = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: true,
    strict: true,
    merge: false,
    version: '1.2',
  })
  let isReadable = true
  for (const { code, pos, message } of document.errors) {
    if (code === 'DUPLICATE_KEY')
      reporter.report('mapping.duplicate', pos[0], 'This key occurs twice in its map.')
    else {
      reporter.report('mapping.syntax', pos[0], yamlMessage(code, message))
      isReadable = false
    }
  }
  if (!isReadable) return undefined
  if (isMap(document.contents)) return document.contents
  reporter.report('mapping.syntax', 0, 'A mapping file is a map that starts with apiVersion: tributary/v1.')
  return undefined
}

function yamlMessage(code: string, message: string): string {
  const hints: Record<string, string> = {
    TAB_AS_INDENT: 'Indent with spaces.',
    MULTIPLE_DOCS: 'One file holds one mapping.',
    BLOCK_AS_IMPLICIT_KEY: 'Is a quote or an indentation missing?',
    MISSING_CHAR: 'An expression with , : [ ] { } # or quotes at its start goes into quotes.',
    BAD_SCALAR_START: 'An expression that starts with a special character goes into quotes.',
    UNEXPECTED_TOKEN: 'An expression with , : [ ] { } or # goes into quotes.',
  }
  return `Not valid YAML: ${message}.${hints[code] ? ` ${hints[code]}` : ''}`.replace('..', '.')
}

/** Typed access to nodes; each reader reports what does not fit and returns undefined then. */
export class YamlReader {
  readonly text: string
  readonly reporter: Reporter

  constructor(text: string, reporter: Reporter) {
    this.text = text
    this.reporter = reporter
  }

  offsetOf(node: unknown): number {
    return (node as Node | null | undefined)?.range?.[0] ?? 0
  }

  entries(map: YAMLMap): Entry[] {
    const entries: Entry[] = []
    for (const { key, value } of map.items) {
      if (!isScalar(key) || key.value === null) {
        this.reporter.report('mapping.syntax', this.offsetOf(key), 'A key must be a name.')
        continue
      }
      if (entries.some(({ name }) => name === String(key.source ?? key.value))) continue
      entries.push({
        name: String(key.source ?? key.value),
        at: this.offsetOf(key),
        value: (value ?? null) as Node | null,
      })
    }
    return entries
  }

  /** Known keys of a map; unknown and missing ones are reported. */
  keys<K extends string>(map: YAMLMap, known: Record<K, Key>, what: string): Partial<Record<K, Entry>> {
    const found: Partial<Record<string, Entry>> = {}
    const names = Object.keys(known)
    for (const entry of this.entries(map)) {
      if (names.includes(entry.name)) found[entry.name] = entry
      else {
        const hint = didYouMean(entry.name, names) || ` Known keys: ${listOr(names)}.`
        this.reporter.report('mapping.unknown_key', entry.at, `${what} has no key ${entry.name}.${hint}`)
      }
    }
    for (const name of names) {
      if (known[name as K].required && !found[name]) {
        this.reporter.report('mapping.syntax', this.offsetOf(map), `${what} lacks the key ${name}.`)
      }
    }
    return found as Partial<Record<K, Entry>>
  }

  map(entry: Entry, what: string): YAMLMap | undefined {
    if (isMap(entry.value)) return entry.value
    this.refuse(entry, `${what} must be a map.`)
    return undefined
  }

  list(entry: Entry, what: string): YAMLSeq | undefined {
    if (isSeq(entry.value)) return entry.value
    this.refuse(entry, `${what} must be a list, one entry per line with "- ".`)
    return undefined
  }

  /** Items of a list that must be maps. */
  maps(list: YAMLSeq, what: string): YAMLMap[] {
    return list.items.filter((item): item is YAMLMap => {
      if (isMap(item)) return true
      this.reporter.report('mapping.syntax', this.offsetOf(item), `${what} must be a map.`)
      return false
    })
  }

  scalar(entry: Entry, what: string): (ScalarText & { node: Scalar }) | undefined {
    if (isScalar(entry.value) && !(entry.value.type === 'PLAIN' && entry.value.source === '')) {
      return { node: entry.value, ...scalarText(entry.value, this.text) }
    }
    const problem = entry.value === null || isScalar(entry.value) ? 'is missing' : 'must be one text'
    this.refuse(entry, `${what} ${problem}.`)
    return undefined
  }

  /** One of a closed set of words. */
  choice<const V extends readonly string[]>(entry: Entry, values: V, what: string): V[number] | undefined {
    const scalar = this.scalar(entry, what)
    if (!scalar) return undefined
    const found = values.find((value) => value === scalar.text)
    if (found !== undefined) return found
    const hint = didYouMean(scalar.text, values) || ` Use ${listOr(values)}.`
    this.reporter.report('mapping.type', scalar.offsetAt(0), `${what} cannot be ${scalar.text}.${hint}`)
    return undefined
  }

  at(entry: Entry): number {
    return entry.value?.range ? entry.value.range[0] : entry.at
  }

  private refuse(entry: Entry, message: string): void {
    const text = isAlias(entry.value)
      ? 'Aliases are not part of the mapping language; use defaults: or tables:.'
      : message
    this.reporter.report('mapping.syntax', this.at(entry), text)
  }
}
