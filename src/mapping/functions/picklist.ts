import { didYouMean } from '#kit'
import { type Compiled, textsOf } from '../language/compiled.ts'
import { type Call, specialForm, valueFunction } from '../language/function-spec.ts'
import { foldKey, type OnUnmapped, type Table } from '../language/scope.ts'
import type { Env } from '../language/value.ts'

export const picklistFunctions = [
  specialForm({
    name: 'picklist',
    group: 'CRM values',
    usage: 'picklist(table)',
    summary:
      'The CRM value of a canonical value, from a table under tables: (capitals and outer spaces do not matter). What the table lacks is decided by on_unmapped.',
    example: ['"Software" | picklist(industry)', 'Technology'],
    compile: (call) => {
      const table = tableOf(call)
      const input = call.compile(call.args[0]!)
      if (!table || input.type === 'broken') return { type: 'broken', run: () => undefined }
      if (!['text', 'number', 'boolean', 'unknown'].includes(input.type)) {
        return call.fail(`picklist translates texts, not ${input.type}.`)
      }
      const { onUnmapped } = call.scope
      if (onUnmapped === 'default' && table.fallback === undefined) {
        return call.fail(`on_unmapped is default, but table ${table.name} has no entry "*".`)
      }
      if (onUnmapped === 'pass' && table.type !== 'text') {
        return call.fail(`on_unmapped is pass, but table ${table.name} gives ${table.type} values.`)
      }
      return {
        type: table.type,
        run: translate(input, table, onUnmapped),
        ...textsOfTable(table, onUnmapped, input),
      }
    },
  }),
  specialForm({
    name: 'multipicklist',
    group: 'CRM values',
    usage: 'multipicklist(table?)',
    summary:
      'Several values for a multi-select field: a list, or a text with ; or , between, each through the table if there is one, in alphabetical order and once, joined by ";" as both CRMs expect.',
    example: ['"software; Retail" | multipicklist(industry)', 'Other;Technology'],
    more: [
      ['["b", "a", "b", null] | multipicklist', 'a;b'],
      ['"b, a" | multipicklist', 'a;b'],
      ['" ; " | multipicklist', undefined],
    ],
    compile: (call) => {
      const isBare = call.args.length === 1
      const table = isBare ? undefined : tableOf(call)
      const input = call.compile(call.args[0]!)
      if ((!isBare && !table) || input.type === 'broken') return { type: 'broken', run: () => undefined }
      if (!['text', 'list', 'unknown'].includes(input.type))
        return call.fail(`multipicklist needs a list or a text, not ${input.type}.`)
      if (table && table.type !== 'text')
        return call.fail(`multipicklist gives texts, but table ${table.name} gives ${table.type} values.`)
      const { onUnmapped } = call.scope
      if (table && onUnmapped === 'default' && table.fallback === undefined)
        return call.fail(`on_unmapped is default, but table ${table.name} has no entry "*".`)
      return { type: 'text', run: (env) => selectionOf(input.run(env), env, table, onUnmapped) }
    },
  }),
  valueFunction({
    name: 'boolean',
    group: 'CRM values',
    summary:
      'Reads yes, true, y, on and 1 as true, no, false, n, off and 0 as false (capitals do not matter); absent where it is neither.',
    example: ['" Yes" | boolean', true],
    more: [
      ['"off" | boolean', false],
      ['0 | boolean', false],
      ['true | boolean', true],
      ['"maybe" | boolean', undefined],
    ],
    input: ['text', 'number', 'boolean'],
    parameters: [],
    result: 'boolean',
    apply: (value) => {
      const word = String(value).trim().toLowerCase()
      return TRUE.has(word) ? true : FALSE.has(word) ? false : undefined
    },
  }),
]

/** Only pass lets other texts through; "*" catches all that a value can be where it is used. */
function textsOfTable(
  table: Table,
  onUnmapped: OnUnmapped,
  { isSure }: Compiled,
): Pick<Compiled, 'values' | 'maxLength' | 'isSure'> {
  const catchesAll = table.fallback !== undefined && (onUnmapped === 'warn' || onUnmapped === 'default')
  const sure = isSure && catchesAll ? { isSure: true as const } : {}
  if (table.type !== 'text' || onUnmapped === 'pass') return sure
  const values = [...table.entries.values(), ...(catchesAll ? [table.fallback!] : [])].map(String)
  return { ...textsOf([...new Set(values)]), ...sure }
}

const TRUE = new Set(['true', 'yes', 'y', 'on', '1'])
const FALSE = new Set(['false', 'no', 'n', 'off', '0'])

/** An empty selection is absent, as no source said that nothing is chosen; '' and [] stay what they are: nothing. */
function selectionOf(value: unknown, env: Env, table: Table | undefined, onUnmapped: OnUnmapped): unknown {
  if (value === undefined || value === null || value === '') return value
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[;,]/) : []
  const chosen = new Set<string>()
  for (const part of parts) {
    const text = typeof part === 'string' ? part.trim() : ''
    if (text === '') continue
    const entry = table ? entryOf(text, env, table, onUnmapped) : text
    if (typeof entry === 'string') chosen.add(entry)
  }
  return chosen.size === 0 ? undefined : [...chosen].sort().join(';')
}

function tableOf(call: Call): Table | undefined {
  const [, name] = call.args
  const isName = name?.type === 'path' && name.names.length === 1
  const text = isName
    ? name.names[0]!.text
    : name?.type === 'literal' && typeof name.value === 'string'
      ? name.value
      : undefined
  if (text === undefined || call.args.length !== 2) {
    call.fail(`${call.name} needs the name of a table: ${call.name}(industry).`)
    return undefined
  }
  const table = call.scope.tables.get(text)
  if (table) return table
  const known = [...call.scope.tables.keys()]
  const hint = didYouMean(text, known) || ' Define it under tables:.'
  call.scope.report('mapping.unknown_name', name!.start, `Table ${text} is unknown.${hint}`)
  return undefined
}

function translate(input: Compiled, table: Table, onUnmapped: OnUnmapped) {
  return (env: Env): unknown => {
    const value = input.run(env)
    if (value === undefined || value === null) return value
    const key = String(value)
    if (value === '' && !table.entries.has('')) return table.type === 'text' ? '' : undefined
    return entryOf(key, env, table, onUnmapped)
  }
}

function entryOf(key: string, env: Env, table: Table, onUnmapped: OnUnmapped): unknown {
  const found = table.entries.get(key) ?? table.folded.get(foldKey(key))
  if (found !== undefined) return found
  if (table.fallback !== undefined && onUnmapped !== 'pass' && onUnmapped !== 'skip') return table.fallback
  if (onUnmapped === 'pass') return key
  if (onUnmapped === 'warn') env.warn(`table ${table.name} has no entry for "${key.slice(0, 80)}"; left out`)
  return undefined
}
