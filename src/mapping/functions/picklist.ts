import { didYouMean } from '#kit'
import type { Compiled } from '../language/compile.ts'
import { type Call, specialForm } from '../language/function-spec.ts'
import { foldKey, type OnUnmapped, type Table } from '../language/scope.ts'
import type { Env } from '../language/value.ts'

export const picklistFunctions = [
  specialForm({
    name: 'picklist',
    group: 'Tables',
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
      return { type: table.type, run: translate(input, table, onUnmapped) }
    },
  }),
]

function tableOf(call: Call): Table | undefined {
  const [, name] = call.args
  const isName = name?.type === 'path' && name.names.length === 1
  const text = isName
    ? name.names[0]!.text
    : name?.type === 'literal' && typeof name.value === 'string'
      ? name.value
      : undefined
  if (text === undefined || call.args.length !== 2) {
    call.fail('picklist needs the name of a table: picklist(industry).')
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
    const found = table.entries.get(key) ?? table.folded.get(foldKey(key))
    if (found !== undefined) return found
    if (value === '') return table.type === 'text' ? '' : undefined
    if (table.fallback !== undefined && onUnmapped !== 'pass' && onUnmapped !== 'skip') return table.fallback
    if (onUnmapped === 'pass') return key
    if (onUnmapped === 'warn')
      env.warn(`table ${table.name} has no entry for "${key.slice(0, 80)}"; left out`)
    return undefined
  }
}
