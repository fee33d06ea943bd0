import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../../src/engine/ports.ts'
import { describeAbsorb } from './suite/absorb.ts'
import { describeBilling } from './suite/billing.ts'
import { describeBulk } from './suite/bulk.ts'
import { describeControl } from './suite/control.ts'
import { describeCredentials } from './suite/credentials.ts'
import { describeCrmChanges } from './suite/crm-changes.ts'
import { describeDeletions } from './suite/deletions.ts'
import { describeDeliver } from './suite/deliver.ts'
import { describeEnrich } from './suite/enrich.ts'
import { describeHistory } from './suite/history.ts'
import { describeHygieneReports } from './suite/hygiene-reports.ts'
import { describeInspect } from './suite/inspect.ts'
import { describeIntake } from './suite/intake.ts'
import { describeMatch } from './suite/match.ts'
import { describeMerges } from './suite/merges.ts'
import { describeProject } from './suite/project.ts'
import { describeRepair } from './suite/repair.ts'
import { describeStanding } from './suite/standing.ts'
import { describeThresholds } from './suite/thresholds.ts'
import { describeTraffic } from './suite/traffic.ts'
import { describeWatch } from './suite/watch.ts'

/** What every home of the store must do; nothing here knows Node. `open` gives an empty, migrated store. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(async () => {
      await store.close()
    })
    const current = () => store

    describeIntake(current)
    describeDeletions(current)
    describeAbsorb(current)
    describeMerges(current)
    describeMatch(current)
    describeHistory(current, open)
    describeBilling(current)
    describeProject(current)
    describeStanding(current)
    describeDeliver(current)
    describeBulk(current)
    describeThresholds(current)
    describeWatch(current)
    describeEnrich(current)
    describeControl(current)
    describeCredentials(current)
    describeCrmChanges(current)
    describeHygieneReports(current)
    describeInspect(current)
    describeTraffic(current)
    describeRepair(current)
  })
}
