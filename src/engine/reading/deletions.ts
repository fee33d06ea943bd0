import { ConfigError, nearestOrAll } from '#kit'
import { DAY_MS, type Instant } from '#model'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import type { DeletionCommit, DeletionHold, HeldDeletions, NewRecord, StreamKey } from '../ports.ts'

/** How much of a stream may be deleted within a window before a person has to look. */
export interface DeletionRules {
  /** Of the records that are known, how many percent. */
  maxPercent: number
  /** Up to so many deletions nobody asks for the share. */
  atLeast: number
  windowMs: number
}

export const DEFAULT_DELETION_RULES: DeletionRules = { maxPercent: 10, atLeast: 50, windowMs: DAY_MS }

type Deps = Pick<EngineDeps, 'store' | 'clock' | 'log'>
/** Why deletions are held; undefined where they may be applied. */
type Verdict = DeletionHold | undefined

/** Whether so many more deletions of known records of a stream may be applied; with those that its run has collected. */
async function judge(
  { store, clock, log }: Deps,
  connection: Connection,
  stream: string,
  { fresh, collected }: { fresh: number; collected: number },
  { applied, isHeld }: { applied: number; isHeld: boolean },
): Promise<Verdict> {
  const { maxPercent, atLeast, windowMs } = rulesOf(connection)
  const sum = applied + collected + fresh
  if (!isHeld && sum <= atLeast) return undefined
  const scope = { connection: connection.name, stream }
  const known = (await store.deletions.countAlive(scope)) + applied
  // Kept only where a person has just decided about those before.
  if (isHeld) return { ...scope, at: clock.now(), known, reason: 'came while others of the stream were held' }
  if (sum <= (known * maxPercent) / 100) return undefined
  const reason = `${shown(sum)} of ${shown(known)} known records deleted within ${Math.round(windowMs / 3_600_000)} h > maxPercent ${maxPercent} %`
  log.error('deletions held', { ...scope, reason })
  return { ...scope, at: clock.now(), known, reason }
}

export const rulesOf = ({ deletes }: Connection): DeletionRules => ({ ...DEFAULT_DELETION_RULES, ...deletes })

const shown = (value: number): string => value.toLocaleString('en')

/** Deletions of records that are known, and the others: who was never heard of is not missed, but must not come back older. */
async function split(
  { store }: Deps,
  deletions: NewRecord[],
): Promise<{ known: NewRecord[]; unknown: NewRecord[] }> {
  if (deletions.length === 0) return { known: [], unknown: [] }
  const areAlive = await store.deletions.areAlive(deletions)
  return {
    known: deletions.filter((_, i) => areAlive[i]),
    unknown: deletions.filter((_, i) => !areAlive[i]),
  }
}

/** What a pull reports as deleted waits until its run is complete, and is applied or held as a whole. */
export interface DeletionWatch {
  page(
    deletions: NewRecord[],
    page: { fetchedAt: Instant; isLast: boolean },
  ): Promise<{ commit?: DeletionCommit; unknown: NewRecord[]; applied: number; held: number }>
}

export async function watchDeletions(
  deps: Deps,
  connection: Connection,
  stream: string,
): Promise<DeletionWatch> {
  const { store, clock } = deps
  const scope = { connection: connection.name, stream }
  const look = () => store.deletions.window({ ...scope, since: clock.now() - rulesOf(connection).windowMs })
  const before = await look()
  let isOpen = before.isHeld || before.collected > 0

  return {
    async page(deletions, { fetchedAt, isLast }) {
      const { known, unknown } = await split(deps, deletions)
      const refutes = isOpen ? { refutedAt: fetchedAt } : {}
      isOpen ||= known.length > 0
      if (!isOpen) return { unknown, applied: 0, held: 0 }
      const commit: DeletionCommit = { collected: known, ...refutes }
      if (!isLast) return { commit, unknown, applied: 0, held: 0 }
      const window = await look()
      const sum = { fresh: known.length, collected: window.collected }
      const count = sum.fresh + sum.collected
      if (count === 0) return { commit, unknown, applied: 0, held: 0 }
      const hold = await judge(deps, connection, stream, sum, window)
      return {
        commit: {
          ...commit,
          settle: { ...scope, as: hold ? 'held' : 'applied' },
          ...(hold ? { holds: [hold] } : {}),
        },
        unknown,
        applied: hold ? 0 : count,
        held: hold ? count : 0,
      }
    },
  }
}

/** What webhooks report as deleted counts within the window: what would go beyond the limit is held. */
export async function guardReceived(
  deps: Deps & Pick<EngineDeps, 'connections'>,
  records: NewRecord[],
): Promise<{ records: NewRecord[]; deletions?: DeletionCommit }> {
  const { known } = await split(
    deps,
    records.filter(({ isDeleted }) => isDeleted),
  )
  if (known.length === 0) return { records }
  const applied: NewRecord[] = []
  const held = new Set<NewRecord>()
  const holds: DeletionHold[] = []
  for (const group of Map.groupBy(known, (r) => JSON.stringify([r.connection, r.stream])).values()) {
    const { connection: name, stream } = group[0]!
    const connection = deps.connections.get(name)!
    const since = deps.clock.now() - rulesOf(connection).windowMs
    const window = await deps.store.deletions.window({ connection: name, stream, since })
    const hold = await judge(deps, connection, stream, { fresh: group.length, collected: 0 }, window)
    if (hold) {
      holds.push(hold)
      for (const record of group) held.add(record)
    } else applied.push(...group)
  }
  return {
    records: records.filter((record) => !held.has(record)),
    deletions: { applied, held: [...held], holds },
  }
}

const CHUNK = 5_000

/** The deletions of these held streams are applied; of all where none is named. Answers what was held. */
export const releaseDeletions = (deps: Deps, scope: Partial<StreamKey> = {}): Promise<HeldDeletions[]> =>
  forEachHold(deps, scope, async (hold) => {
    const request = { connection: hold.connection, stream: hold.stream, limit: CHUNK }
    while ((await deps.store.deletions.release({ ...request, now: deps.clock.now() })).more);
    deps.log.info('deletions released', { ...request, count: hold.count })
  })

/** They are forgotten: the records stay as they are until their source reports them again. */
export const dropDeletions = (deps: Deps, scope: Partial<StreamKey> = {}): Promise<HeldDeletions[]> =>
  forEachHold(deps, scope, async ({ connection, stream, count }) => {
    await deps.store.deletions.drop({ connection, stream })
    deps.log.info('deletions dropped', { connection, stream, count })
  })

async function forEachHold(
  { store }: Deps,
  scope: Partial<StreamKey>,
  decide: (hold: HeldDeletions) => Promise<void>,
): Promise<HeldDeletions[]> {
  const holds = await store.deletions.holds()
  const chosen = holds.filter(
    ({ connection, stream }) =>
      (scope.connection ?? connection) === connection && (scope.stream ?? stream) === stream,
  )
  for (const hold of chosen) await decide(hold)
  return chosen
}

/** `connection` or `connection/stream`. Throws ConfigError `config.unknown_connection`. */
export function readStreamScope(
  text: string | undefined,
  { connections }: Pick<EngineDeps, 'connections'>,
): Partial<StreamKey> {
  if (text === undefined) return {}
  const [connection = '', ...rest] = text.split('/')
  if (!connections.has(connection))
    throw new ConfigError(
      'config.unknown_connection',
      `There is no connection ${connection}; ${nearestOrAll(connection, [...connections.keys()])}`,
    )
  return rest.length > 0 ? { connection, stream: rest.join('/') } : { connection }
}
