import type { MatchRecord } from './attributes.ts'
import type { BlockingRule } from './blocking.ts'

export interface Blocks {
  /** Calls back once for every pair that shares a key, with the number of the first rule that finds it. */
  eachPair(visit: (a: number, b: number, rule: number) => void): void
  /** Pairs of one rule, whether or not another one finds them too. */
  eachPairOf(rule: number, visit: (a: number, b: number) => void): void
  /** Values shared by too many records to compare them all, by rule. */
  skipped: { rule: string; keys: number; records: number }[]
}

/** A value that hundreds share tells nobody apart, and its pairs grow with the square. */
export const MAX_BLOCK = 300

/**
 * Groups records by the keys of each rule. No list of pairs is held: a pair that an earlier rule finds is recognised by
 * its keys, so memory grows with the records, not with the pairs.
 */
export function buildBlocks(
  records: readonly MatchRecord[],
  rules: readonly BlockingRule[],
  maxBlock = MAX_BLOCK,
): Blocks {
  const keysOfRule: Int32Array[] = []
  const groupsOfRule: number[][][] = []
  const skipped: Blocks['skipped'] = []
  for (const rule of rules) {
    const { keys, groups, dropped } = groupBy(records, rule, maxBlock)
    keysOfRule.push(keys)
    groupsOfRule.push(groups)
    if (dropped.length > 0)
      skipped.push({
        rule: rule.name,
        keys: dropped.length,
        records: dropped.reduce((sum, size) => sum + size, 0),
      })
  }
  const areComparable = (a: number, b: number): boolean => {
    const source = records[a]!.source
    return source === undefined || source !== records[b]!.source
  }

  function eachPairOf(rule: number, visit: (a: number, b: number) => void): void {
    for (const group of groupsOfRule[rule]!)
      for (let i = 0; i < group.length; i++)
        for (let j = i + 1; j < group.length; j++)
          if (areComparable(group[i]!, group[j]!)) visit(group[i]!, group[j]!)
  }

  const isFoundBefore = (rule: number, a: number, b: number): boolean => {
    for (let r = 0; r < rule; r++) {
      const keys = keysOfRule[r]!
      if (keys[a]! >= 0 && keys[a] === keys[b]) return true
    }
    return false
  }

  return {
    eachPair: (visit) => {
      for (let rule = 0; rule < rules.length; rule++)
        eachPairOf(rule, (a, b) => {
          if (!isFoundBefore(rule, a, b)) visit(a, b, rule)
        })
    },
    eachPairOf,
    skipped,
  }
}

/** Number of each record's group, -1 where it has none or where the group is too large; and the groups of two and more. */
function groupBy(records: readonly MatchRecord[], rule: BlockingRule, maxBlock: number) {
  const numbers = new Map<string, number>()
  const keys = new Int32Array(records.length).fill(-1)
  const members: number[][] = []
  for (let i = 0; i < records.length; i++) {
    const key = rule.key(records[i]!.values)
    if (key === undefined) continue
    let number = numbers.get(key)
    if (number === undefined) {
      number = members.length
      numbers.set(key, number)
      members.push([])
    }
    members[number]!.push(i)
    keys[i] = number
  }
  const dropped: number[] = []
  const groups: number[][] = []
  for (const group of members) {
    if (group.length > maxBlock) {
      for (const record of group) keys[record] = -1
      dropped.push(group.length)
    } else if (group.length > 1) groups.push(group)
  }
  return { keys, groups, dropped }
}
