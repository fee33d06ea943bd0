import { type ErrorReport, RecordError } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { Delivery, Operation, ReceiptDetail, RecordDetail } from '../ports.ts'
import { readRecordId } from '../replay.ts'

/** Something that was set aside, with all that is known about why. */
export type DeadLetterDetail = { id: string; error?: ErrorReport } & (
  | { stage: 'receipt'; receipt: ReceiptDetail }
  | { stage: 'record'; record: RecordDetail }
  /** Every attempt, with what was sent and what came back. */
  | { stage: 'operation'; operation: Operation; deliveries: Delivery[] }
)

/** By id: a receipt's, an operation's, or connection/stream/key of a record. Throws `request.not_found`. */
export async function inspectDeadLetter(deps: EngineDeps, id: string): Promise<DeadLetterDetail> {
  const { lookup, inspect } = deps.store
  const operation = await lookup.operation(id)
  if (operation) {
    const deliveries = await inspect.deliveries(id)
    return { id, stage: 'operation', operation, deliveries, ...errorOf(operation) }
  }
  const receipt = await lookup.receipt(id)
  if (receipt)
    return {
      id,
      stage: 'receipt',
      receipt,
      ...errorOf(receipt),
    }
  const key = readRecordId(id)
  const record = key && (await lookup.record(key))
  if (record) return { id, stage: 'record', record, ...errorOf(record) }
  throw new RecordError('request.not_found', `There is no operation, receipt or record ${id}`, { at: { id } })
}

const errorOf = ({ error }: { error?: ErrorReport }) => (error ? { error } : {})
