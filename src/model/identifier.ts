import * as z from 'zod'

/**
 * Something that points at a person or an account.
 *
 * - `email`, `user_id`, `vendor_id` identify a person; equal values mean the same person.
 * - `anonymous_id` is weak: it belongs to the person it was first stitched to and never joins two known people.
 * - `domain`, `group_id`, `vendor_id` identify an account; so does `lei`, the legal entity identifier (ISO 17442).
 * - `phone` is as weak: calls stand with the person whose number it was first said to be. International form only.
 */
export const IdentifierKind = z.enum([
  'email',
  'user_id',
  'anonymous_id',
  'vendor_id',
  'phone',
  'domain',
  'group_id',
  'lei',
])
export type IdentifierKind = z.infer<typeof IdentifierKind>

export const Identifier = z.object({
  kind: IdentifierKind,
  value: z
    .string()
    .min(1)
    .max(512)
    .describe('As the source wrote it; normalised by identity before matching'),
})
export type Identifier = z.infer<typeof Identifier>

export const email = (value: string): Identifier => ({ kind: 'email', value })
export const userId = (value: string): Identifier => ({ kind: 'user_id', value })
export const anonymousId = (value: string): Identifier => ({ kind: 'anonymous_id', value })
export const domain = (value: string): Identifier => ({ kind: 'domain', value })
export const lei = (value: string): Identifier => ({ kind: 'lei', value })
export const groupId = (value: string): Identifier => ({ kind: 'group_id', value })
export const phone = (value: string): Identifier => ({ kind: 'phone', value })

/** A vendor's own id. The engine prefixes the connection, so ids of two Stripe accounts never meet. */
export const vendorId = (id: string): Identifier => ({ kind: 'vendor_id', value: id })

/** A record of a CRM, by object and id. */
export const crmRecord = (object: string, id: string): Identifier => vendorId(`${object}:${id}`)
