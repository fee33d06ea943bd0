import * as z from 'zod'
import { AccountAttributes } from './account.ts'
import { BillingDocument } from './documents.ts'
import { Identifier } from './identifier.ts'
import { Instant } from './instant.ts'
import { PersonAttributes } from './person.ts'
import { Touchpoint } from './touchpoint.ts'
import { Traffic } from './traffic.ts'

/** asserted: a person or system of record said so · derived: computed from asserted values · inferred: a guess. */
export const Method = z.enum(['asserted', 'derived', 'inferred'])
export type Method = z.infer<typeof Method>

const provenance = {
  slot: z.string().optional().describe('Tells apart contributions of one kind from one record'),
  observed_at: Instant.optional().describe("When the source knew it; the record's version where absent"),
  method: Method.optional().describe('asserted where absent'),
  confidence: z.number().min(0).max(1).optional(),
  licence: z.string().optional().describe('Under which the value may be used (enrichment)'),
}

/** What one source record says about a person. `account` names the company the person belongs to. */
export const PersonContribution = z.object({
  type: z.literal('person'),
  identifiers: z.array(Identifier).min(1),
  attributes: PersonAttributes,
  account: z.array(Identifier).optional(),
  ...provenance,
})
export type PersonContribution = z.infer<typeof PersonContribution>

/** What one source record says about a company. `parent` and `ultimate_parent` name the companies that it belongs to. */
export const AccountContribution = z.object({
  type: z.literal('account'),
  identifiers: z.array(Identifier).min(1),
  attributes: AccountAttributes,
  parent: z.array(Identifier).optional(),
  ultimate_parent: z.array(Identifier).optional(),
  ...provenance,
})
export type AccountContribution = z.infer<typeof AccountContribution>

export const TouchpointContribution = z.object({
  type: z.literal('touchpoint'),
  person: z.array(Identifier).optional(),
  account: z.array(Identifier).optional(),
  touchpoint: Touchpoint,
})
export type TouchpointContribution = z.infer<typeof TouchpointContribution>

export const DocumentContribution = z.object({
  type: z.literal('document'),
  person: z.array(Identifier).optional(),
  account: z.array(Identifier).optional(),
  document: BillingDocument,
})
export type DocumentContribution = z.infer<typeof DocumentContribution>

/** Visits of a day, counted together: of nobody. One for each record. */
export const TrafficContribution = z.object({ type: z.literal('traffic'), traffic: Traffic })
export type TrafficContribution = z.infer<typeof TrafficContribution>

/** The result of `map`: everything downstream is computed from the set of these. */
export const Contribution = z.discriminatedUnion('type', [
  PersonContribution,
  AccountContribution,
  TouchpointContribution,
  DocumentContribution,
  TrafficContribution,
])
export type Contribution = z.infer<typeof Contribution>
