import type { Receipt } from '../engine/ports.ts'
import { parse } from './json.ts'

export interface ReceiptColumns {
  id: string
  connection: string
  received_at: number
  headers: string
  body: string
  attempts: number
}

export const toReceipt = (row: ReceiptColumns): Receipt => ({
  id: row.id,
  connection: row.connection,
  receivedAt: row.received_at,
  headers: parse(row.headers),
  body: row.body,
  attempts: row.attempts,
})
