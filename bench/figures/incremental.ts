import { join } from 'node:path'
import { silentLog, systemClock } from '#kit'
import { parseConfig } from '../../src/config/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { currentModel } from '../../src/engine/matching/match-model.ts'
import type { MatchPort, MatchRow, Store } from '../../src/engine/ports.ts'
import { createHub } from '../../src/hub.ts'
import { openStore } from '../../src/store/open-store.ts'
import { quietMoment } from '../support/machine.ts'
import { inFolder } from '../support/processes.ts'
import { median, percentile, report } from '../support/report.ts'
import { preparedOf, type Stranger, strangerOf } from '../support/strangers.ts'

const MOST = Number(process.env.BENCH_RECORDS ?? 1_000_000)
const SIZES = [10_000, 100_000, MOST].filter((size, i, all) => all.indexOf(size) === i)
const CHUNK = 5_000
const ARRIVALS = 400
const WARM_UP = 50
/** Every so many is somebody who is there already, spelt and reached otherwise. */
const DUPLICATES = 5

/** As many as the stage takes at once. */
const PORTION = 100
const PORTIONS = 5

interface Cost {
  /** Sorted; of one record at a time. */
  ms: number[]
  /** The same without waiting for the disk. */
  judgingMs: number[]
  cpuMs: number
  /** Per record of a portion. */
  portionMs: number
  pairs: number
}

/** What it costs to find out who a new person is, among ever more people: read, compare, judge, commit. */
export async function incremental(): Promise<void> {
  const costs = new Map<number, Cost>()
  for (const size of SIZES) {
    const cost = await inFolder((folder) => measure(folder, size))
    costs.set(size, cost)
    const p95 = percentile(cost.ms, 0.95)
    report({
      bench: 'incremental',
      metric: 'new_record_p95',
      value: p95,
      unit: 'ms',
      goal: '<= 10',
      meets: p95 <= 10,
      detail: {
        people: size,
        p50: percentile(cost.ms, 0.5),
        p99: percentile(cost.ms, 0.99),
        p95_without_commit: percentile(cost.judgingMs, 0.95),
        in_portions_of_100: cost.portionMs,
        cpu_per_record: cost.cpuMs / ARRIVALS,
        duplicates: Math.ceil(ARRIVALS / DUPLICATES),
        pairs: cost.pairs,
      },
    })
  }
  const [few, many] = [costs.get(SIZES[0]!)!, costs.get(SIZES.at(-1)!)!]
  report({
    bench: 'incremental',
    metric: 'cost_of_more_people',
    value: percentile(many.ms, 0.5) / percentile(few.ms, 0.5),
    unit: `times, median, ${SIZES[0]} -> ${SIZES.at(-1)}`,
    detail: {
      p95_ratio: percentile(many.ms, 0.95) / percentile(few.ms, 0.95),
      cpu_ratio: many.cpuMs / few.cpuMs,
    },
  })
}

const personId = (n: number) => `per_${n.toString(16).padStart(24, '0')}`

async function measure(folder: string, size: number): Promise<Cost> {
  const store = await openStore(`file:${join(folder, 'tributary.db')}`)
  const { config } = parseConfig({ file: 'bench', text: 'connections: {}', env: {}, connectors: [] })
  const engine = createHub({
    config: config!,
    store,
    mappings: () => [],
    clock: systemClock,
    log: silentLog,
    fetch,
    holder: 'bench',
  })
  try {
    await fill(store, currentModel('person').version, size)
    await quietMoment()
    const committing = timed(store.match)
    const arrive = async (from: number, count: number) => {
      await announce(store, from, count, size)
      const took = await work(engine, count)
      await catchUp(engine)
      return took
    }
    for (let i = 0; i < WARM_UP; i++) await arrive(size + i, 1)
    const ms: number[] = []
    const judgingMs: number[] = []
    let cpuMs = 0
    for (let i = 0; i < ARRIVALS; i++) {
      await announce(store, size + WARM_UP + i, 1, size)
      const before = process.cpuUsage()
      const took = await work(engine, 1)
      const { user, system } = process.cpuUsage(before)
      cpuMs += (user + system) / 1000
      ms.push(took)
      judgingMs.push(took - committing.lastMs)
      await catchUp(engine)
    }
    const portions: number[] = []
    for (let i = 0; i < PORTIONS; i++)
      portions.push((await arrive(size + WARM_UP + ARRIVALS + i * PORTION, PORTION)) / PORTION)
    const { items } = await store.match.pairs({ limit: ARRIVALS * 10 })
    return {
      ms: ms.sort((a, b) => a - b),
      judgingMs: judgingMs.sort((a, b) => a - b),
      cpuMs,
      portionMs: median(portions),
      pairs: items.length,
    }
  } finally {
    await store.close()
  }
}

