import type { CrmValue } from '#kit'
import type { CompiledMapping, Desired } from '../../mapping/types.ts'
import { decide } from '../deciding/decide.ts'
import { isEmpty, sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { DirtyItem, DirtyMark, ProjectionRow } from '../ports.ts'
import { loadOptions, loadSubjects } from '../project.ts'
import { askedFor, linkKey, type Subject } from '../projecting/propose.ts'

/** What one mapping would do to the records of whoever was heard of. */
export interface TriedMapping {
  file: string
  destination: string
  object: string
  from: CompiledMapping['from']
  /** People, accounts or quotes that were looked at. */
  tried: number
  /** Of these: `when` is false. */
  left: number
  /** No CRM record is known: one would be created or adopted. */
  creates: number
  updates: number
  unchanged: number
  fields: TriedField[]
  /** Fields that were written before and are not mapped any more: they stay as they are in the CRM. */
  unmapped: { field: string; records: number }[]
  /** Warnings of expressions, such as values that a table lacks. */
  warnings: { field: string; message: string; records: number }[]
}

export interface TriedField {
  field: string
  policy: string
  /** file:line */
  from: string
  /** Records in which it would change, those in which it would be cleared among them. */
  changes: number
  clears: number
  /** New records that would get it. */
  sets: number
  /** Records in which the policy keeps what is there. */
  kept: number
  examples: { entity: string; before?: unknown; after: unknown }[]
}

export interface TryOptions {
  mappings: readonly CompiledMapping[]
  /** Who has been heard of since then. */
  since: number
  signal: AbortSignal
  /** At most this many of each kind. */
  limit?: number
  onProgress?(tried: number): void
}

const CHUNK = 250
const EXAMPLES = 3

/**
 * Runs stored records through mappings and compares the result, field by field, with what was last written and last
 * seen in the CRM. Reads the store only: nothing is written, and no CRM is asked.
 */
export async function tryMappings(deps: EngineDeps, options: TryOptions): Promise<TriedMapping[]> {
  const tallies: Tally[] = []
  for (const kind of ['account', 'person', 'quote'] as const) {
    const own = options.mappings
      .filter((m) => m.from === kind && m.mode !== 'off' && deps.connections.has(m.destination))
      .map((mapping) => new Tally(mapping))
    if (own.length === 0) continue
    tallies.push(...own)
    await tryKind(deps, kind, own, options)
  }
  return tallies.map((tally) => tally.result())
}

async function tryKind(
  deps: EngineDeps,
  kind: DirtyMark['kind'],
  tallies: Tally[],
  { since, signal, limit = Number.POSITIVE_INFINITY, onProgress }: TryOptions,
): Promise<void> {
  const load = loadOptions(
    tallies.map(({ mapping }) => mapping),
    deps.clock.now(),
  )
  let after: string | undefined
  for (let tried = 0; tried < limit; ) {
    signal.throwIfAborted()
    const ids = await deps.store.inspect.activeSince({
      kind,
      since,
      limit: Math.min(CHUNK, limit - tried),
      ...(after !== undefined ? { after } : {}),
    })
    if (ids.length === 0) return
    after = ids.at(-1)!
    tried += ids.length
    const { subjects } = await loadSubjects(
      deps,
      kind,
      ids.map((id) => itemOf(kind, id)),
      load,
    )
    for (const tally of tallies) await tallyChunk(deps, tally, subjects)
    onProgress?.(ids.length)
  }
}

/** Loading is written for dirty marks. */
export const itemOf = (kind: DirtyMark['kind'], id: string): DirtyItem => ({
  stage: 'project',
  kind,
  id,
  lane: 'backfill',
  dueAt: 0,
  since: 0,
  stamp: 0,
})

async function tallyChunk(deps: EngineDeps, tally: Tally, subjects: Subject[]): Promise<void> {
  const { destination, object } = tally.mapping
  const rows = await deps.store.project.projections(
    subjects.map(({ entity }) => ({ destination, object, entity })),
  )
  const projections = new Map(rows.map((row) => [row.entity, row]))
  const known = rows.flatMap(({ crmId }) => (crmId ? [{ destination, object, crmId }] : []))
  const seen = known.length > 0 ? await deps.store.deliver.live(known) : []
  const liveOf = new Map(seen.map((row) => [row.crmId, row.fields]))
  for (const { entity, view } of subjects) {
    const projection = projections.get(entity)
    const live = projection?.crmId ? liveOf.get(projection.crmId) : undefined
    tally.add(entity, tally.mapping.evaluate(view), projection, live)
  }
}

class Tally {
  readonly mapping: CompiledMapping
  private readonly counts = { tried: 0, left: 0, creates: 0, updates: 0, unchanged: 0 }
  private readonly fields = new Map<string, TriedField>()
  private readonly unmapped = new Map<string, number>()
  private readonly warnings = new Map<string, TriedMapping['warnings'][number]>()
  private readonly names: ReadonlySet<string>

  constructor(mapping: CompiledMapping) {
    this.mapping = mapping
    this.names = new Set([...mapping.fields.map(({ name }) => name), ...(mapping.links ?? []).map(linkKey)])
  }

  add(
    entity: string,
    desired: Desired | undefined,
    projection: ProjectionRow | undefined,
    live: Record<string, unknown> | undefined,
  ): void {
    this.counts.tried++
    if (!desired) {
      this.counts.left++
      return
    }
    for (const { field, message } of desired.warnings) this.warn(field, message)
    const isNew = projection?.crmId === undefined
    const written = projection?.written ?? {}
    let isChanged = false
    if (!isNew && this.mapping.mode === 'insert') {
      this.counts.unchanged++
      return
    }
    for (const [name, { value, policy, from, user }] of Object.entries(desired.fields)) {
      const own = written[name]
      if (user && own && sameValue(askedFor(own), value)) continue
      // What was not seen since is taken for what was written.
      const before = live && name in live ? live[name] : own?.value
      const decision = decide({ policy, after: value, written: own, live: before, isNew })
      const field = this.field(name, policy, from)
      if (decision.action === 'write') {
        isChanged = true
        this.change(field, entity, isNew, before, value)
      } else if (!isNew && decision.reason !== 'unchanged') field.kept++
    }
    for (const link of desired.links) {
      const name = linkKey(link)
      const before = written[name]?.value
      if (before === link.entity) continue
      isChanged = true
      this.change(
        this.field(name, 'always', `${this.mapping.file}#links`),
        entity,
        isNew,
        before,
        link.entity,
      )
    }
    for (const name of Object.keys(written))
      if (!this.names.has(name)) this.unmapped.set(name, (this.unmapped.get(name) ?? 0) + 1)
    if (isNew) this.counts.creates++
    else if (isChanged) this.counts.updates++
    else this.counts.unchanged++
  }

  result(): TriedMapping {
    const { file, destination, object, from } = this.mapping
    const fields = [...this.fields.values()].filter(({ changes, sets, kept }) => changes + sets + kept > 0)
    return {
      file,
      destination,
      object,
      from,
      ...this.counts,
      fields: fields.sort((a, b) => b.changes - a.changes || b.sets - a.sets),
      unmapped: [...this.unmapped].map(([field, records]) => ({ field, records })),
      warnings: [...this.warnings.values()].sort((a, b) => b.records - a.records),
    }
  }

  private field(field: string, policy: string, from: string): TriedField {
    let found = this.fields.get(field)
    if (!found) {
      found = { field, policy, from, changes: 0, clears: 0, sets: 0, kept: 0, examples: [] }
      this.fields.set(field, found)
    }
    return found
  }

  private change(field: TriedField, entity: string, isNew: boolean, before: unknown, after: CrmValue): void {
    if (isNew) field.sets++
    else field.changes++
    if (!isNew && isEmpty(after)) field.clears++
    // A change of what is there says more than another new record.
    const index = isNew ? -1 : field.examples.findIndex((example) => !('before' in example))
    const example = { entity, ...(before !== undefined ? { before } : {}), after }
    if (field.examples.length < EXAMPLES) field.examples.push(example)
    else if (index >= 0 && before !== undefined) field.examples[index] = example
  }

  private warn(field: string, message: string): void {
    const key = `${field} ${message}`
    const found = this.warnings.get(key) ?? { field, message, records: 0 }
    found.records++
    // Values of strangers may be many: the commonest thousand tell enough.
    if (this.warnings.size < 1_000) this.warnings.set(key, found)
  }
}
