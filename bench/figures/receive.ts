import type { LoadOrder, LoadSummary } from '../support/load.ts'
import { cpuSeconds, quietMoment } from '../support/machine.ts'
import { inFolder, runLoad, type Server, startBaseline, startHelper, startHub } from '../support/processes.ts'
import { median, report } from '../support/report.ts'
import { configText } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const IN_FLIGHT = 32
const ROUNDS = 3
const SECONDS = 3
const WARM_UP_SECONDS = 1

const CASES = [
  { metric: 'collector_single', order: { kind: 'track' }, events: 1 },
  { metric: 'collector_batch_100', order: { kind: 'track', batchSize: 100 }, events: 100 },
  { metric: 'stripe_webhook', order: { kind: 'stripe' }, events: 1 },
] as const satisfies { metric: string; order: Pick<LoadOrder, 'kind' | 'batchSize'>; events: number }[]

interface Round extends LoadSummary {
  cpuMs: number
  /** Share of the CPUs that others used just before. */
  others: number
}

/** Receipts that are durable when they are answered, while the hub works on those it has; beside a route that keeps nothing. */
export async function receive(): Promise<void> {
  const simulators = await startHelper<Simulators>('simulators')
  const urls = await simulators.ask.urls()
  let from = 0
  for (const { metric, order, events } of CASES) {
    await inFolder(async (folder) => {
      const hub = await startHub(folder, configText(['website', 'stripe'], urls))
      const baseline = await startBaseline()
      const hubRounds: Round[] = []
      const baselineRounds: Round[] = []
      for (let round = 0; round < ROUNDS; round++) {
        for (const [server, rounds] of [
          [baseline, baselineRounds],
          [hub, hubRounds],
        ] as const) {
          rounds.push(await measure(server, order, from))
          from += 1_000_000
        }
      }
      await Promise.all([hub.stop(), baseline.stop()])
      reportCase(metric, events, hubRounds, baselineRounds)
    })
  }
  await simulators.stop()
}

async function measure(
  server: Server,
  order: Pick<LoadOrder, 'kind' | 'batchSize'>,
  from: number,
): Promise<Round> {
  const others = await quietMoment()
  const before = cpuSeconds(server.pid)
  const result = await runLoad({
    ...order,
    from,
    port: server.port,
    inFlight: IN_FLIGHT,
    seconds: SECONDS,
    warmUpSeconds: WARM_UP_SECONDS,
  })
  if (result.failures > 0) throw new Error(`${result.failures} requests were not answered 2xx`)
  const share = SECONDS / (SECONDS + WARM_UP_SECONDS)
  return { ...result, others, cpuMs: (1000 * share * (cpuSeconds(server.pid) - before)) / result.requests }
}

function reportCase(metric: string, events: number, hub: Round[], baseline: Round[]): void {
  const of = (rounds: Round[], key: 'rate' | 'p50' | 'p99' | 'cpuMs' | 'others') =>
    median(rounds.map((r) => r[key]))
  const rate = of(hub, 'rate')
  const detail = {
    p50_ms: of(hub, 'p50'),
    p99_ms: of(hub, 'p99'),
    cpu_ms: of(hub, 'cpuMs'),
    baseline_cpu_ms: of(baseline, 'cpuMs'),
    in_flight: IN_FLIGHT,
    others: of([...hub, ...baseline], 'others'),
  }
  const isSingle = metric === 'collector_single'
  report({
    bench: 'receive',
    metric: `${metric}_requests`,
    value: rate,
    unit: 'requests/s',
    baseline: of(baseline, 'rate'),
    ...(isSingle
      ? {
          goal: '>= 5000/s with p99 <= 25 ms, or >= 40 % of the baseline',
          meets: (rate >= 5_000 && detail.p99_ms <= 25) || rate >= 0.4 * of(baseline, 'rate'),
        }
      : {}),
    detail,
  })
  if (events === 1) return
  const perSecond = rate * events
  report({
    bench: 'receive',
    metric: `${metric}_events`,
    value: perSecond,
    unit: 'events/s',
    goal: '>= 20000',
    meets: perSecond >= 20_000,
  })
}
