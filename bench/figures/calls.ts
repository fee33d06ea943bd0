import { type Clock, jsonLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { createApp } from '../../src/app.ts'
import { openContext } from '../../src/cli/context.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { loadMappings } from '../../src/cli/live-mappings.ts'
import { shippedMappings } from '../../src/cli/mapping-files.ts'
import { configError, parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/mappings/needs.ts'
import { drain } from '../../src/engine/schedule.ts'
import { watchDue } from '../../src/engine/watch-due.ts'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { batch, type EventKind, PEOPLE, single } from '../support/bodies.ts'
import { report } from '../support/report.ts'
import { API_KEY, configText, SALESFORCE_SECRET, SECRETS } from '../support/settings.ts'

type Crm = 'salesforce' | 'hubspot'

/** Calls per 1,000 changed records, besides associations. */
const GOALS: Record<Crm, number> = { salesforce: 5.5, hubspot: 10.5 }

/** Arrivals a second and for how long; the lanes are the ones a hub has without configuration. */
const PER_SECOND = 1
const MINUTES = 20

/** What the CRM's quota pays. Counted in simulated time: the figures are exact and have no speed. */
export async function calls(): Promise<void> {
  for (const crm of ['salesforce', 'hubspot'] as const) {
    await fullBatches(crm)
    await trickle(crm)
  }
}

async function fullBatches(crm: Crm): Promise<void> {
  const hub = await openHub(crm)
  await hub.watch()
  const perThousand = (calls: number, things: number) => (1000 * calls) / things
  const creating = await hub.spent(async () => {
    await hub.send('identify', PEOPLE)
    await hub.run({ flush: true })
  })
  report({
    bench: 'calls',
    metric: `${crm}_per_1000_new_records`,
    value: perThousand(creating, PEOPLE),
    unit: 'calls',
    baseline: 1000,
  })
  const changing = await hub.spent(async () => {
    await hub.send('page', PEOPLE)
    await hub.run({ flush: true })
  })
  const changed = perThousand(changing, PEOPLE)
  report({
    bench: 'calls',
    metric: `${crm}_per_1000_changed_records`,
    value: changed,
    unit: 'calls',
    baseline: 1000,
    goal: `<= ${GOALS[crm]}`,
    meets: changed <= GOALS[crm],
    detail: { fields: 'always: facts' },
  })
  // The latest word counts, and there are none at the same instant.
  hub.advance(60 * 60_000)
  // The change poll of a running hub comes by, and finds all that was written above.
  const polling = await hub.spent(() => hub.watch())
  const owned = await hub.spent(async () => {
    await hub.send('promote', PEOPLE)
    await hub.run({ flush: true })
  })
  const changedOwned = perThousand(owned, PEOPLE)
  report({
    bench: 'calls',
    metric: `${crm}_per_1000_changed_owned_fields`,
    value: changedOwned,
    unit: 'calls',
    baseline: 1000,
    goal: `<= ${GOALS[crm]}`,
    meets: changedOwned <= GOALS[crm],
    detail: { fields: 'if_owned: what the CRM holds decides', change_poll: 'fresh' },
  })
  report({
    bench: 'calls',
    metric: `${crm}_change_poll_per_1000_records`,
    value: perThousand(polling, PEOPLE),
    unit: 'calls',
    detail: { records: 'all have changed since the poll before' },
  })
  const viewing = await hub.spent(async () => {
    await hub.send('page', 10 * PEOPLE)
    await hub.run({ flush: true })
  })
  report({
    bench: 'calls',
    metric: `${crm}_per_1000_page_views_in_bulk`,
    value: perThousand(viewing, 10 * PEOPLE),
    unit: 'calls',
    baseline: 1000,
  })
  const repeating = await hub.spent(() => hub.run({ flush: true }))
  report({
    bench: 'calls',
    metric: `${crm}_without_changes`,
    value: repeating,
    unit: 'calls',
    goal: '0',
    meets: repeating === 0,
  })
  await hub.close()
}

/** One event a second of somebody known, each time of somebody else: what the flush policy makes of it. */
async function trickle(crm: Crm): Promise<void> {
  for (const kind of ['page', 'form'] as const) {
    const hub = await openHub(crm)
    await hub.send('identify', PEOPLE)
    await hub.run({ flush: true })
    const events = PER_SECOND * MINUTES * 60
    const spent = await hub.spent(async () => {
      for (let second = 0; second < MINUTES * 60; second++) {
        for (let n = 0; n < PER_SECOND; n++) await hub.send(kind, 1)
        hub.advance(1000)
        await hub.run()
      }
    })
    const what = kind === 'page' ? 'page_views' : 'form_entries'
    report({
      bench: 'calls',
      metric: `${crm}_per_1000_${what}_at_${PER_SECOND}_per_second`,
      value: (1000 * spent) / events,
      unit: 'calls',
      baseline: 1000,
      detail: { touchpoint_lane: '60 s' },
    })
    await hub.close()
  }
}

/** A hub with one CRM, in this process and in simulated time. */
async function openHub(crm: Crm) {
  let now = Date.now()
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      now += ms
    },
  }
  const salesforce = createSalesforceSandbox({ clock, clientSecret: SALESFORCE_SECRET })
  const unlimited = Number.POSITIVE_INFINITY
  const hubspot = createHubspotSandbox({
    clock,
    token: API_KEY,
    tenSecondLimit: unlimited,
    searchPerSecond: unlimited,
  })
  const urls = {
    stripe: 'https://api.stripe.com',
    salesforce: 'https://acme.my.salesforce.com',
    hubspot: 'https://api.hubapi.com',
  }
  const { config, problems } = parseConfig({
    file: 'bench',
    text: configText(['website', crm], urls),
    env: SECRETS,
    connectors,
  })
  if (!config) throw configError(problems)
  const { engine, metrics, close } = await openContext(
    { ...readEnvironment({}), databaseUrl: ':memory:' },
    {
      config,
      mappings: loadMappings(shippedMappings()),
      fetch: sandboxFetch([salesforce, hubspot]),
      clock,
      log: jsonLog({
        write: (line) => process.stderr.write(`${line}\n`),
        redact: (line) => line,
        now: clock.now,
        level: 'error',
      }),
    },
  )
  const { signal } = new AbortController()
  const connection = engine.deps.connections.get(crm)!
  const fields = fieldNeeds(engine.deps.mappings(), crm)
  await connection.connector.destination!.setup(contextOf(connection, { ...engine.deps, signal }), {
    apply: true,
    fields,
  })
  const app = createApp({ engine, metrics, isLoopback: true, secrets: [] })
  let sent = 0

  return {
    async send(kind: EventKind, events: number) {
      const size = Math.min(events, 100)
      for (let left = events; left > 0; left -= size) {
        const { path, headers, body } = size === 1 ? single(kind)(sent) : batch(kind, size)(sent / size)
        sent += size
        const response = await app.request(path, {
          method: 'POST',
          headers: { ...headers, 'content-length': String(body.length) },
          body,
        })
        if (!response.ok) throw new Error(await response.text())
      }
    },
    run: (options: { flush?: boolean } = {}) => drain(engine, { signal, ...options }),
    watch: () => watchDue(engine, { signal }),
    advance(ms: number) {
      now += ms
    },
    /** API calls that `work` makes. */
    async spent(work: () => Promise<unknown>): Promise<number> {
      const before = connection.http.usage.calls
      await work()
      return connection.http.usage.calls - before
    },
    close,
  }
}
