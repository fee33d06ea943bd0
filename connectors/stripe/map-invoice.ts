import { type Contribution, fromUnix, type Invoice, money, type Payment } from '#model'
import { currencyOf, document, instant, ownerOf, props, touchpoint } from './map-shared.ts'
import { type InvoiceRecord, idOf } from './records.ts'

/**
 * An invoice, and how it was settled. Money itself comes from charges, which do not name their invoice any more; so a
 * payment of the invoice by a charge becomes a pair of *allocations*: its amount onto the invoice, and the same amount
 * off the charge. Together they are 0, but the invoice is then settled by payments that are counted, so what it says
 * was paid is not counted a second time. Money that never was a Stripe charge is counted here.
 * @see README.md "What lifetime paid is made of"
 */
export function mapInvoice(record: InvoiceRecord): Contribution[] {
  const owner = ownerOf(record)
  return [
    document(owner, toInvoice(record)),
    ...settlements(record).map((payment) => document(owner, payment)),
    ...touchpoints(record).map((touch) => touchpoint(owner, touch)),
  ]
}

function toInvoice(record: InvoiceRecord): Invoice {
  const currency = currencyOf(record)
  const status = record.status ?? 'draft'
  const isOwed = status === 'open' || status === 'uncollectible'
  const subscription = idOf(record.parent?.subscription_details?.subscription)
  return {
    type: 'invoice',
    key: record.id,
    number: record.number ?? null,
    currency,
    url: record.hosted_invoice_url ?? null,
    status,
    issued_at: fromUnix(record.status_transitions?.finalized_at ?? record.created),
    due_at: instant(record.due_date) ?? null,
    paid_at: instant(record.status_transitions?.paid_at) ?? null,
    total: money(record.total, currency),
    paid: money(record.amount_paid, currency),
    open: money(isOwed ? record.amount_remaining : 0, currency),
    subscription_key: subscription ?? null,
  }
}

function settlements(record: InvoiceRecord): Payment[] {
  const currency = currencyOf(record)
  return (record.payments?.data ?? []).flatMap((part): Payment[] => {
    const amount = part.amount_paid ?? 0
    if (part.status !== 'paid' || amount === 0) return []
    const isCharge = part.payment.type === 'payment_intent' || part.payment.type === 'charge'
    const onto: Payment = {
      type: 'payment',
      key: part.id,
      currency,
      status: 'succeeded',
      kind: isCharge ? 'allocation' : 'charge',
      at: fromUnix(part.status_transitions?.paid_at ?? part.created ?? record.created),
      amount: money(amount, currency),
      invoice_key: record.id,
    }
    if (!isCharge) return [onto]
    const { invoice_key: _, ...off } = onto
    return [onto, { ...off, key: `${part.id}:charge`, amount: money(-amount, currency) }]
  })
}

type Touch = Parameters<typeof touchpoint>[1]

/** Failed attempts are not dated by the invoice; each is a failed charge, which is. */
function touchpoints(record: InvoiceRecord): Touch[] {
  const at = record.status_transitions
  const currency = currencyOf(record)
  const name = record.number ? `Invoice ${record.number}` : 'Invoice'
  // A renewal that is charged automatically is nothing the buyer did, so it must not become their last touch.
  const isRenewal =
    record.collection_method === 'charge_automatically' && record.billing_reason === 'subscription_cycle'
  const steps = [
    {
      kind: 'invoice.issued',
      seconds: at?.finalized_at,
      verb: 'issued',
      direction: 'outbound',
      amount: record.total,
    },
    {
      kind: 'invoice.paid',
      seconds: at?.paid_at,
      verb: 'paid',
      direction: isRenewal ? 'outbound' : 'inbound',
      amount: record.amount_paid,
    },
    {
      kind: 'invoice.voided',
      seconds: at?.voided_at,
      verb: 'voided',
      direction: 'outbound',
      amount: record.total,
    },
    {
      kind: 'invoice.uncollectible',
      seconds: at?.marked_uncollectible_at,
      verb: 'marked uncollectible',
      direction: 'outbound',
      amount: record.amount_remaining,
    },
  ] as const
  return steps.flatMap(({ kind, seconds, verb, direction, amount }) =>
    seconds == null
      ? []
      : [
          {
            kind,
            occurred_at: fromUnix(seconds),
            channel: 'billing',
            direction,
            title: `${name} ${verb}`,
            amount: money(amount, currency),
            ...(record.hosted_invoice_url ? { url: record.hosted_invoice_url } : {}),
            ...props({ number: record.number, reason: record.billing_reason }),
          },
        ],
  )
}
