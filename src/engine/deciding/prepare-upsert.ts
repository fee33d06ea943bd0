import { type CrmFields, type CrmValue, type ObjectSpec, reportOf } from '#kit'
import type { Instant } from '#model'
import type { ConflictRow, Operation, OperationField, ProjectionRow, WrittenField } from '../ports.ts'
import { linkKey } from '../projecting/propose.ts'
import { beforeDoubt, beforeLink, beforeOf, beforeReference, type IsLinked } from './before-images.ts'
import { type Decision, decide, inDoubt, isOurs } from './decide.ts'
import type { ResolvedLink } from './links.ts'
import { locksOf } from './locks.ts'
import type { Prepared } from './prepared.ts'
import { conflictId, conflictOf, judge } from './quarantine.ts'
import { isStillOurs } from './same-value.ts'
import type { Target } from './targets.ts'
import { type FindUser, type UserMiss, withUsers } from './users.ts'

/** One field as the three-way decision saw it, for whoever wants to show it. */
export interface DecidedField {
  field: string
  policy: string
  /** file:line of the mapping. */
  from: string
  /** CRM value now; undefined where the record is new or the CRM did not tell. */
  live: unknown
  /** Last value that the CRM confirmed as ours; undefined where it confirmed none. */
  written: unknown
  after: unknown
  /** The e-mail of a user, where `after` is the user's id. */
  wanted?: unknown
  decision: Decision
  /** When somebody else changed our value of it, as far as that is known. */
  editedAt?: Instant
}

/** What is known of one operation and its record, and where what becomes of it goes. */
export interface Preparation {
  spec: ObjectSpec
  operation: Operation
  links: ResolvedLink[]
  target: Target
  projection: ProjectionRow | undefined
  /** Conflicts that a person has looked at, by id. */
  judged: ReadonlyMap<string, ConflictRow>
  /** Values of a field from the first to the last stage, where a record only moves forward. */
  stages: ReadonlyMap<string, readonly string[]>
  findUser: FindUser
  isLinked: IsLinked
  /** Records of the object are pulled as well. */
  isRead: boolean
  now: Instant
  prepared: Prepared
  onDecision: ((operation: Operation, field: DecidedField) => void) | undefined
}

/** What becomes of the fields of one operation. */
interface Outcome {
  /** What is written. */
  values: CrmFields
  /** What is sent or confirmed, with before-images. */
  fields: Record<string, OperationField>
  /** Conflicts that are over once it is written. */
  settles: string[]
  /** Shadows that are no longer in doubt. */
  doubtless: Record<string, WrittenField>
}

export function prepareUpsert(preparation: Preparation): void {
  const { operation: asked, links, prepared } = preparation
  const { operation, missed, held } = withUsers(asked, preparation.findUser)
  for (const { field, miss } of missed) tellMiss(preparation, field, miss)
  if (held) {
    prepared.results.push({ id: asked.id, outcome: 'held', fields: {}, error: reportOf(held) })
    return
  }
  const outcome: Outcome = { values: {}, fields: {}, settles: [], doubtless: {} }
  const references = new Map(links.map((link) => [link.key, link]))
  for (const [name, field] of Object.entries(operation.fields)) {
    const reference = references.get(name)
    if (reference) refer(preparation, name, field, reference, outcome)
    // Of a parent that will not come nothing is written.
    else if (!operation.links.some((link) => linkKey(link) === name))
      weigh({ ...preparation, operation }, name, field, outcome)
  }
  leaveOrFinish(preparation, outcome)
}

function tellMiss(
  { operation, target, projection, onDecision }: Preparation,
  name: string,
  miss: UserMiss,
): void {
  const { after, policy, from, user } = operation.fields[name]!
  onDecision?.(operation, {
    field: name,
    policy,
    from,
    live: target.live?.[name],
    written: projection?.written[name]?.value,
    after,
    decision: { action: user === 'hold' ? 'hold' : 'skip', reason: miss },
  })
}

function refer(
  { target, isLinked }: Preparation,
  name: string,
  field: OperationField,
  reference: ResolvedLink,
  { values, fields }: Outcome,
): void {
  if (reference.field) values[reference.field] = reference.crmId
  fields[name] = {
    ...field,
    sent: reference.crmId,
    ...(reference.field
      ? beforeReference(target, reference.field)
      : beforeLink(isLinked(target.crmId, reference), reference)),
  }
}

