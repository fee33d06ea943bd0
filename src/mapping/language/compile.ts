import { didYouMean } from '#kit'
import { broken, type Compiled, type Compiler, conversionHint, textsOf } from './compiled.ts'
import type { FunctionSpec, Parameter, ValueFunction } from './function-spec.ts'
import { usageOf } from './function-spec.ts'
import { compileBinary } from './operators.ts'
import { resolvePath } from './path.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import { type Env, holds, type Run, type ValueType } from './value.ts'

/** Checks an expression against a scope and turns it into closures; what is wrong goes to `scope.report`. */
export function compileExpression(
  expression: Expression,
  scope: Scope,
  functions: ReadonlyMap<string, FunctionSpec>,
): Compiled {
  const compiler: Compiler = {
    scope,
    compile: (inner) => compileExpression(inner, scope, functions),
    fail(message, start) {
      scope.report('mapping.type', start, message)
      return broken
    },
  }
  switch (expression.type) {
    case 'literal':
      return constant(expression.value)
    case 'path':
      return resolvePath(expression.names, scope) ?? broken
    case 'list':
      return compileList(expression.items, compiler)
    case 'unary':
      return compileUnary(expression, compiler)
    case 'binary':
      return compileBinary(expression, compiler)
    case 'call':
      return compileCall(expression, compiler, functions)
  }
}

function constant(value: string | number | boolean | null): Compiled {
  const type =
    value === null
      ? 'null'
      : typeof value === 'string'
        ? 'text'
        : typeof value === 'number'
          ? 'number'
          : 'boolean'
  return {
    type,
    run: () => value,
    constant: { value },
    ...(typeof value === 'string' ? textsOf([value]) : {}),
    ...(value !== null && value !== '' ? { isSure: true } : {}),
  }
}

function compileList(items: readonly Expression[], { compile, fail }: Compiler): Compiled {
  const compiled = items.map(compile)
  if (compiled.some(({ type }) => type === 'broken')) return broken
  const wrong = compiled.findIndex(({ type }) => type !== 'text' && type !== 'null' && type !== 'unknown')
  if (wrong >= 0)
    return fail(
      `A list holds texts, not ${compiled[wrong]!.type}.${conversionHint(compiled[wrong]!.type, ['text'])}`,
      items[wrong]!.start,
    )
  const run = (env: Env) => {
    const out: string[] = []
    for (const item of compiled) {
      const value = item.run(env)
      if (typeof value === 'string') out.push(value)
    }
    return out
  }
  return { type: 'list', run, ...(compiled.some(({ isSure }) => isSure) ? { isSure: true } : {}) }
}

function compileUnary(expression: Expression & { type: 'unary' }, { compile, fail }: Compiler): Compiled {
  const operand = compile(expression.operand)
  if (operand.type === 'broken') return broken
  if (expression.operator === 'not') {
    if (operand.type !== 'boolean')
      return fail(`not needs a yes/no value, not ${operand.type}.`, expression.operand.start)
    return { type: 'boolean', run: (env) => operand.run(env) !== true }
  }
  if (operand.type !== 'number')
    return fail(`- needs a number, not ${operand.type}.`, expression.operand.start)
  return {
    type: 'number',
    run: (env) => {
      const value = operand.run(env)
      return typeof value === 'number' ? -value : value
    },
  }
}

/** What spreadsheets, CRMs and databases call it, and what cannot be had at all. */
const OTHER_NAMES: Record<string, string> = {
  first_of: 'Use a ?? b, or coalesce(a, b).',
  ifnull: 'Use a ?? b.',
  nvl: 'Use a ?? b.',
  iif: 'Use if(condition, then, else).',
  switch: 'Use case(condition, value, …), or a table with picklist(…).',
  map: 'Use a table with picklist(…).',
  lookup:
    'To translate a value use picklist(table); to refer to a record write { lookup: Account, by: account.id }.',
  vlookup: 'Use a table with picklist(…).',
  len: 'Use length.',
  substr: 'Use substring(start, characters).',
  mid: 'Use substring(start, characters).',
  lowercase: 'Use lower.',
  uppercase: 'Use upper.',
  proper: 'Use title.',
  capitalize: 'Use title.',
  regex: 'Use matches("pattern").',
  test: 'Use matches("pattern").',
  includes: 'Use contains("text").',
  isblank: 'Use not (value | is_set).',
  exists: 'Use is_set.',
  int: 'Use floor or round.',
  bool: 'Use boolean.',
  string: 'Use text.',
  to_number: 'Use number.',
  to_date: 'Use date.',
  today: 'Use now | date.',
  date_add: 'Use add_days, add_months or add_years.',
  date_diff: 'Use days_to, days_since or workdays_to.',
  subtract: 'Use a - b.',
  multiply: 'Use a * b.',
  divide: 'Use a / b.',
  filter: 'Touchpoints are filtered by where(kind = "page.viewed").',
  uniq: 'Use count_distinct(channel) on touchpoints, multipicklist on a list.',
  avg: 'Divide: a sum by a count.',
  average: 'Divide: a sum by a count.',
  median: 'Touchpoints are summed per day, so single values are not there to compare.',
  phone: 'Use e164(country).',
  transliterate: 'Names are passed on as they are; same_text compares without accents, slug makes keys.',
  ascii: 'Names are passed on as they are; same_text compares without accents, slug makes keys.',
}

