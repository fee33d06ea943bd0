import type { FunctionSpec } from '../language/function-spec.ts'
import { conditionFunctions } from './conditions.ts'
import { dateFunctions } from './date.ts'
import { identityFunctions } from './identity.ts'
import { numberFunctions } from './number.ts'
import { picklistFunctions } from './picklist.ts'
import { textFunctions } from './text.ts'
import { touchFilters } from './touch-filters.ts'
import { touchpointFunctions } from './touchpoints.ts'

/** Every function of the language; docs/mappings.md lists the same. */
export const FUNCTIONS: readonly FunctionSpec[] = [
  ...textFunctions,
  ...identityFunctions,
  ...numberFunctions,
  ...dateFunctions,
  ...conditionFunctions,
  ...touchFilters,
  ...touchpointFunctions,
  ...picklistFunctions,
]
