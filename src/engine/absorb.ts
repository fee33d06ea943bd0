import { type ErrorReport, RecordError, reportOf } from '#kit'
import { Contribution } from '#model'
import { type Mention, type Resolution, resolve } from '../identity/index.ts'
import type { Connection } from './connection.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { collectFacts, type MappedRecord } from './facts.ts'
import { hashParts } from './hash.ts'
import { dirtyMarks } from './marks.ts'
import type { EntityKind, IdentifierKey, NewJudgement, StoredRecord } from './ports.ts'
import { streamFor } from './streams.ts'

const RECORDS_PER_STEP = 500
const RECORDS_WHEN_PRESSED = 100

/** Changed records → contributions, identifiers, touchpoints, documents, and marks for whom it concerns. */
export async function absorb(deps: EngineDeps, options: StepOptions): Promise<StepResult> {
  const { store, clock } = deps
  const limit = options.isPressed ? RECORDS_WHEN_PRESSED : RECORDS_PER_STEP
  const pending = await store.intake.pendingRecords({ limit })
  if (pending.length === 0) return { done: 0, more: false }

  const mapped: MappedRecord[] = []
  const dead: (StoredRecord & { error: ErrorReport })[] = []
  for (const record of pending) {
    try {
      mapped.push({ record, contributions: record.isDeleted ? [] : mapRecord(deps, record) })
    } catch (error) {
      dead.push({ ...record, error: reportOf(error) })
    }
  }

  const facts = collectFacts(mapped)
  const resolution = await resolveMentions(deps, facts.mentions)
  const now = clock.now()
  await store.absorb.commit({
    now,
    records: mapped.map(({ record }) => record),
    dead,
    entities: resolution.created.map((entity) => ({ ...entity, createdAt: now })),
    merges: resolution.merges.map(({ from, to }) => ({ from, to })),
    reroots: resolution.reroots.map(({ entity, to }) => ({ entity, to })),
    identifiers: resolution.identifiers,
    judgements: judgementsOf(resolution, now),
    ...facts.resolved(resolution),
    dirty: await dirtyMarks(deps, mapped, facts, resolution, now),
  })
  return { done: pending.length, more: pending.length === limit }
}

/** What a stored record says, by its connector as it is today. Throws a RecordError where it cannot be read. */
export function mapRecord(deps: EngineDeps, record: StoredRecord): Contribution[] {
  const connection = deps.connections.get(record.connection)
  const stream = connection && streamFor(connection, record.stream)
  if (!stream)
    throw new RecordError(
      'record.invalid',
      `Connection ${record.connection} has no stream ${record.stream} any more`,
    )
  const parsed = stream.record.safeParse(JSON.parse(record.body))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const field = issue.path.join('.') || '(record)'
    throw new RecordError(
      'record.invalid',
      `${record.connection}/${record.stream} ${record.key}: ${field}: ${issue.message}`,
      { at: { field } },
    )
  }
  const contributions = stream.map(parsed.data, {
    connection: record.connection,
    config: (connection as Connection).config,
  })
  return contributions.map((contribution) => checkContribution(contribution, record))
}

/** A connector that breaks the model must not poison the store: its record is set aside. */
function checkContribution(contribution: Contribution, record: StoredRecord): Contribution {
  const checked = Contribution.safeParse(contribution)
  if (checked.success) return contribution
  const issue = checked.error.issues[0]!
  const field = issue.path.join('.')
  throw new RecordError(
    'record.invalid',
    `${record.connection}/${record.stream} ${record.key}: ${field}: ${issue.message}`,
    { at: { field } },
  )
}

async function resolveMentions(deps: EngineDeps, mentions: Mention[]): Promise<Resolution> {
  const keys = new Map<string, IdentifierKey>()
  for (const { identifiers } of mentions)
    for (const id of identifiers) keys.set(`${id.entityKind} ${id.kind} ${id.value}`, id)
  const known = keys.size > 0 ? await deps.store.absorb.findIdentifiers([...keys.values()]) : []
  const anonymous = [...new Set(known.filter((k) => k.kind === 'anonymous_id').map((k) => k.entity))]
  const stitches = anonymous.length > 0 ? await deps.store.absorb.firstStitches(anonymous) : []
  const people = [...new Set(stitches.map((s) => s.person))]
  const roots = new Map(
    people.length > 0 ? (await deps.store.absorb.rootsOf(people)).map((r) => [r.entity, r.root]) : [],
  )
  return resolve(
    mentions,
    known,
    stitches.map((s) => ({ ...s, personRoot: roots.get(s.person) ?? s.person })),
    entityId,
  )
}

/** Derived from the first identifier, so that the same history gives the same ids on any machine. */
export const entityId = (kind: EntityKind, identifier: { kind: string; value: string }): string =>
  `${kind === 'person' ? 'per' : 'acc'}_${hashParts(kind, identifier.kind, identifier.value).slice(0, 24)}`

const judgementsOf = (resolution: Resolution, now: number): NewJudgement[] => [
  ...resolution.merges.map(({ from, to, by }) => ({ a: from, b: to, verdict: 'same' as const, by, at: now })),
  ...resolution.stitches.map(({ anonymous, person, at }) => ({
    a: anonymous,
    b: person,
    verdict: 'same' as const,
    by: 'stitch',
    at,
  })),
]
