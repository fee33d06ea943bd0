import {
  type AccountAttributes,
  type Contribution,
  domain,
  email,
  type Identifier,
  money,
  type PersonAttributes,
  type Touchpoint,
  userId,
  vendorId,
} from '#model'
import type { InvoiceRow, PersonRow, QuoteRow } from './records.ts'

const customer = (id: string): Identifier => vendorId(`customer:${id}`)

/** Companies of spreadsheets have no id but their name: case, spacing and punctuation do not tell two apart. */
export const companyKey = (name: string): string =>
  `company:${name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()}`

const company = (name: string | null | undefined): Identifier[] => (name ? [vendorId(companyKey(name))] : [])

/** The given keys as far as the row has them; null stays null. */
function pick<T extends object, K extends keyof T>(row: T, keys: readonly K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(
    keys.filter((key) => row[key] !== undefined).map((key) => [key, row[key]]),
  ) as Partial<Pick<T, K>>
}

const ADDRESS = ['street', 'city', 'region', 'postal_code', 'country'] as const

/** A customer or contact: the person, and the company they name or write from. */
export function mapPerson(row: PersonRow, kind: 'customer' | 'contact'): Contribution[] {
  const self = row.id ? [vendorId(`${kind}:${row.id}`)] : []
  const identifiers = [
    ...self,
    ...(row.email ? [email(row.email)] : []),
    ...(row.user_id ? [userId(row.user_id)] : []),
  ]
  const host = hostOf(row.domain) ?? row.email?.split('@')[1]
  const named = [...company(row.company), ...(host ? [domain(host)] : [])]
  const account = named.length > 0 ? [...self, ...named] : []
  const isPerson = Boolean(
    row.email || row.first_name || row.last_name || row.full_name || row.user_id || !row.company,
  )
  const contributions: Contribution[] = []
  if (isPerson && identifiers.length > 0) {
    contributions.push({
      type: 'person',
      identifiers,
      attributes: personOf(row),
      ...(account.length > 0 ? { account } : {}),
    })
  }
  const parent = parentOf(row)
  if (account.length > 0)
    contributions.push({
      type: 'account',
      identifiers: account,
      attributes: accountOf(row),
      ...(row.company && parent ? { parent } : {}),
    })
  return contributions
}

/** By its web address, else as the same table calls it. */
function parentOf({ parent }: PersonRow): Identifier[] | undefined {
  if (!parent) return undefined
  const host = /^(https?:\/\/)?[^\s/]+\.[^\s/.]{2,}\/?$/i.test(parent) ? hostOf(parent) : undefined
  return host ? [domain(host)] : company(parent)
}

function personOf(row: PersonRow): PersonAttributes {
  const names = [
    'email',
    'first_name',
    'last_name',
    'full_name',
    'title',
    'department',
    'phone',
    'language',
    'lead_source',
    'owner_email',
  ] as const
  return {
    ...pick(row, names),
    ...(row.company === undefined ? {} : { company_name: row.company }),
    ...pick(row, ADDRESS),
  }
}

/** Where no company is named the address is the person's, and the company is known by its domain alone. */
function accountOf(row: PersonRow): AccountAttributes {
  if (!row.company) return {}
  return {
    name: row.company,
    ...(row.domain ? { website: row.domain } : {}),
    ...pick(row, ['industry', 'vat_id', 'company_number', 'owner_email'] as const),
    ...pick(row, ADDRESS),
  }
}

function hostOf(text: string | null | undefined): string | undefined {
  if (!text) return undefined
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`
  return URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, '') : undefined
}

type Addressed = Pick<InvoiceRow, 'customer_id' | 'customer_email' | 'company'>

/** Whoever the customer list says the id is: a person, a company, or a person and their company. */
function addressee(row: Addressed): { person?: Identifier[]; account?: Identifier[] } {
  const byId = row.customer_id ? [customer(row.customer_id)] : []
  const person = [...byId, ...(row.customer_email ? [email(row.customer_email)] : [])]
  const account = [...byId, ...company(row.company)]
  return { ...(person.length > 0 ? { person } : {}), ...(account.length > 0 ? { account } : {}) }
}

interface Step {
  kind: string
  at: number | null | undefined
  verb: string
  direction: Touchpoint['direction']
}

function touches(
  steps: Step[],
  name: string,
  row: { currency: string; total: number; url?: string | null | undefined },
): Touchpoint[] {
  return steps.flatMap(({ kind, at, verb, direction }) =>
    at == null
      ? []
      : [
          {
            kind,
            occurred_at: at,
            channel: 'import',
            direction,
            title: `${name} ${verb}`,
            amount: money(row.total, row.currency),
            ...(row.url ? { url: row.url } : {}),
          },
        ],
  )
}

export function mapInvoice(row: InvoiceRow): Contribution[] {
  const owner = addressee(row)
  const { currency, key, status } = row
  const isIssued = status !== 'draft'
  const steps: Step[] = [
    {
      kind: 'invoice.issued',
      at: isIssued ? row.issued_at : undefined,
      verb: 'issued',
      direction: 'outbound',
    },
    {
      kind: 'invoice.paid',
      at: status === 'paid' ? row.paid_at : undefined,
      verb: 'paid',
      direction: 'inbound',
    },
  ]
  return [
    {
      type: 'document',
      ...owner,
      document: {
        type: 'invoice',
        key,
        currency,
        status,
        issued_at: row.issued_at,
        ...pick(row, ['number', 'url', 'due_at', 'paid_at'] as const),
        total: money(row.total, currency),
        paid: money(row.paid, currency),
        open: money(row.open, currency),
      },
    },
    ...touches(steps, row.number ? `Invoice ${row.number}` : 'Invoice', row).map((touchpoint) => ({
      type: 'touchpoint' as const,
      ...owner,
      touchpoint,
    })),
  ]
}

export function mapQuote(row: QuoteRow): Contribution[] {
  const owner = addressee(row)
  const { currency, key, status } = row
  const closed = (
    {
      accepted: ['quote.accepted', 'inbound'],
      declined: ['quote.declined', 'inbound'],
      expired: ['quote.expired', 'outbound'],
    } as const
  )[status as 'accepted']
  const steps: Step[] = [
    { kind: 'quote.created', at: row.created_at, verb: 'created', direction: 'outbound' },
    { kind: 'quote.sent', at: row.sent_at, verb: 'sent', direction: 'outbound' },
    ...(closed ? [{ kind: closed[0], at: row.closed_at, verb: status, direction: closed[1] }] : []),
  ]
  return [
    {
      type: 'document',
      ...owner,
      document: {
        type: 'quote',
        key,
        currency,
        status,
        total: money(row.total, currency),
        created_at: row.created_at,
        ...pick(row, ['number', 'title', 'url', 'sent_at', 'expires_at', 'closed_at'] as const),
      },
    },
    ...touches(steps, row.number ? `Quote ${row.number}` : 'Quote', row).map((touchpoint) => ({
      type: 'touchpoint' as const,
      ...owner,
      touchpoint,
    })),
  ]
}
