import type { CompiledMapping, Desired } from '../mapping/types.ts'
import type { MappingView } from '../mapping/view.ts'
import type { EngineDeps } from './engine.ts'
import { hashJson, hashParts } from './hash.ts'
import type { DirtyItem, NewOperation, Operation, OperationField, ProjectCommit, ProjectionRow } from './ports.ts'
import { isEmpty, sameValue } from './same-value.ts'

/** One entity or quote that a mapping looks at. */
export interface Subject {
  entity: string
  item: DirtyItem
  view: MappingView
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
  visible: VisibleSubject[]
}

/** Compares what each record should hold with what we last wrote; only differences become operations. */
export async function propose(deps: EngineDeps, mapping: CompiledMapping, subjects: Subject[], now: number): Promise<Proposal> {
  const { destination, object } = mapping
  const proposal: Proposal = { operations: [], supersede: [], projections: [], visible: [] }
  if (subjects.length === 0) return proposal
  const rows = await deps.store.project.projections(subjects.map(({ entity }) => ({ destination, object, entity })))
  const projections = new Map(rows.map((row) => [row.entity, row]))
  const keys = subjects.map(({ entity }) => ({ destination, object, externalId: projections.get(entity)?.externalId ?? entity }))
  const sending = new Map((await deps.store.project.sending(keys)).map((op) => [op.externalId, op]))

  for (const subject of subjects) {
    const projection = projections.get(subject.entity)
    const externalId = projection?.externalId ?? subject.entity
    const desired = mapping.evaluate(subject.view)
    if (!desired) {
      if (projection) proposal.supersede.push({ destination, object, externalId })
      continue
    }
    for (const warning of desired.warnings) deps.log.debug('mapping warning', { entity: subject.entity, ...warning })
    const desiredHash = hashJson([desired.fields, desired.links])
    proposal.visible.push({ ...subject, externalId, ...(projection ? { projection } : {}) })
    if (projection?.desiredHash === desiredHash) continue

    const written = writtenWith(projection, sending.get(externalId))
    const isKnown = projection?.crmId !== undefined || sending.has(externalId)
    if (mapping.mode === 'insert' && isKnown) continue
    const fields = changedFields(desired, written, isKnown)
    const links = desired.links.filter((link) => written[linkKey(link)]?.value !== link.entity)
    for (const link of links) fields[linkKey(link)] = { after: link.entity, policy: 'always', from: `${mapping.file}#links` }
    proposal.projections.push({ destination, object, entity: subject.entity, externalId, desiredHash })
    if (Object.keys(fields).length === 0) {
      proposal.supersede.push({ destination, object, externalId })
      continue
    }
    proposal.operations.push({
      id: `op_${hashParts(destination, object, externalId, desiredHash, String(now))}`,
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
    })
  }
  return proposal
}

/** Key under which a reference or association is remembered among the written fields. */
export const linkKey = (link: { field?: string; object: string }): string => link.field ?? `→${link.object}`

/** What we have written counts, and what is on its way counts as written. */
function writtenWith(projection: ProjectionRow | undefined, sending: Operation | undefined): Record<string, { value: unknown }> {
  const written: Record<string, { value: unknown }> = { ...projection?.written }
  for (const [field, { after }] of Object.entries(sending?.fields ?? {})) written[field] = { value: after }
  return written
}

function changedFields(desired: Desired, written: Record<string, { value: unknown }>, isKnown: boolean): Record<string, OperationField> {
  const fields: Record<string, OperationField> = {}
  for (const [name, { value, policy, from }] of Object.entries(desired.fields)) {
    const before = written[name]
    if (policy === 'never') continue
    if (before && (policy === 'once' || policy === 'if_empty')) continue
    if (before ? sameValue(before.value, value) : isEmpty(value) && !isKnown) continue
    fields[name] = { after: value, policy, from }
  }
  return fields
}
