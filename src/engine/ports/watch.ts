import type { Instant } from '#model'
import type { LiveRow, RedirectRow } from './deliver.ts'
import type { ProjectionRow } from './project.ts'

/** What a record of a CRM stands for. */
export type RecordOf = Pick<ProjectionRow, 'destination' | 'object' | 'entity'>

/** How far the change poll of one CRM object has come. */
export interface FeedRow {
  destination: string
  object: string
  /** Where the poll under way, or else the next one, begins; by the CRM's clock. */
  since: Instant
  /** Where the next page of the poll under way begins. */
  page?: string
  /** When the poll under way began. */
  beganAt?: Instant
  /** Latest change that the poll under way has seen, by the CRM's clock. */
  newest?: Instant
  /** When the last complete poll began. */
  polledAt?: Instant
  /** When deleted records were last looked for to the end. */
  deletionsAt?: Instant
}

export interface WatchPort {
  feeds(destination: string): Promise<FeedRow[]>
  /** Our shadows of these CRM records; several where CRM records were merged. */
  shadows(keys: { destination: string; object: string; crmId: string }[]): Promise<ProjectionRow[]>
  /**
   * One batch: what the records hold, where they went, and how far the feed has come. A row replaces all that is known of
   * its record; where something newer was seen meanwhile, no value of it can be relied on, and it keeps none. `isFirst`:
   * rows from before the feed began are forgotten, because nobody watched them.
   */
  commit(commit: {
    now: Instant
    feed: FeedRow
    isFirst?: boolean
    live: LiveRow[]
    redirects: RedirectRow[]
    /** Records that are projected anew: an edit of them is over. */
    wake?: RecordOf[]
  }): Promise<void>
  /**
   * Projects records anew of which an edit lapsed after `since` and not after `until`: `holds` says for how many milliseconds
   * edits of a field hold.
   */
  wakeLapsed(request: {
    destination: string
    object: string
    holds: Record<string, number>
    since: Instant
    until: Instant
  }): Promise<void>
}
