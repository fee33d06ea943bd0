import type { RunRow } from '../engine/ports.ts'
import { parse, parseOptional, present } from './json.ts'

export interface RunColumns {
  id: string
  kind: RunRow['kind']
  scope: string
  started_at: number
  finished_at: number | null
  state: RunRow['state']
  counts: string
  error: string | null
}

export const toRun = (row: RunColumns): RunRow =>
  present<RunRow>({
    id: row.id,
    kind: row.kind,
    scope: row.scope,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    state: row.state,
    counts: parse(row.counts),
    error: parseOptional(row.error),
  })
