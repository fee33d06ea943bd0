import type { CompiledMapping, Desired } from '../../mapping/types.ts'
import type { MappingView } from '../../mapping/view.ts'
import { isLeft } from '../deciding/decide.ts'
import { isEmpty, sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import { hashOrdered, hashParts } from '../hash.ts'
import type {
  DirtyItem,
  NewOperation,
  Operation,
  OperationField,
  ProjectCommit,
  ProjectionRow,
  WrittenField,
} from '../ports.ts'
import { crmKnows, type KnownFrom } from './crm-knows.ts'

/** One entity or quote that a mapping looks at. */
export interface Subject {
  entity: string
  item: DirtyItem
  view: MappingView
  /** What tells about it. */
  knownFrom?: KnownFrom[]
}

/** A subject that the CRM should hold, with its shadow if there is one. */
export interface VisibleSubject extends Subject {
  projection?: ProjectionRow
  externalId: string
}

export interface Proposal {
  operations: NewOperation[]
  supersede: ProjectCommit['supersede']
  projections: ProjectCommit['projections']
  adopted: NonNullable<ProjectCommit['adopted']>
  visible: VisibleSubject[]
}

interface Evaluated {
  subject: Subject
  projection: ProjectionRow | undefined
  externalId: string
  desired: Desired
  desiredHash: string
  written: Written
}
type Written = Record<string, Pick<WrittenField, 'value' | 'maybe' | 'withheld' | 'wanted'>>
type Link = Desired['links'][number]

/** Compares what each record should hold with what we last wrote; only differences become operations. */
export async function propose(
  deps: EngineDeps,
  mapping: CompiledMapping,
  subjects: Subject[],
  now: number,
): Promise<Proposal> {
  const { destination, object } = mapping
  const proposal: Proposal = { operations: [], supersede: [], projections: [], adopted: [], visible: [] }
  if (subjects.length === 0) return proposal
  const rows = await deps.store.project.projections(
    subjects.map(({ entity }) => ({ destination, object, entity })),
  )
  const projections = new Map(rows.map((row) => [row.entity, row]))
  const keys = subjects.map(({ entity }) => ({
    destination,
    object,
    externalId: projections.get(entity)?.externalId ?? entity,
  }))
  const sending = new Map((await deps.store.project.sending(keys)).map((op) => [op.externalId, op]))

  const knows = await crmKnows(deps, mapping, subjects, projections)

  const evaluated: Evaluated[] = []
  for (const subject of subjects) {
    const projection = projections.get(subject.entity)
    const externalId = projection?.externalId ?? subject.entity
    if (projection?.retired) {
      proposal.supersede.push({ destination, object, externalId })
      continue
    }
    const desired = knows.silent.has(subject.entity) ? undefined : mapping.evaluate(subject.view)
    if (!desired) {
      if (!projection) continue
      proposal.supersede.push({ destination, object, externalId })
      // Should it be wanted again, even in the same form, that is a change.
      if (projection.desiredHash)
        proposal.projections.push({
          destination,
          object,
          entity: subject.entity,
          externalId,
          desiredHash: '',
        })
      continue
    }
    for (const warning of desired.warnings)
      deps.log.debug('mapping warning', { entity: subject.entity, ...warning })
    const desiredHash = hashOrdered([desired.fields, desired.links])
    proposal.visible.push({ ...subject, externalId, ...(projection ? { projection } : {}) })
    evaluated.push({
      subject,
      projection,
      externalId,
      desired,
      desiredHash,
      written: writtenWith(projection, sending.get(externalId)),
    })
  }
  const isReachable = await findParents(deps, destination, evaluated.filter(isUnchanged).flatMap(waiting))

  for (const own of evaluated) {
    const { subject, projection, externalId, desired, desiredHash, written } = own
    if (isUnchanged(own) && !waiting(own).some(isReachable)) continue
    const crmId = sending.has(externalId) ? undefined : knows.records.get(subject.entity)
    const isKnown = projection?.crmId !== undefined || crmId !== undefined || sending.has(externalId)
    if (mapping.mode === 'insert' && isKnown) continue
    const fields = changedFields(desired, written, isKnown)
    const links = unlinked(own)
    for (const link of links)
      fields[linkKey(link)] = { after: link.entity, policy: 'always', from: `${mapping.file}#links` }
    proposal.projections.push({ destination, object, entity: subject.entity, externalId, desiredHash })
    if (crmId !== undefined)
      proposal.adopted.push({ destination, object, entity: subject.entity, externalId, crmId })
    const under = sending.get(externalId)
    const over = under && { over: under.id }
    if (Object.keys(fields).length === 0) {
      proposal.supersede.push({ destination, object, externalId, ...over })
      continue
    }
    proposal.operations.push({
      id: `op_${hashParts(destination, object, externalId, desiredHash, hashOrdered(fields), String(subject.item.stamp), String(now))}`,
      destination,
      object,
      entity: subject.entity,
      externalId,
      lane: subject.item.lane,
      dueAt: Math.min(subject.item.dueAt, now + deps.lanes[subject.item.lane]),
      kind: 'upsert',
      fields,
      links,
      match: isKnown ? [] : desired.match,
      onMultiple: mapping.onMultiple,
      mode: mapping.mode === 'off' ? 'upsert' : mapping.mode,
      mapping: mapping.hash,
      ...over,
    })
  }
  return proposal
}

const isUnchanged = ({ projection, desiredHash }: Evaluated): boolean =>
  projection?.desiredHash === desiredHash

const unlinked = ({ desired, written }: Evaluated): Link[] =>
  desired.links.filter((link) => {
    const before = written[linkKey(link)]
    if (before?.withheld && before.withheld.value === link.entity) return false
    return before?.value !== link.entity || 'maybe' in before
  })

/** What a record was sent without, or is held for. One that the CRM refused waits for no parent. */
const waiting = (own: Evaluated): Link[] =>
  unlinked(own).filter(({ onMiss }) => onMiss === 'hold' || own.projection?.crmId !== undefined)

/** Records that were sent without their parent, or held for it, go on as soon as it is in the CRM or on its way. */
async function findParents(
  deps: EngineDeps,
  destination: string,
  links: Link[],
): Promise<(link: Link) => boolean> {
  const idOf = ({ object, entity }: { object: string; entity: string }) => `${object} ${entity}`
  const wanted = new Map(
    links.map((link) => [idOf(link), { destination, object: link.object, entity: link.entity }]),
  )
  if (wanted.size === 0) return () => false
  const keys = [...wanted.values()]
  const inCrm = (await deps.store.project.projections(keys)).filter((row) => row.crmId)
  const reachable = new Set([...inCrm, ...(await deps.store.deliver.open(keys))].map(idOf))
  return (link) => reachable.has(idOf(link))
}

/** Key under which a reference or association is remembered among the written fields. */
export const linkKey = (link: { field?: string; object: string }): string => link.field ?? `→${link.object}`

/** What we have written counts, and what is on its way counts as written. */
function writtenWith(projection: ProjectionRow | undefined, sending: Operation | undefined): Written {
  const written: Written = { ...projection?.written }
  for (const [field, { after, policy, undoes }] of Object.entries(sending?.fields ?? {}))
    written[field] = {
      value: after,
      ...(policy === 'undo' ? { withheld: { value: undoes, because: 'undone' as const } } : {}),
    }
  return written
}

/** In the words of the mapping, not of the CRM. */
export const askedFor = (written: Pick<WrittenField, 'value' | 'wanted'>): unknown =>
  'wanted' in written ? written.wanted : written.value

function changedFields(desired: Desired, written: Written, isKnown: boolean): Record<string, OperationField> {
  const fields: Record<string, OperationField> = {}
  for (const [name, { value, policy, from, holdMs, user }] of Object.entries(desired.fields)) {
    const field = {
      after: value,
      policy,
      from,
      ...(holdMs === undefined ? {} : { holdMs }),
      ...(user === undefined ? {} : { user }),
    }
    const before = written[name]
    if (before === undefined && isLeft(policy, value, before)) continue
    if (policy === 'never') continue
    // Taken back, or not kept by the CRM: only another value is news.
    if (before?.withheld && sameValue(before.withheld.value, value)) continue
    // Sent, and never heard of: only another write, or a look at the CRM, makes sure.
    const isInDoubt = before !== undefined && 'maybe' in before
    if (isInDoubt) {
      fields[name] = field
      continue
    }
    if (before && policy === 'once') continue
    if (before ? sameValue(askedFor(before), value) : isEmpty(value) && !isKnown) continue
    fields[name] = field
  }
  return fields
}
