import * as z from 'zod'
import { type Forecast, forecast } from '../../engine/forecast.ts'
import { defineRoute, type Route } from './define-route.ts'
import { named } from './schemas.ts'

const amount = (description: string) => z.int().min(0).describe(description)
const POLICIES = ['log_each', 'daily_digest', 'counter_only'] as const

const ForecastAnswer = named(
  'Forecast',
  z.object({
    days: amount('Whole UTC days that were looked at; 0 where nothing has been received'),
    rules: z.array(
      z.object({
        destination: z.string(),
        as: z.string().describe('CRM object of the timeline entry'),
        kind: z.string().describe('Touchpoint kind'),
        policy: z.enum(POLICIES),
        from: z.string().describe('file:line of the mapping'),
        is_off: z.boolean().describe('The mapping has mode: off'),
        touchpoints: amount('A day, of people or companies that the mapping admits'),
        busiest: amount('On the busiest day'),
        calls: amount('API calls a day, as the rule stands'),
        percent_of_day: z.number().describe("What the calls take of the CRM's daily limit").optional(),
        calls_as: z.object({ log_each: amount('API calls a day'), daily_digest: amount('API calls a day') }),
      }),
    ),
    totals: z.array(
      z.object({
        destination: z.string(),
        calls: amount('API calls a day, without mappings that are off'),
        limit: amount("The CRM's daily limit, once it has told").optional(),
        percent_of_day: z.number().optional(),
      }),
    ),
    warnings: z
      .array(z.string())
      .describe('Rules that take more calls than we may make in a day, each with a cheaper policy'),
  }),
)

const withShare = <T>({ percentOfDay, ...rest }: T & { percentOfDay?: number }) => ({
  ...rest,
  ...(percentOfDay === undefined ? {} : { percent_of_day: percentOfDay }),
})

const show = ({ days, rules, totals, warnings }: Forecast): z.input<typeof ForecastAnswer> => ({
  days,
  rules: rules.map(({ isOff, callsAs, ...rule }) => withShare({ ...rule, is_off: isOff, calls_as: callsAs })),
  totals: totals.map(withShare),
  warnings,
})

export const FORECAST_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/forecast',
    id: 'getForecast',
    tag: 'delivery',
    summary:
      "What timeline entries cost of the CRMs' daily API calls, by the touchpoints of the last 30 days",
    response: ForecastAnswer,
    handler: async ({ engine }) => show(await forecast(engine)),
  }),
]
