import { RecordError } from '#kit'
import { type Instant, type Money, parseInstant, parseMajor, type Quote } from '#model'
import type { Document } from './api.ts'

/** Times of a document; a date that cannot be read fails the record rather than becoming another time. */
export interface DocumentTimes {
  created: Instant
  modified: Instant
  sent?: Instant | undefined
  completed?: Instant | undefined
  expires?: Instant | undefined
}

export function timesOf(document: Document): DocumentTimes {
  const created = timeOf(document, 'date_created')
  if (created === undefined)
    throw new RecordError('record.invalid', 'date_created is empty', { at: { field: 'date_created' } })
  return {
    created,
    modified: timeOf(document, 'date_modified') ?? created,
    sent: timeOf(document, 'date_sent'),
    completed: timeOf(document, 'date_completed'),
    expires: timeOf(document, 'expiration_date'),
  }
}

function timeOf(
  document: Document,
  field: 'date_created' | 'date_modified' | 'date_sent' | 'date_completed' | 'expiration_date',
) {
  const text = document[field]
  if (!text) return undefined
  const at = parseInstant(text)
  if (at !== undefined) return at
  throw new RecordError('record.invalid', `${field} is not a date: ${text}`, { at: { field } })
}

/**
 * PandaDoc's status as ours. Internal approval comes before anything is sent, so it is a draft whatever its outcome;
 * waiting for payment follows the last signature, so the quote is accepted. `voided` is what PandaDoc calls expired,
 * also where a person ended the document before its date: that is a cancellation.
 * @see https://developers.pandadoc.com/reference/document-status
 */
const STATUSES: Record<string, Quote['status']> = {
  uploaded: 'draft',
  error: 'draft',
  draft: 'draft',
  scheduled: 'draft',
  waiting_approval: 'draft',
  approved: 'draft',
  rejected: 'draft',
  sent: 'sent',
  external_review: 'sent',
  viewed: 'viewed',
  waiting_pay: 'accepted',
  paid: 'accepted',
  completed: 'accepted',
  declined: 'declined',
}

export function statusOf(document: Document, { expires, modified }: DocumentTimes): Quote['status'] {
  const status = document.status.replace(/^document\./, '')
  if (status === 'voided') return expires !== undefined && expires > modified ? 'canceled' : 'expired'
  return STATUSES[status] ?? status
}

/** Grand total; undefined where the document has none or its currency is unknown. */
export function totalOf({ grand_total }: Document): Money | undefined {
  const currency = grand_total?.currency?.toUpperCase()
  if (!grand_total || !currency || !/^[A-Z]{3}$/.test(currency)) return undefined
  return parseMajor(String(grand_total.amount), currency)
}

/** Contracts and forms are documents too; a quote has a price. */
export const isPriced = (document: Document, total: Money): boolean =>
  total.amount !== 0 || (document.pricing?.tables?.length ?? 0) > 0

export function toQuote(document: Document, total: Money, times: DocumentTimes): Quote {
  const status = statusOf(document, times)
  return {
    type: 'quote',
    key: document.id,
    number: document.ref_number ?? null,
    currency: total.currency,
    url: `https://app.pandadoc.com/a/#/documents/${document.id}`,
    status,
    title: document.name ?? null,
    total,
    created_at: times.created,
    sent_at: times.sent ?? null,
    expires_at: times.expires ?? null,
    closed_at: closedAt(status, times) ?? null,
    ...(status === 'viewed' ? { viewed_at: times.modified } : {}),
  }
}

/** A closed document no longer changes, so its last change is when it closed. */
export function closedAt(
  status: string,
  { completed, modified, expires }: DocumentTimes,
): Instant | undefined {
  if (status === 'accepted') return completed ?? modified
  if (status === 'expired') return expires ?? modified
  return status === 'declined' || status === 'canceled' ? modified : undefined
}
