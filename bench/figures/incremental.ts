import { join } from 'node:path'
import { silentLog, systemClock } from '#kit'
import { parseConfig } from '../../src/config/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { currentModel } from '../../src/engine/match-model.ts'
import type { MatchRow, Store } from '../../src/engine/ports.ts'
import { createHub } from '../../src/hub.ts'
import { openStore } from '../../src/store/open-store.ts'
import { quietMoment } from '../support/machine.ts'
import { inFolder } from '../support/processes.ts'
import { percentile, report } from '../support/report.ts'
import { preparedOf, strangerOf } from '../support/strangers.ts'

const MOST = Number(process.env.BENCH_RECORDS ?? 1_000_000)
const SIZES = [10_000, 100_000, MOST].filter((size, i, all) => all.indexOf(size) === i)
const CHUNK = 5_000
const ARRIVALS = 400
const WARM_UP = 50
/** Every so many is somebody who is there already, spelt and reached otherwise. */
const DUPLICATES = 5

interface Cost {
  /** Sorted. */
  ms: number[]
  cpuMs: number
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
    await fill(store, (await currentModel(engine.deps)).version, size)
    await quietMoment()
    for (let i = 0; i < WARM_UP; i++) await arrive(engine, size + ARRIVALS + i, size)
    const ms: number[] = []
    const before = process.cpuUsage()
    for (let i = 0; i < ARRIVALS; i++) ms.push(await arrive(engine, size + i, size))
    const { user, system } = process.cpuUsage(before)
    const { items } = await store.match.pairs({ limit: ARRIVALS * 10 })
    return { ms: ms.sort((a, b) => a - b), cpuMs: (user + system) / 1000, pairs: items.length }
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

/** Milliseconds of the stage for one new person, who has been absorbed before. */
async function arrive({ deps, step }: Engine, n: number, size: number): Promise<number> {
  const now = Date.now()
  const id = personId(n)
  const known = strangerOf((n * 7_919) % size)
  const attributes =
    n % DUPLICATES === 0
      ? { ...known, first_name: known.first_name.slice(0, -1), email: `${known.last_name}${n}@mail.example` }
      : strangerOf(n)
  await deps.store.absorb.commit({
    ...NOTHING,
    now,
    entities: [{ id, kind: 'person', root: id, createdAt: now }],
    contributions: [
      {
        connection: 'bench',
        stream: 'people',
        key: id,
        slot: 'person:0',
        kind: 'person',
        entity: id,
        attributes: { ...attributes },
        method: 'asserted',
        observedAt: now,
      },
    ],
    dirty: [{ stage: 'match', kind: 'person', id, lane: 'lead', dueAt: now }],
  })
  const start = performance.now()
  const { done } = await step('match', { signal: new AbortController().signal })
  if (done !== 1) throw new Error(`the stage did ${done} people instead of one`)
  return performance.now() - start
}
