import type { Instant } from '#model'
import type { DirtyMark } from './absorb.ts'
import type { NewRecord } from './intake.ts'
import type { DirtyItem } from './project.ts'

export interface EnrichmentRow {
  provider: string
  key: string
  /** `asked`: claimed by whoever asks it; what became of it is not known yet, or never will be. */
  status: 'hit' | 'miss' | 'error' | 'asked'
  cost: number
  /** When it was asked. */
  at: Instant
  expiresAt: Instant
}

/** A mark of known age that is not looked at before an instant, also where it was renewed meanwhile. */
export type PutOff = DirtyMark & { since: Instant; notBefore: Instant }

export interface EnrichPort {
  known(keys: { provider: string; key: string }[], now: Instant): Promise<EnrichmentRow[]>
  /**
   * Writes the row of a question before it is asked; false where another row of its key has not expired, or where the
   * budget does not cover it. Of two processes one is told true.
   */
  claim(row: EnrichmentRow, budget?: { calls: number; since: Instant }): Promise<boolean>
  /** Spent since the instant, for the daily budget; failures cost nothing. */
  spent(provider: string, since: Instant): Promise<{ calls: number; cost: number }>
  /** The same by UTC day, for the forecast. */
  days(provider: string, since: Instant): Promise<{ day: number; calls: number; cost: number }[]>
  /** One batch: ledger rows (in place of their claims), records of the answers (pending for absorb), enrich marks done. */
  commit(commit: {
    rows: EnrichmentRow[]
    records: NewRecord[]
    dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
    /** `since`: their age, where they are not new. */
    dirty: (DirtyMark & { since?: Instant })[]
    /** Who waits until the records have been absorbed, which marks them again. */
    putOff?: PutOff[]
    now: Instant
  }): Promise<void>
}
