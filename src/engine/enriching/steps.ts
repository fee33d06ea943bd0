import { enricherOf } from '#kit'
import type { WaterfallStep } from '../../enrich/index.ts'
import type { EngineDeps } from '../deps.ts'

/** Who is asked, in order, with what the configuration says of each. */
export function waterfall({
  connections,
  enrich: { order, providers, fields },
}: EngineDeps): WaterfallStep[] {
  return order.flatMap((connection) => {
    const found = connections.get(connection)
    const enricher = found && enricherOf(found.connector, found.config)
    if (!found || !enricher) return []
    const { dailyBudget } = found.config
    const rule = providers?.[connection]
    return [
      {
        connection,
        enricher,
        ...(typeof dailyBudget === 'number' ? { dailyBudget } : {}),
        ...(rule ? { rule } : {}),
        ...(fields ? { fields } : {}),
      },
    ]
  })
}
