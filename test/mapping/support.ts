import {
  type CompiledMapping,
  compileMapping,
  formatProblem,
  type MappingView,
} from '../../src/mapping/index.ts'

export const NOW = Date.UTC(2026, 0, 15, 12)

export const viewOf = (parts: Partial<MappingView> & Record<string, unknown> = {}): MappingView =>
  ({
    now: NOW,
    billing: {},
    consent: {},
    touchpoints: [],
    ...parts,
    person: {
      id: 'per_1',
      stage: 'lead',
      lifecycle: 'lead',
      created_at: NOW,
      ...(parts.person as object | undefined),
    },
  }) as MappingView

/** A person mapping with the given lines below its head. */
export const personFile = (lines: string): string =>
  `apiVersion: tributary/v1\ntarget: { connection: crm, object: Thing }\nfrom: person\n${lines}\n`

export function compile(text: string, file = 'thing.yaml'): CompiledMapping {
  const { mapping, problems } = compileMapping({ file, text })
  if (!mapping) throw new Error(problems.map((problem) => formatProblem(problem, text)).join('\n'))
  return mapping
}

const TABLES = 'tables:\n  industry: { software: Technology, "*": Other }\n  size: { small: 1, large: 2 }'

export const compileField = (expression: string, more = ''): CompiledMapping =>
  compile(personFile(`${TABLES}\nfields:\n  X: { from: ${JSON.stringify(expression)}${more} }`))

/** Value of an expression as a field; undefined where it is left out. null is shown because the field clears. */
export function resultOf(expression: string, view: MappingView = viewOf()): unknown {
  return compileField(expression, ', on_null: clear').evaluate(view)?.fields.X?.value
}

/** Messages of the problems of one expression, with the column within it. */
export function problemsOf(expression: string): string[] {
  const text = personFile(`fields:\n  X:\n    from: ${JSON.stringify(expression)}`)
  const { problems, warnings } = compileMapping({ file: 'x.yaml', text })
  const column = '    from: "'.length
  return [...problems, ...warnings].map((p) => `${p.column - column} ${p.message}`)
}

export const touch = (kind: string, at: string, more: Record<string, unknown> = {}) => {
  const time = Date.parse(at)
  const day = Math.floor(time / 86_400_000)
  return { kind, channel: 'website', day, count: 1, firstAt: time, lastAt: time, amounts: {}, ...more }
}
