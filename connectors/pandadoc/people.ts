import type { Identifier, PersonAttributes, PersonContribution } from '#model'
import { email, type Instant, vendorId } from '#model'
import type { Document, Recipient } from './api.ts'

/** Recipients of a document on the buyer's side: not who made or sent it, nor colleagues. */
export function buyersOf(
  document: Document,
  internalDomains: readonly string[],
): (Recipient & { email: string })[] {
  const ours = new Set(
    [document.created_by?.email, document.sent_by?.email].flatMap((e) => (e ? [e.toLowerCase()] : [])),
  )
  return (document.recipients ?? [])
    .filter((recipient): recipient is Recipient & { email: string } => isAddress(recipient.email))
    .filter(({ email: address }) => {
      const folded = address.toLowerCase()
      return (
        !ours.has(folded) && !internalDomains.some((domain) => folded.endsWith(`@${domain.toLowerCase()}`))
      )
    })
    .sort((a, b) => rank(a) - rank(b))
}

const isAddress = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(text)

/** Who signs first decides; copies come last. The sort is stable, so the document's own order breaks ties. */
function rank({ recipient_type, signing_order }: Recipient): number {
  if (recipient_type?.toLowerCase() === 'cc') return Number.POSITIVE_INFINITY
  return Number(signing_order ?? 0) || 0
}

export const identifiersOf = ({
  email: address,
  contact_id,
}: Recipient & { email: string }): Identifier[] => [
  email(address),
  ...(contact_id ? [vendorId(`contact:${contact_id}`)] : []),
]

export function toPerson(
  recipient: Recipient & { email: string },
  document: Document,
  observedAt: Instant,
): PersonContribution {
  return {
    type: 'person',
    slot: recipient.email.toLowerCase(),
    identifiers: identifiersOf(recipient),
    attributes: attributesOf(recipient, document),
    observed_at: observedAt,
  }
}

/** PandaDoc sends '' for what it does not know, which says nothing about the person. */
function attributesOf(recipient: Recipient & { email: string }, document: Document): PersonAttributes {
  const company = tokenOf(document, recipient.role, 'Company')
  const title = tokenOf(document, recipient.role, 'Title')
  return {
    email: recipient.email,
    ...(recipient.first_name ? { first_name: recipient.first_name } : {}),
    ...(recipient.last_name ? { last_name: recipient.last_name } : {}),
    ...(recipient.phone ? { phone: recipient.phone } : {}),
    ...(company ? { company_name: company } : {}),
    ...(title ? { title } : {}),
  }
}

/** Variables of a role carry what the recipient has no field for: "Client.Company". */
function tokenOf({ tokens }: Document, role: string | null | undefined, field: string): string | undefined {
  if (!role) return undefined
  const value = tokens?.find(({ name }) => name === `${role}.${field}`)?.value
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
