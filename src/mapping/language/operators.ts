import { didYouMean } from '#kit'
import { majorNumber } from '#model'
import { asInstant, broken, type Compiled, type Compiler, conversionHint, eitherOf } from './compiled.ts'
import { type Expression, isComparison } from './syntax.ts'
import { type Env, isMoney, type Run, unify, type ValueType } from './value.ts'

type Binary = Expression & { type: 'binary' }

export function compileBinary(expression: Binary, compiler: Compiler): Compiled {
  const { operator } = expression
  const left = compiler.compile(expression.left)
  if (operator === 'in' || operator === 'not in') return membership(expression, left, compiler)
  const right = compiler.compile(expression.right)
  if (left.type === 'broken' || right.type === 'broken') return broken
  if (operator === '??') {
    warnOfLooseEnd(expression, compiler)
    return coalesce(expression, left, right, compiler)
  }
  if (operator === 'and' || operator === 'or') return logic(expression, left, right, compiler)
  if (isComparison(operator)) return comparison(expression, left, right, compiler)
  return arithmetic(expression, left, right, compiler)
}

/** Functions that people write at the end of a line and mean for the whole of it. */
const FINISHING = new Set([
  'truncate',
  'date',
  'datetime',
  'round',
  'trim',
  'lower',
  'upper',
  'country_name',
  'strip_html',
])

function warnOfLooseEnd({ left, right }: Binary, { scope }: Compiler): void {
  if (right.type !== 'call' || right.isGrouped || !FINISHING.has(right.name.text)) return
  if (left.type === 'call' && left.name.text === right.name.text) return
  const { text, start } = right.name
  scope.report(
    'mapping.syntax',
    start,
    `${text} applies to what stands right of ?? only. Write (a ?? b) | ${text}, or put the right side into parentheses if that is meant.`,
    'warning',
  )
}

function coalesce(expression: Binary, left: Compiled, right: Compiled, { fail }: Compiler): Compiled {
  const type = unify(left.type, right.type)
  if (!type || type === 'touchpoints') {
    return fail(
      `Both sides of ?? must have one type; these are ${left.type} and ${right.type}.${conversionHint(right.type, [left.type])}`,
      expression.start,
    )
  }
  const run: Run = (env) => {
    const value = left.run(env)
    return value === undefined || value === null || value === '' ? right.run(env) : value
  }
  return { type, run, ...eitherOf([left, right]), ...(left.isSure || right.isSure ? { isSure: true } : {}) }
}

function logic(
  { operator, left: leftSource, right: rightSource }: Binary,
  left: Compiled,
  right: Compiled,
  { fail }: Compiler,
): Compiled {
  for (const [side, source] of [
    [left, leftSource],
    [right, rightSource],
  ] as const) {
    if (side.type !== 'boolean')
      return fail(
        `${operator} joins yes/no values, not ${side.type}. To ask whether there is a value, add | is_set.`,
        source.start,
      )
  }
  const run: Run =
    operator === 'and'
      ? (env) => left.run(env) === true && right.run(env) === true
      : (env) => left.run(env) === true || right.run(env) === true
  return { type: 'boolean', run }
}

function membership(expression: Binary, left: Compiled, { compile, fail }: Compiler): Compiled {
  const expected = expression.operator === 'in'
  const source = expression.right
  if (source.type === 'list' && source.items.every((item) => item.type === 'literal')) {
    if (left.type === 'broken') return broken
    const set = new Set<unknown>()
    for (const { value, start } of source.items.filter((item) => item.type === 'literal')) {
      const problem = value === null ? 'null is never found; ask | is_null.' : impossible(left, value)
      if (problem) return fail(problem, start)
      set.add(value)
    }
    return { type: 'boolean', run: (env) => set.has(left.run(env) ?? undefined) === expected }
  }
  const right = compile(source)
  if (left.type === 'broken' || right.type === 'broken') return broken
  if (right.type !== 'list') return fail(`${expression.operator} needs a list: ["a", "b"].`, source.start)
  if (left.type !== 'text')
    return fail(`The list holds texts, the value is ${left.type}.`, expression.left.start)
  return {
    type: 'boolean',
    run: (env) => {
      const list = right.run(env)
      const value = left.run(env)
      return (Array.isArray(list) && typeof value === 'string' && list.includes(value)) === expected
    },
  }
}

