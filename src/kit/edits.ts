/**
 * Letters to insert, delete, replace or swap with their neighbour until `a` is `b`. Where it takes more than `limit`,
 * `limit + 1`: nobody asks how different two different values are.
 */
export function edits(a: string, b: string, limit: number): number {
  if (a === b) return 0
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (long.length - short.length > limit) return limit + 1
  let start = 0
  while (start < short.length && short.charCodeAt(start) === long.charCodeAt(start)) start++
  let cut = 0
  while (
    cut < short.length - start &&
    short.charCodeAt(short.length - 1 - cut) === long.charCodeAt(long.length - 1 - cut)
  )
    cut++
  return distance(short.slice(start, short.length - cut), long.slice(start, long.length - cut), limit)
}

let beforeLast = new Uint8Array(64)
let last = new Uint8Array(64)
let row = new Uint8Array(64)

/** Counts stay below 255, since none above the limit is of interest. The buffers are shared by all calls. */
function distance(a: string, b: string, limit: number): number {
  if (a.length === 0) return Math.min(b.length, limit + 1)
  if (b.length >= row.length)
    [beforeLast, last, row] = [0, 0, 0].map(() => new Uint8Array(b.length * 2)) as Rows
  const most = limit + 1
  for (let j = 0; j <= b.length; j++) last[j] = Math.min(j, most)
  for (let i = 1; i <= a.length; i++) {
    row[0] = Math.min(i, most)
    let least = row[0]
    const letter = a.charCodeAt(i - 1)
    for (let j = 1; j <= b.length; j++) {
      const other = b.charCodeAt(j - 1)
      let cost = last[j - 1]! + (letter === other ? 0 : 1)
      if (last[j]! + 1 < cost) cost = last[j]! + 1
      if (row[j - 1]! + 1 < cost) cost = row[j - 1]! + 1
      const isSwap = i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other
      if (isSwap && beforeLast[j - 2]! + 1 < cost) cost = beforeLast[j - 2]! + 1
      row[j] = Math.min(cost, most)
      if (cost < least) least = cost
    }
    if (least > limit) return most
    ;[beforeLast, last, row] = [last, row, beforeLast]
  }
  return last[b.length]!
}

type Rows = [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
