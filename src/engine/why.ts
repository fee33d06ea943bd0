import { RecordError } from '#kit'
import { compileMapping } from '../mapping/compile-mapping.ts'
import type { CompiledMapping, Desired } from '../mapping/types.ts'
import type { EngineDeps } from './deps.ts'
import type { Delivery, MappingVersion, Operation, ProjectionRow, RunRow } from './ports.ts'
import { loadOptions, loadSubjects } from './project.ts'
import { linkKey } from './projecting/propose.ts'
import { type Input, inputsOf, type Origin, originOf, type Subject } from './why-inputs.ts'

/** Why a CRM record holds what it holds, as far as we wrote it. */
export interface Explanation {
  destination: string
  object: string
  crmId?: string
  externalId: string
  /** Person, account, quote, or the touchpoint or digest of a timeline entry. */
  entity: string
  fields: FieldExplanation[]
}

/** From the value back to the raw records it came from. */
export interface FieldExplanation {
  field: string
  /** What the CRM confirmed last; absent where we never wrote the field. */
  written?: ProjectionRow['written'][string]
  /** What the CRM held when it was last looked at. */
  live?: { value: unknown; seenAt: number }
  /** What the mapping gives today; absent where it leaves the field out. */
  desired?: { value: unknown; policy: string; from: string }
  operation?: Operation
  deliveries: Delivery[]
  run?: RunRow
  mapping?: {
    file: string
    line: number
    /** Of the text as it was when the value was written; resolves to it. */
    hash?: string
    /** The mapping has not changed since. */
    isCurrent: boolean
    /** Lines of the field. */
    text: string
  }
  /** What the expression reads, each with where it comes from. */
  inputs: Input[]
  /** Of a timeline entry. */
  origin?: Origin
}

interface Question {
  destination: string
  object: string
  /** CRM id, external id or entity. */
  id: string
  field?: string
}

/** Throws `request.not_found` where we hold no such record, or never mapped the field. */
export async function explain(deps: EngineDeps, question: Question): Promise<Explanation> {
  const { destination, object, id, field } = question
  const projection = await deps.store.lookup.projection(question)
  if (!projection)
    throw new RecordError(
      'request.not_found',
      `Tributary knows no ${destination} ${object} ${id}: no CRM id, external id or entity of ours`,
      { at: { destination, object, id } },
    )
  const { entity, externalId, crmId } = projection
  const base = { destination, object, externalId, entity, ...(crmId ? { crmId } : {}) }
  const subject = await loadSubject(deps, projection)
  if (!subject) return { ...base, fields: [await explainEntry(deps, projection)] }
  const { mapping, desired } = subject
  const known = new Set([...Object.keys(projection.written), ...(mapping?.fields ?? []).map((f) => f.name)])
  if (field !== undefined && !known.has(field))
    throw new RecordError('request.not_found', `No mapping writes ${destination} ${object}.${field}`, {
      at: { destination, object, field },
    })
  // Without a field: all that was written; with one also why it was not.
  const names = field === undefined ? Object.keys(projection.written).sort() : [field]
  const versions = new Map<string, MappingVersion | undefined>()
  const live = crmId ? (await deps.store.deliver.live([{ destination, object, crmId }]))[0] : undefined
  const fields: FieldExplanation[] = []
  for (const name of names) {
    const written = projection.written[name]
    const operation = written && (await deps.store.lookup.operation(written.operation))
    if (operation?.mapping && !versions.has(operation.mapping))
      versions.set(operation.mapping, await deps.store.lookup.mapping(operation.mapping))
    const version = operation?.mapping ? versions.get(operation.mapping) : undefined
    const compiled = compiledOf(version, mapping)
    fields.push({
      field: name,
      ...(written ? { written } : {}),
      ...(live && name in live.fields ? { live: { value: live.fields[name], seenAt: live.seenAt } } : {}),
      ...desiredOf(desired, name),
      ...(operation ? { operation } : {}),
      deliveries: operation ? await deps.store.inspect.deliveries(operation.id) : [],
      ...(await runOf(deps, operation)),
      ...placeOf(name, operation, version, mapping),
      inputs: compiled ? await inputsOf(deps, subject, compiled, name) : [],
    })
  }
  return { ...base, fields }
}

