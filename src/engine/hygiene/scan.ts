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
import { Accounts } from './accounts.ts'
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
  onFinding?(finding: Finding): void
  /** Called with each record that was read and what is wrong with it by itself. */
  onRecord?(record: ReadRecord, findings: Finding[]): void
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
  objects: ({ object: string; kind: RecordKind } & Grade)[]
  checks: CheckCount[]
  /** Values that so many records share that these were not all compared with each other. */
  notCompared: { rule: string; keys: number; records: number }[]
  fields?: FieldUse[]
}

type Ctx = ConnectorContext<Record<string, unknown>>

const ORDER: readonly RecordKind[] = ['account', 'contact', 'lead', 'deal']

/**
 * Reads every record of a CRM page by page and says what is wrong with it. Records are forgotten once they are checked;
 * what stays is what others are compared with: see docs/hygiene.md for how much that is.
 */
export async function hygiene(
  deps: EngineDeps,
  request: HygieneRequest,
  options: HygieneOptions,
): Promise<HygieneReport> {
  const { ctx, inventory, layouts, users } = await openInventory(deps, request.destination, options.signal)
  const settings = { ...DEFAULTS, ...request.settings }
  const canMerge = typeof inventory.merge === 'function'
  const isWanted = wantedBy(request)
  const tally = new Tally({
    isWanted,
    canFix: (fix) => fix.kind !== 'merge' || canMerge,
    onFinding: (finding) => options.onFinding?.(finding),
  })
  const accounts = new Accounts()
  const isComparing = isWanted('duplicate.certain') || isWanted('duplicate.possible')
  const gathered = new Gathered(deps.clock.now(), settings, accounts, isComparing)
  const around: Surroundings = {
    now: deps.clock.now(),
    settings,
    users: new Map(users.map((user) => [user.id, user])),
    account: accounts.get,
    accountOfDomain: accounts.ofDomain,
    listOf: (object, attribute) => layouts.get(object)?.lists.get(attribute),
  }
  const uses = request.fields ? new FieldUses() : undefined
  for (const layout of layouts.values()) {
    const { object, spec } = layout
    tally.open(object, spec.kind)
    uses?.open(layout)
    const fields = uses ? [...layout.fields.keys()] : namesOf(layout)
    let page: string | undefined
    do {
      options.signal.throwIfAborted()
      const answer = await inventory.page(ctx, { object, fields, ...(page === undefined ? {} : { page }) })
      for (const live of answer.records) {
        const number = tally.count(object)
        const record = recordOf(layout, live)
        uses?.add(layout, live)
        gathered.add(record, live, number)
        const findings = tally.add(object, live.crmId, number, checkRecord(record, around))
        options.onRecord?.({ live, layout }, findings)
      }
      options.onProgress?.(object, answer.records.length)
      page = answer.next
    } while (page !== undefined)
  }
  const hasActivity = [...layouts.values()].some(
    ({ spec, has }) => spec.kind === 'account' && has.has('activity_at'),
  )
  for (const late of gathered.conclude(layouts, hasActivity))
    tally.add(late.object, late.crmId, late.number, late.issues)
  const objects = tally.objects()
  const records = objects.reduce((sum, own) => sum + own.records, 0)
  const clean = objects.reduce((sum, own) => sum + own.clean, 0)
  return {
    destination: request.destination,
    at: new Date(deps.clock.now()).toISOString(),
    ...gradeOf(records, records - clean),
    objects,
    checks: tally.checks(),
    notCompared: gathered.skipped,
    ...(uses ? { fields: uses.report(deps, request.destination) } : {}),
  }
}

/** Throws ConfigError `config.unknown_connection` where there is no such CRM, or one whose records cannot be read. */
export async function openInventory(
  deps: EngineDeps,
  destination: string,
  signal: AbortSignal,
): Promise<{
  ctx: Ctx
  inventory: Inventory<Record<string, unknown>>
  layouts: Map<string, Layout>
  users: CrmUser[]
}> {
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
