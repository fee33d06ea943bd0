import type { Attribute, MatchRecord, Values } from './attributes.ts'
import { jaroWinkler } from './jaro-winkler.ts'

/** People of different names that may stand at one value before it counts as shared: a desk, a switchboard, a made-up number. */
export const MOST_PEOPLE: Partial<Record<Attribute, number>> = { email: 3, phone: 5, id_number: 3 }

export interface SharedValue {
  attribute: Attribute
  value: string
  records: number
}

/**
 * Takes away what many differently named people hold: it tells nobody apart, and one such value joins strangers by the
 * hundred. Records are copied where something is taken.
 */
export function withoutSharedValues<R extends MatchRecord>(
  records: readonly R[],
): { records: R[]; shared: SharedValue[] } {
  const shared: SharedValue[] = []
  let kept = [...records]
  for (const [attribute, most] of Object.entries(MOST_PEOPLE) as [Attribute, number][]) {
    const found = sharedValues(kept, attribute, most)
    if (found.length === 0) continue
    shared.push(...found)
    const values = new Set(found.map(({ value }) => value))
    kept = kept.map((record) => {
      const value = record.values[attribute]
      if (value === undefined || !values.has(value)) return record
      const { [attribute]: _, ...rest } = record.values
      return { ...record, values: rest }
    })
  }
  return { records: kept, shared }
}

function sharedValues(records: readonly MatchRecord[], attribute: Attribute, most: number): SharedValue[] {
  const holders = new Map<string, Values[]>()
  for (const { values } of records) {
    const value = values[attribute]
    if (value === undefined) continue
    const held = holders.get(value)
    if (held) held.push(values)
    else holders.set(value, [values])
  }
  return [...holders].flatMap(([value, held]) =>
    held.length > most && arePeople(held, most) ? [{ attribute, value, records: held.length }] : [],
  )
}

/** Whether more people hold the value than one of them can be told by. Order does not matter. */
export const isShared = (attribute: Attribute, held: readonly Values[]): boolean => {
  const most = MOST_PEOPLE[attribute]
  return most !== undefined && held.length > most && arePeople(held, most)
}

/** Switchboards of office centres, accountants' numbers: companies of different names that may stand at one number. */
const MOST_COMPANIES = 3

/** The same of companies. */
export const isSharedByCompanies = (attribute: Attribute, held: readonly Values[]): boolean =>
  attribute === 'phone' && held.length > MOST_COMPANIES && arePeople(held, MOST_COMPANIES)

/** Whether more than `most` of them have no name like one of another. */
function arePeople(held: readonly Values[], most: number): boolean {
  const people: string[][] = []
  for (const { given_name, family_name, name } of held) {
    const names = [given_name, family_name, name].filter((name) => name !== undefined)
    if (names.length === 0 || people.some((known) => haveOneAlike(known, names))) continue
    people.push(names)
    if (people.length > most) return true
  }
  return false
}

const ALIKE = 0.85

/** Names in either field, since sources confuse the two; initials are like whatever they begin. */
const haveOneAlike = (a: readonly string[], b: readonly string[]): boolean =>
  a.some((x) => b.some((y) => jaroWinkler(x, y) >= ALIKE || x.startsWith(y) || y.startsWith(x)))
