import { type Contribution, fromUnix, type Instant, money, type Payment } from '#model'
import { currencyOf, document, type Owner, ownerOf, props, touchpoint } from './map-shared.ts'
import type { ChargeRecord, ChargeRef, CreditNoteRecord, DisputeRecord, RefundRecord } from './records.ts'

const base = (record: { id: string; created: number; currency: string }) => ({
  type: 'payment' as const,
  key: record.id,
  currency: currencyOf(record),
  at: fromUnix(record.created),
})

/** An authorisation that was not captured has taken no money yet; one that was released never will. */
function chargeStatus(record: ChargeRecord): string {
  if (record.status !== 'succeeded' || record.captured !== false) return record.status
  return record.refunded ? 'failed' : 'pending'
}

export function mapCharge(record: ChargeRecord): Contribution[] {
  const owner = ownerOf(record)
  const status = chargeStatus(record)
  const captured = record.captured === false ? record.amount : (record.amount_captured ?? record.amount)
  const amount = money(status === 'succeeded' ? captured : record.amount, record.currency)
  const failure = record.failure_message ?? record.failure_code
  const payment: Payment = {
    ...base(record),
    number: record.receipt_number ?? null,
    url: record.receipt_url ?? null,
    status,
    kind: 'charge',
    amount,
    ...(failure ? { failure } : {}),
  }
  const outcome = status === 'succeeded' || record.status === 'failed' ? status : undefined
  if (!outcome) return [document(owner, payment)]
  return [
    document(owner, payment),
    touchpoint(owner, {
      kind: `payment.${outcome}`,
      occurred_at: fromUnix(record.created),
      channel: 'billing',
      // Most charges are made by Stripe on a schedule; the buyer's own act is the invoice or subscription around them.
      direction: 'outbound',
      title: outcome === 'failed' ? `Payment failed${failure ? `: ${failure}` : ''}` : 'Payment received',
      amount,
      ...props({ description: record.description, code: record.failure_code }),
    }),
  ]
}

const chargeOf = (charge: ChargeRef | null | undefined) => (typeof charge === 'object' ? charge : undefined)

const REFUND_STATUS: Record<string, string> = {
  succeeded: 'succeeded',
  pending: 'pending',
  requires_action: 'pending',
  failed: 'failed',
  canceled: 'failed',
}

export function mapRefund(record: RefundRecord): Contribution[] {
  const charge = chargeOf(record.charge)
  // The release of an authorisation is a refund too, of money that was never taken.
  if (charge?.captured === false) return []
  const owner = ownerOf(record, charge)
  const status = REFUND_STATUS[record.status ?? 'pending'] ?? record.status ?? 'pending'
  const payment: Payment = {
    ...base(record),
    number: record.receipt_number ?? null,
    status,
    kind: 'refund',
    amount: money(-record.amount, record.currency),
    ...(record.failure_reason ? { failure: record.failure_reason } : {}),
  }
  if (status === 'failed') return [document(owner, payment)]
  return [
    document(owner, payment),
    touchpoint(owner, {
      kind: 'payment.refunded',
      occurred_at: fromUnix(record.created),
      channel: 'billing',
      direction: 'outbound',
      title: 'Payment refunded',
      amount: money(record.amount, record.currency),
      ...props({ reason: record.reason }),
    }),
  ]
}

/** Lost money is gone; while a dispute is open the money is only held back; otherwise it came back. */
function disputeStatus(status: string): string {
  if (status === 'lost') return 'succeeded'
  return ['won', 'warning_closed', 'prevented'].includes(status) ? 'failed' : 'pending'
}

export function mapDispute(record: DisputeRecord): Contribution[] {
  const owner = ownerOf(chargeOf(record.charge))
  const status = disputeStatus(record.status)
  const amount = money(record.amount, record.currency)
  const opened = touchpoint(owner, {
    kind: 'dispute.opened',
    occurred_at: fromUnix(record.created),
    channel: 'billing',
    direction: 'inbound',
    title: 'Payment disputed',
    amount,
    ...props({ reason: record.reason }),
  })
  const payment: Payment = {
    ...base(record),
    status,
    kind: 'dispute',
    amount: money(-record.amount, record.currency),
    ...(status === 'failed' ? { failure: record.status } : {}),
  }
  const wonAt = record.status === 'won' ? reinstatedAt(record) : undefined
  const closed = wonAt === undefined ? [] : [disputeClosed(owner, record, wonAt)]
  return [document(owner, payment), opened, ...closed]
}

function disputeClosed(owner: Owner, record: DisputeRecord, at: Instant): Contribution {
  return touchpoint(owner, {
    kind: 'dispute.closed',
    occurred_at: at,
    channel: 'billing',
    direction: 'outbound',
    title: `Dispute closed: ${record.status}`,
    amount: money(record.amount, record.currency),
    ...props({ status: record.status, reason: record.reason }),
  })
}

/** A decision that moved no money back: only the event dates it. */
export const mapClosedDispute = (record: DisputeRecord, at: Instant): Contribution[] => [
  disputeClosed(ownerOf(chargeOf(record.charge)), record, at),
]

/** Where we won, the money that came back says when it was decided. */
function reinstatedAt(record: DisputeRecord): number | undefined {
  const returned = (record.balance_transactions ?? []).filter(({ amount }) => (amount ?? 0) > 0)
  const seconds = returned.flatMap(({ created }) => created ?? [])
  return seconds.length > 0 ? fromUnix(Math.max(...seconds)) : undefined
}

/**
 * A credit note moves money only by its out-of-band part: what it refunds through Stripe is a refund of its own, what
 * it puts on the customer's balance stays with us, and what it takes off an unpaid invoice never was paid.
 */
export function mapCreditNote(record: CreditNoteRecord): Contribution[] {
  const owner = ownerOf(record)
  const at = fromUnix(record.effective_at ?? record.created)
  const isVoid = record.status === 'void'
  const name = record.number ? `Credit note ${record.number}` : 'Credit note'
  const issued = touchpoint(owner, {
    kind: 'credit_note.issued',
    occurred_at: at,
    channel: 'billing',
    direction: 'outbound',
    title: `${name} issued`,
    amount: money(record.total, record.currency),
    ...(record.pdf ? { url: record.pdf } : {}),
    ...props({ number: record.number, reason: record.reason }),
  })
  if (!record.out_of_band_amount) return [issued]
  const payment: Payment = {
    ...base(record),
    at,
    number: record.number ?? null,
    status: isVoid ? 'failed' : 'succeeded',
    kind: 'credit_note',
    // No invoice_key: that would say the invoice's payments are listed, which only its own settlements may say.
    amount: money(-record.out_of_band_amount, record.currency),
    ...(isVoid ? { failure: 'void' } : {}),
  }
  return [document(owner, payment), issued]
}
