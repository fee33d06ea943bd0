import * as z from 'zod'
import { Instant } from '#model'

/**
 * Rows in normalised form. An absent field had no column, null was an empty cell. `key` is the row's id, else something
 * that identifies it (its e-mail address), else a hash of its content.
 */
const text = z.string().nullish()
const currency = z.string().regex(/^[A-Z]{3}$/)
const amount = z.int()
const instant = Instant.nullish()

export const PersonRow = z.object({
  key: z.string().min(1),
  id: text,
  user_id: text,
  email: text,
  first_name: text,
  last_name: text,
  full_name: text,
  title: text,
  department: text,
  phone: text,
  company: text,
  domain: text,
  industry: text,
  vat_id: text,
  company_number: text,
  parent: text,
  street: text,
  city: text,
  region: text,
  postal_code: text,
  country: text,
  language: text,
  lead_source: text,
  owner_email: text,
})
export type PersonRow = z.infer<typeof PersonRow>

/** How an invoice or quote names whom it is for. */
const addressee = { customer_id: text, customer_email: text, company: text }

/** What somebody else says of a company: answers questions, and makes no company by itself. */
export const FirmographicsRow = z.object({
  key: z.string().min(1),
  domain: text,
  name: text,
  website: text,
  industry: text,
  description: text,
  employees: text,
  annual_revenue: text,
  founded: text,
  type: text,
  phone: text,
  street: text,
  city: text,
  region: text,
  postal_code: text,
  country: text,
  linkedin_url: text,
})
export type FirmographicsRow = z.infer<typeof FirmographicsRow>

export const InvoiceRow = z.object({
  key: z.string().min(1),
  number: text,
  ...addressee,
  status: z.string(),
  issued_at: Instant,
  due_at: instant,
  paid_at: instant,
  currency,
  total: amount,
  paid: amount,
  open: amount,
  url: text,
})
export type InvoiceRow = z.infer<typeof InvoiceRow>

export const QuoteRow = z.object({
  key: z.string().min(1),
  number: text,
  title: text,
  ...addressee,
  status: z.string(),
  created_at: Instant,
  sent_at: instant,
  expires_at: instant,
  closed_at: instant,
  currency,
  total: amount,
  url: text,
})
export type QuoteRow = z.infer<typeof QuoteRow>
