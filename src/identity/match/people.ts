import { blockKeys } from './blocking.ts'
import { COMPARISONS } from './comparisons.ts'
import { decide } from './decide.ts'
import { isShared } from './protect.ts'
import { RELATIONS } from './relations.ts'
import type { MatchRules } from './rules.ts'
import { startingModel } from './starting-model.ts'

export const PEOPLE: MatchRules = {
  relations: RELATIONS,
  comparisons: COMPARISONS,
  keys: (values) => blockKeys(values),
  personal: [
    ['email', 'e-mail'],
    ['phone', 'phone'],
  ],
  isShared,
  areApart: () => false,
  decide,
  startingModel,
}
