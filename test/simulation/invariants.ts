import { contextOf } from '../../src/engine/connection.ts'
import { isStillOurs, sameValue } from '../../src/engine/deciding/same-value.ts'
import { KEYS } from '../support/sandboxes.ts'
import { duplicatesIn } from '../support/snapshots.ts'
import { comeToRest, memory, pullEverything, SIGNAL } from './calm.ts'
import type { Cast } from './cast.ts'
import { ACTIVITIES, type Content, contentOf, differences } from './content.ts'
import { type Aftermath, OUR_SHARE, watchEverything } from './disturbed.ts'
import { nameOf, recordsOf } from './people.ts'
import type { Crm } from './vendors.ts'

/** Everything that must hold when a history is over, as sentences about what does not. */
export async function problemsAfter(cast: Cast, expected: Content, after: Aftermath): Promise<string[]> {
  const paying = new Set(cast.people.filter((p) => p.isCustomer).map((p) => p.domain))
  noteLateReads(after)
  const customers = new Set(cast.people.filter((p) => paying.has(p.domain)).map((p) => p.email))
  return [
    ...after.bugs,
    ...nothingIsLeft(),
    ...receiptsOf(cast, after),
    ...duplicatesIn(after.vendors).filter((text) => !isByTouched(text, after)),
    ...differences(expected, contentOf(after.vendors), after.deeds, customers),
    ...operationsAreSettled(cast, customers, after),
    ...(await shadowsAreTrue(customers, after)),
    ...vendorLimits(after),
    ...oneAtATime(after),
    ...quietAfterRefusals(after),
    ...budgetIsKept(after),
    ...secretsIn(after),
    ...(await memoryIsTrue(after)),
    ...(await nothingMoreToDo(after)),
  ]
}

/** People who enter or convert somebody themselves may well make a second record of that person. */
const isByTouched = (text: string, { deeds }: Aftermath): boolean =>
  text.includes(' key undefined:') ||
  [...deeds.touched].some((one) => text.includes(` e-mail ${one.split(' ')[1]}:`))

/** Every queue is empty. */
function nothingIsLeft(): string[] {
  const left = memory.query(`
    SELECT 'receipts' AS what, count(*) AS n FROM receipts WHERE state <> 'done'
    UNION ALL SELECT 'records', count(*) FROM records WHERE state <> 'absorbed'
    UNION ALL SELECT 'marks', count(*) FROM dirty
    UNION ALL SELECT 'operations', count(*) FROM operations WHERE state IN ('pending', 'sending')`)
  return left.filter(({ n }) => n !== 0).map(({ what, n }) => `${n} ${what} are left over`)
}

/** What was acknowledged is there. */
function receiptsOf(cast: Cast, { acknowledged }: Aftermath): string[] {
  const bodies = memory.query('SELECT body FROM receipts').map(({ body }) => String(body))
  const stored = bodies.join('\n')
  return cast.facts.flatMap((fact) => {
    if (fact.source !== 'website' || !acknowledged.has(fact.name)) return []
    return stored.includes(`"messageId":"${fact.name}"`)
      ? []
      : [`${fact.name} was acknowledged and is not stored`]
  })
}

interface OperationRow {
  destination: Crm
  object: string
  external_id: string
  state: string
  error: string | null
}

/** Only who is refused by a rule, or was changed by people, may end otherwise than written; always with a reason. */
function operationsAreSettled(cast: Cast, customers: Set<string>, { deeds }: Aftermath): string[] {
  const isExcused = cast.people.some((p) => p.isRefused) || deeds.touched.size > 0
  const rows = memory.query(
    "SELECT destination, object, external_id, state, error FROM operations WHERE state IN ('dead', 'held')",
  ) as unknown as OperationRow[]
  return rows.flatMap((row) => {
    const what = `${row.destination} ${row.object} ${row.external_id} is ${row.state}`
    const code = row.error ? (JSON.parse(row.error) as { code?: string }).code : undefined
    if (!code) return row.state === 'held' && isConflict(row) ? [] : [`${what} without a reason`]
    // Nothing of this is about a record, so none is given up for it.
    if (/^(auth|config|http)\./.test(code)) return [`${what}: ${row.error}`]
    // A task of somebody who became a contact before they were written as a lead.
    const isLeadsTask = row.state === 'held' && row.object === 'Task' && customers.size > 0
    return isExcused || isLeadsTask ? [] : [`${what}: ${row.error}`]
  })
}

/** A field with the policy hold_on_conflict waits for a person. */
const isConflict = ({ object }: OperationRow): boolean => ['Lead', 'Contact', 'contacts'].includes(object)

