import { type Contribution, fromUnix, money, type Quote } from '#model'
import { currencyOf, document, instant, ownerOf, props, touchpoint } from './map-shared.ts'
import { monthlyFactor } from './mrr.ts'
import { multiply, ratio, roundHalfEven } from './rational.ts'
import type { QuoteRecord } from './records.ts'

const STATUS: Record<string, string> = { open: 'sent' }

/** A draft without lines has no currency and nothing to say yet. */
export function mapQuote(record: QuoteRecord): Contribution[] {
  const { currency } = record
  if (!currency) return []
  const owner = ownerOf(record)
  const value = toQuote({ ...record, currency })
  return [document(owner, value), ...touchpoints(record, value).map((touch) => touchpoint(owner, touch))]
}

/** Stripe cancels a quote when it expires; the date tells the two apart. */
function isExpired(record: QuoteRecord): boolean {
  const canceled = record.status_transitions?.canceled_at
  return (
    record.status === 'canceled' &&
    canceled != null &&
    record.expires_at != null &&
    canceled >= record.expires_at
  )
}

function toQuote(record: QuoteRecord & { currency: string }): Quote {
  const currency = currencyOf(record)
  const at = record.status_transitions
  const mrr = recurringMrr(record)
  return {
    type: 'quote',
    key: record.id,
    number: record.number ?? null,
    currency,
    status: isExpired(record) ? 'expired' : (STATUS[record.status] ?? record.status),
    title: record.description ?? record.header ?? null,
    total: money(record.amount_total, currency),
    ...(mrr === undefined ? {} : { recurring_mrr: money(mrr, currency) }),
    created_at: fromUnix(record.created),
    sent_at: instant(at?.finalized_at) ?? null,
    expires_at: instant(record.expires_at) ?? null,
    closed_at: instant(at?.accepted_at ?? at?.canceled_at) ?? null,
  }
}

function recurringMrr(record: QuoteRecord): number | undefined {
  const recurring = record.computed?.recurring
  const factor = recurring ? monthlyFactor(recurring.interval, recurring.interval_count) : undefined
  if (!recurring || !factor) return undefined
  const net = recurring.amount_total - (recurring.total_details?.amount_tax ?? 0)
  return roundHalfEven(multiply(ratio(net), factor))
}

type Touch = Parameters<typeof touchpoint>[1]

function touchpoints(record: QuoteRecord, value: Quote): Touch[] {
  const at = record.status_transitions
  const name = record.number ? `Quote ${record.number}` : 'Quote'
  // Stripe has no "declined": a quote that was sent and then canceled did not become a deal.
  const lost = isExpired(record) ? ('expired' as const) : ('declined' as const)
  const lostAt = at?.finalized_at != null ? at.canceled_at : undefined
  const steps = [
    { kind: 'quote.created', seconds: record.created, verb: 'created', direction: 'outbound' },
    { kind: 'quote.sent', seconds: at?.finalized_at, verb: 'sent', direction: 'outbound' },
    { kind: 'quote.accepted', seconds: at?.accepted_at, verb: 'accepted', direction: 'inbound' },
    {
      kind: `quote.${lost}`,
      seconds: lostAt,
      verb: lost === 'expired' ? 'expired' : 'canceled',
      direction: 'outbound',
    },
  ] as const
  return steps.flatMap(({ kind, seconds, verb, direction }) =>
    seconds == null
      ? []
      : [
          {
            kind,
            occurred_at: fromUnix(seconds),
            channel: 'quoting',
            direction,
            title: `${name} ${verb}`,
            amount: value.total,
            ...props({ number: record.number, title: value.title }),
          },
        ],
  )
}
