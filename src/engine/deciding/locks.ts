import type { CrmFields, ObjectSpec } from '#kit'
import type { ReadyOperation } from './prepared.ts'

/**
 * Records that a write locks besides its own: the parent that it has and the one that it gets. undefined where the parent
 * that it has is not known, because nobody looked.
 */
export function locksOf(
  { locks = [] }: ObjectSpec,
  values: CrmFields,
  record: { isNew: boolean; live: CrmFields | undefined },
): string[] | undefined {
  const found = new Set<string>()
  for (const field of locks) {
    const next = values[field]
    if (typeof next === 'string' && next !== '') found.add(next)
    if (record.isNew) continue
    const before = record.live?.[field]
    if (before === undefined) return undefined
    if (typeof before === 'string' && before !== '') found.add(before)
  }
  return [...found]
}

/** Batches of one chain go one after the other; two chains have no parent in common and may go at once. */
export interface Schedule {
  chains: ReadyOperation[][][]
  /** Records that were locked when they were tried before: tried with nothing else under way. */
  alone: ReadyOperation[][]
}

/**
 * Batches of at most `size`, as few as the operations need, so that those of one parent are in one batch or in batches
 * of one chain.
 */
export function schedule(ready: ReadyOperation[], size: number, isParallel: boolean): Schedule {
  const wasLocked = (item: ReadyOperation) => item.operation.error?.code === 'record.locked'
  const free = ready.filter((item) => !wasLocked(item))
  const alone = batchesOf(ready.filter(wasLocked), size)
  if (!isParallel) return { chains: free.length > 0 ? [batchesOf(free, size)] : [], alone }
  const groups = groupsOf(free).sort((a, b) => b.length - a.length)
  const chains: ReadyOperation[][][] = []
  for (const group of groups) {
    if (group.length > size) {
      chains.push(batchesOf(group, size))
      continue
    }
    // Into the first chain whose last batch has room.
    const fitting = chains.find((chain) => chain.at(-1)!.length + group.length <= size)
    if (fitting) fitting.at(-1)!.push(...group)
    else chains.push([[...group]])
  }
  return { chains: withoutWaste(chains, size), alone }
}

/** Joins chains that end in part-filled batches, as long as there are more batches than the operations need. */
function withoutWaste(chains: ReadyOperation[][][], size: number): ReadyOperation[][][] {
  const total = chains.flat(2).length
  const fewest = Math.ceil(total / size)
  const room = (chain: ReadyOperation[][]) => size - chain.at(-1)!.length
  const left = [...chains].sort((a, b) => room(a) - room(b))
  let count = left.reduce((sum, chain) => sum + chain.length, 0)
  while (count > fewest) {
    const [a, b] = [left.pop(), left.pop()]
    if (!a || !b) return a ? [...left, a] : left
    const joined = batchesOf([...a.flat(), ...b.flat()], size)
    count += joined.length - a.length - b.length
    // Last, so that it is the next to be joined.
    left.push(joined)
  }
  return left
}

function batchesOf<T>(items: T[], size: number): T[][] {
  const batches: T[][] = []
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size))
  return batches
}

/** Operations that share a parent, directly or through others; those whose parents nobody knows are one group. */
function groupsOf(items: ReadyOperation[]): ReadyOperation[][] {
  const heads = new Map<string, string>()
  const headOf = (key: string): string => {
    let head = key
    for (let next = heads.get(head); next !== undefined && next !== head; next = heads.get(head)) head = next
    heads.set(key, head)
    return head
  }
  const keysOf = ({ operation, locks }: ReadyOperation): string[] =>
    locks === undefined ? ['?'] : locks.length > 0 ? locks : [`operation ${operation.id}`]
  for (const item of items) {
    const [first = '', ...others] = keysOf(item)
    for (const other of others) heads.set(headOf(other), headOf(first))
  }
  return [...Map.groupBy(items, (item) => headOf(keysOf(item)[0]!)).values()]
}
