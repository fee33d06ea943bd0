import type { AnyConnector, DriftPolicy, ErrorCode, Lane, Limits } from '#kit'
import type { Enrichment } from './enrichment.ts'
import type { Survivorship } from './survivorship.ts'

/** What is wrong in tributary.yaml, and where; line and column count from 1. */
export interface ConfigProblem {
  file: string
  line: number
  column: number
  code: Extract<ErrorCode, `config.${string}`>
  /** What was found and what was expected; never holds a value that could be a secret. */
  message: string
}

export interface ConnectionConfig {
  name: string
  connector: AnyConnector
  /** As the connector's own schema returned it. */
  config: Record<string, unknown>
  baseUrl: string
  /** Time between two pulls; absent where the connector has nothing to pull. */
  everyMs?: number
  /** Overrides of the connector's own limits. */
  limits?: Limits
  /** Last path segment of the webhook address, for vendors that do not sign. */
  hookSecret?: string
  /** Of a CRM's daily API limit, how many percent may be in use, by all tools together, before Tributary waits. */
  quotaShare?: number
  /** What becomes of a pull whose records have other fields than before: for all streams, or by stream. */
  drift?: DriftPolicy | Record<string, DriftPolicy>
  /** How much of a stream may be deleted within a window before a person has to look. */
  deletes?: { maxPercent?: number; atLeast?: number; windowMs?: number }
  /** Webhook address as the vendor calls it, where a proxy changes it (signatures over the URL). */
  publicUrl?: string
}

export interface Config {
  connections: ConnectionConfig[]
  /** Folder of mapping files as written, relative to the configuration file; the shipped mappings where absent. */
  mappingsDir?: string
  /** Deadline of each lane in milliseconds. */
  lanes: Record<Lane, number>
  enrich: Enrichment
  /** People who are probably the same: not looked for, told to a person, or merged where it is sure. */
  matching: { mode: 'off' | 'review' | 'auto' }
  /** Whom to believe where sources disagree; by what they say alone where absent. */
  survivorship?: Survivorship
  /** Of the records that a mapping writes, which are read back: the first ones of each version of it, and this share of the rest. */
  verify: { first: number; share: number }
  retention: { receiptsDays: number; runsDays: number }
  thresholds: { maxCreates?: number; maxNulls?: number; maxOwnerChanges?: number; maxPercent?: number }
  /** Continuous delivery counts over this time, and holds shares against a limit only from so many records on. */
  holds: { windowMs: number; atLeast: number }
  /** Every secret value, for the redactor. */
  secrets: string[]
}

export interface ConfigSource {
  /** Name shown in problems. */
  file: string
  text: string
  /** Environment variables, or the bindings of a Worker; values that are not text count as missing. */
  env: Record<string, unknown>
  connectors: readonly AnyConnector[]
}
