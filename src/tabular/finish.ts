import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type AmountText, type DecimalMark, readCurrency, toMoney } from './amounts.ts'
import type { ReadRow } from './cells.ts'
import { fieldsOf, type Kind } from './fields.ts'
import type { FirmographicsRow, InvoiceRow, PersonRow, QuoteRow } from './records.ts'
import { invoiceStatus, quoteStatus } from './statuses.ts'

export interface FinishContext {
  kind: Kind
  marks: Map<string, DecimalMark>
  /** Where the file names no currency. */
  currency: string
  country: string | undefined
  /** Headers by field, for messages. */
  mapping: Record<string, string>
}

/** A row that cannot be imported, with the reason; `field` is what is wrong with it. */
export class RowSkipped extends Error {
  readonly field: string | undefined
  constructor(message: string, field?: string) {
    super(message)
    this.field = field
  }
}

/** What identifies a row that has no id: equal rows are told apart by `occurrence`, wherever they stand in the file. */
export function contentKey(cells: readonly string[], occurrence: number): string {
  const digest = bytesToHex(
    sha256(new TextEncoder().encode(JSON.stringify(cells.map((cell) => cell.trim())))),
  ).slice(0, 32)
  return occurrence === 0 ? `row:${digest}` : `row:${digest}:${occurrence}`
}

/** The row as a record of its stream; without a key where nothing in the row identifies it. */
export function finishRow(row: ReadRow, ctx: FinishContext): { key?: string } {
  if (ctx.kind === 'invoices') return finishInvoice(row, ctx)
  if (ctx.kind === 'quotes') return finishQuote(row, ctx)
  if (ctx.kind === 'firmographics') return finishFirmographics(row, ctx)
  return finishPerson(row, ctx)
}

/** Text fields that have a column, null where the cell is empty. */
function texts(row: ReadRow, names: readonly string[]): Record<string, string | null> {
  return Object.fromEntries(
    names
      .flatMap((name) => [[name, row.text(name)] as const])
      .filter((pair): pair is [string, string | null] => pair[1] !== undefined),
  )
}

function finishPerson(row: ReadRow, { kind, country, mapping }: FinishContext): PersonRow {
  const [id, email] = [row.text('id'), row.text('email')]
  const key = id ?? (email ? `email:${email.toLowerCase()}` : undefined)
  if (!key) {
    const columns = [mapping.id, mapping.email].filter((name) => name !== undefined)
    throw new RowSkipped(`Row skipped: nothing says who it is (${columns.join(', ')} empty)`)
  }
  const fields = texts(row, Object.keys(fieldsOf(kind)))
  return {
    key,
    ...fields,
    ...(country && fields.country === undefined && !mapping.country ? { country } : {}),
  }
}

/** `https://www.Acme.de/en` and `acme.de` are one company. */
function hostOf(text: string): string | undefined {
  const url = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  return URL.canParse(url) ? new URL(url).hostname.replace(/^www\.|\.$/g, '') : undefined
}

function finishFirmographics(row: ReadRow, { kind, mapping }: FinishContext): FirmographicsRow {
  const key = hostOf(row.text('domain') ?? '')
  if (!key?.includes('.'))
    throw new RowSkipped(`Row skipped: nothing says which company it is (${mapping.domain})`, 'domain')
  return { key, ...texts(row, Object.keys(fieldsOf(kind))) }
}

const ADDRESSEE = ['customer_id', 'customer_email', 'company'] as const

function addressee(row: ReadRow, { mapping }: FinishContext): Record<string, string | null> {
  const found = texts(row, ADDRESSEE)
  if (Object.values(found).some((value) => value !== null)) return found
  const columns = ADDRESSEE.flatMap((name) => mapping[name] ?? [])
  throw new RowSkipped(`Row skipped: nothing says whom it is for (${columns.join(', ')} empty)`)
}

function currencyOf(row: ReadRow, total: AmountText, ctx: FinishContext): string {
  const text = row.text('currency')
  if (!text) return total.currency ?? ctx.currency
  const code = readCurrency(text) ?? (/^[$¥]$/.test(text) ? ctx.currency : undefined)
  if (!code) throw new RowSkipped(`Row skipped: "${text}" is not a currency`, 'currency')
  return code
}

function minor(row: ReadRow, field: string, currency: string, ctx: FinishContext): number | undefined {
  const amount = row.amount(field)
  if (!amount) return undefined
  const value = toMoney(amount, ctx.marks.get(field) ?? '.', currency)
  if (!value) throw new RowSkipped(`Row skipped: "${amount.digits}" is not an amount`, field)
  return value.amount
}

function required<T>(value: T | null | undefined, field: string, ctx: FinishContext): T {
  if (value === null || value === undefined)
    throw new RowSkipped(`Row skipped: ${ctx.mapping[field]} has no usable value`, field)
  return value
}

const key = (row: ReadRow): { key?: string } => {
  const id = row.text('id')
  return id ? { key: id } : {}
}

const dates = (row: ReadRow, names: readonly string[]): Record<string, number | null> =>
  Object.fromEntries(
    names
      .map((name) => [name, row.instant(name)] as const)
      .filter((pair): pair is [string, number | null] => pair[1] !== undefined),
  )

/**
 * Without a status an invoice is settled by what its amounts say (paid, or what is still open), and paid where there
 * are none: lists of invoices without a status are lists of what was sold.
 */
function finishInvoice(row: ReadRow, ctx: FinishContext): Omit<InvoiceRow, 'key'> & { key?: string } {
  const amount = required(row.amount('total'), 'total', ctx)
  const currency = currencyOf(row, amount, ctx)
  const total = minor(row, 'total', currency, ctx) ?? 0
  const [paid, open] = [minor(row, 'paid', currency, ctx), minor(row, 'open', currency, ctx)]
  const known = row.text('status')
  const status = known
    ? invoiceStatus(known)
    : (open ?? (paid === undefined ? 0 : total - paid)) > 0
      ? 'open'
      : 'paid'
  const isOwed = status === 'open' || status === 'uncollectible'
  const settled = paid ?? (status === 'paid' ? total : open !== undefined && isOwed ? total - open : 0)
  return {
    ...key(row),
    number: row.text('number') ?? row.text('id') ?? null,
    ...addressee(row, ctx),
    status,
    issued_at: required(row.instant('issued_at'), 'issued_at', ctx),
    ...dates(row, ['due_at', 'paid_at']),
    currency,
    total,
    paid: settled,
    open: isOwed ? (open ?? total - settled) : 0,
    ...texts(row, ['url']),
  }
}

/** Without a status a quote has been sent: that is what a list of quotes holds. */
function finishQuote(row: ReadRow, ctx: FinishContext): Omit<QuoteRow, 'key'> & { key?: string } {
  const amount = required(row.amount('total'), 'total', ctx)
  const currency = currencyOf(row, amount, ctx)
  const status = row.text('status')
  return {
    ...key(row),
    number: row.text('number') ?? row.text('id') ?? null,
    ...addressee(row, ctx),
    ...texts(row, ['title', 'url']),
    status: status ? quoteStatus(status) : 'sent',
    created_at: required(row.instant('created_at'), 'created_at', ctx),
    ...dates(row, ['sent_at', 'expires_at', 'closed_at']),
    currency,
    total: minor(row, 'total', currency, ctx) ?? 0,
  }
}