function compileCall(
  { name, args }: Expression & { type: 'call' },
  compiler: Compiler,
  functions: ReadonlyMap<string, FunctionSpec>,
): Compiled {
  const spec = functions.get(name.text)
  if (!spec) {
    for (const arg of args.slice(0, 1)) compiler.compile(arg)
    const otherName = Object.hasOwn(OTHER_NAMES, name.text.toLowerCase())
      ? ` ${OTHER_NAMES[name.text.toLowerCase()]}`
      : undefined
    compiler.scope.report(
      'mapping.unknown_function',
      name.start,
      `Function ${name.text} is unknown.${otherName ?? didYouMean(name.text, functions.keys())}`,
    )
    return broken
  }
  if (spec.kind === 'form') {
    if (args.length === 0)
      return compiler.fail(`${name.text} needs a value: value | ${spec.usage}.`, name.start)
    return spec.compile({
      name: name.text,
      start: name.start,
      args,
      scope: compiler.scope,
      compile: compiler.compile,
      fail: (message, start = name.start) => compiler.fail(message, start),
    })
  }
  if (spec.readsClock) compiler.scope.found.clock = true
  return compileValueCall(spec, args, name.start, compiler)
}

function compileValueCall(
  spec: ValueFunction,
  args: readonly Expression[],
  start: number,
  { compile, fail }: Compiler,
): Compiled {
  const compiled = args.map(compile)
  if (compiled.some(({ type }) => type === 'broken')) return broken
  const required = spec.parameters.filter(({ isOptional }) => !isOptional).length
  const given = args.length - 1
  if (given < required || given > spec.parameters.length) {
    return fail(
      `${spec.name} is written value | ${usageOf(spec)}; ${given < 0 ? 'its value is missing' : `${Math.max(0, given)} arguments given`}.`,
      start,
    )
  }
  const accepted = [spec.input, ...spec.parameters.map(({ type }) => type)]
  const inputs: Run[] = []
  for (const [index, item] of compiled.entries()) {
    const types = accepted[index]!
    if (!types.includes(item.type) && item.type !== 'null' && item.type !== 'unknown') {
      const what = index === 0 ? spec.name : `${spec.parameters[index - 1]!.name} of ${spec.name}`
      return fail(
        `${what} needs ${types.join(' or ')}, not ${item.type}.${conversionHint(item.type, types)}`,
        args[index]!.start,
      )
    }
    const problem = index === 0 ? undefined : argumentProblem(spec.parameters[index - 1]!, item)
    if (problem) return fail(`${spec.name}: ${problem}`, args[index]!.start)
    inputs.push(item.type === 'unknown' ? convertUnknown(item.run, types) : item.run)
  }
  return {
    type: spec.result,
    run: applied(spec, inputs, compiled[0]!.type),
    ...boundsOf(spec, compiled),
  }
}

function boundsOf(
  { maxLength, staysSet, result }: ValueFunction,
  [input, ...args]: Compiled[],
): Pick<Compiled, 'maxLength' | 'isSure'> {
  const own = maxLength?.(args.map(({ constant }) => constant?.value))
  const length = Math.min(
    own ?? Number.POSITIVE_INFINITY,
    (staysSet && input!.maxLength) || Number.POSITIVE_INFINITY,
  )
  return {
    ...(Number.isFinite(length) ? { maxLength: length } : {}),
    // A text may be no date and no number.
    ...(staysSet && input!.isSure && (input!.type !== 'text' || result === 'text') ? { isSure: true } : {}),
  }
}

function argumentProblem({ name, isConstant, check }: Parameter, { constant }: Compiled): string | undefined {
  if (!constant)
    return isConstant ? `${name} must be written here, between quotes or as a number.` : undefined
  const { value } = constant
  return typeof value === 'string' || typeof value === 'number' ? check?.(value) : undefined
}

/** The closure of a call: absent and null pass through, what is not finite becomes absent. */
function applied(spec: ValueFunction, [input, ...args]: Run[], type: ValueType): Run {
  const { apply, parameters, result, seesEmpty } = spec
  const finish = (value: unknown): unknown =>
    value === undefined || holds(result, value) ? value : undefined
  const evaluate = input!
  if (args.length === 0) {
    return (env) => {
      const value = evaluate(env)
      if (value === undefined || value === null) return value
      if (value === '' && !seesEmpty) return result === 'text' ? '' : undefined
      return finish(apply(value, [], env, type))
    }
  }
  return (env) => {
    const value = evaluate(env)
    if (value === undefined || value === null) return value
    if (value === '' && !seesEmpty) return result === 'text' ? '' : undefined
    const values: unknown[] = []
    for (const [index, arg] of args.entries()) {
      const given = arg(env) ?? undefined
      if (given === undefined && !parameters[index]!.isOptional) return undefined
      values.push(given)
    }
    return finish(apply(value, values, env, type))
  }
}

/** Vendor props have no schema: a value of an accepted type is used, numbers may stand for texts, the rest is absent. */
function convertUnknown(run: Run, types: readonly ValueType[]): Run {
  return (env) => {
    const value = run(env)
    if (value === undefined || value === null) return value
    if (types.some((type) => type !== 'date' && type !== 'datetime' && holds(type, value))) return value
    return types.includes('text') && (typeof value === 'number' || typeof value === 'boolean')
      ? String(value)
      : undefined
  }
}
