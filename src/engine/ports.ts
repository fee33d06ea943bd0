import type { AbsorbPort } from './ports/absorb.ts'
import type { BulkPort } from './ports/bulk.ts'
import type { ChorePort } from './ports/chores.ts'
import type { ControlPort } from './ports/control.ts'
import type { CredentialPort } from './ports/credentials.ts'
import type { CrmChangePort } from './ports/crm-changes.ts'
import type { DeletionPort } from './ports/deletions.ts'
import type { DeliverPort } from './ports/deliver.ts'
import type { EnrichPort } from './ports/enrich.ts'
import type { FullReadPort } from './ports/full-reads.ts'
import type { HygieneReportPort } from './ports/hygiene-reports.ts'
import type { InspectPort } from './ports/inspect.ts'
import type { IntakePort } from './ports/intake.ts'
import type { LookupPort } from './ports/lookup.ts'
import type { MatchPort } from './ports/match.ts'
import type { ProjectPort } from './ports/project.ts'
import type { QuarantinePort } from './ports/quarantine.ts'
import type { RepairPort } from './ports/repair.ts'
import type { ThresholdPort } from './ports/thresholds.ts'
import type { WatchPort } from './ports/watch.ts'

export type * from './ports/absorb.ts'
export type * from './ports/bulk.ts'
export type * from './ports/chores.ts'
export type * from './ports/control.ts'
export type * from './ports/credentials.ts'
export type * from './ports/crm-changes.ts'
export type * from './ports/deletions.ts'
export type * from './ports/deliver.ts'
export type * from './ports/enrich.ts'
export type * from './ports/entity-kind.ts'
export type * from './ports/full-reads.ts'
export type * from './ports/hygiene-reports.ts'
export type * from './ports/inspect.ts'
export type * from './ports/intake.ts'
export type * from './ports/lookup.ts'
export type * from './ports/match.ts'
export type * from './ports/project.ts'
export type * from './ports/quarantine.ts'
export type * from './ports/repair.ts'
export type * from './ports/scratch.ts'
export type * from './ports/thresholds.ts'
export type * from './ports/watch.ts'

/**
 * The store as the engine sees it: narrow, set-based, one atomic batch per commit. Only `src/store` knows SQL.
 * All functions take and return plain JSON-safe values; every array argument may hold up to a few thousand items and
 * costs a constant number of statements. Unless said otherwise a function is safe to repeat.
 */
export interface Store {
  intake: IntakePort
  deletions: DeletionPort
  fullReads: FullReadPort
  absorb: AbsorbPort
  match: MatchPort
  project: ProjectPort
  deliver: DeliverPort
  bulk: BulkPort
  watch: WatchPort
  quarantine: QuarantinePort
  enrich: EnrichPort
  control: ControlPort
  inspect: InspectPort
  lookup: LookupPort
  repair: RepairPort
  thresholds: ThresholdPort
  chores: ChorePort
  crmChanges: CrmChangePort
  hygieneReports: HygieneReportPort
  credentials: CredentialPort
  close(): Promise<void>
}
