import type { Money } from '#model'
import type { AccountView, RollupView } from '../../mapping/view.ts'
import type { Rollup, Standing } from '../ports.ts'

/** What mappings see of an account's place among others. */
export function standingView(standing: Standing, currency: string | undefined): Partial<AccountView> {
  const { classes, parent, ultimate, children, total } = standing
  return {
    ...classes,
    ...(parent ? { parent } : {}),
    ...(ultimate ? { ultimate_parent: ultimate } : {}),
    children,
    rollup: rollupView(total, currency),
  }
}

/** In one currency: the account's own, else the largest amount's, of subscriptions first. */
function rollupView(total: Rollup, own: string | undefined): RollupView {
  const currency = own ?? largest(total.mrr) ?? largest(total.lifetime_paid) ?? largest(total.open)
  const { accounts, customers, subscriptions, open_quotes, last_touch_at } = total
  const counts = { accounts, customers, subscriptions, open_quotes }
  const activity = last_touch_at === undefined ? {} : { last_touch_at }
  if (currency === undefined) return { ...counts, ...activity }
  const sum = (amounts: Record<string, number>): Money => ({ amount: amounts[currency] ?? 0, currency })
  const { mrr, lifetime_paid, open, overdue } = total
  return {
    ...counts,
    ...activity,
    currency,
    mrr: sum(mrr),
    lifetime_paid: sum(lifetime_paid),
    open: sum(open),
    overdue: sum(overdue),
  }
}

const largest = (amounts: Record<string, number>): string | undefined =>
  Object.entries(amounts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0]
