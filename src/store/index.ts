import type { Store } from '../engine/ports.ts'
import { createAbsorb } from './absorb.ts'
import { createBulk } from './bulk.ts'
import { createChores } from './chores.ts'
import { createControl } from './control.ts'
import { createCredentials } from './credentials.ts'
import { createCrmChanges } from './crm-changes.ts'
import { createDeletions } from './deletions.ts'
import { createDeliver } from './deliver.ts'
import { createEnrich } from './enrich.ts'
import { createFullReads } from './full-reads.ts'
import { createHygieneReports } from './hygiene-reports.ts'
import { createInspect } from './inspect.ts'
import { createIntake } from './intake.ts'
import { createLookup } from './lookup.ts'
import { createMatch } from './match.ts'
import { createProject } from './project.ts'
import { createQuarantine } from './quarantine.ts'
import { createRepair } from './repair.ts'
import type { SqlDatabase } from './sql-database.ts'
import { createThresholds } from './thresholds.ts'
import { createWatch } from './watch.ts'

export { type Migration, migrate } from './migrate.ts'
export type { SqlDatabase } from './sql-database.ts'

/** The engine's store on a SQLite database that `migrate` has brought up to date. */
export const createStore = (db: SqlDatabase): Store => ({
  intake: createIntake(db),
  deletions: createDeletions(db),
  fullReads: createFullReads(db),
  absorb: createAbsorb(db),
  match: createMatch(db),
  project: createProject(db),
  deliver: createDeliver(db),
  bulk: createBulk(db),
  watch: createWatch(db),
  quarantine: createQuarantine(db),
  enrich: createEnrich(db),
  control: createControl(db),
  inspect: createInspect(db),
  lookup: createLookup(db),
  repair: createRepair(db),
  thresholds: createThresholds(db),
  chores: createChores(db),
  crmChanges: createCrmChanges(db),
  hygieneReports: createHygieneReports(db),
  credentials: createCredentials(db),
  close: () => db.close(),
})
