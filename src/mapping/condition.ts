import { FUNCTIONS } from './functions/index.ts'
import { compileExpression } from './language/compile.ts'
import { parseExpression } from './language/parser.ts'
import { newFindings } from './language/scope.ts'
import type { Env } from './language/value.ts'
import { CONDITION_SCHEMAS } from './view-schema.ts'

/** What a condition outside of mapping files can read: what is known of one person or company. */
export type ConditionView = Record<string, unknown> & { now: number }

export interface ConditionResult {
  /** Absent where there is a problem. */
  holds?: (view: ConditionView) => boolean
  /** `start` counts from the beginning of the text. */
  problems: { start: number; message: string }[]
}

const functions = new Map(FUNCTIONS.map((spec) => [spec.name, spec]))

/** Compiles an expression of the mapping language that says yes or no of a person or an account. */
export function compileCondition(text: string, of: keyof typeof CONDITION_SCHEMAS): ConditionResult {
  const problems: ConditionResult['problems'] = []
  const parsed = parseExpression(text)
  if (!parsed.ok) return { problems: [{ start: parsed.start, message: parsed.message }] }
  const compiled = compileExpression(
    parsed.expression,
    {
      schema: CONDITION_SCHEMAS[of],
      tables: new Map(),
      onUnmapped: 'warn',
      found: newFindings(),
      report(_, start, message, severity) {
        if (severity !== 'warning') problems.push({ start, message })
      },
    },
    functions,
  )
  if (problems.length === 0 && compiled.type !== 'boolean')
    problems.push({ start: 0, message: `a condition must be boolean, not ${compiled.type}` })
  if (problems.length > 0) return { problems }
  const run = (env: Env) => compiled.run(env) === true
  return { holds: (view) => run({ root: view, now: view.now, warn: () => {} }), problems }
}
