import { decideConflict } from '../../src/engine/deciding/quarantine.ts'
import { STAGES, type StageName } from '../../src/engine/engine.ts'
import { pullStream } from '../../src/engine/pull.ts'
import { takeOver } from '../../src/engine/sending/leases.ts'
import { DEFAULT_QUOTA_SHARE } from '../../src/engine/sending/quota.ts'
import { watchDue } from '../../src/engine/watch-due.ts'
import { HubError } from '../../src/kit/index.ts'
import type { BulkTrouble } from '../../src/sandbox/salesforce/index.ts'
import {
  type Beginning,
  comeToRest,
  type Delivery,
  happening,
  memory,
  pullEverything,
  SIGNAL,
  STREAMS,
} from './calm.ts'
import type { Fact } from './cast.ts'
import { type Bug, type HubProcess, NO_TROUBLE, startProcess, type Trouble } from './hub-process.ts'
import { CALM, type Exchange, type Weather, weatherOf } from './network.ts'
import { convert, create, type Deeds, edit, merge, type PeopleOptions, remove, takeBack } from './people.ts'
import { BEGIN, type Plan } from './plan.ts'
import type { Random } from './random.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { LATE_INDEX_MS, PLENTY, type Vendors, vendorsAt } from './vendors.ts'

/** Who does what where two processes divide the work. */
const READING: readonly StageName[] = ['unpack', 'absorb']
const SHIFTS: Record<number, readonly StageName[]> = {
  1: READING,
  2: STAGES.filter((stage) => !READING.includes(stage)),
}

/** Turns with something to do, after which it can only be what waits for something else and is looked at in vain. */
const PATIENCE = 8

const PULL_LEASE_MS = 5 * 60_000
/** A process that was killed over a poll may hold the place for so long. */
const POLL_LEASE_MS = 60_000
/** Of a person on one field. */
const MOST_WORDS = 3

export interface Aftermath {
  plan: Plan
  vendors: Vendors
  scheduler: Scheduler
  /** A process that is at rest. */
  hub: HubProcess
  deeds: Deeds
  exchanges: Exchange[]
  log: string[]
  trace: string[]
  /** What no process should ever throw. */
  bugs: string[]
  /** Names of the facts that were acknowledged, by fact. */
  acknowledged: Set<string>
}

