import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shippedMappings } from '../../src/cli/mapping-files.ts'
import type { HubHelper } from '../support/hub.ts'
import { quietMoment } from '../support/machine.ts'
import { inFolder, startHelper } from '../support/processes.ts'
import { report } from '../support/report.ts'
import { configText, SECRETS } from '../support/settings.ts'
import type { Simulators } from '../support/simulators.ts'

const CONTACTS = Number(process.env.BENCH_RECORDS ?? 100_000)

type Crm = 'salesforce' | 'hubspot'

/** Calls in all for a hundred thousand: one bulk job and reading before it, or full batches; reading included. */
const CALLS: Record<Crm, string> = { salesforce: '<= 12', hubspot: '' }

/** A backlog of contacts, created and then changed, in one process. */
export async function bulk(): Promise<void> {
  for (const crm of ['salesforce', 'hubspot'] as const) await inFolder((folder) => deliverInto(crm, folder))
}

async function deliverInto(crm: Crm, folder: string): Promise<void> {
  const simulators = await startHelper<Simulators>('simulators')
  // A job, and the query before it, for creating and for changing.
  await simulators.ask.hurry(8)
  const config = configText(['website', crm], await simulators.ask.urls())
  const mappings = contactsOnly(folder)
  const hub = await startHelper<HubHelper>('hub', {
    argument: { folder, config, mappings },
    env: SECRETS,
    isHub: true,
    isServed: true,
  })
  await hub.ask.setup()
  for (const [what, title] of [
    ['created', 'CTO'],
    ['changed', 'CEO'],
  ] as const) {
    await hub.ask.identify({ count: CONTACTS, title })
    const projected = await hub.ask.project()
    const others = await quietMoment()
    const before = await simulators.ask.held(crm)
    const { wallMs, cpuMs } = await hub.ask.deliver()
    const { calls, titles } = await simulators.ask.held(crm)
    if (titles[title] !== CONTACTS)
      throw new Error(
        `${crm} holds ${titles[title] ?? 0} of ${CONTACTS}; ${await hub.ask.deadLetters()} dead letters`,
      )
    const metric = `${crm}_${CONTACTS}_contacts_${what}`
    const detail = { cpu_s: cpuMs / 1000, project_s: projected.wallMs / 1000, others }
    const seconds = wallMs / 1000
    report({
      bench: 'bulk',
      metric,
      value: seconds,
      unit: 's',
      goal: '<= 90',
      meets: seconds <= 90,
      detail,
    })
    const spent = calls - before.calls
    report({
      bench: 'bulk',
      metric: `${metric}_calls`,
      value: spent,
      unit: 'calls',
      baseline: CONTACTS,
      ...(CALLS[crm] ? { goal: CALLS[crm], meets: spent <= 12 } : {}),
    })
    report({
      bench: 'bulk',
      metric: `${metric}_peak_memory`,
      value: (await hub.ask.memory()).peak,
      unit: 'MB',
      detail: { includes: 'everything since the process began' },
    })
  }
  await hub.stop()
  await simulators.stop()
}

/**
 * The shipped mappings, with everybody who has an e-mail address as a contact in Salesforce, and nobody else's records to
 * look for: what looking costs is a matter of the match rules.
 */
function contactsOnly(folder: string): string {
  const mappings = join(folder, 'mappings')
  cpSync(shippedMappings(), mappings, { recursive: true })
  rmSync(join(mappings, 'salesforce', 'lead.yaml'))
  const file = join(mappings, 'salesforce', 'contact.yaml')
  const text = readFileSync(file, 'utf8').replace('person.stage == "contact" and ', '')
  writeFileSync(file, text.replace(/^match:\n(?: .*\n)+/m, ''))
  return mappings
}
