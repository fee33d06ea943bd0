import {
  type BillingDocument,
  type DocumentContribution,
  fromUnix,
  type Identifier,
  type Instant,
  type Touchpoint,
  type TouchpointContribution,
  vendorId,
} from '#model'
import { idOf, type Ref } from './records.ts'

/** The customer of a document, as identifiers of both a person and an account: who of the two exists, identity knows. */
export interface Owner {
  person?: Identifier[]
  account?: Identifier[]
}

interface Owned {
  customer?: Ref | null | undefined
  customer_account?: string | null | undefined
}

/** The first of the given objects that names a customer decides. */
export function ownerOf(...candidates: (Owned | string | null | undefined)[]): Owner {
  for (const candidate of candidates) {
    if (!candidate || typeof candidate === 'string') continue
    const id = idOf(candidate.customer) ?? candidate.customer_account
    if (id) return { person: [vendorId(id)], account: [vendorId(id)] }
  }
  return {}
}

export const document = (owner: Owner, value: BillingDocument): DocumentContribution => ({
  type: 'document',
  ...owner,
  document: value,
})

export const touchpoint = (owner: Owner, value: Touchpoint): TouchpointContribution => ({
  type: 'touchpoint',
  ...owner,
  touchpoint: value,
})

export const currencyOf = (record: { currency: string }): string => record.currency.toUpperCase()

/** Seconds of Stripe to an instant; null and absent are both "not yet". */
export const instant = (seconds: number | null | undefined): Instant | undefined =>
  seconds == null ? undefined : fromUnix(seconds)

/** Drops keys whose value is absent, null or empty, for touchpoint props. */
export function props(values: Record<string, string | number | null | undefined>): {
  props?: Record<string, unknown>
} {
  const kept = Object.entries(values).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  return kept.length > 0 ? { props: Object.fromEntries(kept) } : {}
}

export function isoOf(seconds: number | null | undefined): string | undefined {
  const date = new Date(seconds == null ? Number.NaN : fromUnix(seconds))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
