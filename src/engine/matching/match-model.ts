import { COMPANIES, type MatchModel, type MatchRules, PEOPLE } from '../../identity/match/index.ts'
import { hashJson } from '../hash.ts'
import type { EntityKind } from '../ports.ts'

/** Beliefs are those of a base of this size, whatever its size: the same two records are to be judged the same for ever. */
const BELIEVED_SIZE = 100_000

/** Raised whenever values are read, or pairs judged, in another way: all of the kind are judged again. */
const REVISION: Record<EntityKind, number> = { person: 1, account: 1 }

export interface CurrentModel {
  rules: MatchRules
  model: MatchModel
  /** Changes whenever the same two records may be judged differently. */
  version: string
}

const RULES: Record<EntityKind, MatchRules> = { person: PEOPLE, account: COMPANIES }
const current = new Map<EntityKind, CurrentModel>()

export function currentModel(kind: EntityKind): CurrentModel {
  let held = current.get(kind)
  if (!held) {
    const model = RULES[kind].startingModel(BELIEVED_SIZE)
    held = {
      rules: RULES[kind],
      model,
      version: `${REVISION[kind]}:${hashJson(model).slice(0, 12)}`,
    }
    current.set(kind, held)
  }
  return held
}
