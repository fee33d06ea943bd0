import { didYouMean } from '#kit'
import type { TouchBucket } from '../view.ts'
import type { FunctionSpec, ValueFunction } from './function-spec.ts'
import { usageOf } from './function-spec.ts'
import { parseIso } from './iso.ts'
import { compileBinary } from './operators.ts'
import { resolvePath } from './path.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import { type Env, holds, type Run, type ValueType } from './value.ts'

/** A checked expression: its type and the closure that computes it. */
export interface Compiled {
  type: ValueType
  run: Run
  /** Set for constants. */
  constant?: { value: unknown }
  /** All values it can have, where they are known. */
  values?: readonly string[]
  /** For touchpoints: filters that the aggregate applies. */
  tests?: readonly TouchTest[]
}

export type TouchTest = (bucket: TouchBucket, env: Env) => boolean

export const broken: Compiled = { type: 'broken', run: () => undefined }

export interface Compiler {
  scope: Scope
  compile(expression: Expression): Compiled
  fail(message: string, start: number): Compiled
}

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
  return { type, run: () => value, constant: { value } }
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
  return { type: 'list', run }
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

function compileCall(
  { name, args }: Expression & { type: 'call' },
  compiler: Compiler,
  functions: ReadonlyMap<string, FunctionSpec>,
): Compiled {
  const spec = functions.get(name.text)
  if (!spec) {
    for (const arg of args.slice(0, 1)) compiler.compile(arg)
    compiler.scope.report(
      'mapping.unknown_function',
      name.start,
      `Function ${name.text} is unknown.${didYouMean(name.text, functions.keys())}`,
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
    inputs.push(item.type === 'unknown' ? convertUnknown(item.run, types) : item.run)
  }
  return { type: spec.result, run: applied(spec, inputs) }
}

/** The closure of a call: absent and null pass through, what is not finite becomes absent. */
function applied(spec: ValueFunction, [input, ...args]: Run[]): Run {
  const { apply, parameters, result, seesEmpty } = spec
  const finish = (value: unknown): unknown =>
    value === undefined || holds(result, value) ? value : undefined
  const evaluate = input!
  if (args.length === 0) {
    return (env) => {
      const value = evaluate(env)
      if (value === undefined || value === null) return value
      if (value === '' && !seesEmpty) return result === 'text' ? '' : undefined
      return finish(apply(value, [], env))
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
    return finish(apply(value, values, env))
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

export function conversionHint(from: ValueType, to: readonly ValueType[]): string {
  if (from === 'money') return to.includes('number') ? ' Add | money_major.' : ' Add | money_major or | text.'
  if (from === 'touchpoints') return ' Add | count, | sum(currency), | first(channel) or | last(channel).'
  if (from === 'list') return ' Add | join(", ") or | at(1).'
  if (to.includes('text')) return ' Add | text.'
  if (to.includes('number') && from === 'text') return ' Add | number.'
  if ((to.includes('date') || to.includes('datetime')) && from === 'text') return ' Add | date.'
  return ''
}

/** An ISO text constant beside a date is that date: `quote.created_at >= "2026-01-01"`. */
export function asInstant(item: Compiled): Compiled | undefined {
  const text = item.constant?.value
  if (item.type !== 'text' || typeof text !== 'string') return undefined
  const at = parseIso(text)
  return at === undefined ? undefined : { type: 'datetime', run: () => at, constant: { value: at } }
}
