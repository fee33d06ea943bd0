import { dayOf, startOfDay } from '#model'
import { FORECAST_DAYS, forecastLookups, isLocal, type LookupForecast } from '../../enrich/index.ts'
import type { EngineDeps } from '../deps.ts'
import { waterfall } from './steps.ts'

/** Per provider that is told about people and companies: what it was asked, and what it will be. Reads the store only. */
export async function forecastEnrichment(deps: EngineDeps): Promise<LookupForecast[]> {
  const now = deps.clock.now()
  const since = startOfDay(dayOf(now) - FORECAST_DAYS)
  const steps = waterfall(deps).filter((step) => !isLocal(step))
  return Promise.all(
    steps.map(async ({ connection, dailyBudget }) =>
      forecastLookups(connection, await deps.store.enrich.days(connection, since), { now, dailyBudget }),
    ),
  )
}
