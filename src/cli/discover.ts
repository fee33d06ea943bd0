import { discover, findConnection, type StreamReport } from '../engine/discover.ts'
import { acceptDrift, type Drift } from '../engine/reading/drift.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT, table } from './output.ts'

interface DiscoverOptions {
  live?: boolean
  fields?: boolean
  accept?: boolean
}

/** Fields shown of each stream without --fields: those that say least. */
const WORST = 5

export async function discoverConnection({
  environment,
  output,
  args,
  options,
}: CommandInput<DiscoverOptions>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment, { mappings: [], isReader: true })
  try {
    const { deps } = context.engine
    const { live = false, accept = false } = options
    const accepted = accept ? await acceptDrift(deps, findConnection(deps.connections, args[0]!)) : 0
    const discovery = await discover(deps, args[0]!, { live, signal })
    if (live) await rememberUsage(deps)
    output.json({ ...discovery, ...(accept ? { accepted } : {}) })
    const { streams, connection, connector } = discovery
    if (streams.length === 0) {
      output.line(`${connection} (${connector}) has no streams: it is not read from`)
      return EXIT.done
    }
    if (accept) output.line(`${accepted} changed field(s) accepted\n`)
    const now = deps.clock.now()
    output.line(
      table(
        streams.map((stream) => rowOf(stream, now)),
        {
          header: [
            'stream',
            'records',
            'waiting',
            'dead',
            '7 days',
            'changed',
            'last record',
            'last run',
            'filled',
            'identified',
          ],
        },
      ),
    )
    for (const stream of streams) for (const line of notesOn(stream, options)) output.line(line)
    return streams.some(({ live }) => live && 'error' in live) ? EXIT.failed : EXIT.done
  } finally {
    await context.close()
  }
}

function rowOf(report: StreamReport, now: number): (string | number)[] {
  const { stream, records, pulled, lastRecordAt, lastRun, filled, identified } = report
  return [
    stream,
    records.total,
    records.pending,
    records.dead,
    report.arrives === 'pull' || pulled.runs > 0 ? pulled.records : `by ${report.arrives}`,
    report.arrives === 'pull' || pulled.runs > 0 ? pulled.changed : '',
    lastRecordAt === undefined ? 'never' : agoOf(now - lastRecordAt),
    lastRun ? `${agoOf(now - lastRun.startedAt)}, ${lastRun.state}` : '',
    filled === undefined ? '' : percent(filled),
    identified.of === 0 ? '' : percent(identified.known / identified.of),
  ]
}

function notesOn(report: StreamReport, { fields: isAll }: DiscoverOptions): string[] {
  const { stream, live, lastRun, sampled, isBackfilling, drift } = report
  const notes: string[] = []
  if (drift) notes.push(describeDrift(stream, drift))
  if (isBackfilling) notes.push(`${stream}: the first full read is under way`)
  if (lastRun?.error) notes.push(`${stream}: ${lastRun.error.message}\n  fix: ${lastRun.error.fix}`)
  if (live && 'error' in live) notes.push(`${stream}: ${live.error.message}\n  fix: ${live.error.fix}`)
  else if (live) notes.push(`${stream}: the first page has ${live.records} record(s) now`)
  const fields = live && 'fields' in live && sampled === 0 ? live.fields : report.fields
  const listed = isAll ? fields : fields.filter(({ isUsed, filled }) => isUsed && filled < 1).slice(-WORST)
  if (listed.length === 0) return notes
  const rows = listed.map(({ field, filled, isUsed }) => [
    `  ${field}`,
    percent(filled),
    isUsed ? '' : 'not used',
  ])
  const head = isAll ? 'all fields' : 'least filled of the fields that are used'
  return [...notes, `\n${stream}, ${head}:\n${table(rows).replace(/^/gm, '  ')}`]
}

/** `invoices: new since 2026-11-20: amount_due_net; gone since …` */
export function describeDrift(scope: string, { added, gone }: Drift): string {
  const told = (fields: Drift['added'], what: string) =>
    fields.length === 0
      ? []
      : [
          `${what} since ${new Date(Math.min(...fields.map(({ at }) => at))).toISOString().slice(0, 10)}: ${fields.map(({ field }) => field).join(', ')}`,
        ]
  return `${scope}: the records changed: ${[...told(added, 'new'), ...told(gone, 'gone')].join('; ')}`
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`

function agoOf(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`
}