/** Everything that can go wrong goes wrong for a while, then nothing any more until there is nothing left to do. */
export async function runDisturbed(
  { cast, crm, database }: Beginning,
  plan: Plan,
  random: Random,
  bug?: Bug,
): Promise<Aftermath> {
  memory.restore(database)
  const scheduler = createScheduler(random.fork('schedule'), BEGIN)
  const vendors = vendorsAt(scheduler.now, crm, plan)
  for (const fact of cast.before) if (fact.source === 'stripe') vendors.stripe.upsert(fact.object, fact.verb)

  const trace: string[] = []
  const exchanges: Exchange[] = []
  const log: string[] = []
  const bugs: string[] = []
  const acknowledged = new Set<string>()
  const deeds: Deeds = { edits: [], touched: new Set() }
  const note = (line: string) => {
    trace.push(`${((scheduler.now() - BEGIN) / 1000).toFixed(3).padStart(9)} ${line}`)
  }

  let weather: Weather = weatherOf(plan.weather, random.fork('weather'))
  let trouble = troubleOf(plan, random.fork('trouble'))
  let isMended = false
  const running = new Set<HubProcess>()
  let started = 0

  const open = (name: string): HubProcess => {
    const hub = startProcess({
      name,
      scheduler,
      vendors,
      memory,
      weather: () => weather,
      trouble: () => trouble,
      random: random.fork(`process ${name}`),
      onExchange(exchange) {
        exchanges.push(exchange)
        const { process, vendor, method, path, items, status, trouble: kind } = exchange
        const what = `${method} ${path}${items ? ` (${items})` : ''} → ${status}`
        note(`${process} ${vendor} ${what}${kind === 'none' ? '' : ` [${kind}]`}`)
      },
      log: (line) => log.push(line),
      setting: plan,
      bug,
    })
    running.add(hub)
    return hub
  }

  /** What an error of a step means: known ones are waited out, as the loop of a host does; others are mistakes. */
  const survive = async (hub: HubProcess, work: () => Promise<unknown>): Promise<void> => {
    try {
      await Promise.race([work(), hub.death])
    } catch (error) {
      if (hub.isDead()) return
      note(`${hub.name} threw ${error}`)
      if (!(error instanceof HubError))
        bugs.push(`${hub.name} threw ${error instanceof Error ? error.stack : error}`)
      await scheduler.turn(1_000)
    }
  }

  /** One hub process after another on one machine, as long as things go wrong. */
  const host = async (place: number): Promise<void> => {
    const own = random.fork(`host ${place}`)
    while (!isMended) {
      const hub = open(`hub${place}-${++started}`)
      note(`${hub.name} starts`)
      const dead = own.chance(0.5)
      if (dead) {
        const isDead = (holder: string) => holder.startsWith(`hub${place}-`) && holder !== hub.name
        await survive(hub, () => takeOver(hub.engine.deps.store, { now: scheduler.now(), isDead }))
      }
      await Promise.all([work(hub, place, own.fork('work')), pull(hub, own.fork('pull'))])
      running.delete(hub)
      if (hub.isDead()) note(`${hub.name} is killed`)
      if (!isMended) await scheduler.turn(own.int(0, 20_000))
    }
  }

  /** Stages in their order, or in any; the less there is to do, the longer it sleeps between. */
  const work = async (hub: HubProcess, place: number, own: Random): Promise<void> => {
    const shift = plan.isDivided && plan.processes === 2 ? SHIFTS[place]! : STAGES
    let nap = plan.pause
    let busy = 0
    hub.engine.receiver.onStored(() => {
      nap = plan.pause
      busy = 0
    })
    while (!isMended && !hub.isDead()) {
      const stages = own.chance(0.5) ? shift : own.shuffle(shift).slice(0, own.int(1, shift.length))
      let done = 0
      for (const stage of stages) {
        if (hub.isDead()) return
        const flush = own.chance(plan.flushRate)
        hub.beginStep(stage)
        await survive(hub, async () => {
          done += (await hub.engine.step(stage, { signal: SIGNAL, flush })).done
        })
      }
      if (plan.watchEvery > 0 && shift.includes('deliver') && !hub.isDead()) {
        hub.beginStep('watch')
        await survive(hub, () => watchDue(hub.engine, { signal: SIGNAL, maxPages: own.int(1, 3) }))
      }
      busy = done > 0 ? busy + 1 : 0
      nap = done > 0 && busy < PATIENCE ? plan.pause : Math.min(nap * 4, plan.longestNap)
      if (!hub.isDead()) await scheduler.turn(own.int(0, nap))
    }
  }

  const pull = async (hub: HubProcess, own: Random): Promise<void> => {
    await scheduler.turn(own.next() * plan.pullEvery[1])
    while (!isMended && !hub.isDead()) {
      const { deps } = hub.engine
      const stream = own.pick(STREAMS)
      await survive(hub, () => pullStream(deps, deps.connections.get('stripe')!, stream, { signal: SIGNAL }))
      if (!isMended && !hub.isDead()) await scheduler.turn(between(own, plan.pullEvery))
    }
  }

  const someProcess = (own: Random): HubProcess | undefined => {
    const alive = [...running].filter((hub) => !hub.isDead())
    return alive.length > 0 ? own.pick(alive) : undefined
  }

  /** Until it is acknowledged: senders repeat, and so must whoever wants to be heard. */
  const deliver = async (name: string, make: () => Promise<Delivery>, own: Random): Promise<void> => {
    for (;;) {
      const hub = someProcess(own)
      if (hub) {
        const { path, body, headers } = await make()
        const status = await hub.post(path, body, headers)
        note(`${name} → ${hub.name}: ${status ?? 'no answer'}`)
        if (status !== undefined && status >= 200 && status < 300) break
        if (status !== undefined && status < 500) bugs.push(`${name} was answered ${status}`)
      }
      await scheduler.turn(own.int(1_000, 30_000))
    }
    acknowledged.add(name)
  }

  const happen = async (fact: Fact, at: number, own: Random): Promise<void> => {
    await scheduler.turn(at)
    const make = happening(vendors, fact)
    if (fact.source === 'stripe' && own.chance(plan.lostWebhooks)) {
      note(`${fact.name} is not announced`)
      return
    }
    const again = own.chance(plan.duplicates) ? own.int(1, 2) : 0
    await Promise.all(
      Array.from({ length: 1 + again }, async () => {
        await scheduler.turn(own.int(0, plan.delay))
        await deliver(fact.name, make, own)
      }),
    )
  }

  /** Somebody says of what waits in quarantine whose value it shall be. */
  const decide = async (own: Random): Promise<void> => {
    await scheduler.turn(own.int(0, plan.span + 30_000))
    const waiting = openConflicts()
    const hub = someProcess(own)
    if (waiting.length === 0 || !hub) return
    const { id, ...place } = own.pick(waiting)
    const word = own.pick(['accept', 'accept', 'keep'] as const)
    note(`person says ${word}: ${place.destination} ${place.crm_id} ${place.field}`)
    if (word === 'accept') for (const one of editsAt(deeds, place)) one.isDecided = true
    await survive(hub, () => decideConflict(hub.engine.deps, id, word))
  }

  const facts = cast.facts.map((fact, i) => ({ fact, at: Math.floor((plan.span * i) / cast.facts.length) }))
  const hosts = Array.from({ length: plan.processes }, (_, place) => host(place + 1))
  const others = [
    ...facts.map(({ fact, at }, i) => happen(fact, at, random.fork(`fact ${i}`))),
    ...peopleAtWork(
      { vendors, memory, random: random.fork('people'), deeds, now: scheduler.now, note },
      plan,
      scheduler,
      cast.people,
    ),
    ...Array.from({ length: plan.decisions }, (_, i) => decide(random.fork(`decision ${i}`))),
    ...accidents({ vendors, note, random: random.fork('accidents') }, plan, scheduler),
  ]

  await scheduler.run(
    (async () => {
      await Promise.all([...others, scheduler.turn(plan.span + random.int(0, 60_000))])
      note('everything is mended')
      isMended = true
      weather = CALM
      vendors.salesforce.setDailyLimit(PLENTY)
      trouble = NO_TROUBLE
      await Promise.all(hosts)
    })(),
  )
  scheduler.stopInterleaving()
  const hub = open('last')
  await comeToRest(hub, scheduler)
  // Where every webhook came, nothing may depend on a pull.
  if (plan.lostWebhooks > 0) {
    // A process that was killed over a pull may hold the stream until now.
    scheduler.advance(PULL_LEASE_MS)
    await pullEverything(hub)
    await comeToRest(hub, scheduler)
  }
  // Whoever took an edit back has given the field back to us: what was wanted meanwhile is written once the poll has seen it.
  if (plan.watchEvery > 0) {
    await watchEverything(hub, scheduler, plan)
    await comeToRest(hub, scheduler)
  }
  // A word counts for the value that was seen: an edit that had not been seen yet is held next.
  for (let again = MOST_WORDS; plan.givesBack && again > 0 && openConflicts().length > 0; again--) {
    await giveBack(hub, deeds)
    await comeToRest(hub, scheduler)
  }
  note('at rest')
  return { plan, vendors, scheduler, hub, deeds, exchanges, log, trace, bugs, acknowledged }
}

