import type { LookupForecast } from '../enrich/index.ts'
import { table } from './output.ts'

const number = (value: number): string => (Math.round(value * 100) / 100).toLocaleString('en')

/** What providers of enrichment were and will be asked, one line each. */
export function describeLookups(forecasts: readonly LookupForecast[]): string {
  return table(
    forecasts.map(({ provider, today, dailyBudget, days, perDay, expectedToday, usedUpAt }) => [
      provider,
      number(today.calls),
      dailyBudget === undefined ? '' : number(dailyBudget),
      number(expectedToday),
      days === 0 ? '' : number(perDay.calls),
      days === 0 ? '' : number(perDay.cost),
      usedUpAt === undefined ? '' : `used up about ${new Date(usedUpAt).toISOString().slice(11, 16)} UTC`,
    ]),
    { header: ['enrichment', 'asked today', 'budget', 'still expected', 'a day', 'cost a day', ''] },
  )
}
