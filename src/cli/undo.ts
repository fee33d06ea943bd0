import { readFileSync, writeFileSync } from 'node:fs'
import { ConfigError } from '#kit'
import { isHygieneRun, planHygieneUndo } from '../engine/hygiene/index.ts'
import { applyUndo, type Undone } from '../engine/undo.ts'
import { planUndo, type UndoPlan } from '../engine/undo-plan.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { printTasks, sendHygiene } from './hygiene-apply.ts'
import { startHygieneFile } from './hygiene-file.ts'
import { EXIT, type Output } from './output.ts'

interface Options {
  only?: string
  deleteCreated?: boolean
  dryRun?: boolean
  out?: string
}

/** `undo <run>`: takes back what a run wrote, where the CRM still holds it. */
export async function undo({ environment, output, args, options }: CommandInput<Options>): Promise<number> {
  const signal = stopSignal()
  const only = options.only
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const context = await openContext(environment)
  try {
    if (await isHygieneRun(context.engine.deps, args[0]!))
      return await undoHygiene(context, { run: args[0]!, options, only }, output, signal)
    const request = {
      run: args[0]!,
      deleteCreated: options.deleteCreated ?? false,
      ...(only && only.length > 0 ? { only } : {}),
    }
    const plan = await planUndo(context.engine.deps, request, signal)
    if (options.out) write(options.out, plan)
    if (options.dryRun || options.out) {
      output.json({ plan })
      printPlan(plan, output)
      if (options.out)
        output.line(`Plan kept in ${options.out}; send it with: tributary apply ${options.out}`)
      return EXIT.done
    }
    return await send(context, plan, output, signal)
  } finally {
    await context.close()
  }
}

/** What a hygiene plan did goes back by another hygiene plan. */
async function undoHygiene(
  context: Context,
  { run, options, only }: { run: string; options: Options; only: string[] | undefined },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.deleteCreated)
    throw new ConfigError('cli.usage', '--delete-created: a hygiene plan creates no records')
  const plan = await planHygieneUndo(context.engine.deps, {
    run,
    ...(only && only.length > 0 ? { only } : {}),
  })
  if (!options.out && !options.dryRun) return await sendHygiene(context, plan, output, signal)
  if (options.out) {
    const kept = startHygieneFile(options.out, plan.destination, plan.createdAt, run)
    try {
      kept.add(plan.operations)
      kept.end()
    } finally {
      kept.discard()
    }
  }
  output.json({ plan })
  const { standardise, reassign } = plan.totals
  output.line(`${standardise + reassign} records would go back`)
  printTasks(plan.operations, output.line)
  if (options.out) output.line(`Plan kept in ${options.out}; send it with: tributary apply ${options.out}`)
  return EXIT.done
}

/** A file that `undo --out` wrote; undefined where it is something else. */
export function readUndo(file: string): UndoPlan | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const { kind, version } = (content ?? {}) as Partial<UndoPlan>
    return kind === 'undo' && version === 1 ? (content as UndoPlan) : undefined
  } catch {
    // Whoever reads it as a plan says what is wrong with it.
    return undefined
  }
}

export async function send(
  context: Context,
  plan: UndoPlan,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const undone = await applyUndo(context.engine.deps, plan, signal)
  output.json({ plan, undone })
  printPlan(plan, output)
  printUndone(undone, output)
  return undone.failed + undone.waiting + undone.busy > 0 || signal.aborted ? EXIT.failed : EXIT.done
}

function write(file: string, plan: UndoPlan): void {
  try {
    writeFileSync(file, JSON.stringify(plan, null, 2))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('plan.unreadable', `The plan cannot be written to ${file}: ${code}`, { cause })
  }
}

const SHOWN = 50

const REASONS = {
  edited_in_crm: 'somebody changed it since',
  written_again: 'written again by a later run',
  already_back: 'the CRM holds what it held before',
  no_before_image: 'what was there before is not known',
  association: 'this CRM cannot take associations back',
}

function printPlan({ records, created, gone, totals }: UndoPlan, { line }: Output): void {
  for (const { destination, object, crmId, fields } of records.slice(0, SHOWN)) {
    line(`${destination} ${object} ${crmId}`)
    for (const { field, now, back, decision, reason } of fields)
      line(
        decision === 'undo'
          ? `       ${field}: ${JSON.stringify(now)} → ${JSON.stringify(back)}`
          : `  keep ${field}: ${JSON.stringify(now)}, ${REASONS[reason!]}`,
      )
  }
  if (records.length > SHOWN) line(`… and ${records.length - SHOWN} more records (--json shows all)`)
  for (const { destination, object, crmId, decision, edited } of created.slice(0, SHOWN)) {
    const why = edited.length > 0 ? `; edited since: ${edited.join(', ')}` : ''
    line(`${decision === 'archive' ? 'archive' : 'created'} ${destination} ${object} ${crmId}${why}`)
  }
  if (created.length > SHOWN) line(`… and ${created.length - SHOWN} more that were created`)
  for (const { destination, object, crmId } of gone.slice(0, SHOWN))
    line(`gone   ${destination} ${object} ${crmId}`)
  line(`${totals.fields} fields of ${totals.records} records go back, ${totals.kept} stay`)
  const kept = created.length - totals.archive
  if (totals.archive > 0) line(`${totals.archive} records that were created go to the recycle bin`)
  if (kept > 0) line(`${kept} records were created and stay; --delete-created moves them to the recycle bin`)
}

function printUndone({ run, fields, archived, busy, waiting, failed }: Undone, { line }: Output): void {
  line(
    `${fields} fields written back, ${archived} records archived. Run ${run.id} can be undone like any other.`,
  )
  if (busy > 0) line(`${busy} records were just being written; undo again to reach them`)
  if (waiting > 0) line(`${waiting} operations wait for the CRM; the next apply, or start, sends them`)
  if (failed > 0) line(`${failed} operations were refused; tributary dead shows them`)
}
