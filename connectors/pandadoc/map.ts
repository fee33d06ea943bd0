import type { MapContext } from '#kit'
import type { Contribution, Identifier, Instant, Money, TouchpointContribution } from '#model'
import type { Document } from './api.ts'
import { buyersOf, identifiersOf, toPerson } from './people.ts'
import { closedAt, type DocumentTimes, isPriced, statusOf, timesOf, toQuote, totalOf } from './quote.ts'

export interface MapOptions {
  quotes?: 'priced' | 'all' | undefined
  internalDomains?: readonly string[] | undefined
}

/** One document as a quote, its buyers, and what happened to it. */
export function map(document: Document, { config }: Pick<MapContext<MapOptions>, 'config'>): Contribution[] {
  const times = timesOf(document)
  const total = totalOf(document)
  const isQuote = total !== undefined && (config.quotes === 'all' || isPriced(document, total))
  const buyers = buyersOf(document, config.internalDomains ?? [])
  const [primary] = buyers
  const person = primary ? identifiersOf(primary) : undefined
  return [
    ...buyers.map((buyer) => toPerson(buyer, document, times.modified)),
    ...(isQuote
      ? [
          {
            type: 'document' as const,
            ...(person ? { person } : {}),
            document: toQuote(document, total, times),
          },
        ]
      : []),
    ...happenings(document, times).map((happening) =>
      toTouchpoint(document, happening, isQuote ? total : undefined, person),
    ),
  ]
}

interface Happening {
  verb: string
  at: Instant
  direction: 'inbound' | 'outbound'
}

/** What the dates tell. Being viewed has no date of its own: it is the last change of a document that is now viewed. */
function happenings(document: Document, times: DocumentTimes): Happening[] {
  const status = statusOf(document, times)
  const closed = closedAt(status, times)
  const ended: Record<string, Happening['direction']> = {
    accepted: 'inbound',
    declined: 'inbound',
    expired: 'outbound',
    canceled: 'outbound',
  }
  const direction = ended[status]
  return [
    { verb: 'created', at: times.created, direction: 'outbound' },
    ...(times.sent === undefined ? [] : [{ verb: 'sent', at: times.sent, direction: 'outbound' as const }]),
    ...(status === 'viewed' ? [{ verb: 'viewed', at: times.modified, direction: 'inbound' as const }] : []),
    ...(closed !== undefined && direction ? [{ verb: status, at: closed, direction }] : []),
  ]
}

function toTouchpoint(
  document: Document,
  { verb, at, direction }: Happening,
  amount: Money | undefined,
  person: Identifier[] | undefined,
): TouchpointContribution {
  return {
    type: 'touchpoint',
    ...(person ? { person } : {}),
    touchpoint: {
      kind: `${amount ? 'quote' : 'document'}.${verb}`,
      occurred_at: at,
      channel: 'quoting',
      direction,
      ...(document.name ? { title: document.name } : {}),
      ...(amount ? { amount } : {}),
      props: { document_id: document.id, ...(document.ref_number ? { number: document.ref_number } : {}) },
    },
  }
}
