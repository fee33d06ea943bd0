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
  /** How many nodes stand here of which something is said. */
  nodes: number
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

/** How somebody without an account was matched by the name of their employer; kept with their golden values, under `$employer`. */
export type StoredEmployer =
  | { account: string; method: string; confidence: number }
  | { candidates: string[]; confidence: number }

/** People of one family name at one address; kept with their golden values, under `$household`. */
export interface Household {
  id: string
  name?: string
  members: number
}

/** A company as far as it tells whether somebody works there. */
export interface NamesakeRow {
  id: string
  nameKey?: string
  name?: string
  domain?: string
  phone?: string
  city?: string
  postal_code?: string
  country?: string
}

export interface StandingPort {
  /** Root accounts that have one of these names (keys), or to which one of these domains leads. */
  namesakes(request: { keys: string[]; domains: string[] }): Promise<NamesakeRow[]>
  /** People whose employer is left to a person to decide, by id, from `after` on. */
  unsureEmployers(request: { after?: string; limit: number }): Promise<
    {
      id: string
      golden: Record<string, unknown>
      employer: Extract<StoredEmployer, { candidates: string[] }>
    }[]
  >
  /** People whose row has one of these names (keys), at most so many of each, with their golden names and country as last projected. */
  peopleNamed(
    keys: string[],
    limit: number,
  ): Promise<{ id: string; key: string; golden: Record<string, unknown> }[]>
  /** Nodes that stand at these roots and are no roots, and had a household of their own when they were. */
  householdsLeft(roots: string[]): Promise<{ id: string; key: string }[]>
  /** Root accounts that claim one of these roots as their parent. */
  childrenOf(roots: string[]): Promise<{ parent: string; id: string; standing?: Standing }[]>
  /** These accounts (nodes) and all above them by the claims as last projected; ends in circles. */
  ancestors(accounts: string[]): Promise<Ancestor[]>
  /** Marks the accounts whose day of review is not after `day` dirty for project. */
  markReviews(day: number, lane: Lane, dueAt: Instant): Promise<number>
}