/** Looks at what has changed in the CRMs, when the next look is due and search tells all of it. */
export async function watchEverything(hub: HubProcess, scheduler: Scheduler, plan: Plan): Promise<void> {
  scheduler.advance(plan.watchEvery + LATE_INDEX_MS + POLL_LEASE_MS)
  await watchDue(hub.engine, { signal: SIGNAL })
}

interface OpenConflict {
  id: string
  destination: string
  crm_id: string
  field: string
}

const openConflicts = (): OpenConflict[] =>
  memory.query(
    "SELECT id, destination, crm_id, field FROM conflicts WHERE state = 'open' ORDER BY id",
  ) as unknown as OpenConflict[]

const editsAt = ({ edits }: Deeds, place: Omit<OpenConflict, 'id'>) =>
  edits.filter(
    ({ crm, crmId, field }) => crm === place.destination && crmId === place.crm_id && field === place.field,
  )

/** Everything that is held becomes ours again. */
async function giveBack(hub: HubProcess, deeds: Deeds): Promise<void> {
  for (const { id, ...place } of openConflicts()) {
    await decideConflict(hub.engine.deps, id, 'accept')
    for (const edit of editsAt(deeds, place)) edit.isGivenBack = true
  }
}

const between = (random: Random, [least, most]: readonly [number, number]): number =>
  least + random.next() * (most - least)

