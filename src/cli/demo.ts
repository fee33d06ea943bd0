import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { jsonLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { configError, parseConfig } from '../config/index.ts'
import { contextOf } from '../engine/connection.ts'
import { fieldNeeds } from '../engine/mappings/needs.ts'
import { pullConnection } from '../engine/pull.ts'
import { drain, startLoop } from '../engine/schedule.ts'
import { rememberUsage } from '../engine/sending/usage.ts'
import { startServer } from '../node.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { DEMO_CONFIG } from './demo/config.ts'
import { feedEmail, feedWebsite } from './demo/feed.ts'
import { createProgress } from './demo/progress.ts'
import { type Simulators, startSimulators } from './demo/simulators.ts'
import { describeSummary, summarise } from './demo/summary.ts'
import { loadMappings } from './live-mappings.ts'
import { shippedMappings } from './mapping-files.ts'
import { EXIT } from './output.ts'

interface DemoOptions {
  exit?: boolean
  fresh?: boolean
}

/** Hub, vendor simulators and a demo company: a year of history goes in, two CRMs fill. */
export async function demo({ environment, output, options }: CommandInput<DemoOptions>): Promise<number> {
  const started = Date.now()
  const folder = join(process.cwd(), 'data', 'demo')
  if (options.fresh) rmSync(folder, { recursive: true, force: true })
  const signal = stopSignal()
  const simulators = await startSimulators(folder, started)
  const env = { ...environment.variables, ...simulators.variables }
  const { config, problems } = parseConfig({ file: 'demo', text: DEMO_CONFIG, env, connectors })
  if (!config) throw configError(problems)
  const log = jsonLog({
    write: (line) => process.stderr.write(`${line}\n`),
    redact: (text) => text,
    now: Date.now,
    level: 'error',
  })
  const context = await openContext(
    { ...environment, databaseUrl: `file:${join(folder, 'tributary.db')}` },
    { config, mappings: loadMappings(shippedMappings()), log },
  )
  const server = await startServer(context, environment, { isIdle: true })
  try {
    await runPipeline(context, simulators, server.url, signal, output.isJson && options.exit === true).then(
      (before) => {
        const seconds = (Date.now() - started) / 1000
        return report(context, simulators, server.url, before, seconds).then((summary) => {
          output.json(summary)
          output.line(describeSummary(summary))
        })
      },
    )
    simulators.save()
    if (!options.exit && !signal.aborted) {
      output.line('\nRunning. Events that come in now are worked on at once. Ctrl-C stops.')
      const loop = startLoop(context.engine, signal)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      await loop.stopped
    }
    return EXIT.done
  } finally {
    await server.stop()
    await rememberUsage(context.engine.deps)
    simulators.save()
    await context.close()
    await simulators.stop()
  }
}

async function runPipeline(
  { engine }: Context,
  simulators: Simulators,
  hubUrl: string,
  signal: AbortSignal,
  isQuiet: boolean,
) {
  const { deps } = engine
  const before = await deps.store.inspect.totals()
  const progress = createProgress(isQuiet)
  const step = async (
    title: string,
    total: number,
    work: (add: (count: number) => void) => Promise<unknown>,
  ) => {
    if (signal.aborted) return
    const bar = progress.bar(title, total)
    await work((count) => bar.add(count))
    bar.end()
  }

  for (const connection of deps.connections.values()) {
    const { destination } = connection.connector
    if (!destination) continue
    await step(`set up ${connection.name}`, 1, () =>
      destination.setup(contextOf(connection, { ...deps, signal }), {
        apply: true,
        fields: fieldNeeds(deps.mappings(), connection.name),
      }),
    )
  }
  const { company, sendgrid } = simulators
  const expected: Record<string, number> = {
    stripe: company.stripe.length,
    pandadoc: company.pandadoc.length,
    mailchimp: company.mailchimp.members.length,
    'google-calendar': Object.values(company.google.calendars).flat().length,
    gmail: Object.values(company.google.mail).flat().length,
    'google-sheets': company.google.fair.length - 1,
    aircall: company.phone.aircall.calls.length + company.phone.aircall.contacts.length,
    twilio: company.phone.twilio.length,
  }
  for (const connection of deps.connections.values()) {
    const { streams = {}, destination } = connection.connector
    if (destination || !Object.values(streams).some(({ pull }) => pull)) continue
    const total = expected[connection.name] ?? 1
    await step(`pull ${connection.connector.title}`, simulators.isContinued ? 1 : total, async (add) => {
      const seen = new Map<string, number>()
      await pullConnection(deps, connection, {
        signal,
        onPage: ({ stream, records }) => {
          add(records - (seen.get(stream) ?? 0))
          seen.set(stream, records)
        },
      })
    })
  }
  if (!simulators.isContinued) {
    await step('receive e-mail events', company.sendgrid.length, (add) =>
      feedEmail(hubUrl, sendgrid, company.sendgrid, add),
    )
    await step('receive website visits', company.website.length, (add) =>
      feedWebsite(hubUrl, company.website, add),
    )
  }
  await stages(engine, progress, signal)
  if (!simulators.isContinued) {
    await step(
      'visits and clicks of today',
      company.live.website.length + company.live.sendgrid.length,
      async (add) => {
        await feedWebsite(hubUrl, company.live.website, add)
        await feedEmail(hubUrl, sendgrid, company.live.sendgrid, add)
      },
    )
    await stages(engine, progress, signal)
  }
  progress.stop()
  return before
}

async function stages(
  engine: Context['engine'],
  progress: ReturnType<typeof createProgress>,
  signal: AbortSignal,
): Promise<void> {
  const bars = new Map<string, ReturnType<typeof progress.bar>>()
  let seen = 0
  await drain(engine, {
    signal,
    flush: true,
    onStep: (stage, done) => {
      const bar = bars.get(stage) ?? progress.bar(stage, done)
      bars.set(stage, bar)
      seen += done
      bar.add(done)
      bar.total(seen)
    },
  })
  for (const bar of bars.values()) bar.end()
}

async function report(
  { engine }: Context,
  simulators: Simulators,
  hubUrl: string,
  before: Awaited<ReturnType<typeof runPipeline>>,
  seconds: number,
) {
  const { deps } = engine
  const apiCalls = Object.fromEntries(
    [...deps.connections.values()]
      .filter((c) => c.http.usage.calls > 0)
      .map((c) => [c.name, c.http.usage.calls]),
  )
  const { showcase } = simulators.company.facts
  const [person] = (await deps.store.inspect.entities({ kind: 'person', search: showcase, limit: 1 })).items
  const urls = {
    hub: `${hubUrl}/`,
    people: `${hubUrl}/people`,
    // Of whom every source has heard.
    ...(person ? { showcase: `${hubUrl}/people/${person.id}` } : {}),
    api: `${hubUrl}/api/openapi.json`,
    ...simulators.urls,
  }
  return summarise(before, await deps.store.inspect.totals(), { apiCalls, seconds, urls })
}
