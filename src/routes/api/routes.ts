import { AUDIT_ROUTES } from './audit-routes.ts'
import { CONNECT_ROUTES } from './connect-routes.ts'
import type { Route } from './define-route.ts'
import { DISCOVER_ROUTES } from './discover-routes.ts'
import { FORECAST_ROUTES } from './forecast-routes.ts'
import { HOLD_ROUTES } from './hold-routes.ts'
import { HYGIENE_ROUTES } from './hygiene-routes.ts'
import { MATCH_ROUTES } from './match-routes.ts'
import { QUARANTINE_ROUTES } from './quarantine-routes.ts'
import { REPAIR_ROUTES } from './repair-routes.ts'
import { ROUTES } from './table.ts'
import { TRAFFIC_ROUTES } from './traffic-routes.ts'
import { UNDO_ROUTES } from './undo-routes.ts'
import { WHY_ROUTES } from './why-routes.ts'

/** Everything under /api, in the order of its document. */
export const ALL_ROUTES: readonly Route[] = [
  ...ROUTES,
  ...QUARANTINE_ROUTES,
  ...MATCH_ROUTES,
  ...REPAIR_ROUTES,
  ...WHY_ROUTES,
  ...FORECAST_ROUTES,
  ...DISCOVER_ROUTES,
  ...CONNECT_ROUTES,
  ...HOLD_ROUTES,
  ...UNDO_ROUTES,
  ...AUDIT_ROUTES,
  ...HYGIENE_ROUTES,
  ...TRAFFIC_ROUTES,
]
