import { type ErrorReport, RecordError, reportOf, type Stream } from '#kit'
import { Contribution } from '#model'
import { collectFacts, type MappedRecord } from './absorbing/facts.ts'
import { dirtyMarks } from './absorbing/marks.ts'
import { withoutEchoes } from './absorbing/mirror.ts'
import { resolveMentions, type Standing } from './absorbing/resolve-mentions.ts'
import type { Connection } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import type { AbsorbCommit, NewJudgement, StoredRecord } from './ports.ts'
import { streamFor } from './reading/streams.ts'

const RECORDS_PER_STEP = 500
const RECORDS_WHEN_PRESSED = 100

/** How many records are absorbed in one step: bounds the time in which nobody else gets a turn. */
export const absorbLimit = ({ isPressed }: Pick<StepOptions, 'isPressed'>): number =>
  isPressed ? RECORDS_WHEN_PRESSED : RECORDS_PER_STEP

/** Changed records → contributions, identifiers, touchpoints, documents, and marks for whom it concerns. */
export async function absorb(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const { intake, absorb } = deps.store
  const limit = absorbLimit(options)
  const pending = await intake.pendingRecords({ limit })
  if (pending.length === 0) return { done: 0, more: false }
  await absorb.commit(await collectCommit(deps, pending))
  return { done: pending.length, more: pending.length === limit }
}

/** What these records say, as one commit. The caller holds the lease of the stage until it is done. */
export async function collectCommit(
  deps: EngineDeps,
  records: StoredRecord[],
  /** What the stream's schema made of the body, where the caller has it at hand. */
  parsed?: ReadonlyMap<StoredRecord, unknown>,
): Promise<AbsorbCommit> {
  const read: MappedRecord[] = []
  const dead: (StoredRecord & { error: ErrorReport })[] = []
  for (const record of records) {
    try {
      read.push({
        record,
        contributions: record.isDeleted ? [] : mapRecord(deps, record, parsed?.get(record)),
      })
    } catch (error) {
      dead.push({ ...record, error: reportOf(error) })
    }
  }

  const { mapped, linked } = await withoutEchoes(deps, read)
  const facts = collectFacts(mapped)
  const resolution = await resolveMentions(deps, facts.mentions, linked)
  const now = deps.clock.now()
  return {
    now,
    records: mapped.map(({ record }) => record),
    dead,
    entities: resolution.created.map((entity) => ({ ...entity, createdAt: now })),
    merges: resolution.merges.map(({ from, to }) => ({ from, to })),
    rebases: resolution.rebases,
    isMatching: deps.matching.mode !== 'off',
    reroots: resolution.reroots,
    identifiers: resolution.identifiers,
    judgements: judgementsOf(resolution, now),
    ...facts.resolved(resolution),
    dirty: await dirtyMarks(deps, mapped, facts, resolution, now),
  }
}

/** What a stored record says, by its connector as it is today. Throws a RecordError where it cannot be read. */
export function mapRecord(deps: EngineDeps, record: StoredRecord, parsed?: unknown): Contribution[] {
  const connection = deps.connections.get(record.connection)
  const stream = connection && streamFor(connection, record.stream)
  if (!stream)
    throw new RecordError(
      'record.invalid',
      `Connection ${record.connection} has no stream ${record.stream} any more`,
    )
  const contributions = stream.map(parsed ?? parseBody(stream, record), {
    connection: record.connection,
    config: (connection as Connection).config,
  })
  for (const contribution of contributions) checkContribution(contribution, record)
  return contributions
}

function parseBody(stream: Stream<unknown, unknown>, record: StoredRecord): unknown {
  const parsed = stream.record.safeParse(JSON.parse(record.body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = issue.path.join('.') || '(record)'
  throw new RecordError(
    'record.invalid',
    `${record.connection}/${record.stream} ${record.key}: ${field}: ${issue.message}`,
    { at: { field } },
  )
}

/** A connector that breaks the model must not poison the store: its record is set aside. */
function checkContribution(contribution: Contribution, record: StoredRecord): void {
  const checked = Contribution.safeParse(contribution)
  if (checked.success) return
  const issue = checked.error.issues[0]!
  const field = issue.path.join('.')
  throw new RecordError(
    'record.invalid',
    `${record.connection}/${record.stream} ${record.key}: ${field}: ${issue.message}`,
    { at: { field } },
  )
}

const judgementsOf = (resolution: Standing, now: number): NewJudgement[] => [
  ...resolution.joined.map(({ from, to, by }) => ({ a: from, b: to, verdict: 'same' as const, by, at: now })),
  ...resolution.stitches.map(({ anonymous, person, at }) => ({
    a: anonymous,
    b: person,
    verdict: 'same' as const,
    by: 'stitch',
    at,
  })),
]
