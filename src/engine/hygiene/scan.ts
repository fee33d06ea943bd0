import {
  ConfigError,
  type ConnectorContext,
  type CrmUser,
  type FieldDescription,
  type Inventory,
  type InventoryObject,
  type InventoryRecord,
  nearestOrAll,
  type RecordAttribute,
  type RecordKind,
} from '#kit'
import {
  CHECKS,
  type CrmRecord,
  checkRecord,
  DEFAULTS,
  type Settings,
  type Surroundings,
} from '../../hygiene/index.ts'
import { contextOf } from '../connection.ts'
import { isEmpty } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { Scratch } from '../ports.ts'
import { type FieldUse, FieldUses } from './field-uses.ts'
import { Gathered } from './gather.ts'
import { type CheckCount, type Finding, type Grade, gradeOf, Tally } from './tally.ts'

export interface HygieneRequest {
  destination: string
  settings?: Partial<Settings>
  /** Checks, or the part of their names before the point; all where absent. */
  only?: string[]
  without?: string[]
  /** Also say how far each field is filled and when it was last used. */
  fields?: boolean
}

export interface HygieneOptions {
  signal: AbortSignal
  /** Empty; what others are compared with is put there. */
  scratch: Scratch
  onFinding?(finding: Finding): void
  /** Called with each record that was read and what is wrong with it by itself. */
  onRecord?(record: ReadRecord, findings: Finding[]): void
  /** Called every few thousand records or findings: what was called back with may be stored. */
  onPause?(): Promise<void>
  onProgress?(object: string, records: number): void
}

/** A record as it was read, with how its CRM calls things. */
export interface ReadRecord {
  live: InventoryRecord
  layout: Layout
}

export interface Layout {
  object: string
  spec: InventoryObject
  /** Object of the CRM's accounts. */
  accounts: string | undefined
  fields: ReadonlyMap<string, FieldDescription>
  has: ReadonlySet<RecordAttribute>
  lists: ReadonlyMap<RecordAttribute, ReadonlySet<string>>
}

export interface HygieneReport extends Grade {
  destination: string
  at: string
  /** Checks, or families of them, that were left out. */
  without: string[]
  objects: ({ object: string; kind: RecordKind } & Grade)[]
  checks: CheckCount[]
  /** Values that so many records share that these were not all compared with each other. */
  notCompared: { rule: string; keys: number; records: number }[]
  fields?: FieldUse[]
}

type Ctx = ConnectorContext<Record<string, unknown>>

/** Findings between two pauses, once all records are read. */
const PAUSE = 2_000

const ORDER: readonly RecordKind[] = ['account', 'contact', 'lead', 'deal']

/**
 * Reads every record of a CRM page by page and says what is wrong with it. Records are forgotten once they are checked;
 * what others are compared with is put into `scratch`. The report takes the place of the one before it, unless only some
 * checks were asked for.
 */
export async function hygiene(
  deps: EngineDeps,
  request: HygieneRequest,
  options: HygieneOptions,
): Promise<HygieneReport> {
  const inventory = await openInventory(deps, request.destination, options.signal)
  const { layouts } = inventory
  const isWanted = wantedBy(request)
  const now = deps.clock.now()
  const settings = { ...DEFAULTS, ...request.settings }
  const isComparing = isWanted('duplicate.certain') || isWanted('duplicate.possible')
  const canMerge = typeof inventory.inventory.merge === 'function'
  const scan: Scan = {
    ...inventory,
    options,
    tally: new Tally({
      isWanted,
      canFix: (fix) => fix.kind !== 'merge' || canMerge,
      onFinding: (finding) => options.onFinding?.(finding),
    }),
    gathered: new Gathered({ ...options, now, settings, isComparing }),
    uses: request.fields ? new FieldUses() : undefined,
    now,
    settings,
  }
  for (const layout of layouts.values()) await readObject(scan, layout)
  await conclude(scan)
  const objects = scan.tally.objects()
  const records = objects.reduce((sum, own) => sum + own.records, 0)
  const clean = objects.reduce((sum, own) => sum + own.clean, 0)
  const report: HygieneReport = {
    destination: request.destination,
    at: new Date(now).toISOString(),
    without: request.without ?? [],
    ...gradeOf(records, records - clean),
    objects,
    checks: scan.tally.checks(),
    notCompared: scan.gathered.skipped,
    ...(scan.uses ? { fields: scan.uses.report(deps, request.destination) } : {}),
  }
  // A look at a few checks says nothing about the CRM.
  if (request.only === undefined) await deps.store.hygieneReports.keep(report)
  return report
}

interface Scan extends OpenInventory {
  options: HygieneOptions
  tally: Tally
  gathered: Gathered
  uses: FieldUses | undefined
  now: number
  settings: Settings
}

