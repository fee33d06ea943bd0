import { FUNCTIONS } from '../functions/index.ts'
import { compileExpression } from '../language/compile.ts'
import type { Compiled } from '../language/compiled.ts'
import { parseExpression } from '../language/parser.ts'
import type { Findings, OnUnmapped, Scope, Table } from '../language/scope.ts'
import type { Expression } from '../language/syntax.ts'
import type { ValueType } from '../language/value.ts'
import type { Reporter } from '../problems.ts'
import type { Group } from '../schema-node.ts'
import type { ScalarText } from './scalar-text.ts'

const functions = new Map(FUNCTIONS.map((spec) => [spec.name, spec]))

/** What all expressions of a file share. */
export interface FileScope {
  schema: Group
  tables: ReadonlyMap<string, Table>
  found: Findings
  /** Paths that the condition of the file asks for, so that they have a value wherever it holds. */
  sure?: Set<string>
  reporter: Reporter
}

/** Compiles one expression of the file, reporting at positions within it. */
export function compileText(
  source: ScalarText,
  file: FileScope,
  onUnmapped: OnUnmapped = 'warn',
): Compiled | undefined {
  const parsed = parseExpression(source.text)
  if (!parsed.ok) {
    file.reporter.report('mapping.syntax', source.offsetAt(parsed.start), parsed.message)
    return undefined
  }
  const scope: Scope = {
    schema: file.schema,
    tables: file.tables,
    onUnmapped,
    found: file.found,
    ...(file.sure ? { sure: file.sure } : {}),
    report: (code, start, message, severity) =>
      file.reporter.report(code, source.offsetAt(start), message, severity),
  }
  const compiled = compileExpression(parsed.expression, scope, functions)
  return compiled.type === 'broken' ? undefined : compiled
}

/** Compiles an expression that must have a certain type. */
export function compileTyped(
  source: ScalarText,
  file: FileScope,
  types: readonly ValueType[],
  what: string,
): Compiled | undefined {
  const compiled = compileText(source, file)
  if (!compiled || types.includes(compiled.type)) return compiled
  file.reporter.report(
    'mapping.type',
    source.offsetAt(0),
    `${what} must be ${types.join(' or ')}, not ${compiled.type}.`,
  )
  return undefined
}

/** Paths that must have a value for a condition to hold: `person.email | is_set and …`. */
export function pathsSetBy(condition: string): Set<string> {
  const parsed = parseExpression(condition)
  const paths = new Set<string>()
  const collect = (expression: Expression): void => {
    if (expression.type === 'binary' && expression.operator === 'and') {
      collect(expression.left)
      collect(expression.right)
    } else if (expression.type === 'call' && expression.name.text === 'is_set') {
      const [input] = expression.args
      if (input?.type === 'path') paths.add(input.names.map(({ text }) => text).join('.'))
    }
  }
  if (parsed.ok) collect(parsed.expression)
  return paths
}
