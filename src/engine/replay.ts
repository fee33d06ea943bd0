import { RecordError } from '#kit'
import type { EngineDeps } from './deps.ts'
import { hashParts } from './hash.ts'
import type { ErrorGroup, RecordKey, RunRow, SetAsideFilter } from './ports.ts'

const CHUNK = 1_000

/** Either one thing by its id, or everything set aside that the filter lets through. */
export interface ReplayRequest extends SetAsideFilter {
  /** In any state, also one that was unpacked before. */
  receipt?: string
  /** connection/stream/key, in any state. */
  record?: string
  /** Set aside, or its record is projected anew in any case. */
  operation?: string
}

export interface Replayed {
  receipts: number
  records: number
  operations: number
  /** Absent on a dry run. */
  run?: string
  /** What a filter chose, by reason. */
  groups: ErrorGroup[]
}

/**
 * Runs again, from what is stored: receipts are unpacked, records absorbed, and the CRM records of operations projected
 * from what is known today. So a replay never sends an old value. Throws `request.not_found` for an unknown id.
 */
export async function replay(
  deps: EngineDeps,
  request: ReplayRequest,
  { isDry = false }: { isDry?: boolean } = {},
): Promise<Replayed> {
  const one = await chosen(deps, request)
  if (one) return isDry ? { ...countOf(one), groups: [] } : await inRun(deps, request, () => take(deps, one))
  const { repair } = deps.store
  const filter = filterOf(request)
  const groups = (await repair.errorGroups(filter)).filter((group) => group.state !== 'waiting')
  if (isDry) {
    const count = (stage: ErrorGroup['stage']) =>
      groups.filter((g) => g.stage === stage).reduce((sum, g) => sum + g.count, 0)
    return { receipts: count('receipt'), records: count('record'), operations: count('operation'), groups }
  }
  return await inRun(deps, request, async () => {
    const total: Replayed = { receipts: 0, records: 0, operations: 0, groups }
    for (;;) {
      const items = await repair.setAside({ ...filter, limit: CHUNK })
      const ids = (stage: string) => items.filter((item) => item.stage === stage).map(({ id }) => id)
      const taken = await take(deps, {
        receipts: ids('receipt'),
        records: items.flatMap(({ record }) => record ?? []),
        operations: ids('operation'),
      })
      total.receipts += taken.receipts
      total.records += taken.records
      total.operations += taken.operations
      if (items.length < CHUNK) return total
    }
  })
}

interface Chosen {
  receipts: string[]
  records: RecordKey[]
  operations: string[]
}

const filterOf = ({ stage, code, run }: ReplayRequest): SetAsideFilter => ({
  ...(stage ? { stage } : {}),
  ...(code ? { code } : {}),
  ...(run ? { run } : {}),
})

async function chosen(deps: EngineDeps, request: ReplayRequest): Promise<Chosen | undefined> {
  const { lookup } = deps.store
  if (request.receipt !== undefined) {
    if (!(await lookup.receipt(request.receipt))) throw unknown('receipt', request.receipt)
    return { receipts: [request.receipt], records: [], operations: [] }
  }
  if (request.record !== undefined) {
    const key = readRecordId(request.record)
    if (!key || !(await lookup.record(key))) throw unknown('record', request.record)
    return { receipts: [], records: [key], operations: [] }
  }
  if (request.operation !== undefined) {
    if (!(await lookup.operation(request.operation))) throw unknown('operation', request.operation)
    return { receipts: [], records: [], operations: [request.operation] }
  }
  return undefined
}

/** connection/stream/key; keys may hold slashes themselves. */
export function readRecordId(id: string): RecordKey | undefined {
  const [, connection, stream, key] = /^([^/]+)\/([^/]+)\/(.+)$/s.exec(id) ?? []
  return connection && stream && key ? { connection, stream, key } : undefined
}

const unknown = (what: string, id: string): RecordError =>
  new RecordError('request.not_found', `There is no ${what} ${id}`, { at: { [what]: id } })

const countOf = ({ receipts, records, operations }: Chosen) => ({
  receipts: receipts.length,
  records: records.length,
  operations: operations.length,
})

const take = async (deps: EngineDeps, items: Chosen): Promise<Replayed> => ({
  ...(await deps.store.repair.replay({ ...items, now: deps.clock.now() })),
  groups: [],
})

async function inRun(
  deps: EngineDeps,
  request: ReplayRequest,
  work: () => Promise<Replayed>,
): Promise<Replayed> {
  const startedAt = deps.clock.now()
  const scope =
    Object.entries(request)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ') || 'everything set aside'
  const id = `run_${hashParts('replay', deps.holder, scope, String(startedAt))}`
  const done = await work()
  const { receipts, records, operations } = done
  const run: RunRow = {
    id,
    kind: 'replay',
    scope,
    startedAt,
    finishedAt: deps.clock.now(),
    state: 'done',
    counts: { receipts, records, operations },
  }
  await deps.store.control.saveRun(run)
  return { ...done, run: id }
}
