import type { ConnectorContext } from '#kit'
import { schedule } from '../deciding/locks.ts'
import type { ReadyOperation } from '../deciding/prepared.ts'
import type { EngineDeps } from '../deps.ts'
import type { Operation } from '../ports.ts'
import { sendBatch } from './send.ts'

export interface SentBatches {
  settled: number
  /** Written without a look before, and not there: to be looked at. */
  gone: Operation[]
  /** What ended the sending; operations that nothing was committed of are `unsent`. */
  failure?: { error: unknown; unsent: Operation[] }
}

/**
 * Sends prepared operations of one object: as many batches at once as the connection allows, never two that write to
 * children of one record. After a failure no further batch is begun.
 */
export async function sendBatches(
  deps: EngineDeps,
  ctx: ConnectorContext<Record<string, unknown>>,
  object: string,
  ready: ReadyOperation[],
): Promise<SentBatches> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const concurrency = api.concurrency?.(ctx.config) ?? 1
  const { chains, alone } = schedule(ready, api.objects[object]!.batchSize, concurrency > 1)
  const sent: SentBatches = { settled: 0, gone: [] }
  const waiting = new Set(ready.map((item) => item.operation))
  let failure: { error: unknown } | undefined
  const send = async (chain: ReadyOperation[][]) => {
    for (const batch of chain) {
      if (failure) return
      try {
        const { settled, gone, shutOut } = await sendBatch(deps, ctx, object, batch)
        sent.settled += settled
        sent.gone.push(...gone)
        const unsent = new Set(shutOut?.operations)
        for (const { operation } of batch) if (!unsent.has(operation)) waiting.delete(operation)
        if (shutOut) failure ??= { error: shutOut.error }
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  const queue = [...chains]
  const worker = async () => {
    for (let chain = queue.shift(); chain && !failure; chain = queue.shift()) await send(chain)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, chains.length) }, worker))
  await send(alone)
  return failure ? { ...sent, failure: { ...failure, unsent: [...waiting] } } : sent
}
