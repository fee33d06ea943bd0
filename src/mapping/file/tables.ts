import { isMap, isScalar } from 'yaml'
import { foldKey, type Table } from '../language/scope.ts'
import type { Entry, YamlReader } from './yaml-file.ts'

export function readTables(entry: Entry | undefined, yaml: YamlReader): Map<string, Table> {
  const tables = new Map<string, Table>()
  const map = entry && yaml.map(entry, 'tables')
  for (const each of map ? yaml.entries(map) : []) {
    const table = readTable(each, yaml)
    if (table) tables.set(table.name, table)
  }
  return tables
}

function readTable(entry: Entry, yaml: YamlReader): Table | undefined {
  const map = yaml.map(entry, `Table ${entry.name}`)
  if (!map || !isMap(map)) return undefined
  const entries = new Map<string, string | number | boolean>()
  for (const { name, at, value } of yaml.entries(map)) {
    const cell = isScalar(value) ? value.value : undefined
    if (typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean')
      entries.set(name, cell)
    else
      yaml.reporter.report(
        'mapping.type',
        at,
        `${name} in table ${entry.name} needs one text, number or true/false.`,
      )
  }
  const types = new Set([...entries.values()].map((cell) => typeof cell))
  if (types.size > 1) {
    yaml.reporter.report(
      'mapping.type',
      entry.at,
      `Table ${entry.name} mixes ${[...types].sort().join(' and ')} values; put them all in quotes.`,
    )
    return undefined
  }
  if (entries.size === 0) {
    yaml.reporter.report('mapping.type', entry.at, `Table ${entry.name} is empty.`)
    return undefined
  }
  const fallback = entries.get('*')
  entries.delete('*')
  const sample = fallback ?? [...entries.values()][0]
  return {
    name: entry.name,
    type: typeof sample === 'number' ? 'number' : typeof sample === 'boolean' ? 'boolean' : 'text',
    entries,
    folded: new Map([...entries].map(([key, cell]) => [foldKey(key), cell])),
    ...(fallback !== undefined ? { fallback } : {}),
  }
}