async function readObject(scan: Scan, layout: Layout): Promise<void> {
  const { ctx, inventory, layouts, users, options, tally, gathered, uses, now, settings } = scan
  const { object, spec } = layout
  const around: Surroundings = {
    now,
    settings,
    users: new Map(users.map((user) => [user.id, user])),
    account: gathered.accounts.get,
    accountOfDomain: gathered.accounts.ofDomain,
    listOf: (of, attribute) => layouts.get(of)?.lists.get(attribute),
  }
  tally.open(object, spec.kind)
  uses?.open(layout)
  const fields = uses ? [...layout.fields.keys()] : namesOf(layout)
  let page: string | undefined
  do {
    options.signal.throwIfAborted()
    const answer = await inventory.page(ctx, { object, fields, ...(page === undefined ? {} : { page }) })
    const records = answer.records.map((live) => ({ live, record: recordOf(layout, live) }))
    await gathered.load(records.map(({ record }) => record))
    for (const { live, record } of records) {
      const number = tally.count(object)
      uses?.add(layout, live)
      gathered.add(record, live, number)
      const findings = tally.add(object, live.crmId, number, checkRecord(record, around))
      options.onRecord?.({ live, layout }, findings)
    }
    await gathered.settle()
    await options.onPause?.()
    options.onProgress?.(object, answer.records.length)
    page = answer.next
  } while (page !== undefined)
}

/** What can be said when all records have been read. */
async function conclude({ layouts, options, tally, gathered }: Scan): Promise<void> {
  const hasActivity = [...layouts.values()].some(
    ({ spec, has }) => spec.kind === 'account' && has.has('activity_at'),
  )
  let told = 0
  for await (const late of gathered.conclude(layouts, hasActivity)) {
    tally.add(late.object, late.crmId, late.number, late.issues)
    if (++told % PAUSE === 0) {
      options.signal.throwIfAborted()
      await options.onPause?.()
    }
  }
  await options.onPause?.()
}

interface OpenInventory {
  ctx: Ctx
  inventory: Inventory<Record<string, unknown>>
  layouts: Map<string, Layout>
  users: CrmUser[]
}

/** Throws ConfigError `config.unknown_connection` where there is no such CRM, or one whose records cannot be read. */
export async function openInventory(
  deps: EngineDeps,
  destination: string,
  signal: AbortSignal,
): Promise<OpenInventory> {
  const connection = deps.connections.get(destination)
  const api = connection?.connector.destination
  const inventory = api?.inventory
  if (!connection || !api || !inventory)
    throw new ConfigError('config.unknown_connection', `There is no CRM connection ${destination}`)
  const ctx = contextOf(connection, { ...deps, signal })
  const layouts = new Map<string, Layout>()
  const objects = Object.entries(inventory.objects).sort(
    ([, a], [, b]) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind),
  )
  const accounts = objects.find(([, { kind }]) => kind === 'account')?.[0]
  for (const [object, spec] of objects)
    layouts.set(object, layoutOf(object, spec, accounts, await api.describe(ctx, object)))
  return { ctx, inventory, layouts, users: (await api.users?.(ctx)) ?? [] }
}

function layoutOf(
  object: string,
  spec: InventoryObject,
  accounts: string | undefined,
  described: FieldDescription[],
): Layout {
  const fields = new Map(described.map((field) => [field.name, field]))
  const known = Object.entries(spec.fields).filter(([, name]) => fields.has(name)) as [
    RecordAttribute,
    string,
  ][]
  const lists = known.flatMap(([attribute, name]): [RecordAttribute, ReadonlySet<string>][] => {
    const { options, offered } = fields.get(name)!
    const list = options ?? offered ?? []
    return list.length > 0 ? [[attribute, new Set(list)]] : []
  })
  return {
    object,
    spec,
    accounts,
    fields,
    has: new Set(known.map(([attribute]) => attribute)),
    lists: new Map(lists),
  }
}

/** Fields that the checks look at. */
export const namesOf = ({ spec, fields }: Layout): string[] =>
  [...Object.values(spec.fields), ...(spec.also ?? [])].filter((name) => fields.has(name))

export function recordOf(
  { object, spec, has }: Layout,
  { crmId, fields, contacts }: InventoryRecord,
): CrmRecord {
  const values: { [A in RecordAttribute]?: string | number | boolean } = {}
  for (const attribute of has) {
    const value = fields[spec.fields[attribute]!]
    if (!isEmpty(value) && String(value).trim() !== '') values[attribute] = value!
  }
  return { object, kind: spec.kind, crmId, has, values, ...(contacts === undefined ? {} : { contacts }) }
}

/** Throws ConfigError `cli.usage` for a name that is no check. */
function wantedBy({ only, without }: HygieneRequest): (check: string) => boolean {
  const known = [...new Set(Object.keys(CHECKS).flatMap((check) => [check, check.split('.')[0]!]))]
  for (const name of [...(only ?? []), ...(without ?? [])])
    if (!known.includes(name))
      throw new ConfigError('cli.usage', `${name} is no check; ${nearestOrAll(name, known)}`)
  const covers = (names: readonly string[], check: string) =>
    names.some((name) => name === check || check.startsWith(`${name}.`))
  return (check) => (only === undefined || covers(only, check)) && !covers(without ?? [], check)
}
