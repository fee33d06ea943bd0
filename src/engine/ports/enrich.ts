import type { Instant } from '#model'
import type { DirtyMark } from './absorb.ts'
import type { NewRecord } from './intake.ts'
import type { DirtyItem } from './project.ts'

export interface EnrichmentRow {
  provider: string
  key: string
  status: 'hit' | 'miss' | 'error'
  cost: number
  at: Instant
  expiresAt: Instant
}

export interface EnrichPort {
  known(keys: { provider: string; key: string }[], now: Instant): Promise<EnrichmentRow[]>
  /** Spent since the instant, for the daily budget. */
  spent(provider: string, since: Instant): Promise<{ calls: number; cost: number }>
  /** One batch: ledger rows, records of the answers (pending for absorb), enrich marks done. */
  commit(commit: {
    rows: EnrichmentRow[]
    records: NewRecord[]
    dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
    dirty: DirtyMark[]
    now: Instant
  }): Promise<void>
}
