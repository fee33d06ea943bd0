import type { AbsorbPort } from './ports/absorb.ts'
import type { ControlPort } from './ports/control.ts'
import type { DeliverPort } from './ports/deliver.ts'
import type { EnrichPort } from './ports/enrich.ts'
import type { InspectPort } from './ports/inspect.ts'
import type { IntakePort } from './ports/intake.ts'
import type { ProjectPort } from './ports/project.ts'

export type * from './ports/absorb.ts'
export type * from './ports/control.ts'
export type * from './ports/deliver.ts'
export type * from './ports/enrich.ts'
export type * from './ports/entity-kind.ts'
export type * from './ports/inspect.ts'
export type * from './ports/intake.ts'
export type * from './ports/project.ts'

/**
 * The store as the engine sees it: narrow, set-based, one atomic batch per commit. Only `src/store` knows SQL.
 * All functions take and return plain JSON-safe values; every array argument may hold up to a few thousand items and
 * costs a constant number of statements. Unless said otherwise a function is safe to repeat.
 */
export interface Store {
  intake: IntakePort
  absorb: AbsorbPort
  project: ProjectPort
  deliver: DeliverPort
  enrich: EnrichPort
  control: ControlPort
  inspect: InspectPort
  close(): Promise<void>
}
