import { ConfigError } from '#kit'
import type { HeldDeletions, Hold } from '../engine/ports.ts'
import { dropDeletions, readStreamScope, releaseDeletions } from '../engine/reading/deletions.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT } from './output.ts'

export const describeHold = ({ destination, object, reason, at }: Hold): string =>
  `HELD ${destination} ${object} since ${new Date(at).toISOString()}: ${reason}\n  look with tributary plan, go on with tributary apply --accept`

const KEYS_PER_READ = 1_000

export function describeHeldDeletions(hold: HeldDeletions): string {
  const { connection, stream, at, count, known, reason, sample } = hold
  const scope = `${connection}/${stream}`
  const more = count > sample.length ? ', …' : ''
  return [
    `HELD deletions of ${scope} since ${new Date(at).toISOString()}: ${reason}`,
    `  ${count} of ${known} wait: ${sample.join(', ')}${more}`,
    `  look at the source; tributary holds release ${scope} deletes them, tributary holds drop ${scope} keeps the records; tributary holds show ${scope} lists them`,
  ].join('\n')
}

/**
 * `holds`: what waits for a person. `holds show <connection/stream>` lists all keys that would be deleted, `holds
 * release|drop [connection[/stream]]` decides.
 */
export async function holds({ environment, output, args }: CommandInput): Promise<number> {
  const [action = 'list', scope] = args
  if (action !== 'list' && action !== 'show' && action !== 'release' && action !== 'drop')
    throw new ConfigError('cli.usage', `holds takes list, show, release or drop, not ${action}`)
  const signal = stopSignal()
  const context = await openContext(environment)
  try {
    const { store, engine } = context
    if (action === 'list') {
      const [delivery, deletions] = await Promise.all([store.thresholds.holds(), store.deletions.holds()])
      output.json({ delivery, deletions })
      for (const hold of delivery) output.line(describeHold(hold))
      for (const hold of deletions) output.line(describeHeldDeletions(hold))
      if (delivery.length + deletions.length === 0) output.line('Nothing is held.')
      return EXIT.done
    }
    if (action === 'show') {
      const { connection, stream } = readStreamScope(scope, engine.deps)
      if (connection === undefined || stream === undefined)
        throw new ConfigError('cli.usage', 'holds show takes a stream: connection/stream')
      const keys: string[] = []
      for (let after: string | undefined; ; ) {
        const page = await store.deletions.held({
          connection,
          stream,
          limit: KEYS_PER_READ,
          ...(after === undefined ? {} : { after }),
        })
        for (const { key } of page.items) {
          keys.push(key)
          output.line(key)
        }
        after = page.next
        if (after === undefined) break
      }
      output.json({ connection, stream, keys })
      return EXIT.done
    }
    const decide = action === 'release' ? releaseDeletions : dropDeletions
    const deletions = await decide(engine.deps, readStreamScope(scope, engine.deps))
    if (action === 'release') await drain(engine, { signal, stages: ['absorb', 'enrich', 'project'] })
    output.json({ deletions })
    for (const { connection, stream, count } of deletions)
      output.line(
        action === 'release'
          ? `${connection}/${stream}: ${count} deletions applied; the CRMs follow with the next delivery`
          : `${connection}/${stream}: ${count} deletions dropped, the records stay`,
      )
    if (deletions.length === 0) output.line('No deletions are held there.')
    return EXIT.done
  } finally {
    await context.close()
  }
}
