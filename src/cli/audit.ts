import { ConfigError } from '#kit'
import { type Audit, audit as auditCrms, type ObjectAudit } from '../engine/audit.ts'
import { completePlan, makePlan } from '../engine/plan.ts'
import { drain } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { EXIT, type Output, table } from './output.ts'
import { writePlan } from './plan-file.ts'

/** `audit [destination]`: ends with 0 where the CRMs hold what was written, with 1 where they do not. */
export async function audit({
  environment,
  output,
  args,
  options,
}: CommandInput<{ heal?: boolean; out?: string }>): Promise<number> {
  const [destination] = args
  if (options.out && !options.heal) throw new ConfigError('cli.usage', '--out goes with --heal')
  const signal = stopSignal()
  const context = await openContext(environment)
  const { deps } = context.engine
  try {
    if (destination !== undefined && !deps.connections.get(destination)?.connector.destination)
      throw new ConfigError('config.unknown_connection', `There is no CRM connection ${destination}`)
    const request = { heal: options.heal ?? false, ...(destination === undefined ? {} : { destination }) }
    const found = await auditCrms(deps, request, { signal })
    output.json(found)
    printAudit(found, request.heal, output)
    if (options.out) await planHealed(context, found, options.out, output, signal)
    return found.isClean ? EXIT.done : EXIT.failed
  } finally {
    await rememberUsage(deps)
    await context.close()
  }
}

/** Only what the audit found; everything else that is pending stays out of the file. */
async function planHealed(
  { engine, config }: Context,
  { healed }: Audit,
  file: string,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  await drain(engine, { signal, stages: ['project'] })
  const all = await makePlan(engine, { signal, thresholds: config.thresholds })
  const wanted = new Set(healed.map((own) => JSON.stringify([own.destination, own.object, own.externalId])))
  const operations = all.operations.filter((o) =>
    wanted.has(JSON.stringify([o.destination, o.object, o.externalId])),
  )
  writePlan(file, await completePlan(engine.deps, operations, config.thresholds))
  output.line(`Plan of ${operations.length} records kept in ${file}; send it with: tributary apply ${file}`)
}

const VERDICTS = ['equal', 'edited', 'missing', 'not_stored', 'in_doubt'] as const

function printAudit({ objects, isClean }: Audit, isHealing: boolean, { line }: Output): void {
  if (objects.length === 0) line('Nothing has been written yet.')
  for (const own of objects) printObject(own, line)
  const healed = objects.reduce((sum, { healed }) => sum + healed, 0)
  const lost = objects
    .flatMap(({ fields }) => Object.values(fields))
    .reduce((sum, f) => sum + f.not_stored, 0)
  if (isHealing && healed > 0)
    line(`\n${healed} fields that were not stored will be written again: tributary plan shows them`)
  if (!isHealing && lost > 0)
    line(`\n${lost} fields were accepted and not stored; --heal lets the next plan write them`)
  if (isClean && objects.length > 0) line('\nThe CRMs hold what was written.')
}

function printObject(
  { destination, object, records, fields, examples, duplicates }: ObjectAudit,
  line: (text: string) => void,
): void {
  const { checked, equal, deleted, merged, foreign } = records
  line(
    `\n${destination} ${object}: ${checked} records, ${equal} as written, ${deleted} deleted, ${merged} merged` +
      (foreign > 0 ? `, ${foreign} with another external id` : ''),
  )
  const rows = Object.entries(fields)
    .filter(([, counts]) => VERDICTS.some((verdict) => verdict !== 'equal' && counts[verdict] > 0))
    .map(([field, counts]) => [`  ${field}`, ...VERDICTS.map((verdict) => counts[verdict])])
  if (rows.length > 0)
    line(table(rows, { header: ['  field', 'equal', 'edited', 'missing', 'not stored', 'in doubt'] }))
  for (const { field, verdict, crmId, written, live } of examples)
    line(
      `  ${crmId} ${field} ${verdict.replace('_', ' ')}: wrote ${JSON.stringify(written)}, holds ${JSON.stringify(live ?? null)}`,
    )
  if (duplicates.count > 0) line(`  ${duplicates.count} values are held by several records`)
  for (const { field, value, crmIds } of duplicates.examples)
    line(`    ${field} ${value}: ${crmIds.join(', ')}`)
}
