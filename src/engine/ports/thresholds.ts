import type { Instant } from '#model'

/** What was written to an object of a CRM, as far as thresholds ask for it. */
export interface WriteCounts {
  /** Records that were created. */
  creates: number
  /** Fields that held a value and were cleared. */
  nulls: number
  /** Records that got another owner. */
  owners: number
  /** Known records that were written to, each once in a window. */
  records: number
  /** Of these, those that a changed mapping asked for. */
  remapped: number
}

/** Writing to an object of a CRM is paused until a person has looked. */
export interface Hold {
  destination: string
  object: string
  /** Which threshold, and by how much. */
  reason: string
  at: Instant
}

export interface WriteWindow {
  counts: (WriteCounts & { object: string })[]
  holds: Hold[]
  /** Versions of mapping files that took the place of another one. */
  changed: { object: string; hash: string; seenAt: Instant }[]
  /** When a person last let an object go on. */
  accepted: { object: string; at: Instant }[]
}

export interface ThresholdPort {
  /** Of one destination: what was written and which mappings changed since then, and what is held. */
  window(request: { destination: string; since: Instant }): Promise<WriteWindow>
  /** Counts may be negative: what was counted and did not leave. */
  add(rows: (WriteCounts & { destination: string; object: string; at: Instant })[]): Promise<void>
  /**
   * Pending upserts that these versions of mappings ask for, of records that the CRM has; counted up to `max`.
   */
  awaiting(request: { destination: string; object: string; hashes: string[]; max: number }): Promise<number>
  /** A hold that is open keeps its time and reason. */
  hold(hold: Hold): Promise<void>
  holds(destination?: string): Promise<Hold[]>
  /** One batch: these go on, and what was written to them so far counts no more. Answers those that were held. */
  accept(request: { destination?: string; object?: string; now: Instant }): Promise<Hold[]>
  forget(before: Instant): Promise<void>
}
