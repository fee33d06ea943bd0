import {
  COMPANIES,
  createScorer,
  type MatchModel,
  type MatchRules,
  PEOPLE,
  type Scorer,
} from '../../identity/match/index.ts'
import { hashJson } from '../hash.ts'
import type { EntityKind } from '../ports.ts'

/** Beliefs are those of a base of this size, whatever its size: the same two records are to be judged the same for ever. */
const BELIEVED_SIZE = 100_000

/** Raised whenever values are read, or pairs judged, in another way: all of the kind are judged again. */
const REVISION: Record<EntityKind, number> = { person: 1, account: 2 }

export interface CurrentModel {
  rules: MatchRules
  model: MatchModel
  /** Changes whenever the same two records may be judged differently. */
  version: string
  scorer: Scorer
}

const RULES: Record<EntityKind, MatchRules> = { person: PEOPLE, account: COMPANIES }
const current = new Map<EntityKind, CurrentModel>()

export function currentModel(kind: EntityKind): CurrentModel {
  let held = current.get(kind)
  if (!held) {
    const rules = RULES[kind]
    const model = rules.startingModel(BELIEVED_SIZE)
    held = {
      rules,
      model,
      version: `${REVISION[kind]}:${hashJson(model).slice(0, 12)}`,
      scorer: createScorer(model, rules),
    }
    current.set(kind, held)
  }
  return held
}