/** What the mapping sees of the entity today; undefined for timeline entries. */
async function loadSubject(deps: EngineDeps, projection: ProjectionRow): Promise<Subject | undefined> {
  const { destination, object, entity } = projection
  const [node] = await deps.store.absorb.rootsOf([entity])
  const kind = node
    ? node.root.startsWith('acc_')
      ? ('account' as const)
      : ('person' as const)
    : (await deps.store.project.documentsById([entity])).length > 0
      ? ('quote' as const)
      : undefined
  if (!kind) return undefined
  const mappings = deps
    .mappings()
    .filter((m) => m.destination === destination && m.object === object && m.from === kind)
  const now = deps.clock.now()
  const item = { stage: 'project', kind, id: entity, lane: 'lead', dueAt: now, since: now, stamp: 0 } as const
  const { subjects, facts, accounts } = await loadSubjects(deps, kind, [item], loadOptions(mappings, now))
  const subject = subjects[0]
  if (!subject) return undefined
  const mapping = mappings.find((m) => m.mode !== 'off') ?? mappings[0]
  return {
    kind,
    entity: subject.entity,
    mapping,
    view: subject.view,
    desired: mapping?.evaluate(subject.view),
    sources: { facts, accounts },
  }
}

function desiredOf(desired: Desired | undefined, name: string): Pick<FieldExplanation, 'desired'> {
  const field = desired?.fields[name]
  if (field) return { desired: field }
  const link = desired?.links.find((own) => linkKey(own) === name)
  return link ? { desired: { value: link.entity, policy: 'always', from: '' } } : {}
}

async function runOf(
  deps: EngineDeps,
  operation: Operation | undefined,
): Promise<Pick<FieldExplanation, 'run'>> {
  const run = operation?.run ? await deps.store.lookup.run(operation.run) : undefined
  return run ? { run } : {}
}

/** The file as it was when it asked for the value, as far as it still compiles; else as it is. */
function compiledOf(
  version: MappingVersion | undefined,
  current: CompiledMapping | undefined,
): CompiledMapping | undefined {
  if (!version || version.hash === current?.hash) return current
  return compileMapping({ file: version.file, text: version.text }).mapping ?? current
}

function placeOf(
  name: string,
  operation: Operation | undefined,
  version: MappingVersion | undefined,
  current: CompiledMapping | undefined,
): Pick<FieldExplanation, 'mapping'> {
  const own = current?.fields.find((f) => f.name === name)
  const from = operation?.fields[name]?.from ?? (own ? `${own.place.file}:${own.place.line}` : undefined)
  const [, file, line] = /^(.*):(\d+)$/.exec(from ?? '') ?? []
  if (!file || !line) return {}
  const text = version?.text ?? (current?.file === file ? current.text : undefined)
  const hash = operation?.mapping ?? current?.hash
  return {
    mapping: {
      file,
      line: Number(line),
      ...(hash ? { hash } : {}),
      isCurrent: hash !== undefined && hash === current?.hash,
      text: text === undefined ? '' : linesOf(text, Number(line)),
    },
  }
}

const MAX_LINES = 12

/** A field and what is indented below it. */
function linesOf(text: string, line: number): string {
  const lines = text.split('\n')
  const first = lines[line - 1]
  if (first === undefined) return ''
  const indentOf = (each: string) => each.length - each.trimStart().length
  let end = line
  while (end < lines.length && lines[end]!.trim() !== '' && indentOf(lines[end]!) > indentOf(first)) end++
  return lines.slice(line - 1, Math.min(end, line - 1 + MAX_LINES)).join('\n')
}

/** Timeline entries are written once, from one touchpoint or the touchpoints of a day. */
async function explainEntry(deps: EngineDeps, projection: ProjectionRow): Promise<FieldExplanation> {
  const { destination, object, entity } = projection
  const { items } = await deps.store.inspect.operations({ destination, object, entity, limit: 1 })
  const operation = items[0]
  const touchpoint = await deps.store.lookup.touchpoint(entity)
  return {
    field: '(timeline entry)',
    ...(operation ? { operation } : {}),
    deliveries: operation ? await deps.store.inspect.deliveries(operation.id) : [],
    ...(await runOf(deps, operation)),
    ...placeOf('subject', operation, undefined, undefined),
    inputs: [],
    ...(touchpoint ? { origin: await originOf(deps, touchpoint) } : {}),
  }
}
