import type { CrmFields, CrmValue, InventoryRecord, RecordAttribute } from '#kit'
import { isEmpty, sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { Scratch } from '../ports.ts'
import { Piles } from './piles.ts'
import { type Layout, openInventory, type ReadRecord } from './scan.ts'
import type { Finding } from './tally.ts'

export const HYGIENE_PLAN_VERSION = 1

export interface HygieneChange {
  id: string
  /** Checks that it answers; none where it takes another change back. */
  checks: string[]
  object: string
  crmId: string
}

/** What one operation does to a CRM record, against what it held when it was planned. */
export type HygieneOperation = HygieneChange &
  (
    | { kind: 'standardise' | 'reassign'; fields: Record<string, { before: CrmValue; after: CrmValue }> }
    /** An association to a record that is there, or none any more. */
    | { kind: 'reassign'; link: { object: string; before: string | null; after: string | null } }
    /** Into the recycle bin. `seen`: fields of each record on which the decision rests. */
    | { kind: 'archive'; seen: Record<string, CrmFields> }
    | { kind: 'merge'; losers: string[]; seen: Record<string, CrmFields> }
    /** For a person: no API can do it, or nobody but a person can know. */
    | { kind: 'task'; what: string; why: string; others?: string[] }
  )

export type HygieneKind = HygieneOperation['kind']

export interface HygieneTotals {
  standardise: number
  reassign: number
  archive: number
  merge: number
  task: number
}

export interface HygienePlan {
  version: typeof HYGIENE_PLAN_VERSION
  kind: 'hygiene'
  destination: string
  createdAt: string
  /** The run that it takes back. */
  undoes?: string
  operations: HygieneOperation[]
  totals: HygieneTotals
}

export const noTotals = (): HygieneTotals => ({ standardise: 0, reassign: 0, archive: 0, merge: 0, task: 0 })

/** What a merge relies on: who the records seem to be. */
const IDENTITY: readonly RecordAttribute[] = [
  'name',
  'first_name',
  'last_name',
  'email',
  'phone',
  'mobile',
  'website',
  'account',
  'amount',
  'close_at',
]
/** What an archive relies on. */
const LIFE: readonly RecordAttribute[] = ['name', 'activity_at', 'owner']

/** Makes operations of findings; those that need other records are put aside until the end. */
export class HygienePlanner {
  #piles: Piles

  constructor(scratch: Scratch) {
    this.#piles = new Piles(scratch)
  }

  /** Operations on the fields of one record. */
  ofRecord({ live, layout }: ReadRecord, findings: readonly Finding[]): HygieneOperation[] {
    return [
      ...this.#fieldChange('standardise', live, layout, findings),
      ...this.#fieldChange('reassign', live, layout, findings),
    ]
  }

  #fieldChange(
    kind: 'standardise' | 'reassign',
    live: InventoryRecord,
    layout: Layout,
    findings: readonly Finding[],
  ): HygieneOperation[] {
    const { object } = layout
    const { crmId } = live
    const operations: HygieneOperation[] = []
    const fields: Record<string, { before: CrmValue; after: CrmValue }> = {}
    const checks = new Set<string>()
    for (const { check, fix } of findings) {
      if (fix?.kind !== kind) continue
      for (const [attribute, after] of Object.entries(fix.set) as [RecordAttribute, CrmValue][]) {
        if (attribute === 'account' && layout.spec.accountBy === 'association') {
          const link = { object: layout.accounts!, before: null, after: String(after) }
          operations.push({
            id: `link ${object} ${crmId}`,
            kind: 'reassign',
            object,
            crmId,
            checks: [check],
            link,
          })
          continue
        }
        const name = layout.spec.fields[attribute]!
        if (!mayWrite(layout, name, after)) continue
        fields[name] = { before: live.fields[name] ?? null, after }
        checks.add(check)
      }
    }
    if (Object.keys(fields).length > 0)
      operations.push({ id: `${kind} ${object} ${crmId}`, kind, object, crmId, checks: [...checks], fields })
    return operations
  }

  /** Called with every finding; keeps those of which `conclude` makes operations. */
  note(finding: Finding): void {
    const { check, fix } = finding
    if (fix?.kind === 'archive' || fix?.kind === 'merge' || (check === 'duplicate.certain' && finding.note))
      this.#piles.add(pileOf(finding), JSON.stringify(finding))
  }

  /** To be called now and then: what was noted does not stay in memory. */
  settle = (): Promise<void> => this.#piles.settle()

  /** Archives and merges, with what the records hold now. */
  async *conclude(
    deps: EngineDeps,
    destination: string,
    signal: AbortSignal,
  ): AsyncGenerator<HygieneOperation[]> {
    const { ctx, inventory, layouts } = await openInventory(deps, destination, signal)
    const refused = typeof inventory.merge === 'function' ? undefined : inventory.merge.refused
    // Archives first: a merge may wait for a person.
    for (const pile of PILES)
      for await (const findings of this.#piles.read<Finding>(pile))
        for (let i = 0; i < findings.length; i += CHUNK) {
          signal.throwIfAborted()
          const operations: HygieneOperation[] = []
          const some = findings.slice(i, i + CHUNK)
          for (const [object, own] of Map.groupBy(some, (finding) => finding.object)) {
            const layout = layouts.get(object)!
            const read = own.filter(
              ({ fix }) => fix?.kind === 'archive' || (fix?.kind === 'merge' && !refused),
            )
            const seen = await readSeen({ ctx, inventory }, layout, read)
            operations.push(...own.map((finding) => lateOperation(finding, layout, seen, refused)))
          }
          yield operations
        }
  }
}

const CHUNK = 500

const PILES = ['plan archive', 'plan merge', 'plan task'] as const

const pileOf = ({ fix }: Finding): (typeof PILES)[number] =>
  fix?.kind === 'archive' || fix?.kind === 'merge' ? `plan ${fix.kind}` : 'plan task'

function mayWrite({ fields }: Layout, name: string, after: CrmValue): boolean {
  const field = fields.get(name)
  if (!field?.isWritable || (isEmpty(after) && field.isRequired)) return false
  return typeof after !== 'string' || field.maxLength === undefined || after.length <= field.maxLength
}

function lateOperation(
  finding: Finding,
  layout: Layout,
  seenOf: ReadonlyMap<string, CrmFields>,
  refused: string | undefined,
): HygieneOperation {
  const { object, crmId, check, fix, note, others } = finding
  const base = { object, crmId, checks: [check] }
  const pick = (ids: string[], attributes: readonly RecordAttribute[]) => {
    const names = attributes.flatMap((attribute) => layout.spec.fields[attribute] ?? [])
    return Object.fromEntries(
      ids.map((id) => [
        id,
        Object.fromEntries(
          names.flatMap((name) => (name in (seenOf.get(id) ?? {}) ? [[name, seenOf.get(id)![name]!]] : [])),
        ),
      ]),
    )
  }
  if (fix?.kind === 'archive')
    return { id: `archive ${object} ${crmId}`, kind: 'archive', ...base, seen: pick([crmId], LIFE) }
  if (fix?.kind === 'merge' && !refused)
    return {
      id: `merge ${object} ${crmId}`,
      kind: 'merge',
      ...base,
      losers: fix.crmIds.filter((id) => id !== crmId),
      seen: pick(fix.crmIds, IDENTITY),
    }
  const what = fix?.kind === 'merge' ? `merge into ${crmId}` : (note ?? 'look at it')
  return {
    id: `task ${object} ${crmId}`,
    kind: 'task',
    ...base,
    what,
    why: fix?.kind === 'merge' ? refused! : 'only a person can decide it',
    ...(others ? { others } : {}),
  }
}

async function readSeen(
  { ctx, inventory }: Pick<Awaited<ReturnType<typeof openInventory>>, 'ctx' | 'inventory'>,
  layout: Layout,
  findings: readonly Finding[],
): Promise<Map<string, CrmFields>> {
  const crmIds = findings.flatMap(({ crmId, fix }) => (fix?.kind === 'merge' ? fix.crmIds : [crmId]))
  if (crmIds.length === 0) return new Map()
  const fields = [...new Set([...IDENTITY, ...LIFE])].flatMap((attribute) =>
    layout.has.has(attribute) ? [layout.spec.fields[attribute]!] : [],
  )
  const live = await inventory.read(ctx, { object: layout.object, crmIds, fields })
  return new Map(live.map((record) => [record.crmId, record.fields]))
}

/** Whether a record still says what was planned on; `written` is what the same plan has changed since. */
export function isAsSeen(now: CrmFields, seen: CrmFields, written: CrmFields | undefined): boolean {
  return Object.entries(seen).every(
    ([name, value]) =>
      sameValue(now[name], value) ||
      (written !== undefined && name in written && sameValue(now[name], written[name])),
  )
}
