import { type Clock, type CrmUser, type Log, reportOf } from '#kit'
import type { Config } from '../config/index.ts'
import { contextOf } from '../engine/connection.ts'
import { findAmong } from '../engine/deciding/users.ts'
import type { Store } from '../engine/ports.ts'
import { toConnection } from '../hub.ts'
import { type CompiledMapping, checkFields } from '../mapping/index.ts'

export interface OnlineFinding {
  subject: string
  problem?: string
  /** Likely to be refused for some records, or a field that the CRM requires and nothing is mapped to. */
  warning?: string
}

/** Proves every connection's credentials and holds the mapped fields against what the CRM has. */
export async function checkOnline(
  config: Config,
  mappings: CompiledMapping[],
  {
    signal,
    ...options
  }: { clock: Clock; log: Log; signal: AbortSignal; store?: Store | undefined; keys: readonly string[] },
): Promise<OnlineFinding[]> {
  const { clock, log } = options
  const findings: OnlineFinding[] = []
  for (const configured of config.connections) {
    const connection = toConnection(configured, { ...options, fetch: globalThis.fetch.bind(globalThis) })
    const ctx = contextOf(connection, { clock, log, signal })
    const { check, destination } = connection.connector
    const own = check && (await finding(connection.name, () => check(ctx)))
    if (own) findings.push(own)
    // Who cannot be reached or lets nobody in has told so already; asking again for every mapping would only take long.
    if (!destination || own?.problem) continue
    const used = mappings.filter((m) => m.destination === connection.name && m.mode !== 'off')
    findings.push(...(await checkUsers(connection.name, used, () => destination.users?.(ctx))))
    for (const mapping of used) {
      const spec = destination.objects[mapping.object]
      // What the connector does not know is told without asking.
      if (!spec) continue
      try {
        const described = await destination.describe(ctx, mapping.object)
        for (const warning of destination.caveats?.(mapping.object, described) ?? [])
          findings.push({ subject: `${connection.name} ${mapping.object}`, warning })
        const problems = checkFields(mapping, described, spec)
        const byField = Map.groupBy(problems, ({ field }) => field)
        const names = new Set([...mapping.fields.map(({ name }) => name), ...byField.keys()])
        for (const name of names) {
          const subject = `${connection.name} ${mapping.object}.${name}`
          const own = byField.get(name) ?? []
          for (const { file, line, column, message, severity } of own) {
            const text = `${file}:${line}:${column}: ${message}`
            findings.push({ subject, ...(severity ? { warning: text } : { problem: text }) })
          }
          if (own.length === 0) findings.push({ subject })
        }
      } catch (error) {
        findings.push({ subject: `${connection.name} ${mapping.object}`, problem: problemOf(error) })
      }
    }
  }
  return findings
}

/** E-mails of users that mapping files name: whether records can be given to them. */
async function checkUsers(
  destination: string,
  mappings: CompiledMapping[],
  read: () => Promise<CrmUser[]> | undefined,
): Promise<OnlineFinding[]> {
  const fields = mappings.flatMap((mapping) =>
    mapping.fields.flatMap((field) => (field.user ? [{ ...field, user: field.user, mapping }] : [])),
  )
  if (fields.length === 0) return []
  try {
    const users = await read()
    if (!users)
      return [{ subject: `${destination} users`, problem: 'this CRM has no users that a mapping can name' }]
    const find = findAmong(users)
    const named = fields.flatMap(({ user, place, mapping, name }): OnlineFinding[] =>
      user.map((email) => {
        const found = find(email)
        const subject = `${destination} ${mapping.object}.${name} ${email}`
        const { file, line, column } = place
        return 'id' in found ? { subject } : { subject, problem: `${file}:${line}:${column}: ${found.why}` }
      }),
    )
    return named.length > 0 ? named : [{ subject: `${destination} users` }]
  } catch (error) {
    return [{ subject: `${destination} users`, problem: problemOf(error) }]
  }
}

async function finding(subject: string, work: () => Promise<void>): Promise<OnlineFinding> {
  try {
    await work()
    return { subject }
  } catch (error) {
    return { subject, problem: problemOf(error) }
  }
}

function problemOf(error: unknown): string {
  const { message, fix } = reportOf(error)
  return `${message} (${fix})`
}
