import * as z from 'zod'

const Text = z.string().nullish()

/** A summary in `GET /public/v1/documents`. @see https://developers.pandadoc.com/reference/list-documents */
const Summary = z.looseObject({ id: z.string().min(1), status: z.string(), date_modified: z.string() })
export const DocumentList = z.looseObject({ results: z.array(Summary) })

const Member = z.looseObject({ email: Text })

/** A person, or a group (`type: recipient_group`), which has no address. */
const Recipient = z.looseObject({
  type: Text,
  email: Text,
  first_name: Text,
  last_name: Text,
  phone: Text,
  role: Text,
  recipient_type: Text.describe('signer, approver or CC'),
  contact_id: Text,
  signing_order: z.union([z.number(), z.string()]).nullish(),
})
export type Recipient = z.infer<typeof Recipient>

/** `GET /public/v1/documents/{id}/details` @see https://developers.pandadoc.com/reference/document-details */
export const Document = z.looseObject({
  id: z.string().min(1),
  name: Text,
  status: z.string(),
  date_created: z.string(),
  date_modified: Text,
  date_sent: Text,
  date_completed: Text,
  expiration_date: Text,
  ref_number: Text,
  created_by: Member.nullish(),
  sent_by: Member.nullish(),
  recipients: z.array(Recipient).nullish(),
  grand_total: z.looseObject({ amount: z.union([z.string(), z.number()]), currency: Text }).nullish(),
  pricing: z.looseObject({ tables: z.array(z.unknown()).nullish() }).nullish(),
  tokens: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).nullish(),
})
export type Document = z.infer<typeof Document>

/** `GET /public/v1/members/current` */
export const CurrentMember = z.looseObject({ email: z.string() })

/** The body of a webhook. @see https://developers.pandadoc.com/docs/webhook-events */
export const Notifications = z.array(
  z.looseObject({ event: z.string(), data: z.looseObject({ id: z.string().nullish() }).nullish() }),
)
