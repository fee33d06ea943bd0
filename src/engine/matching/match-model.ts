import { type MatchModel, startingModel } from '../../identity/match/index.ts'
import { hashJson } from '../hash.ts'

/** Beliefs are those of a base of this size, whatever its size: the same two records are to be judged the same for ever. */
const BELIEVED_SIZE = 100_000

/** Raised whenever values are read, or pairs judged, in another way: everybody is judged again. */
const RULES = 1

export interface CurrentModel {
  model: MatchModel
  /** Changes whenever the same two records may be judged differently. */
  version: string
}

const BELIEVED = startingModel(BELIEVED_SIZE)
let believedVersion: string | undefined

export function currentModel(): CurrentModel {
  believedVersion ??= versionOf(BELIEVED)
  return { model: BELIEVED, version: believedVersion }
}

const versionOf = (model: MatchModel): string => `${RULES}:${hashJson(model).slice(0, 12)}`
