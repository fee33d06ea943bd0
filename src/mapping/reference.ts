import { FUNCTIONS } from './functions/index.ts'
import {
  type Example,
  FUNCTION_GROUPS,
  type FunctionGroup,
  type FunctionSpec,
  usageOf,
} from './language/function-spec.ts'
import type { ValueType } from './language/value.ts'
import { pathsOf } from './schema-node.ts'
import type { CompiledMapping } from './types.ts'
import { ACTIVITY_SCHEMA, VIEW_SCHEMAS } from './view-schema.ts'

export interface FunctionEntry {
  name: string
  group: FunctionGroup
  usage: string
  summary: string
  example: { expression: string; result: Example[1] }
  /** All examples, that one first. */
  examples: readonly Example[]
  /** Called with '' as with any other text. */
  seesEmpty: boolean
}

/** Every function with its use and an example, by group; the tables of docs/mappings.md. */
export function functionReference(): FunctionEntry[] {
  const entry = (spec: FunctionSpec): FunctionEntry => ({
    name: spec.name,
    group: spec.group,
    usage: usageOf(spec),
    summary: spec.summary,
    example: { expression: spec.example[0], result: spec.example[1] },
    examples: [spec.example, ...(spec.more ?? [])],
    seesEmpty: spec.kind === 'value' && spec.seesEmpty === true,
  })
  return FUNCTION_GROUPS.flatMap((group) => FUNCTIONS.filter((spec) => spec.group === group).map(entry))
}

/** Every path that expressions can read, with its type. */
export function pathReference(
  scope: CompiledMapping['from'] | 'activity',
): { path: string; type: ValueType; doc: string }[] {
  return pathsOf(scope === 'activity' ? ACTIVITY_SCHEMA : VIEW_SCHEMAS[scope])
}
