// Synced records and what planning a few changes among them costs: node plan-scale.ts '{"step":"fill"|"plan",…}'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { openContext } from '../../src/cli/context.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { loadMappings } from '../../src/cli/live-mappings.ts'
import { shippedMappings } from '../../src/cli/mapping-files.ts'
import { configError, parseConfig } from '../../src/config/index.ts'
import { contextOf } from '../../src/engine/connection.ts'
import { fieldNeeds } from '../../src/engine/needs.ts'
import { makePlan } from '../../src/engine/plan.ts'
import type { NewContribution, NewOperation } from '../../src/engine/ports.ts'
import { drain } from '../../src/engine/schedule.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { memoryOf } from './machine.ts'
import { configText, SALESFORCE_SECRET, SECRETS } from './settings.ts'

export interface PlanArgument {
  step: 'fill' | 'plan'
  folder: string
  /** Synced records in all, and how many of them change. */
  records: number
  changes: number
}

export interface PlanCost {
  /** From the changed facts in the database to operations. */
  projectMs: number
  planMs: number
  cpuMs: number
  planned: number
  calls: number
  peakMb: number
}

const { step, folder, records, changes } = JSON.parse(process.argv[2] ?? '{}') as PlanArgument
const orgFile = join(folder, 'org.json')
const clock = { now: Date.now }
const sandbox = createSalesforceSandbox({ clock, clientSecret: SALESFORCE_SECRET })
if (step === 'plan') sandbox.restore(JSON.parse(readFileSync(orgFile, 'utf8')))

const urls = { stripe: '', salesforce: 'https://acme.my.salesforce.com', hubspot: '' }
const { config, problems } = parseConfig({
  file: 'bench',
  text: configText(['website', 'salesforce'], urls),
  env: SECRETS,
  connectors,
})
if (!config) throw configError(problems)
const { engine, store, close } = await openContext(
  { ...readEnvironment({}), databaseUrl: `file:${join(folder, 'tributary.db')}` },
  {
    config,
    mappings: loadMappings(shippedMappings()),
    fetch: sandboxFetch([sandbox]),
    log: jsonLog({
      write: (line) => process.stderr.write(`${line}\n`),
      redact: (line) => line,
      now: Date.now,
      level: 'error',
    }),
  },
)
const { signal } = new AbortController()

/** People who are in the CRM and whose title is said anew. */
async function identify(title: string): Promise<void> {
  const CHUNK = 500
  for (let from = 0; from < changes; from += CHUNK) {
    const now = Date.now()
    await Promise.all(
      Array.from({ length: Math.min(CHUNK, changes - from) }, (_, i) => {
        const n = from + i
        return engine.receiver.receive({
          id: `rcp-${title}-${n}`,
          connection: 'website',
          receivedAt: now,
          headers: {},
          body: JSON.stringify({
            type: 'identify',
            received_at: now,
            user_agent: 'bench',
            payload: {
              messageId: `${title}-${n}`,
              userId: `user-${n}`,
              timestamp: new Date(now).toISOString(),
              traits: { email: `user-${n}@company-${n % 500}.example`, lastName: `Lovelace ${n}`, title },
            },
          }),
        })
      }),
    )
  }
}

async function fill(): Promise<void> {
  const connection = engine.deps.connections.get('salesforce')!
  await connection.connector.destination!.setup(contextOf(connection, { ...engine.deps, signal }), {
    apply: true,
    fields: fieldNeeds(engine.deps.mappings(), 'salesforce'),
  })
  await identify('CTO')
  await drain(engine, { signal, flush: true })
  const CHUNK = 2_000
  for (let from = changes; from < records; from += CHUNK)
    await addSynced(Array.from({ length: Math.min(CHUNK, records - from) }, (_, i) => from + i))
  writeFileSync(orgFile, JSON.stringify(sandbox.dump()))
}

/** People with facts, shadow and a finished operation, as if they had been delivered some time ago. */
async function addSynced(people: number[]): Promise<void> {
  const now = Date.now()
  const id = (n: number) => `per_${String(n).padStart(24, '0')}`
  const email = (n: number) => `old-${n}@somewhere-${n % 50_000}.example`
  const none = { records: [], dead: [], merges: [], reroots: [], judgements: [], documents: [], dirty: [] }
  await store.absorb.commit({
    ...none,
    now,
    touchpoints: [],
    entities: people.map((n) => ({ id: id(n), kind: 'person' as const, root: id(n), createdAt: now })),
    identifiers: people.map((n) => ({
      entityKind: 'person' as const,
      kind: 'email' as const,
      value: email(n),
      entity: id(n),
    })),
    contributions: people.map(
      (n): NewContribution => ({
        connection: 'website',
        stream: 'events',
        key: `old-${n}`,
        slot: 'person:0',
        kind: 'person',
        entity: id(n),
        attributes: { email: email(n), last_name: `Hopper ${n}`, title: 'CTO' },
        method: 'asserted',
        observedAt: now,
      }),
    ),
  })
  const operations = people.map(
    (n): NewOperation => ({
      id: `op_${n}`,
      destination: 'salesforce',
      object: 'Lead',
      entity: id(n),
      externalId: id(n),
      lane: 'backfill',
      dueAt: now,
      kind: 'upsert',
      fields: Object.fromEntries(
        Object.entries({ Email: email(n), LastName: `Hopper ${n}`, Title: 'CTO' }).map(([name, after]) => [
          name,
          { after, policy: 'if_owned', from: 'mappings/salesforce/lead.yaml:20' },
        ]),
      ),
      links: [],
      match: [],
      onMultiple: 'oldest',
      mode: 'upsert',
    }),
  )
  await store.project.commit({
    now,
    operations,
    golden: people.map((n) => ({
      id: id(n),
      golden: { email: email(n), last_name: `Hopper ${n}`, title: 'CTO' },
      hash: String(n),
      stage: 'lead',
    })),
    supersede: [],
    projections: operations.map(({ destination, object, entity, externalId }) => ({
      destination,
      object,
      entity,
      externalId,
      desiredHash: externalId,
    })),
    dirtyDone: [],
    dirty: [],
  })
  const claimed = await store.deliver.claim({
    destination: 'salesforce',
    object: 'Lead',
    limit: people.length,
    now,
    leaseUntil: now + 60_000,
  })
  await store.deliver.finish({
    now,
    deliveries: [],
    live: [],
    redirects: [],
    results: claimed.map(({ id, entity, fields }) => ({
      id,
      outcome: 'done' as const,
      crmId: `00Q${entity.slice(-15)}`,
      created: true,
      fields,
    })),
  })
}

async function plan(): Promise<PlanCost> {
  await identify('CEO')
  const started = performance.now()
  const cpu = process.cpuUsage()
  await drain(engine, { signal, stages: ['unpack', 'absorb', 'enrich', 'project'] })
  const projected = performance.now()
  const made = await makePlan(engine, { signal, thresholds: {} })
  const done = performance.now()
  const used = process.cpuUsage(cpu)
  const wrong = made.operations.filter((o) => !o.fields.some((f) => f.field === 'Title' && f.after === 'CEO'))
  if (wrong.length > 0) throw new Error(`${wrong.length} operations are not about the title`)
  return {
    projectMs: projected - started,
    planMs: done - projected,
    cpuMs: (used.user + used.system) / 1000,
    planned: made.operations.length,
    calls: made.calls.reduce((sum, { reads }) => sum + reads, 0),
    peakMb: memoryOf(process.pid).peak,
  }
}

if (step === 'fill') await fill()
else process.stdout.write(JSON.stringify(await plan()))
await close()
