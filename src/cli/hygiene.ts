import { ConfigError } from '#kit'
import { findAmong } from '../engine/deciding/users.ts'
import {
  type HygienePlan,
  HygienePlanner,
  type HygieneReport,
  hygiene as lookThrough,
  openInventory,
} from '../engine/hygiene/index.ts'
import type { Scratch } from '../engine/ports.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import { openScratch } from '../store/open-scratch.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { type HygieneFileUnderWay, startHygieneFile } from './hygiene-file.ts'
import { printFields, printReport } from './hygiene-text.ts'
import { type LinesFile, startLines } from './lines-file.ts'
import { EXIT, type Output } from './output.ts'

interface Options {
  out?: string
  list?: string
  fields?: boolean
  only?: string
  without?: string
  yearlyDecay?: string
  reassignTo?: string
}

/** `hygiene <destination>`: ends with 0 where every record is in order, with 1 where one is not. */
export async function hygiene({
  environment,
  output,
  args,
  options,
}: CommandInput<Options>): Promise<number> {
  const destination = args[0]!
  const settings = settingsOf(options)
  const signal = stopSignal()
  const context = await openContext(environment)
  const { deps } = context.engine
  let scratch: Scratch | undefined
  let plan: HygieneFileUnderWay | undefined
  let list: LinesFile | undefined
  try {
    const reassignTo = options.reassignTo && (await userOf(deps, destination, options.reassignTo, signal))
    scratch = await openScratch(environment.databaseUrl)
    const planner = new HygienePlanner(scratch)
    plan =
      options.out === undefined
        ? undefined
        : startHygieneFile(options.out, destination, new Date(deps.clock.now()).toISOString())
    list = options.list === undefined ? undefined : startLines(options.list)
    const progress = progressOf(output)
    const report = await lookThrough(
      deps,
      {
        destination,
        settings: { ...settings, ...(reassignTo ? { reassignTo } : {}) },
        ...(options.only === undefined ? {} : { only: listOf(options.only) }),
        ...(options.without === undefined ? {} : { without: listOf(options.without) }),
        fields: options.fields ?? false,
      },
      {
        signal,
        scratch,
        onFinding(finding) {
          list?.add(finding)
          if (plan) planner.note(finding)
        },
        onRecord: (record, findings) => plan?.add(planner.ofRecord(record, findings)),
        onPause: planner.settle,
        onProgress: progress.add,
      },
    )
    progress.end()
    if (plan) for await (const operations of planner.conclude(deps, destination, signal)) plan.add(operations)
    list?.close()
    const totals = plan?.end()
    print(report, totals, options, output)
    return report.clean === report.records ? EXIT.done : EXIT.failed
  } finally {
    plan?.discard()
    list?.close()
    await scratch?.close()
    await rememberUsage(deps)
    await context.close()
  }
}

function print(
  report: HygieneReport,
  totals: HygienePlan['totals'] | undefined,
  options: Options,
  output: Output,
): void {
  output.json({ ...report, ...(totals ? { plan: { file: options.out, totals } } : {}) })
  printReport(report, output.line)
  if (report.fields) printFields(report.fields, output.line)
  if (options.list) output.line(`\nEvery issue, one a line: ${options.list}`)
  if (!totals) {
    if (report.checks.some(({ fixable }) => fixable > 0))
      output.line('\n--out plan.json keeps a plan of what can be put right')
    return
  }
  const parts = Object.entries(totals).flatMap(([kind, count]) =>
    count > 0 ? [`${count} to ${TEXTS[kind]}`] : [],
  )
  output.line(`\nPlan kept in ${options.out}: ${parts.join(', ') || 'nothing to do'}`)
  output.line(`Read it, take out what you do not want, then: tributary apply ${options.out}`)
}

const TEXTS: Record<string, string> = {
  standardise: 'standardise',
  reassign: 'reassign',
  archive: 'archive',
  merge: 'merge',
  task: 'be done by a person',
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

function settingsOf({ yearlyDecay }: Options): { yearlyDecay?: number } {
  if (yearlyDecay === undefined) return {}
  const percent = Number(yearlyDecay.replace(/\s*%$/, ''))
  if (!(percent > 0 && percent < 100))
    throw new ConfigError('cli.usage', `--yearly-decay ${yearlyDecay} is no percentage between 0 and 100`)
  return { yearlyDecay: percent / 100 }
}

type Deps = Awaited<ReturnType<typeof openContext>>['engine']['deps']

/** Throws ConfigError `cli.usage` where the CRM has no active user with this e-mail. */
async function userOf(deps: Deps, destination: string, email: string, signal: AbortSignal): Promise<string> {
  const { users } = await openInventory(deps, destination, signal)
  const found = findAmong(users)(email)
  if ('id' in found) return found.id
  throw new ConfigError('cli.usage', `--reassign-to ${email}: ${found.why}`)
}

/** On a terminal; elsewhere the result is enough. */
function progressOf(output: Output) {
  const isShown = process.stderr.isTTY && !output.isJson
  let total = 0
  return {
    add(object: string, records: number): void {
      total += records
      if (isShown) process.stderr.write(`\r${total} records read, now ${object}   `)
    },
    end(): void {
      if (isShown) process.stderr.write('\n')
    },
  }
}