/** People who were compared when they came: the rows that the stage leaves. */
async function fill(store: Store, judgedBy: string, size: number): Promise<void> {
  const none = {
    gone: [],
    keysRemoved: [],
    again: [],
    judgements: [],
    withdrawn: [],
    dirty: [],
    dirtyDone: [],
  }
  const restanding = { nodes: [], merged: [], hidden: [], changed: [], lost: [] }
  const now = Date.now()
  for (let from = 0; from < size; from += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, size - from) }, (_, i) => from + i)
    await store.absorb.commit({
      ...NOTHING,
      now,
      entities: numbers.map((n) => ({ id: personId(n), kind: 'person', root: personId(n), createdAt: now })),
    })
    const records = numbers.map((n): MatchRow => {
      const { values, keys } = preparedOf(n)
      return { entity: personId(n), values: values as Record<string, string>, keys, shared: [], judgedBy }
    })
    const keysAdded = records.flatMap(({ entity, keys }) => keys.map((key) => ({ key, entity })))
    await store.match.commit({ ...none, now, records, keysAdded, restanding })
  }
}

const NOTHING = {
  records: [],
  dead: [],
  entities: [],
  merges: [],
  reroots: [],
  identifiers: [],
  judgements: [],
  contributions: [],
  touchpoints: [],
  documents: [],
  dirty: [],
}

/** Remembers how long the last commit took. */
function timed(port: MatchPort): { lastMs: number } {
  const timing = { lastMs: 0 }
  const commit = port.commit
  port.commit = async (request) => {
    const start = performance.now()
    await commit(request)
    timing.lastMs = performance.now() - start
  }
  return timing
}

/** New people are absorbed; some of them are there already. */
async function announce(store: Store, from: number, count: number, size: number): Promise<void> {
  const now = Date.now()
  const numbers = Array.from({ length: count }, (_, i) => from + i)
  await store.absorb.commit({
    ...NOTHING,
    now,
    entities: numbers.map((n) => ({ id: personId(n), kind: 'person', root: personId(n), createdAt: now })),
    contributions: numbers.map((n) => ({
      connection: 'bench',
      stream: 'people',
      key: personId(n),
      slot: 'person:0',
      kind: 'person' as const,
      entity: personId(n),
      attributes: { ...writtenBy(n, size) },
      method: 'asserted' as const,
      observedAt: now,
    })),
    dirty: numbers.map((n) => ({
      stage: 'match' as const,
      kind: 'person' as const,
      id: personId(n),
      lane: 'lead' as const,
      dueAt: now,
    })),
  })
}

function writtenBy(n: number, size: number): Stranger {
  if (n % DUPLICATES !== 0) return strangerOf(n)
  const known = strangerOf((n * 7_919) % size)
  return { ...known, first_name: known.first_name.slice(0, -1), email: `${known.last_name}${n}@mail.example` }
}

/** Milliseconds of the stage. */
async function work({ step }: Engine, count: number): Promise<number> {
  const options = { signal: new AbortController().signal }
  const start = performance.now()
  const { done } = await step('match', options)
  if (done !== count) throw new Error(`the stage did ${done} people instead of ${count}`)
  return performance.now() - start
}

/** Who is judged again because a key has become too common: once a key, and not the cost of a new record. */
async function catchUp({ step }: Engine): Promise<void> {
  while ((await step('match', { signal: new AbortController().signal })).done > 0);
}
