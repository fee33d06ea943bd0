import { isoDate, isoInstant } from '#model'
import { type Compiled, eitherOf } from '../language/compiled.ts'
import { displayText } from '../language/display.ts'
import { type Call, specialForm } from '../language/function-spec.ts'
import { type Env, unify, type ValueType } from '../language/value.ts'

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''

/** Input of a function that takes exactly `arity` arguments after it; reports where the call is wrong. */
function inputOf(call: Call, arity = 0): Compiled | undefined {
  if (call.args.length === arity + 1) return call.compile(call.args[0]!)
  call.fail(
    `${call.name} takes ${arity === 0 ? 'no arguments' : `${arity} argument${arity > 1 ? 's' : ''}`} after its value.`,
  )
  return undefined
}

/** A function of any value, absent ones included. */
function anyInput(call: Call, type: ValueType, decide: (value: unknown) => unknown): Compiled {
  const input = inputOf(call)
  if (!input || input.type === 'broken') return { type: 'broken', run: () => undefined }
  if (input.type === 'touchpoints')
    return call.fail(`${call.name} needs a value; count the touchpoints first.`)
  return { type, run: (env) => decide(input.run(env)) }
}

export const conditionFunctions = [
  specialForm({
    name: 'is_set',
    group: 'Conditions',
    usage: 'is_set',
    summary: 'Whether there is a value: not absent, not null, not empty.',
    example: ['"" | is_set', false],
    compile: (call) => anyInput(call, 'boolean', (value) => !isMissing(value)),
  }),
  specialForm({
    name: 'is_null',
    group: 'Conditions',
    usage: 'is_null',
    summary: 'Whether a source said that there is no value (absent is not null).',
    example: ['null | is_null', true],
    compile: (call) => anyInput(call, 'boolean', (value) => value === null),
  }),
  specialForm({
    name: 'not',
    group: 'Conditions',
    usage: 'not',
    summary: 'The opposite of a yes/no value; absent and null stay.',
    example: ['true | not', false],
    compile: (call) => {
      const input = inputOf(call)
      if (!input || input.type === 'broken') return { type: 'broken', run: () => undefined }
      if (input.type !== 'boolean') return call.fail(`not needs a yes/no value, not ${input.type}.`)
      return {
        type: 'boolean',
        run: (env) => {
          const value = input.run(env)
          return typeof value === 'boolean' ? !value : value
        },
      }
    },
  }),
  specialForm({
    name: 'if',
    group: 'Conditions',
    usage: 'if(condition, then, else)',
    summary: 'One of two values; an absent or null condition counts as false.',
    example: ['if(2 > 1, "yes", "no")', 'yes'],
    compile: (call) => {
      if (call.args.length !== 3) return call.fail('if takes three arguments: if(condition, then, else).')
      const [condition, then, otherwise] = call.args.map((arg) => call.compile(arg)) as [
        Compiled,
        Compiled,
        Compiled,
      ]
      if ([condition, then, otherwise].some(({ type }) => type === 'broken'))
        return { type: 'broken', run: () => undefined }
      if (condition.type !== 'boolean')
        return call.fail(`The condition of if must be yes/no, not ${condition.type}.`, call.args[0]!.start)
      const type = unify(then.type, otherwise.type)
      if (!type || type === 'touchpoints') {
        return call.fail(
          `Both values of if must have one type; these are ${then.type} and ${otherwise.type}.`,
          call.args[2]!.start,
        )
      }
      return {
        type,
        run: (env) => (condition.run(env) === true ? then.run(env) : otherwise.run(env)),
        ...eitherOf([then, otherwise]),
        ...(then.isSure && otherwise.isSure ? { isSure: true } : {}),
      }
    },
  }),
  specialForm({
    name: 'case',
    group: 'Conditions',
    usage: 'case(condition, value, condition, value, …, otherwise?)',
    summary:
      'The value of the first condition that holds, else the last value, else absent. For translating one value into another use a table.',
    example: ['case(3 > 5, "high", 3 > 2, "middle", "low")', 'middle'],
    more: [
      ['case(false, 1)', undefined],
      ['case(false, 1, null)', null],
    ],
    compile: (call) => {
      if (call.args.length < 2)
        return call.fail('case takes conditions and values: case(condition, value, …, otherwise).')
      const compiled = call.args.map((arg) => call.compile(arg))
      if (compiled.some(({ type }) => type === 'broken')) return { type: 'broken', run: () => undefined }
      const branches: { condition: Compiled; value: Compiled }[] = []
      let type: ValueType | undefined = 'null'
      for (let index = 0; index < compiled.length; index += 2) {
        const isLast = index === compiled.length - 1
        const value = compiled[isLast ? index : index + 1]!
        const condition = compiled[index]!
        if (!isLast && condition.type !== 'boolean')
          return call.fail(
            `A condition of case must be yes/no, not ${condition.type}.`,
            call.args[index]!.start,
          )
        const before: ValueType = type
        type = unify(before, value.type)
        if (!type || type === 'touchpoints')
          return call.fail(
            `All values of case must have one type; these are ${before} and ${value.type}.`,
            call.args[isLast ? index : index + 1]!.start,
          )
        if (!isLast) branches.push({ condition, value })
      }
      const otherwise = compiled.length % 2 === 1 ? compiled.at(-1)! : undefined
      const run = (env: Env) => {
        for (const { condition, value } of branches) if (condition.run(env) === true) return value.run(env)
        return otherwise?.run(env)
      }
      const all = [...branches.map(({ value }) => value), ...(otherwise ? [otherwise] : [])]
      const isSure = otherwise !== undefined && all.every((value) => value.isSure)
      return { type, run, ...eitherOf(all), ...(isSure ? { isSure: true } : {}) }
    },
  }),
  specialForm({
    name: 'coalesce',
    group: 'Conditions',
    usage: 'coalesce(value, …)',
    summary: 'The first value that is there: not absent, not null, not empty; the same as ?? between them.',
    example: ['coalesce(person.title, "", "none")', 'none'],
    compile: (call) => {
      const compiled = call.args.map((arg) => call.compile(arg))
      if (compiled.some(({ type }) => type === 'broken')) return { type: 'broken', run: () => undefined }
      let type: ValueType | undefined = compiled[0]!.type
      for (const [index, next] of compiled.entries()) {
        const before: ValueType = type
        type = unify(before, next.type)
        if (!type || type === 'touchpoints')
          return call.fail(
            `All values of coalesce must have one type; these are ${before} and ${next.type}.`,
            call.args[index]!.start,
          )
      }
      const run = (env: Env) => {
        let value: unknown
        for (const each of compiled) {
          value = each.run(env)
          if (!isMissing(value)) return value
        }
        return value
      }
      return {
        type,
        run,
        ...eitherOf(compiled),
        ...(compiled.some(({ isSure }) => isSure) ? { isSure: true } : {}),
      }
    },
  }),
  specialForm({
    name: 'default',
    group: 'Conditions',
    usage: 'default(value)',
    summary: 'A value for absent, null and empty; the same as ??.',
    example: ['"" | default("unknown")', 'unknown'],
    compile: (call) => {
      const input = inputOf(call, 1)
      if (!input) return { type: 'broken', run: () => undefined }
      const fallback = call.compile(call.args[1]!)
      const type = unify(input.type, fallback.type)
      if (type === 'broken') return { type, run: () => undefined }
      if (!type || type === 'touchpoints') {
        return call.fail(
          `default must have the type of its value; these are ${input.type} and ${fallback.type}.`,
          call.args[1]!.start,
        )
      }
      return {
        type,
        run: (env) => {
          const value = input.run(env)
          return isMissing(value) ? fallback.run(env) : value
        },
        ...eitherOf([input, fallback]),
        ...(input.isSure || fallback.isSure ? { isSure: true } : {}),
      }
    },
  }),
  specialForm({
    name: 'text',
    group: 'Text',
    usage: 'text',
    summary: 'Any value as text: money as "49.00 EUR", dates in ISO form, lists with commas.',
    example: ['49.5 | text', '49.5'],
    compile: asText,
  }),
]

function asText(call: Call): Compiled {
  const input = inputOf(call)
  if (!input || input.type === 'broken') return { type: 'broken', run: () => undefined }
  if (input.type === 'touchpoints')
    return call.fail(`${call.name} needs a value; count the touchpoints first.`)
  const { type } = input
  const run: Compiled['run'] = (env) => {
    const value = input.run(env)
    if (value === undefined || value === null) return value
    if (typeof value === 'number' && type === 'date') return isoDate(value)
    if (typeof value === 'number' && type === 'datetime') return isoInstant(value)
    return displayText(value, type)
  }
  return { type: 'text', run }
}
