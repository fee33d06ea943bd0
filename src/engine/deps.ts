import type { Clock, Log } from '#kit'
import type { FieldRules, ProviderRule } from '../enrich/index.ts'
import type { SurvivorshipRules } from '../identity/index.ts'
import type { CompiledMapping } from '../mapping/types.ts'
import type { Connection, LaneDeadlines } from './connection.ts'
import type { Store } from './ports.ts'
import type { HoldRules, Thresholds } from './sending/thresholds.ts'

export interface EnrichOptions {
  /** Connections to ask, first to last. */
  order: string[]
  /** How long writing a new entity to a CRM waits for the answers. */
  graceMs: number
  providers?: Readonly<Record<string, ProviderRule>>
  fields?: FieldRules
  /** Most look-ups of third parties about one person or company. */
  perEntity?: number
}

/** Whom to believe, by kind of entity. */
export interface Survivorship {
  person?: SurvivorshipRules
  account?: SurvivorshipRules
}

export type MatchingMode = 'off' | 'review' | 'auto'

export interface EngineDeps {
  store: Store
  clock: Clock
  log: Log
  connections: Map<string, Connection>
  /** Read anew at every step, so that hot reload and tests can replace them. */
  mappings: () => CompiledMapping[]
  lanes: LaneDeadlines
  enrich: EnrichOptions
  /** What becomes of people who are probably the same: nobody is looked for, a person is asked, or the sure ones are merged. */
  matching: { mode: MatchingMode }
  survivorship?: Survivorship
  /** Name of this process in lease rows. */
  holder: string
  random?: () => number
  /** False where requests cannot wait for each other (Workers). Default true. */
  sharesCommits?: boolean
  /** Of the records that a mapping writes, which are read back: the first ones of each version of it, and this share of the rest. */
  verify: { first: number; share: number }
  /** What continuous delivery writes of an object before a person has to look. */
  thresholds?: Thresholds & HoldRules
  /** How long receipts that are done with are kept. */
  retentionMs?: number
  /** How long it is remembered what pulls and imports brought. */
  runsKeptMs?: number
}

/** What a step did. `more`: call again at once; work is left that is ready now. */
export interface StepResult {
  done: number
  more: boolean
}

export interface StepOptions {
  signal: AbortSignal
  /** Send what is ready without waiting for full batches or deadlines (apply, demo, shutdown). */
  flush?: boolean
  run?: string
  /** Called when the step has asked others and waits for their answers: the other stages need not wait with it. */
  onAsking?: () => void
  /** The caller also does the work of `absorb`: what unpack finds new may be absorbed at once. */
  mayAbsorb?: boolean
  /** Senders are waiting for the store: a small step, whose commit keeps none of them waiting for long. */
  isPressed?: boolean
}
