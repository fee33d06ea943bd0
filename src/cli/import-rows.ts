import type { Stream } from '#kit'
import type { Kind, ReadCsvResult } from '../../connectors/csv/read-csv.ts'
import type { EngineDeps } from '../engine/deps.ts'
import type { RunRow } from '../engine/ports.ts'
import { toRecord } from '../engine/reading/records.ts'

const ROWS_PER_COMMIT = 500

/** Stores the rows of a file as records of its connection: a run of its own. The same rows again change nothing. */
export async function importRows(
  deps: EngineDeps,
  { connection, kind, file }: { connection: string; kind: Kind; file: string },
  { records, problems }: Pick<ReadCsvResult, 'records' | 'problems'>,
): Promise<RunRow> {
  const { store, clock } = deps
  const stream = deps.connections.get(connection)!.connector.streams![kind] as Stream<unknown, unknown>
  const run = beginImport(deps, connection, `${kind} ${file}`)
  run.counts = {
    records: records.length,
    new: 0,
    changed: 0,
    skipped: problems.filter((p) => p.isSkipped).length,
  }
  await store.control.saveRun(run)
  for (let i = 0; i < records.length; i += ROWS_PER_COMMIT) {
    const now = clock.now()
    const part = records
      .slice(i, i + ROWS_PER_COMMIT)
      .map(({ record }) => toRecord(connection, kind, stream, record, { fetchedAt: now }))
    const page = { connection, stream: kind, records: part, runId: run.id, now }
    const { changed, created } = await store.intake.commitPage(page)
    run.counts.changed! += changed
    run.counts.new! += created
  }
  run.state = 'done'
  run.finishedAt = clock.now()
  await store.control.saveRun(run)
  return run
}

/** `what`: the stream, and the file after a space. */
export const beginImport = (
  { clock }: Pick<EngineDeps, 'clock'>,
  connection: string,
  what: string,
): RunRow => ({
  id: `run_${crypto.randomUUID()}`,
  kind: 'import',
  scope: `${connection}/${what}`,
  startedAt: clock.now(),
  state: 'running',
  counts: {},
})
