import { DAY_MS, dayOf, type Instant, startOfDay } from '#model'

/** Look-ups of one provider on one UTC day; failures are none. */
export interface DayOfLookups {
  day: number
  calls: number
  cost: number
}

/** What a provider is expected to be asked, by what it was asked lately. */
export interface LookupForecast {
  provider: string
  /** Whole UTC days that were looked at; 0 where it has not been asked before today. */
  days: number
  today: { calls: number; cost: number }
  /** Expected calls a day, and what they cost in the provider's unit: the mean of the days looked at. */
  perDay: { calls: number; cost: number }
  /** Expected of the rest of today. */
  expectedToday: number
  dailyBudget?: number
  /** Today's budget is used up already, or will be at this pace; absent where it lasts. */
  usedUpAt?: Instant
}

export const FORECAST_DAYS = 7

/** Days before the first look-up are not looked at, so that a new provider is not taken for a seldom used one. Pure. */
export function forecastLookups(
  provider: string,
  rows: readonly DayOfLookups[],
  { now, dailyBudget }: { now: Instant; dailyBudget?: number | undefined },
): LookupForecast {
  const today = dayOf(now)
  const since = Math.max(today - FORECAST_DAYS, Math.min(today, ...rows.map(({ day }) => day)))
  const days = today - since
  const before = rows.filter(({ day }) => day >= since && day < today)
  const meanOf = (pick: (row: DayOfLookups) => number) =>
    days === 0 ? 0 : before.reduce((sum, row) => sum + pick(row), 0) / days
  const perDay = { calls: meanOf(({ calls }) => calls), cost: meanOf(({ cost }) => cost) }
  const { calls = 0, cost = 0 } = rows.find(({ day }) => day === today) ?? {}
  const restOfDay = (startOfDay(today + 1) - now) / DAY_MS
  const expectedToday = Math.round(perDay.calls * restOfDay)
  const left = dailyBudget === undefined ? Number.POSITIVE_INFINITY : Math.max(0, dailyBudget - calls)
  const isUsedUp = left === 0 || expectedToday > left
  return {
    provider,
    days,
    today: { calls, cost },
    perDay,
    expectedToday: Math.min(expectedToday, left),
    ...(dailyBudget === undefined ? {} : { dailyBudget }),
    ...(isUsedUp ? { usedUpAt: left === 0 ? now : Math.round(now + (left / perDay.calls) * DAY_MS) } : {}),
  }
}
