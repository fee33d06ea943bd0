import type * as z from 'zod'
import { ERROR_CATALOGUE, isSecretName, MASK } from '#kit'
import type { ErrorGroup, ReceiptDetail, RecordDetail } from '../../engine/ports.ts'
import type { Replayed } from '../../engine/replay.ts'
import type { DeadLetterDetail } from '../../engine/sending/dead-letters.ts'
import { isoOf, showDelivery, showError, showOperation, showRecord } from './present.ts'
import type * as schemas from './repair-schemas.ts'

type Shown<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.input<(typeof schemas)[K]>
  : never

export function showErrorGroup(group: ErrorGroup): Shown<'ErrorGroup'> {
  const { stage, connection, subject, state, count, error } = group
  const { title, fix } = ERROR_CATALOGUE[error.code]
  return {
    stage,
    connection,
    subject,
    state,
    code: group.code,
    title,
    fix,
    count,
    first_at: isoOf(group.firstAt),
    last_at: isoOf(group.lastAt),
    example: error.message,
  }
}

export function showReceipt(receipt: ReceiptDetail): Shown<'Receipt'> {
  const { id, connection, receivedAt, state, attempts, headers, body, error } = receipt
  return {
    id,
    connection,
    received_at: isoOf(receivedAt),
    state,
    attempts,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, isSecretName(name) ? MASK : value]),
    ),
    body,
    ...(error ? { error: showError(error) } : {}),
  }
}

export const showRecordDetail = (record: RecordDetail): Shown<'RecordDetail'> => ({
  ...showRecord(record),
  changed_at: isoOf(record.changedAt),
  run: record.run,
  receipt: record.receipt,
})

export function showDeadLetterDetail(detail: DeadLetterDetail): Shown<'DeadLetterDetail'> {
  const base = { id: detail.id, ...(detail.error ? { error: showError(detail.error) } : {}) }
  switch (detail.stage) {
    case 'receipt':
      return { ...base, stage: 'receipt', receipt: showReceipt(detail.receipt) }
    case 'record':
      return { ...base, stage: 'record', record: showRecordDetail(detail.record) }
    default:
      return {
        ...base,
        stage: 'operation',
        operation: showOperation(detail.operation),
        deliveries: detail.deliveries.map(showDelivery),
      }
  }
}

export const showReplayed = ({
  receipts,
  records,
  operations,
  run,
  groups,
}: Replayed): Shown<'Replayed'> => ({
  receipts,
  records,
  operations,
  run,
  groups: groups.map(showErrorGroup),
})
