import type { ErrorReport } from '#kit'
import type { Instant } from '#model'
import type { MappingVersion } from './lookup.ts'

export interface RunRow {
  id: string
  kind: 'pull' | 'import' | 'deliver' | 'demo' | 'apply' | 'replay' | 'undo' | 'audit' | 'hygiene'
  scope: string
  startedAt: Instant
  finishedAt?: Instant
  state: 'running' | 'done' | 'failed' | 'stopped'
  counts: Record<string, number>
  error?: ErrorReport
}

export interface ControlPort {
  /** True when the lease is ours until `now + ttlMs`; renewing one's own lease succeeds. */
  acquireLease(request: { name: string; holder: string; now: Instant; ttlMs: number }): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>
  /** Everyone who holds a lease that has not expired. */
  leaseHolders(now: Instant): Promise<string[]>
  /** Releases all leases of one holder. */
  releaseHolder(holder: string): Promise<void>
  saveRun(run: RunRow): Promise<void>
  /** Pulls and imports of the scope that are said to be running, whose caller holds their lease: they are stopped, with this reason. */
  endLostRuns(scope: string, error: ErrorReport): Promise<void>
  /**
   * Deletes pulls and imports that began before `before`, and those that brought nothing that began before `quietBefore`,
   * at most `limit`; the newest of each scope stays. Answers how many.
   */
  forgetRuns(request: { before: Instant; quietBefore: Instant; limit: number }): Promise<number>
  /** Keeps texts of mapping files; one that is known stays as it is. */
  saveMappings(versions: MappingVersion[]): Promise<void>
  /** Adds to the per-day call counter of a connection. */
  addUsage(rows: { connection: string; day: number; calls: number; failures: number }[]): Promise<void>
  /** Small facts that outlive a process: mapping hashes, last daily pass. */
  getSetting(key: string): Promise<string | undefined>
  setSetting(key: string, value: string): Promise<void>
  /** All whose key begins so. */
  settings(prefix: string): Promise<{ key: string; value: string }[]>
  /** Earliest time at which any stage has something to do, undefined when idle. */
  nextWake(now: Instant): Promise<Instant | undefined>
}