/** Decides one field, and notes what follows from it. */
function weigh(preparation: Preparation, name: string, field: OperationField, outcome: Outcome): void {
  const { operation, target, projection, judged, isRead, now, prepared } = preparation
  const { crmId } = target
  const live = target.live?.[name]
  const written = projection?.written[name]
  const met: ConflictRow | undefined =
    crmId && judged.size > 0 ? judged.get(conflictId({ ...operation, crmId, field: name })) : undefined
  const decision = decideField(preparation, name, field, met)
  const isWritten = decision.action === 'write'
  // The CRM holds it already, by an earlier attempt of ours: that is confirmed now. Where the CRM is read as a source, we
  // may say so because somebody there has said so, and it stays theirs.
  const isConfirmed =
    decision.action === 'skip' &&
    decision.reason === 'unchanged' &&
    written !== undefined &&
    (!isRead || isOurs(live, written))
  if (isWritten) outcome.values[name] = field.after as CrmValue
  else if (!isConfirmed) {
    const settled = withoutDoubt(written, live)
    if (settled) outcome.doubtless[name] = settled
  }
  if (isWritten || isConfirmed)
    outcome.fields[name] = {
      ...field,
      ...beforeOf(target, name),
      ...(isConfirmed ? beforeDoubt(written) : {}),
    }
  if (decision.action === 'hold') {
    if (crmId)
      prepared.conflicts.push(conflictOf({ operation, crmId, name, live, written, now }, decision.reason))
  } else if (met && isWritten) outcome.settles.push(met.id)
  else if (met && decision.action === 'skip' && decision.reason !== 'kept') prepared.settled.push(met.id)
}

/** By the three values, and the word of a person who has seen them. */
function decideField(
  { operation, target, projection, stages, now, onDecision }: Preparation,
  name: string,
  field: OperationField,
  met: ConflictRow | undefined,
): Decision {
  const after = field.after as CrmValue
  const live = target.live?.[name]
  const written = projection?.written[name]
  const editedAt = target.edited?.[name]
  const isEdited = editedAt !== undefined && editedAt !== null
  const decision = judge(
    decide({
      policy: field.policy,
      after,
      written,
      live,
      isNew: target.crmId === undefined,
      ...(target.isUnread ? { isUnseen: true } : {}),
      ...(isEdited && field.holdMs !== undefined
        ? { edit: { ageMs: now - editedAt, holdsMs: field.holdMs } }
        : {}),
      ...(stages.has(name) ? { stages: stages.get(name)! } : {}),
      ...('expected' in field ? { expected: field.expected } : {}),
    }),
    met,
    { ours: after, theirs: live },
  )
  onDecision?.(operation, {
    field: name,
    policy: field.policy,
    from: field.from,
    live,
    written: written?.value,
    after,
    decision,
    ...(field.wanted === undefined ? {} : { wanted: field.wanted }),
    ...(isEdited ? { editedAt } : {}),
  })
  return decision
}

/** The CRM holds something else: what may have arrived is gone, whether or not it ever had. Nothing where no doubt was, or is left. */
function withoutDoubt(written: WrittenField | undefined, live: unknown): WrittenField | undefined {
  if (!written || !('maybe' in written) || !('value' in written)) return undefined
  if (live === undefined || inDoubt(written).some((value) => isStillOurs(live, value))) return undefined
  const { maybe: _, earlier: __, ...certain } = written
  return certain
}

/**
 * Our shadow by what the record was seen to hold. It is the ground for the next write, whose answer may be lost as well:
 * what had arrived before is ours then, too.
 */
function seenShadow(written: ProjectionRow['written'], live: Target['live']): ProjectionRow['written'] {
  const settle = (name: string, own: WrittenField): WrittenField => {
    const held = live?.[name]
    if (!('maybe' in own) || held === undefined) return own
    const { maybe: _, earlier: __, ...certain } = own
    if ('value' in certain && isStillOurs(held, certain.value)) return certain
    const arrived = inDoubt(own).filter((value) => isStillOurs(held, value))
    return arrived.length > 0 ? { ...certain, value: arrived[0] } : certain
  }
  const isCertain = Object.values(written).every((own) => !('maybe' in own))
  return isCertain
    ? written
    : Object.fromEntries(Object.entries(written).map(([name, own]) => [name, settle(name, own)]))
}

function leaveOrFinish(
  { spec, operation, links, target, projection, prepared }: Preparation,
  { values, fields, settles, doubtless }: Outcome,
): void {
  const isNew = target.crmId === undefined
  if (projection && Object.keys(doubtless).length > 0) {
    const { destination, object, entity, externalId } = projection
    prepared.doubtless.push({ destination, object, entity, externalId, written: doubtless })
  }
  const associations = links.filter((link) => !link.field).map(({ object, crmId }) => ({ object, crmId }))
  const hasWork = isNew || target.adopt || Object.keys(values).length > 0 || associations.length > 0
  if (!hasWork) {
    prepared.results.push({
      id: operation.id,
      outcome: 'skipped',
      fields,
      ...(target.crmId ? { crmId: target.crmId } : {}),
    })
    return
  }
  const locks = locksOf(spec, values, { isNew, live: target.live })
  prepared.ready.push({
    operation,
    fields,
    written: seenShadow(projection?.written ?? {}, target.live),
    ...(locks ? { locks } : {}),
    ...(settles.length > 0 ? { settles } : {}),
    ...(target.isUnread ? { isUnread: true } : {}),
    write: {
      id: operation.id,
      externalId: operation.externalId,
      fields: values,
      ...(target.crmId ? { crmId: target.crmId } : {}),
      ...(target.adopt ? { adopt: true } : {}),
      ...(associations.length > 0 ? { links: associations } : {}),
    },
  })
}