/** What the hub believes to have written is what the CRM holds, unless somebody changed it since. */
async function shadowsAreTrue(customers: Set<string>, { hub, deeds, vendors }: Aftermath): Promise<string[]> {
  const rows = memory.query(
    'SELECT destination, object, entity, crm_id, written FROM projections WHERE crm_id IS NOT NULL',
  ) as { destination: Crm; object: string; entity: string; crm_id: string; written: string }[]
  const edited = new Set(deeds.edits.map((e) => `${e.crm} ${e.crmId} ${e.field}`))
  const problems: string[] = []
  for (const group of Map.groupBy(rows, (row) => `${row.destination} ${row.object}`).values()) {
    const { destination: crm, object } = group[0]!
    if (object === ACTIVITIES[crm]) continue
    const names = new Map(recordsOf(vendors, crm, object).map((r) => [r.crmId, nameOf(r)]))
    const written = group.map((row) => ({
      ...row,
      fields: JSON.parse(row.written) as Record<string, { value?: unknown; maybe?: unknown }>,
    }))
    const fieldNames = [...new Set(written.flatMap(({ fields }) => Object.keys(fields)))].filter(
      (name) => !name.startsWith('→') && name !== 'AccountId',
    )
    if (fieldNames.length === 0) continue
    const connection = hub.engine.deps.connections.get(crm)!
    const ctx = contextOf(connection, { ...hub.engine.deps, signal: SIGNAL })
    const live = new Map(
      (
        await connection.connector.destination!.read(ctx, {
          object,
          crmIds: group.map((row) => row.crm_id),
          fields: fieldNames,
        })
      ).map((record) => [record.crmId, record]),
    )
    for (const { crm_id, entity, fields } of written) {
      const name = names.get(crm_id)
      if (name === undefined || deeds.touched.has(`${crm} ${name}`)) continue
      // Nobody keeps up the lead of somebody who has become a contact.
      if (object === 'Lead' && customers.has(name)) continue
      const record = live.get(crm_id)
      if (!record) {
        if (deeds.touched.size === 0) problems.push(`${crm} ${object} ${crm_id} (${entity}) is gone`)
        continue
      }
      for (const field of fieldNames) {
        const own = fields[field]
        if (!own || edited.has(`${crm} ${crm_id} ${field}`)) continue
        const what = `${crm} ${object} ${name || entity} ${field}`
        if ('maybe' in own) {
          // It arrived, and by the field's policy it stays: nothing had to be written to find out.
          if (!isStillOurs(record.fields[field], own.maybe))
            problems.push(`${what}: whether ${own.maybe} was written is not known`)
        } else if (!isStillOurs(record.fields[field], own.value))
          problems.push(`${what}: believed ${own.value}, is ${record.fields[field]}`)
      }
    }
  }
  return problems
}

/** What the change poll has brought is what the CRM holds, once it has looked for the last time. */
async function memoryIsTrue({ plan, hub, scheduler, deeds, vendors }: Aftermath): Promise<string[]> {
  if (plan.watchEvery === 0) return []
  await watchEverything(hub, scheduler, plan)
  const rows = memory.query(
    'SELECT destination, object, crm_id, fields FROM live WHERE deleted_at IS NULL',
  ) as { destination: Crm; object: string; crm_id: string; fields: string }[]
  return rows.flatMap(({ destination: crm, object, crm_id, fields }) => {
    const record = recordsOf(vendors, crm, object).find(({ crmId }) => crmId === crm_id)
    if (!record || deeds.touched.has(`${crm} ${nameOf(record)}`)) return []
    const kept = Object.entries(JSON.parse(fields) as Record<string, unknown>)
    return kept
      .filter(([field, value]) => !sameValue(value, record.fields[field] ?? null))
      .map(([field, value]) => {
        const what = `${crm} ${object} ${nameOf(record)} ${field}`
        return `${what}: remembered ${value}, is ${record.fields[field]}`
      })
  })
}

const MOST: Record<string, number> = { salesforce: 2_000, hubspot: 100, stripe: 0 }

function vendorLimits({ exchanges }: Aftermath): string[] {
  return exchanges
    .filter(({ vendor, items, path, method }) => {
      const most =
        vendor === 'salesforce' && (method === 'PATCH' || /sobjects$/.test(path)) ? 200 : MOST[vendor]!
      return items > most
    })
    .map(({ vendor, items, path }) => `${vendor} got ${items} records at ${path}`)
}

/** No record is written to by two living processes at once. */
function oneAtATime({ exchanges }: Aftermath): string[] {
  const writes = exchanges.filter((exchange) => isWrite(exchange) && exchange.items > 0)
  return writes.flatMap((a, i) =>
    writes.slice(i + 1).flatMap((b) => {
      if (a.process === b.process || a.vendor !== b.vendor || objectOf(a.path) !== objectOf(b.path)) return []
      // Of a process that was killed nobody knows whether its request is still under way.
      const isOverlap = b.from < (a.until ?? 0) && a.from < (b.until ?? 0)
      const both = isOverlap ? a.keys.filter((key) => key !== '' && b.keys.includes(key)) : []
      return both.map((key) => `${a.process} and ${b.process} write ${a.vendor} ${key} at the same time`)
    }),
  )
}

