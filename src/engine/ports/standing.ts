import type { Lane } from '#kit'
import type { Instant } from '#model'

/** A company as others refer to it. */
export interface Relative {
  id: string
  name?: string
  domain?: string
}

/** Sums over an account and all accounts below it. Amounts by currency, in minor units. */
export interface Rollup {
  accounts: number
  customers: number
  subscriptions: number
  open_quotes: number
  mrr: Record<string, number>
  lifetime_paid: Record<string, number>
  open: Record<string, number>
  overdue: Record<string, number>
  /** Midnight (UTC) of the day of the last touch: what changes daily is carried up once a day. */
  last_touch_at?: Instant
}

/** Where an account stands among others, and what rules say about it; kept with its golden values, under `$standing`. */
export interface Standing {
  /** By dimension of classify.yaml. */
  classes?: Record<string, string>
  /** What the claim on `parent` of its row weighs. */
  claim?: { tier: number; confidence: number; observedAt: Instant; ref: string }
  /** Absent at the top, and where the claim was left out because it closed a circle. */
  parent?: Relative
  ultimate?: Relative
  /** Accounts directly below. */
  children: number
  total: Rollup
}

/** An account on the way up, as last projected. */
export interface Ancestor {
  id: string
  /** Root of the claimed parent. */
  parent?: string
  name?: string
  domain?: string
  standing?: Standing
}

/** What the row of an entity says beside its golden values. */
export interface StandingColumns {
  parent?: string
  nameKey?: string
  reviewDay?: number
}

export interface StandingPort {
  /** Root accounts that claim one of these roots as their parent. */
  childrenOf(roots: string[]): Promise<{ parent: string; id: string; standing?: Standing }[]>
  /** These accounts (nodes) and all above them by the claims as last projected; ends in circles. */
  ancestors(accounts: string[]): Promise<Ancestor[]>
  /** Marks the accounts whose day of review is not after `day` dirty for project. */
  markReviews(day: number, lane: Lane, dueAt: Instant): Promise<number>
}
