import { type Clock, type Log, nearest, reportOf } from '#kit'
import type { Config } from '../config/index.ts'
import { contextOf } from '../engine/connection.ts'
import { toConnection } from '../hub.ts'
import type { CompiledMapping } from '../mapping/index.ts'

export interface OnlineFinding {
  subject: string
  problem?: string
}

/** Proves every connection's credentials and holds the mapped fields against what the CRM has. */
export async function checkOnline(
  config: Config,
  mappings: CompiledMapping[],
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<OnlineFinding[]> {
  const findings: OnlineFinding[] = []
  for (const configured of config.connections) {
    const connection = toConnection(configured, { clock, log, fetch: globalThis.fetch.bind(globalThis) })
    const ctx = contextOf(connection, { clock, log, signal })
    const { check, destination } = connection.connector
    const own = check && (await finding(connection.name, () => check(ctx)))
    if (own) findings.push(own)
    // Who cannot be reached or lets nobody in has told so already; asking again for every mapping would only take long.
    if (!destination || own?.problem) continue
    for (const mapping of mappings.filter((m) => m.destination === connection.name && m.mode !== 'off')) {
      try {
        const fields = new Map((await destination.describe(ctx, mapping.object)).map((f) => [f.name, f]))
        for (const { name, place } of mapping.fields) {
          const subject = `${connection.name} ${mapping.object}.${name}`
          const at = `${place.file}:${place.line}:${place.column}`
          const known = fields.get(name)
          const near = nearest(name, [...fields.keys()])
          if (!known)
            findings.push({
              subject,
              problem: `${at}: the CRM has no such field${near ? ` (nearest: ${near})` : ''}`,
            })
          else if (!known.isWritable) findings.push({ subject, problem: `${at}: the field is not writable` })
          else findings.push({ subject })
        }
      } catch (error) {
        findings.push({ subject: `${connection.name} ${mapping.object}`, problem: problemOf(error) })
      }
    }
  }
  return findings
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