const objectOf = (path: string): string => /\/(?:sobjects|objects\/[\d-]+)\/(\w+)/.exec(path)?.[1] ?? ''

/**
 * Whoever was told when to come back does not come earlier, but for a call that was being made ready meanwhile. What
 * the change poll was told concerns the change poll alone.
 */
function quietAfterRefusals({ exchanges }: Aftermath): string[] {
  return exchanges.flatMap(({ until, retryAfterMs, vendor, process, step }) => {
    if (until === undefined || retryAfterMs === undefined || vendor === 'stripe') return []
    const asked = until + retryAfterMs
    const early = exchanges.filter(
      (one) =>
        one.process === process &&
        one.vendor === vendor &&
        one.from > until &&
        one.from < asked &&
        (step !== 'watch' || one.step === 'watch'),
    )
    return early
      .slice(1)
      .map((one) => `${process} called ${vendor} ${one.path} ${asked - one.from} ms earlier than it was told`)
  })
}

/** Longest time for which an answer's word on the budget counts. */
const PROBE_MS = 15 * 60_000

/**
 * Whoever has been told that our share of the day's calls is used up begins no step that makes calls, as long as that
 * word counts: it may end while a step is under way, whose later parts look at the budget anew.
 */
function budgetIsKept({ exchanges }: Aftermath): string[] {
  const asked = exchanges.filter(({ vendor, path }) => vendor === 'salesforce' && !path.endsWith('/token'))
  return asked.flatMap(({ process, path, stepAt, from }) => {
    const told = asked.filter((one) => one.process === process && (one.until ?? Infinity) < stepAt)
    const last = told.filter((one) => one.calls).sort((a, b) => b.until! - a.until!)[0]
    if (!last || told.some((one) => !one.calls && one.until! >= last.until!)) return []
    const { used, limit } = last.calls!
    if (used < limit * OUR_SHARE || from - last.until! >= PROBE_MS) return []
    return [`${process} called salesforce ${path} after ${used} of ${limit} calls`]
  })
}

/** As long before a write as an edit may be lost by it where the change poll stands for reading, and what a write may take. */
const UNSEEN_MS = 2 * 60_000 + 60_000

/** Which edits the mode of reading does not protect: those right before a write. */
function noteLateReads({ plan, deeds, exchanges }: Aftermath): void {
  if (plan.watchEvery === 0) return
  const keys = new Map(
    memory
      .query('SELECT destination, crm_id, external_id FROM projections WHERE crm_id IS NOT NULL')
      .map((row) => [`${row.destination} ${row.crm_id}`, String(row.external_id)]),
  )
  for (const edit of deeds.edits) {
    const { crm, crmId, at } = edit
    if ((plan.live ?? (crm === 'hubspot' ? 'poll' : 'needed')) !== 'poll') continue
    const own = [crmId, keys.get(`${crm} ${crmId}`)]
    edit.isRaced ||= exchanges.some(
      (one) =>
        one.vendor === crm &&
        one.from >= at &&
        one.from <= at + UNSEEN_MS &&
        isWrite(one) &&
        // What is in a file has no keys here.
        (one.path.includes('/jobs/ingest') || one.keys.some((key) => own.includes(key))),
    )
  }
}

function secretsIn({ log }: Aftermath): string[] {
  const stored = memory.query(`
    SELECT error AS text FROM receipts WHERE error IS NOT NULL UNION ALL SELECT error FROM records WHERE error IS NOT NULL
    UNION ALL SELECT error FROM operations WHERE error IS NOT NULL UNION ALL SELECT excerpt FROM deliveries WHERE excerpt IS NOT NULL
    UNION ALL SELECT error FROM runs WHERE error IS NOT NULL`)
  const text = [...log, ...stored.map((row) => String(row.text))].join('\n')
  return Object.entries(KEYS)
    .filter(([, secret]) => text.includes(secret))
    .map(([name]) => `${name} is in a log or an error`)
}

/** Looking at everything once more sends nothing. */
async function nothingMoreToDo({ hub, scheduler, exchanges }: Aftermath): Promise<string[]> {
  const { store, clock } = hub.engine.deps
  const before = exchanges.length
  for (const kind of ['account', 'person', 'quote'] as const)
    await store.project.markAll({ kind, limit: 10_000, lane: 'billing', dueAt: clock.now() })
  await pullEverything(hub)
  await comeToRest(hub, scheduler)
  return exchanges
    .slice(before)
    .filter(isWrite)
    .map(({ vendor, method, path, items }) => `at rest, and yet: ${vendor} ${method} ${path} (${items})`)
}

const isWrite = ({ vendor, method, path }: Aftermath['exchanges'][number]): boolean => {
  if (vendor === 'stripe' || method === 'GET' || path.endsWith('/token')) return false
  return (
    !/\/(read|search)$|\/jobs\/query/.test(path) &&
    !(vendor === 'salesforce' && method === 'POST' && /sobjects\/\w+$/.test(path))
  )
}
