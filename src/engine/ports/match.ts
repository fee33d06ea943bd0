import type { Lane } from '#kit'
import type { Instant } from '#model'
import type { DirtyMark, NewJudgement } from './absorb.ts'
import type { EntityKind } from './entity-kind.ts'
import type { Page, PageQuery } from './inspect.ts'
import type { ContributionRow, DirtyItem } from './project.ts'

/** A person or company as they are compared, by base: who they are by equal identifiers alone. */
export interface MatchRow {
  entity: string
  /** Attribute → value as it is compared. */
  values: Record<string, string>
  /** Block keys: whole numbers below 2^53. */
  keys: number[]
  /** Attributes that are no evidence, because too many others have the same value. */
  shared: string[]
  /** Under which rules it was judged; empty where it has to be judged again. */
  judgedBy: string
}

export interface NodeRow {
  id: string
  base: string
  root: string
  /** Whether `base` is stored, because somebody is judged to be the same. */
  isPinned: boolean
  createdAt: Instant
}

/** A judgement of the model or of a person, by the bases where its ends stand now. */
export interface JudgementRow {
  a: string
  b: string
  by: 'model' | 'person'
  verdict: 'same' | 'different' | 'unsure'
  at: Instant
  score?: number
  /** Bases and roots of a and b. */
  baseA: string
  baseB: string
  rootA: string
  rootB: string
}

/** Two people, or two companies, that are probably the same. */
export interface PairRow {
  kind: EntityKind
  /** Bases, `a` < `b`. */
  a: string
  b: string
  verdict: 'same' | 'unsure'
  score: number
  at: Instant
  /** Where they stand, and golden values of that. */
  rootA: string
  rootB: string
  goldenA: Record<string, unknown>
  goldenB: Record<string, unknown>
}

/** Nodes that stand elsewhere than before. */
export interface Restanding {
  nodes: { entity: string; root: string; base?: string }[]
  /** Who was shown and is no longer, and whom they stand with now. */
  merged: { from: string; to: string }[]
  /** Bases that stand with another one, and with whom: their CRM records are dormant or that one's. */
  hidden: { from: string; to: string }[]
  /** Roots that hold other nodes than before, after it. */
  changed: string[]
  /** Those of them that lost nodes. */
  lost: string[]
}

export interface MatchCommit {
  now: Instant
  /** Inserted or replaced. */
  records: MatchRow[]
  /** Nobody to compare any more. */
  gone: string[]
  keysAdded: { key: number; entity: string }[]
  keysRemoved: { key: number; entity: string }[]
  /** To be judged again whatever their values; they also need a mark. */
  again: string[]
  judgements: NewJudgement[]
  /** Judgements of the model that do not hold any more. */
  withdrawn: { a: string; b: string }[]
  restanding: Restanding
  /** Accounts that hold other nodes than before: whoever works there, buys for them or stands above or below them is projected anew. */
  regrouped?: { accounts: string[]; lane: Lane; dueAt: Instant }
  dirty: DirtyMark[]
  dirtyDone: Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]
}

/** What is said of a node that is a base. */
export type SaidOfBase = ContributionRow & {
  base: string
  /** Of a company: the base of the one that it is said to belong to. */
  accountBase?: string
}

export interface MatchPort {
  /**
   * Of these nodes of one kind in one statement: all that stand at their roots, what was judged of those, as whom they are
   * compared, and what is said of them where they are bases; of a company also the base of the one it is said to belong to.
   */
  subjects(
    kind: EntityKind,
    ids: string[],
  ): Promise<{
    nodes: NodeRow[]
    judgements: JudgementRow[]
    records: MatchRow[]
    contributions: SaidOfBase[]
  }>
  /**
   * Who holds these keys, at most `limit` of each, and of those the part that is needed to compare others with them:
   * without `except`, and without whom only keys lead to that have as many as `limit`.
   */
  neighbours(request: { keys: number[]; limit: number; except: string[] }): Promise<{
    members: Map<number, string[]>
    others: Pick<MatchRow, 'entity' | 'values' | 'shared'>[]
  }>
  /** What is said of them, as `subjects` tells it. */
  contributions(kind: EntityKind, bases: { base: string; root: string }[]): Promise<SaidOfBase[]>
  records(entities: string[]): Promise<MatchRow[]>
  /** All nodes that stand at these roots, and what was judged of them. */
  area(roots: string[]): Promise<{ nodes: NodeRow[]; judgements: JudgementRow[] }>
  /**
   * One atomic batch. CRM records follow: of people who come apart each goes to whom it was made for; who is hidden hands
   * theirs to a root that has none of that object. Whoever holds other nodes than before is projected anew, also their
   * timeline, as after a merge.
   */
  commit(commit: MatchCommit): Promise<void>
  /**
   * Pairs that the model found and nobody has judged, who do not stand together: the most probable first. `entity`: only
   * those of whoever stands at this root.
   */
  pairs(query: PageQuery & { entity?: string; kind?: EntityKind }): Promise<Page<PairRow>>
  /** A person's word on pairs of bases; without a verdict it is taken back. One batch with a mark for each base. */
  judge(request: {
    pairs: { a: string; b: string; verdict?: 'same' | 'different' }[]
    now: Instant
  }): Promise<void>
  /** Marks all of a kind to be compared, from `after` (id) on, at most `limit`; returns the last id, or undefined at the end. */
  markAll(request: {
    kind: EntityKind
    after?: string
    limit: number
    now: Instant
    dueAt: Instant
  }): Promise<string | undefined>
}
