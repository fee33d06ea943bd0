import { PEOPLE } from '../support/bodies.ts'
import type { HubHelper, StageCost } from '../support/hub.ts'
import { quietMoment } from '../support/machine.ts'
import { inFolder, runLoad, startHelper } from '../support/processes.ts'
import { median, report } from '../support/report.ts'
import { configText, SECRETS } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const EVENTS = 20_000
const BATCH = 100
const ROUNDS = 3

const KINDS = [
  /** Counted on the person's CRM record. */
  { metric: 'page_views', kind: 'page', of: 'visits', events: EVENTS },
  /** Each becomes an entry of the CRM's timeline. */
  { metric: 'form_entries', kind: 'form', of: 'activities', events: EVENTS / 5 },
] as const

/** Events of known people through collector, absorb, project and deliver, until the CRM holds what they amount to. */
export async function deliver(): Promise<void> {
  for (const crm of ['salesforce', 'hubspot'] as const) await inFolder((folder) => deliverInto(crm, folder))
}

async function deliverInto(crm: 'salesforce' | 'hubspot', folder: string): Promise<void> {
  const simulators = await startHelper<Simulators>('simulators')
  const config = configText(['website', crm], await simulators.ask.urls())
  const hub = await startHelper<HubHelper>('hub', { argument: { folder, config }, env: SECRETS, isHub: true })
  const port = await hub.ask.port()
  await hub.ask.setup()
  const send = (kind: 'identify' | 'page' | 'form', events: number, from: number) =>
    runLoad({ port, kind, batchSize: BATCH, inFlight: 4, count: events / BATCH, from: from / BATCH })

  await send('identify', PEOPLE, 0)
  await hub.ask.drain()
  let sent = PEOPLE
  for (const { metric, kind, of, events } of KINDS) {
    const rounds: {
      others: number
      seconds: number
      cpuMs: number
      stages: Record<string, StageCost>
      calls: number
    }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const others = await quietMoment()
      const before = await simulators.ask.held(crm)
      const cpuBefore = await hub.ask.cpu()
      const started = performance.now()
      const { failures } = await send(kind, events, sent)
      const received = performance.now()
      const receivedCpu = await hub.ask.cpu()
      const stages = await hub.ask.drain()
      const seconds = (performance.now() - started) / 1000
      const cpuMs = (await hub.ask.cpu()) - cpuBefore
      sent += events
      const after = await simulators.ask.held(crm)
      if (failures > 0 || after[of] - before[of] !== events) {
        throw new Error(
          `${crm} holds ${after[of] - before[of]} of ${events} ${metric}, ${await hub.ask.deadLetters()} dead letters`,
        )
      }
      stages.receive = { done: events, wallMs: received - started, cpuMs: receivedCpu - cpuBefore }
      rounds.push({ others, seconds, cpuMs, stages, calls: after.calls - before.calls })
    }
    const perEvent = (value: (round: (typeof rounds)[number]) => number) => median(rounds.map(value)) / events
    const rate = 1 / perEvent((r) => r.seconds)
    const cpu = perEvent((r) => r.cpuMs)
    const stages = Object.keys(rounds[0]!.stages).map((stage) => [
      `${stage}_cpu_ms`,
      perEvent((r) => r.stages[stage]?.cpuMs ?? 0),
    ])
    const others = median(rounds.map((r) => r.others))
    report({
      bench: 'deliver',
      metric: `${crm}_${metric}`,
      value: rate,
      unit: 'touchpoints/s',
      goal: '>= 2000',
      meets: rate >= 2_000,
      detail: { others },
    })
    report({
      bench: 'deliver',
      metric: `${crm}_${metric}_cpu`,
      value: cpu,
      unit: 'ms CPU/touchpoint',
      goal: '<= 0.3',
      meets: cpu <= 0.3,
      detail: { ...Object.fromEntries(stages), calls: median(rounds.map((r) => r.calls)), others },
    })
  }
  await hub.stop()
  await simulators.stop()
}
