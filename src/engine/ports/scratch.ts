/** Room for what one look at all records of a CRM cannot hold in memory; nothing in it outlives `close` or the process. */
export interface Scratch {
  /** Keeps texts by key; a later one replaces an earlier one. */
  put(entries: readonly ScratchEntry[]): Promise<void>
  /** Those that there are. */
  get(keys: readonly ScratchKey[]): Promise<Map<ScratchKey, string>>
  /** Adds texts to piles. */
  append(pieces: readonly { pile: string; text: string }[]): Promise<void>
  /** Texts of one pile in the order in which they were added, those after number `after`; numbers begin with 1. */
  pieces(request: { pile: string; after: number; limit: number }): Promise<{ number: number; text: string }[]>
  close(): Promise<void>
}

export type ScratchKey = string | number
export type ScratchEntry = readonly [key: ScratchKey, text: string]
