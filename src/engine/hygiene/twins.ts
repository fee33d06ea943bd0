import type { Candidate, Issue } from '../../hygiene/index.ts'

export interface LateFinding {
  object: string
  crmId: string
  number: number
  issues: Issue[]
}

type Twin = Pick<Candidate, 'object' | 'crmId' | 'number' | 'isOurs'>

/** What is said of each record of a group whose first one is to be kept. */
export function certainOf(group: readonly Twin[]): LateFinding[] {
  return group.map((own) =>
    late(own, {
      check: 'duplicate.certain',
      others: group.filter((other) => other !== own).map((other) => nameOf(other, own)),
      ...mergeOf(own, group),
    }),
  )
}

export const possibleOf = (own: Twin, others: readonly Twin[], note: string): LateFinding =>
  late(own, { check: 'duplicate.possible', others: others.map((other) => nameOf(other, own)), note })

const late = ({ object, crmId, number }: Twin, issue: Issue): LateFinding => ({
  object,
  crmId,
  number,
  issues: [issue],
})

const nameOf = (other: Twin, own: Twin): string =>
  other.object === own.object ? other.crmId : `${other.object} ${other.crmId}`

/** Who stays takes in the others of the same object; it is the one that says so. */
function mergeOf(own: Twin, group: readonly Twin[]): Partial<Issue> {
  const same = group.filter(({ object }) => object === own.object)
  const isKept = same[0] === own
  if (same.length < group.length && isKept && own.object !== group[0]!.object)
    return { note: `to be converted into ${nameOf(group[0]!, own)}` }
  if (!isKept || same.length < 2) return {}
  // What the hub takes for two would be made two again by its next write.
  if (same.filter(({ isOurs }) => isOurs).length > 1)
    return { note: 'the hub takes them for different ones: to be judged there first' }
  return { fix: { kind: 'merge', crmIds: same.map(({ crmId }) => crmId) } }
}