function comparison(expression: Binary, left: Compiled, right: Compiled, { fail }: Compiler): Compiled {
  const { operator, start } = expression
  if (left.type === 'null' || right.type === 'null') {
    return fail(
      'Comparing with null is not possible; ask | is_set (there is a value) or | is_null (known to have none).',
      start,
    )
  }
  const [a, b] = alignDates(left, right)
  const kind = comparable(a.type, b.type)
  if (!kind) return fail(`Cannot compare ${a.type} with ${b.type}.${conversionHint(b.type, [a.type])}`, start)
  const isEquality = operator === '==' || operator === '!='
  if (!isEquality && kind !== 'number' && kind !== 'text')
    return fail(`${operator} compares numbers, dates and texts, not ${kind}.`, start)
  const problem = isEquality
    ? (impossible(a, b.constant?.value) ?? impossible(b, a.constant?.value))
    : undefined
  if (problem) return fail(problem, start)
  return { type: 'boolean', run: COMPARE[operator as keyof typeof COMPARE](operand(a), operand(b)) }
}

/** Absent and null equal nothing, so == is false and != is true for them; order comparisons are false. */
const COMPARE = {
  '==': (a: Run, b: Run) => (env: Env) => isEqual(a(env), b(env)),
  '!=': (a: Run, b: Run) => (env: Env) => !isEqual(a(env), b(env)),
  '<': (a: Run, b: Run) => (env: Env) => isOrdered(a(env), b(env), (x, y) => x < y),
  '<=': (a: Run, b: Run) => (env: Env) => isOrdered(a(env), b(env), (x, y) => x <= y),
  '>': (a: Run, b: Run) => (env: Env) => isOrdered(a(env), b(env), (x, y) => x > y),
  '>=': (a: Run, b: Run) => (env: Env) => isOrdered(a(env), b(env), (x, y) => x >= y),
}

const isEqual = (a: unknown, b: unknown): boolean => a !== undefined && a !== null && a === b

function isOrdered(
  a: unknown,
  b: unknown,
  test: (a: number | string, b: number | string) => boolean,
): boolean {
  if (typeof a === 'number' && typeof b === 'number') return test(a, b)
  return typeof a === 'string' && typeof b === 'string' && test(a, b)
}

function alignDates(left: Compiled, right: Compiled): [Compiled, Compiled] {
  if (isDate(left.type)) return [left, asInstant(right) ?? right]
  if (isDate(right.type)) return [asInstant(left) ?? left, right]
  return [left, right]
}

const isDate = (type: ValueType): boolean => type === 'date' || type === 'datetime'

/** What two types compare as. Money compares with numbers, by its amount in major units. */
function comparable(a: ValueType, b: ValueType): 'number' | 'text' | 'boolean' | 'unknown' | undefined {
  if (isDate(a) && isDate(b)) return 'number'
  if ((a === 'money' && b === 'number') || (a === 'number' && b === 'money')) return 'number'
  const type = unify(a, b)
  return type === 'number' || type === 'text' || type === 'boolean' || type === 'unknown' ? type : undefined
}

function operand({ type, run }: Compiled): Run {
  if (type !== 'money') return run
  return (env) => {
    const value = run(env)
    return isMoney(value) ? majorNumber(value) : value
  }
}

/** A comparison that can never hold, because the path has a closed list of values. */
function impossible(item: Compiled, constant: unknown): string | undefined {
  if (constant === undefined || constant === null || item.constant) return undefined
  const wrongType =
    item.type !== 'unknown' &&
    item.type !== 'money' &&
    !isDate(item.type) &&
    typeof constant !== jsType(item.type)
  if (wrongType) return `The value is ${item.type}, so it never equals ${JSON.stringify(constant)}.`
  if (!item.values || typeof constant !== 'string' || item.values.includes(constant)) return undefined
  return `The value is never "${constant}"; it is one of ${item.values.join(', ')}.${didYouMean(constant, item.values)}`
}

const jsType = (type: ValueType): string => (type === 'text' ? 'string' : type)

const CALCULATE = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
}

function arithmetic(expression: Binary, left: Compiled, right: Compiled, { fail }: Compiler): Compiled {
  const { operator } = expression
  for (const [side, source] of [
    [left, expression.left],
    [right, expression.right],
  ] as const) {
    if (side.type === 'number') continue
    const hint =
      side.type === 'text' && operator === '+'
        ? ' Join texts with | concat(…) or [a, b] | join(" ").'
        : conversionHint(side.type, ['number'])
    return fail(`${operator} calculates with numbers, not ${side.type}.${hint}`, source.start)
  }
  const calculate = CALCULATE[operator as keyof typeof CALCULATE]
  return {
    type: 'number',
    run: (env) => {
      const a = left.run(env)
      const b = right.run(env)
      if (typeof a !== 'number' || typeof b !== 'number')
        return a === undefined || b === undefined ? undefined : null
      const result = calculate(a, b)
      return Number.isFinite(result) ? result : undefined
    },
  }
}
