import './deterministic-crypto.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import { pullStream } from '../../src/engine/pull.ts'
import { drain } from '../../src/engine/schedule.ts'
import { type CrmState, KEYS } from '../support/sandboxes.ts'
import { type Cast, createCast, type Fact, START } from './cast.ts'
import { openMemory, type Template } from './database.ts'
import { resetUuids } from './deterministic-crypto.ts'
import { type HubProcess, NO_TROUBLE, startProcess } from './hub-process.ts'
import { simulationMappings } from './mappings.ts'
import { CALM } from './network.ts'
import { BEGIN } from './plan.ts'
import { randomOf } from './random.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { type Vendors, vendorsAt } from './vendors.ts'

export const memory = openMemory()
export const SIGNAL: AbortSignal = new AbortController().signal
const HOUR = 3_600_000

export const HEADERS = {
  'content-type': 'application/json',
  authorization: `Basic ${btoa(`${KEYS.WRITE_KEY}:`)}`,
}

/** A quiet process on the shared database. */
function calmProcess(scheduler: Scheduler, vendors: Vendors): HubProcess {
  return startProcess({
    name: 'calm',
    scheduler,
    vendors,
    memory,
    weather: () => CALM,
    trouble: () => NO_TROUBLE,
    random: randomOf('calm'),
    onExchange: () => {},
    log: () => {},
  })
}

function calmScheduler(start: number): Scheduler {
  const scheduler = createScheduler(randomOf('calm'), start)
  scheduler.stopInterleaving()
  return scheduler
}

export interface Delivery {
  path: string
  body: string
  headers: Record<string, string>
}

/** Lets a fact happen at its vendor; gives the request that tells of it, signed anew at each attempt. */
export function happening(vendors: Vendors, fact: Fact): () => Promise<Delivery> {
  if (fact.source === 'website') {
    const body = JSON.stringify({ batch: [fact.call] })
    return async () => ({ path: '/v1/batch', body, headers: HEADERS })
  }
  const event = vendors.stripe.upsert(fact.object, fact.verb)
  return async () => ({ path: '/hooks/stripe', ...(await vendors.stripe.signedDelivery(event)) })
}

/** Steps of the stages; a hub that comes to rest takes some dozens. */
const STEPS_OF_A_RUNAWAY = 20_000
/** Between looks at work that is always due and waits for something else to end: longer each time. */
const SHORTEST_LOOK_MS = 5_000
const LONGEST_LOOK_MS = 60_000

export async function comeToRest(hub: HubProcess, scheduler: Scheduler): Promise<void> {
  const { engine } = hub
  const patience = scheduler.now() + 10 * 24 * HOUR
  let steps = 0
  let look = SHORTEST_LOOK_MS
  const mayContinue = () => steps++ < STEPS_OF_A_RUNAWAY
  while (scheduler.now() < patience && mayContinue()) {
    await drain(engine, { signal: SIGNAL, flush: true, mayContinue })
    const next = await engine.deps.store.control.nextWake(scheduler.now())
    if (next === undefined) return
    const wait = next - scheduler.now()
    scheduler.advance(Math.max(look, wait))
    look = wait > look ? SHORTEST_LOOK_MS : Math.min(look * 2, LONGEST_LOOK_MS)
  }
  throw new Error('The hub does not come to rest')
}

/** The streams that a history changes. */
export const STREAMS = ['customers', 'subscriptions', 'invoices']

/** To the end: the first look may only end a run that was cut off, up to where that one wanted to read. */
export async function pullEverything({ engine: { deps } }: HubProcess): Promise<void> {
  const stripe = deps.connections.get('stripe')!
  for (const stream of STREAMS) {
    const cursor = await deps.store.intake.readCursor('stripe', stream)
    await pullStream(deps, stripe, stream, { signal: SIGNAL })
    if (cursor?.run !== undefined) await pullStream(deps, stripe, stream, { signal: SIGNAL })
  }
}

async function deliverCalmly(hub: HubProcess, vendors: Vendors, facts: Fact[]): Promise<void> {
  for (const fact of facts) {
    const { path, body, headers } = await happening(vendors, fact)()
    const status = await hub.post(path, body, headers)
    if (status !== 200) throw new Error(`${fact.name} was answered ${status}`)
  }
}

let bare: { crm: CrmState; database: Template } | undefined

/** CRMs with all fields that the mappings write, as `tributary setup --apply` makes them. */
async function setUp(): Promise<{ crm: CrmState; database: Template }> {
  if (bare) return bare
  const database = memory.dump()
  const scheduler = calmScheduler(START - HOUR)
  const vendors = vendorsAt(scheduler.now)
  const { deps } = calmProcess(scheduler, vendors).engine
  for (const connection of deps.connections.values()) {
    const { destination } = connection.connector
    if (!destination) continue
    const fields = fieldNeeds(simulationMappings(), connection.name)
    const steps = await destination.setup(contextOf(connection, { ...deps, signal: SIGNAL }), {
      apply: true,
      fields,
    })
    const failed = steps.filter((step) => step.state === 'failed')
    if (failed.length > 0) throw new Error(failed.map((s) => `${s.object} ${s.what}: ${s.detail}`).join('\n'))
  }
  bare = { crm: { salesforce: vendors.salesforce.dump(), hubspot: vendors.hubspot.dump() }, database }
  return bare
}

export interface Beginning {
  cast: Cast
  crm: CrmState
  database: Template
}

/** The state after everything that had come in before the history begins. */
export async function beginningOf(castNumber: number): Promise<Beginning> {
  const { crm, database } = await setUp()
  resetUuids()
  const cast = createCast(castNumber)
  memory.restore(database)
  const scheduler = calmScheduler(START)
  const vendors = vendorsAt(scheduler.now, crm)
  for (const { crm: name, object, fields } of cast.preset) {
    if (name === 'salesforce') vendors.salesforce.edit(object, undefined, fields)
    else vendors.hubspot.create(object, fields)
  }
  const hub = calmProcess(scheduler, vendors)
  await deliverCalmly(hub, vendors, cast.before)
  await pullEverything(hub)
  await comeToRest(hub, scheduler)
  await hub.engine.releaseLeases()
  return {
    cast,
    crm: { salesforce: vendors.salesforce.dump(), hubspot: vendors.hubspot.dump() },
    database: memory.dump(),
  }
}

/** The same facts one after the other, and nothing goes wrong. */
export async function runCalmly({ cast, crm, database }: Beginning): Promise<Vendors> {
  memory.restore(database)
  const scheduler = calmScheduler(BEGIN)
  const vendors = vendorsAt(scheduler.now, crm)
  for (const fact of cast.before) if (fact.source === 'stripe') vendors.stripe.upsert(fact.object, fact.verb)
  const hub = calmProcess(scheduler, vendors)
  await deliverCalmly(hub, vendors, cast.facts)
  await pullEverything(hub)
  await comeToRest(hub, scheduler)
  return vendors
}