function troubleOf(plan: Plan, random: Random): Trouble {
  let left = plan.kills
  return {
    kills() {
      if (left === 0 || !random.chance(plan.killRate / 2)) return false
      left--
      return true
    },
    latency: () => (plan.databaseLatency === 0 ? 0 : random.int(0, plan.databaseLatency)),
    isBusy: () => plan.busyRate > 0 && random.chance(plan.busyRate),
  }
}

function peopleAtWork(
  options: PeopleOptions,
  plan: Plan,
  scheduler: Scheduler,
  people: { email: string }[],
): Promise<void>[] {
  const { random } = options
  let number = 0
  const prefersHeld = plan.decisions > 0 || plan.givesBack
  const doings: (() => boolean)[] = [
    ...Array.from({ length: plan.edits }, () => () => edit(options, ++number, prefersHeld)),
    ...Array.from({ length: plan.regrets }, () => () => takeBack(options)),
    ...Array.from({ length: plan.merges }, () => () => merge(options)),
    ...Array.from({ length: plan.conversions }, () => () => convert(options)),
    ...Array.from({ length: plan.deletions }, () => () => remove(options)),
    ...Array.from({ length: plan.creations }, () => () => create(options, random.pick(people).email)),
  ]
  return doings.map(async (act) => {
    await scheduler.turn(random.int(0, plan.span + 30_000))
    for (let tries = 3; tries > 0 && !act(); tries--) await scheduler.turn(random.int(1_000, 20_000))
  })
}

/** Of the day's calls; the hub's configuration does not say otherwise. */
export const OUR_SHARE = DEFAULT_QUOTA_SHARE / 100

/** What happens to the vendors without anybody's doing. */
function accidents(
  { vendors, note, random }: { vendors: Vendors; note(line: string): void; random: Random },
  plan: Plan,
  scheduler: Scheduler,
): Promise<void>[] {
  const expire = () => {
    vendors.salesforce.expireTokens()
    note('salesforce sessions end')
  }
  const lock = () => {
    const records = vendors.salesforce.records(random.pick(['Account', 'Contact', 'Lead']))
    if (records.length === 0) return
    const record = random.pick(records)
    vendors.salesforce.lock(String(record.Id), random.int(1, 3))
    note(`salesforce ${record.Id} is locked`)
  }
  const troubleBulk = () => {
    const trouble = bulkTrouble(random)
    vendors.salesforce.troubleBulk(trouble)
    note(`the next bulk job: ${Object.keys(trouble).join(', ')}`)
  }
  const shortage = async ({ from, until, left }: Plan['shortages'][number]): Promise<void> => {
    await scheduler.turn(from - scheduler.now())
    const { apiCalls } = vendors.salesforce
    const limit = Math.ceil((apiCalls + left) / OUR_SHARE)
    vendors.salesforce.setDailyLimit(limit)
    note(`salesforce grants ${limit} calls, ${apiCalls} are made`)
    await scheduler.turn(until - scheduler.now())
    vendors.salesforce.setDailyLimit(PLENTY)
    note('salesforce grants plenty of calls')
  }
  return [
    ...plan.shortages.map(shortage),
    ...[
      ...Array.from({ length: plan.expiries }, () => expire),
      ...Array.from({ length: plan.locks }, () => lock),
      ...Array.from({ length: plan.bulkTroubles }, () => troubleBulk),
    ].map(async (happen) => {
      await scheduler.turn(random.int(0, plan.span))
      happen()
    }),
  ]
}

function bulkTrouble(random: Random): BulkTrouble {
  return random.pick([
    { durationMs: random.int(0, 120_000) },
    { abortAfter: random.int(0, 1) },
    { failAfter: random.int(0, 1) },
    { locks: (row: number) => row === 0 },
    { loses: (row: number) => row === 0 },
  ])
}
