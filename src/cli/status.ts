import { forecastEnrichment } from '../engine/enriching/enrich-forecast.ts'
import { forecast } from '../engine/forecast.ts'
import { mappingTrouble } from '../engine/mappings/mapping-trouble.ts'
import { allDrift } from '../engine/reading/drift.ts'
import { failingPulls } from '../engine/reading/runs.ts'
import type { CommandInput } from './command.ts'
import { openContext } from './context.ts'
import { describeGroup } from './dead.ts'
import { describeDrift } from './discover.ts'
import { describeLookups } from './enrichment-text.ts'
import { describeHeldDeletions, describeHold } from './hold.ts'
import { mappingFolder } from './mapping-files.ts'
import { EXIT, table } from './output.ts'
import { printTimeline } from './plan-text.ts'
import { describeStuck } from './stuck.ts'
import { usableMappings } from './working-copy.ts'

const MOST_CONFLICTS = 100

export async function status({ environment, output }: CommandInput): Promise<number> {
  // Needs no mapping, so that it also tells of those that are broken.
  const context = await openContext(environment, { mappings: [] })
  try {
    const totals = await context.store.inspect.totals()
    const { items: dead } = await context.store.inspect.deadLetters({ limit: 20 })
    const stuck = await context.store.inspect.stuckOperations()
    const { items: conflicts, next } = await context.store.quarantine.list({ limit: MOST_CONFLICTS })
    const groups = await context.store.repair.errorGroups({ code: 'record.not_stored' })
    const lost = groups.filter(({ state }) => state === 'not_stored')
    const trouble = await mappingTrouble(context.store.control)
    const drift = await allDrift(context.engine.deps)
    const failing = await failingPulls(context.engine.deps)
    const mappings = usableMappings(mappingFolder(context.config, environment.configFile))
    const timeline = await forecast({ ...context.engine.deps, mappings: () => mappings })
    const enrichment = await forecastEnrichment(context.engine.deps)
    output.json({
      totals,
      deadLetters: dead,
      stuck,
      notStored: lost,
      quarantine: conflicts.length,
      timeline,
      enrichment,
      drift,
      failingPulls: failing,
      ...(trouble ? { mappingTrouble: trouble } : {}),
    })
    for (const hold of totals.holds) output.line(describeHold(hold))
    for (const hold of totals.deletionHolds) output.line(describeHeldDeletions(hold))
    if (trouble)
      output.line(
        `Mapping files are broken since ${new Date(trouble.since).toISOString()}; the running hub uses the ones before:\n${trouble.problems.join('\n')}\n`,
      )
    output.line(
      table([
        [
          'receipts',
          `${totals.receipts.done} done`,
          `${totals.receipts.new} waiting`,
          `${totals.receipts.dead} dead`,
        ],
        [
          'records',
          `${totals.records.total} stored`,
          `${totals.records.pending} waiting`,
          `${totals.records.dead} dead`,
        ],
        ['people', `${totals.knownPeople} known`, `${totals.people} in all`, ''],
        ['accounts', `${totals.knownAccounts} known`, `${totals.accounts} in all`, ''],
        ['touchpoints', totals.touchpoints, '', ''],
      ]),
    )
    if (totals.operations.length > 0) {
      output.line(
        `\n${table(
          totals.operations.map((o) => [o.destination, o.object, o.state, o.count]),
          { header: ['destination', 'object', 'state', 'operations'] },
        )}`,
      )
    }
    if (totals.usage.length > 0)
      output.line(
        `\n${table(
          totals.usage.map((u) => [u.connection, u.calls, u.failures]),
          { header: ['connection', 'API calls', 'failures'] },
        )}`,
      )
    if (enrichment.length > 0) output.line(`\n${describeLookups(enrichment)}`)
    if (timeline.days > 0 && timeline.rules.length > 0) {
      output.line('')
      printTimeline(timeline, output.line)
      for (const text of timeline.warnings) output.line(`warning: ${text}`)
    }
    if (stuck.length + dead.length > 0) output.line('')
    for (const group of stuck) output.line(describeStuck(group))
    for (const { stage, connection, subject, error } of dead)
      output.line(`dead ${stage} ${connection} ${subject}: ${error.message}\n  fix: ${error.fix}`)
    for (const group of lost) output.line(describeGroup(group))
    for (const { connection, stream, drift: changes } of drift)
      output.line(
        `${describeDrift(`${connection}/${stream}`, changes)}\n  fix: look at the mapping of these fields; tributary discover ${connection} --accept`,
      )
    for (const { scope, startedAt, error } of failing)
      output.line(
        `pull of ${scope} failed at ${new Date(startedAt).toISOString()}: ${error?.message}\n  fix: ${error?.fix}; tributary runs ${scope} shows since when`,
      )
    if (conflicts.length > 0)
      output.line(
        `\n${next === undefined ? conflicts.length : `more than ${MOST_CONFLICTS}`} field(s) wait for a decision: tributary quarantine`,
      )
    return EXIT.done
  } finally {
    await context.close()
  }
}
