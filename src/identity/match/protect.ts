import type { Attribute, MatchRecord } from './attributes.ts'

/** Different names that may stand at one value before it counts as shared: a desk, a family, a made-up number. */
const MOST_NAMES: Partial<Record<Attribute, number>> = { email: 3, phone: 5, id_number: 2 }

export interface SharedValue {
  attribute: Attribute
  value: string
  names: number
  records: number
}

/**
 * Takes away what many differently named people hold: it tells nobody apart, and one such value joins strangers by the
 * hundred. Records are copied where something is taken.
 */
export function withoutSharedValues(records: readonly MatchRecord[]): {
  records: MatchRecord[]
  shared: SharedValue[]
} {
  const shared: SharedValue[] = []
  let kept = [...records]
  for (const [attribute, most] of Object.entries(MOST_NAMES) as [Attribute, number][]) {
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
  const holders = new Map<string, MatchRecord[]>()
  for (const record of records) {
    const value = record.values[attribute]
    if (value === undefined) continue
    const held = holders.get(value)
    if (held) held.push(record)
    else holders.set(value, [record])
  }
  return [...holders].flatMap(([value, held]) => {
    if (held.length <= most) return []
    const names = new Set(held.flatMap(nameOf)).size
    return names > most ? [{ attribute, value, names, records: held.length }] : []
  })
}

/** In one order: two fields that are confused are no second name. */
function nameOf({ values: { given_name, family_name } }: MatchRecord): string[] {
  const parts = [given_name, family_name].filter((part) => part !== undefined)
  return parts.length === 0 ? [] : [parts.sort().join(' ')]
}
