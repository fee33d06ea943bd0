import { parseExpression } from '../language/parser.ts'
import type { Table } from '../language/scope.ts'
import type { Expression } from '../language/syntax.ts'

/** E-mail addresses that an expression can give whatever the data: its constants, and the entries of tables it looks into. */
export function addressesIn(text: string, tables: ReadonlyMap<string, Table>): string[] {
  const parsed = parseExpression(text)
  const found = new Set<string>()
  const add = (value: unknown): void => {
    if (typeof value === 'string' && value.includes('@')) found.add(value)
  }
  const collect = (expression: Expression): void => {
    switch (expression.type) {
      case 'literal':
        add(expression.value)
        return
      case 'path': {
        const table = tables.get(expression.names.map((name) => name.text).join('.'))
        for (const value of table?.entries.values() ?? []) add(value)
        add(table?.fallback)
        return
      }
      case 'list':
        expression.items.forEach(collect)
        return
      case 'call':
        expression.args.forEach(collect)
        return
      case 'unary':
        return
      case 'binary':
        // What is only compared with is nobody's owner.
        if (expression.operator !== '??') return
        collect(expression.left)
        collect(expression.right)
    }
  }
  if (parsed.ok) collect(parsed.expression)
  return [...found]
}
