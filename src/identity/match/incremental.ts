import type { Attribute, Values } from './attributes.ts'
import { blockNumbers, valueNumber } from './block-numbers.ts'
import { REVIEW_FROM } from './decide.ts'
import { PEOPLE } from './people.ts'
import type { MatchRules } from './rules.ts'
import type { Scorer } from './score.ts'

/** A person or company as they are compared, and which of their values are no evidence because too many others have the same. */
export interface KnownRecord {
  id: string
  values: Values
  keys: readonly number[]
  shared: readonly Attribute[]
}

export interface JudgedPair {
  /** `a` < `b`. */
  a: string
  b: string
  verdict: 'same' | 'unsure'
  probability: number
}

export interface Judged {
  records: KnownRecord[]
  /** Nobody to compare any more. */
  gone: string[]
  /** All that is to say of the records that changed; other pairs of theirs are distinct. */
  pairs: JudgedPair[]
  /** Who has to be judged anew, because a value or key that they hold has become too common, or is no longer. */
  again: string[]
}

/** A key that more people share says nothing about them, and comparing them all would cost too much. */
export const MAX_MEMBERS = 50

/** As many members of a key have to be known for so many changes to be judged. */
export const membersNeeded = (changes: number, most = MAX_MEMBERS): number => most + 1 + changes

/**
 * Judges records that changed against those they share a key with. What is said of a pair follows from the two records
 * and from who else holds their values, never from the order in which they came.
 */
export function judgeChanges({
  changed,
  members,
  records,
  scorer,
  rules = PEOPLE,
  most = MAX_MEMBERS,
}: {
  /** Values as they are now; undefined where there is nobody any more. */
  changed: ReadonlyMap<string, Values | undefined>
  /** Before the changes, by key: of all keys that the changed records had or have, at most `membersNeeded`. */
  members: ReadonlyMap<number, readonly string[]>
  /** Before the changes: the changed ones, and members of all keys of which fewer than `membersNeeded` are given. */
  records: ReadonlyMap<string, KnownRecord>
  scorer: Scorer
  rules?: MatchRules
  most?: number
}): Judged {
  const isTooMany = (members: { length: number }) => members.length > most
  const now = new Map(
    [...changed].map(
      ([id, values]) => [id, { values, keys: values ? blockNumbers(values, rules) : [] }] as const,
    ),
  )
  const holders = new Map<number, string[]>()
  for (const [id, { keys }] of now)
    for (const key of keys) {
      const held = holders.get(key)
      if (held) held.push(id)
      else holders.set(key, [id])
    }
  const before = (key: number) => members.get(key) ?? []
  const after = memoised((key: number) => [
    ...before(key).filter((id) => !changed.has(id)),
    ...(holders.get(key) ?? []),
  ])
  const again = new Set<string>()
  const lookAgain = (ids: readonly string[]) => {
    for (const id of ids) if (!changed.has(id)) again.add(id)
  }
  const touched = new Set(
    [...changed.keys()].flatMap((id) => [...(records.get(id)?.keys ?? []), ...now.get(id)!.keys]),
  )
  for (const key of touched)
    if (isTooMany(before(key)) !== isTooMany(after(key))) lookAgain([...before(key), ...after(key)])

  const valuesNow = (id: string): Values | undefined =>
    changed.has(id) ? changed.get(id) : records.get(id)?.values
  const valuesBefore = (id: string): Values | undefined => records.get(id)?.values

  const isWidelyHeld = memoised((text: string): boolean => {
    const [attribute, rule, value] = JSON.parse(text) as [Attribute, string, string]
    const key = valueNumber(rule, value)
    const holding = (ids: readonly string[], valuesOf: (id: string) => Values | undefined) =>
      isTooMany(ids) ||
      rules.isShared(
        attribute,
        ids.toSorted().flatMap((id) => {
          const values = valuesOf(id)
          return values?.[attribute] === value ? [values] : []
        }),
      )
    const is = holding(after(key), valuesNow)
    if (is !== holding(before(key), valuesBefore)) lookAgain([...before(key), ...after(key)])
    return is
  })
  const sharedOf = (values: Values): Attribute[] =>
    rules.personal.flatMap(([attribute, rule]) => {
      const value = values[attribute]
      return value !== undefined && isWidelyHeld(JSON.stringify([attribute, rule, value])) ? [attribute] : []
    })

  const saved = new Map<string, KnownRecord>()
  const gone: string[] = []
  for (const [id, { values, keys }] of now) {
    // Who else held the old values may be told by them again.
    const old = valuesBefore(id)
    if (old) sharedOf(old)
    if (values && keys.length > 0) saved.set(id, { id, values, keys, shared: sharedOf(values) })
    else gone.push(id)
  }

  const comparable = memoised((id: string) => {
    const record = saved.get(id) ?? (changed.has(id) ? undefined : records.get(id))
    return record && { id, values: comparableValues(record) }
  })
  const pairs = new Map<string, JudgedPair>()
  for (const [id, { keys }] of saved) {
    const own = comparable(id)!
    const others = new Set(keys.flatMap((key) => (isTooMany(after(key)) ? [] : after(key))))
    others.delete(id)
    for (const other of others) {
      const their = comparable(other)
      const [a, b] = id < other ? [id, other] : [other, id]
      if (!their || pairs.has(`${a} ${b}`)) continue
      // In one order, so that both sides come to the same number.
      const [first, second] = id < other ? [own, their] : [their, own]
      if (rules.areApart(first, second) || !scorer.mayBeSame(first, second)) continue
      const probability = scorer.probability(first, second)
      if (probability < REVIEW_FROM) continue
      const { outcome } = rules.decide(scorer.score(first, second))
      if (outcome === 'distinct') continue
      pairs.set(`${a} ${b}`, { a, b, verdict: outcome === 'merge' ? 'same' : 'unsure', probability })
    }
  }
  return { records: [...saved.values()], gone, pairs: [...pairs.values()], again: [...again] }
}

/** What may count: values that only few people have. */
export function comparableValues({ values, shared }: Pick<KnownRecord, 'values' | 'shared'>): Values {
  if (shared.length === 0) return values
  return Object.fromEntries(
    Object.entries(values).filter(([attribute]) => !shared.includes(attribute as Attribute)),
  )
}

function memoised<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    if (known.has(key)) return known.get(key)!
    const value = compute(key)
    known.set(key, value)
    return value
  }
}
