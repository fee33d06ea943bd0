import * as z from 'zod'
import { type AccountPage, type AccountRequest, perAccount } from '#kit'
import { dayOf, isoDate, startOfDay } from '#model'
import { Day, runReport } from './api.ts'

/** The last day that was read, and when. */
const Kept = z.object({ day: z.int(), at: z.int() })
type Kept = z.infer<typeof Kept>

/** Counts of a day settle within two; it is read again for as long. */
const SETTLING_DAYS = 3
/** Tokens of the property's day are for its people too. */
const AT_MOST_EVERY_MS = 55 * 60_000

export interface Ga4Config {
  properties: string[]
  historyDays: number
}

/** Day by day, one report each; the last three days again, at most once an hour. */
export const pullDays = <C extends Ga4Config>() =>
  perAccount<C, Kept, number>({
    kept: Kept,
    at: z.int(),
    accounts: ({ properties }) => properties,
    page: readDay,
    isStale: () => false,
  })

async function readDay<C extends Ga4Config>(
  request: AccountRequest<C, Kept, number>,
): Promise<AccountPage<Kept, number>> {
  const { account: property, until, kept, at, config, log } = request
  if (kept && at === undefined && until - kept.at < AT_MOST_EVERY_MS) return { records: [], keep: kept }
  const last = dayOf(until)
  const number = at ?? (kept ? kept.day - SETTLING_DAYS : last - config.historyDays)
  const day = isoDate(startOfDay(number))
  const record = { property, day, report: await runReport(request, property, day) }
  const { consumed, remaining } = Day.safeParse(record).data?.report.propertyQuota?.tokensPerDay ?? {}
  if (typeof remaining === 'number' && remaining < 0.1 * (remaining + (consumed ?? 0) + 1)) {
    log.warn('quota of the property is nearly used up', { property, remaining })
  }
  const records = [record]
  return number < last ? { records, next: number + 1 } : { records, keep: { day: last, at: until } }
}
