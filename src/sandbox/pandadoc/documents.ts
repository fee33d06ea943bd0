/** A document as `GET /public/v1/documents/{id}/details` gives it; fields that are left out get PandaDoc's defaults. */
export interface PandadocDocument {
  id: string
  name: string
  /** "document.draft", "document.sent", … */
  status: string
  date_created: string
  date_modified: string
  date_sent?: string | null
  date_completed?: string | null
  expiration_date?: string | null
  ref_number?: string | null
  created_by?: { email: string; first_name?: string; last_name?: string } | null
  sent_by?: { email: string; first_name?: string; last_name?: string } | null
  recipients?: PandadocRecipient[]
  grand_total?: { amount: string; currency: string }
  pricing?: { tables?: unknown[] }
  tokens?: { name: string; value: string }[]
  metadata?: Record<string, string>
}

export interface PandadocRecipient {
  id?: string
  email: string
  first_name?: string
  last_name?: string
  phone?: string
  role?: string
  recipient_type?: 'signer' | 'CC' | 'approver'
  signing_order?: number | null
  has_completed?: boolean
  contact_id?: string
}

/** Number codes of the status filter. */
export const STATUS_CODES = [
  'document.draft',
  'document.sent',
  'document.completed',
  'document.uploaded',
  'document.error',
  'document.viewed',
  'document.waiting_approval',
  'document.approved',
  'document.rejected',
  'document.waiting_pay',
  'document.paid',
  'document.voided',
  'document.declined',
  'document.external_review',
  'document.scheduled',
]

export const summaryOf = ({
  id,
  name,
  status,
  date_created,
  date_modified,
  date_completed,
  expiration_date,
}: PandadocDocument) => ({
  id,
  name,
  status,
  date_created,
  date_modified,
  date_completed: date_completed ?? null,
  expiration_date: expiration_date ?? null,
  version: '2',
})

export const detailsOf = (document: PandadocDocument) => ({
  approval_execution: null,
  autonumbering_sequence_name_prefix: null,
  linked_objects: [],
  date_sent: null,
  date_completed: null,
  expiration_date: null,
  ref_number: null,
  created_by: null,
  sent_by: null,
  template: null,
  metadata: {},
  tokens: [],
  fields: [],
  tables: [],
  images: [],
  texts: [],
  tags: [],
  pricing: {},
  grand_total: { amount: '0', currency: 'USD' },
  version: '2',
  lock: null,
  content_date_modified: document.date_modified,
  ...document,
  recipients: (document.recipients ?? []).map((recipient, index) => ({
    id: `${document.id}-recipient-${index + 1}`,
    first_name: '',
    last_name: '',
    phone: '',
    role: '',
    roles: recipient.role ? [recipient.role] : [],
    recipient_type: 'signer',
    has_completed: false,
    signing_order: null,
    type: 'recipient',
    shared_link: '',
    ...recipient,
  })),
})
