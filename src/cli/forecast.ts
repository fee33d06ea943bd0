import { reportOf } from '#kit'
import { contextOf } from '../engine/connection.ts'
import { forecastEnrichment } from '../engine/enriching/enrich-forecast.ts'
import { type Forecast, forecast as makeForecast } from '../engine/forecast.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { describeLookups } from './enrichment-text.ts'
import { EXIT, type Output, table } from './output.ts'

/** What the timeline costs of the CRMs' daily quota, rule by rule, and what enrichment will ask of its providers. */
export async function forecast({
  environment,
  output,
  options,
}: CommandInput<{ online?: boolean }>): Promise<number> {
  const context = await openContext(environment, { isReader: true })
  try {
    const failures = options.online ? await askForLimits(context) : []
    const made = await makeForecast(context.engine.deps)
    const enrichment = await forecastEnrichment(context.engine.deps)
    output.json({ ...made, enrichment, ...(options.online ? { failures } : {}) })
    print(output, made)
    if (enrichment.length > 0) output.line(`\n${describeLookups(enrichment)}`)
    for (const { connection, message } of failures) output.line(`${connection}: ${message}`)
    return failures.length === 0 ? EXIT.done : EXIT.failed
  } finally {
    await context.close()
  }
}

/** CRMs tell their limit with any answer. */
async function askForLimits({ engine: { deps } }: Context) {
  const failures: { connection: string; message: string }[] = []
  for (const connection of deps.connections.values()) {
    const { check, destination } = connection.connector
    if (!destination || !check) continue
    try {
      await check(contextOf(connection, { ...deps, signal: stopSignal() }))
    } catch (error) {
      failures.push({ connection: connection.name, message: reportOf(error).message })
    }
  }
  return failures
}

const number = (value: number): string => value.toLocaleString('en')

function print({ line }: Output, { days, rules, totals, warnings }: Forecast): void {
  if (rules.length === 0 || days === 0) {
    line(
      rules.length === 0
        ? 'No mapping has activities.'
        : 'Nothing has been received yet, so there is nothing to forecast from.',
    )
    return
  }
  line(`Timeline entries a day, by the last ${days === 1 ? 'day' : `${days} days`}\n`)
  line(
    table(
      rules.map((rule) => [
        rule.destination,
        rule.as,
        rule.kind,
        rule.isOff ? 'off' : rule.policy,
        number(rule.touchpoints),
        number(rule.busiest),
        number(rule.isOff ? 0 : rule.calls),
        number(rule.callsAs.log_each),
        number(rule.callsAs.daily_digest),
        rule.from,
      ]),
      {
        header: [
          'connection',
          'as',
          'kind',
          'policy',
          'a day',
          'busiest',
          'calls',
          'as log_each',
          'as digest',
          'rule',
        ],
      },
    ),
  )
  line('')
  for (const { destination, calls, limit, percentOfDay } of totals)
    line(
      limit === undefined
        ? `${destination}: about ${number(calls)} API calls a day (--online asks for the daily limit)`
        : `${destination}: about ${number(calls)} API calls a day of ${number(limit)} (${percentOfDay} %)`,
    )
  for (const text of warnings) line(`warning: ${text}`)
}
