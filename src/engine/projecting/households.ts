import { companyKeyOf, familyNameOf, householdKeyOf, householdName } from '../../identity/index.ts'
import type { EngineDeps } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { Household, ProjectPort, StandingColumns } from '../ports.ts'
import type { EntityFacts } from './views.ts'

type Golden = Awaited<ReturnType<ProjectPort['golden']>>[number]

/** More people of one name at one address are an institution, or a made-up address. */
const MOST_MEMBERS = 20

/** Beside the keys of companies' names, of which none holds a colon but those of domains. */
const PREFIX = 'household:'
const isHousehold = (key: string | undefined): key is string => key?.startsWith(PREFIX) ?? false

/** Nobody pays for households that no mapping reads. */
export const readsHouseholds = ({ mappings }: EngineDeps, from?: 'quote'): boolean =>
  mappings().some(
    (mapping) =>
      mapping.mode !== 'off' &&
      (from === undefined || mapping.from === from) &&
      [...mapping.reads.paths].some(
        (path) => path === 'person.household' || path.startsWith('person.household.'),
      ),
  )

/**
 * Who lives with whom: people without company who share family name and address. Fills `household` of the facts and the
 * names by which they are found, and answers under which names the others have to look again: somebody came or went, or
 * their spelling of the name counts now. Two statements for a chunk.
 */
export async function findHouseholds(
  deps: EngineDeps,
  facts: Map<string, EntityFacts>,
  columns: Map<string, StandingColumns>,
  before: ReadonlyMap<string, Golden>,
): Promise<string[]> {
  if (!readsHouseholds(deps)) return []
  const port = deps.store.project
  const keyOf = new Map<string, string>()
  for (const [root, own] of facts) {
    const key = privateKeyOf(own)
    if (key === undefined) continue
    keyOf.set(root, key)
    columns.set(root, { ...columns.get(root), nameKey: key })
  }
  const left = await port.householdsLeft([...facts.keys()])
  for (const { id } of left) columns.set(id, {})
  const oldKeyOf = (root: string) => before.get(root)?.nameKey
  const old = [...[...facts.keys()].map(oldKeyOf), ...left.map(({ key }) => key)].filter(isHousehold)
  const keys = [...new Set([...keyOf.values(), ...old])]
  if (keys.length === 0) return []

  const namesOf = new Map<string, string[]>(keys.map((key) => [key, []]))
  const others = new Map<string, number>()
  for (const { id, key, golden } of await port.peopleNamed(keys, MOST_MEMBERS + facts.size + 1)) {
    if (facts.has(id)) continue
    namesOf.get(key)!.push(familyNameOf(golden) ?? '')
    others.set(key, (others.get(key) ?? 0) + 1)
  }
  for (const [root, key] of keyOf) namesOf.get(key)!.push(familyNameOf(facts.get(root)!.golden.values) ?? '')

  const changed = new Set(left.map(({ key }) => key))
  for (const [root, own] of facts) {
    const key = keyOf.get(root)
    const household = key === undefined ? undefined : householdOf(key, namesOf.get(key)!)
    if (household) own.household = household
    const stored = before.get(root)?.golden.$household as Household | undefined
    const isSame =
      oldKeyOf(root) === key && stored?.members === household?.members && stored?.name === household?.name
    if (isSame) continue
    for (const one of [oldKeyOf(root), key]) if (isHousehold(one)) changed.add(one)
  }
  // Of too many, the one who made them so tells all; who comes after that tells nobody.
  return [...changed].filter((key) => others.has(key) && namesOf.get(key)!.length <= MOST_MEMBERS + 1)
}

function privateKeyOf({ account, golden }: EntityFacts): string | undefined {
  const { company_name: company } = golden.values
  if (account !== undefined) return undefined
  if (typeof company === 'string' && companyKeyOf(company) !== undefined) return undefined
  const key = householdKeyOf(golden.values)
  return key === undefined ? undefined : PREFIX + hashParts('household', key).slice(0, 24)
}

function householdOf(key: string, names: readonly string[]): Household | undefined {
  if (names.length > MOST_MEMBERS) return undefined
  const name = householdName(names)
  return {
    id: `hh_${key.slice(PREFIX.length)}`,
    ...(name === undefined ? {} : { name }),
    members: names.length,
  }
}

/** What quotes see of their buyers' households: as they were last projected. */
export function recallHouseholds(people: Map<string, EntityFacts>, stored: Iterable<Golden>): void {
  for (const { id, golden } of stored) {
    const facts = people.get(id)
    if (facts && golden.$household) facts.household = golden.$household as Household
  }
}
