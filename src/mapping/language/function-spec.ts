import type { Compiled } from './compiled.ts'
import type { Scope } from './scope.ts'
import type { Expression } from './syntax.ts'
import type { Env, TypeMap, ValueType } from './value.ts'

export const FUNCTION_GROUPS = [
  'Text',
  'Names and identity',
  'Numbers and money',
  'Dates',
  'Conditions',
  'Touchpoints',
  'CRM values',
] as const
export type FunctionGroup = (typeof FUNCTION_GROUPS)[number]

interface Described {
  name: string
  group: FunctionGroup
  summary: string
  /** Expression and its result as it would be written to a field; executed by the tests and shown in docs/mappings.md. */
  example: Example
  /** Further examples, executed by the tests only: edges and scripts. */
  more?: readonly Example[]
}

/** undefined: left out. */
export type Example = readonly [expression: string, result: string | number | boolean | null | undefined]

export interface Parameter {
  name: string
  type: readonly ValueType[]
  isOptional?: true
  /** Must be written as a constant. */
  isConstant?: true
  /** What is wrong with a constant of the right type; undefined where nothing is. */
  check?(value: string | number): string | undefined
}

/** A pure function of its input and arguments. */
export interface ValueFunction extends Described {
  kind: 'value'
  /** Accepted types of the input; the first is what an unknown value is converted to. */
  input: readonly ValueType[]
  parameters: readonly Parameter[]
  result: ValueType
  /** Also called with '' (otherwise '' stays '' where the result is a text, and becomes absent elsewhere). */
  seesEmpty?: true
  readsClock?: true
  /** The most code points that its result has, by its constant arguments (undefined for others). */
  maxLength?(args: readonly unknown[]): number | undefined
  /** Its result is not empty where the input is not, and no longer than the input. */
  staysSet?: true
  /** Never called with absent or null input; with undefined for optional arguments that are missing. */
  apply(input: unknown, args: readonly unknown[], env: Env, type: ValueType): unknown
}

/** A function that decides about its own arguments while compiling. */
export interface SpecialForm extends Described {
  kind: 'form'
  /** How its call is written, for messages and documents: `where(kind = …)`. */
  usage: string
  /** `args[0]` is the input. */
  compile(call: Call): Compiled
}

export interface Call {
  name: string
  start: number
  args: readonly Expression[]
  scope: Scope
  compile(expression: Expression): Compiled
  /** Reports a type problem and returns the broken expression. */
  fail(message: string, start?: number): Compiled
}

export type FunctionSpec = ValueFunction | SpecialForm

type ArgumentsOf<P extends readonly Parameter[]> = {
  [K in keyof P]: TypeMap[P[K]['type'][number]] | (P[K]['isOptional'] extends true ? undefined : never)
}

/**
 * Declares a value function with the TypeScript types that follow from its declared ones. The cast is sound because
 * the checker admits only declared types and path readers drop values that are not what the schema promised.
 */
export function valueFunction<const I extends readonly ValueType[], const P extends readonly Parameter[]>(
  spec: Omit<ValueFunction, 'kind' | 'input' | 'parameters' | 'apply'> & {
    input: I
    parameters: P
    /** `type`: what the input is known to be, because dates and moments are both numbers. */
    apply(input: TypeMap[I[number]], args: ArgumentsOf<P>, env: Env, type: ValueType): unknown
  },
): ValueFunction {
  return { ...spec, kind: 'value', apply: spec.apply as ValueFunction['apply'] }
}

export const specialForm = (spec: Omit<SpecialForm, 'kind'>): SpecialForm => ({ ...spec, kind: 'form' })

export function usageOf(spec: FunctionSpec): string {
  if (spec.kind === 'form') return spec.usage
  const names = spec.parameters.map(({ name, isOptional }) => (isOptional ? `${name}?` : name))
  return names.length === 0 ? spec.name : `${spec.name}(${names.join(', ')})`
}
