import type { Instant } from '#model'
import type { Book } from './billing-book.ts'
import { unix } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Deal } from './deals.ts'
import type { DemoCompany, DemoFacts, StripeObject } from './types.ts'

/** What a correct hub must find, added up from what was written rather than from what was intended. */
export function createFacts(
  now: Instant,
  cast: Cast,
  deals: readonly Deal[],
  book: Book,
  outputs: Pick<DemoCompany, 'stripe' | 'pandadoc' | 'sendgrid' | 'website'>,
  rest: { strangers: number; liveLeads: string[] },
): DemoFacts {
  const { stripe, pandadoc, sendgrid, website } = outputs
  const emails = new Set<string>([
    ...stripe.filter(({ object }) => object === 'customer').map(({ email }) => String(email)),
    ...pandadoc.flatMap(recipientsOf),
    ...sendgrid.map(({ email }) => email),
    ...website.flatMap(({ type, traits }) =>
      type === 'identify' ? [String((traits as { email?: unknown }).email)] : [],
    ),
  ])
  const hasDocuments = documentHolders(stripe, pandadoc.flatMap(recipientsOf), deals)
  const companyOf = new Map(cast.people.map((person) => [person.email, person.company?.domain]))
  const open = book.objects.filter(({ object, status }) => object === 'invoice' && status === 'open')

  return {
    companies: cast.companies.length,
    people: emails.size,
    anonymousVisitors: rest.strangers,
    websiteEvents: website.length,
    emailEvents: new Set(sendgrid.map((event) => event.sg_event_id)).size,
    quotes: pandadoc.length + stripe.filter(({ object }) => object === 'quote').length,
    stripe: countBy(stripe, ({ object }) => object),
    customers: new Set(
      stripe.filter(({ object }) => object === 'subscription').map(({ customer }) => customer),
    ).size,
    leads: [...emails].filter(
      (email) => !hasDocuments.has(email) && !hasDocuments.has(companyOf.get(email) ?? email),
    ).length,
    lifetimePaid: book.lifetimePaid,
    mrr: book.mrr,
    open: sumOwed(open),
    overdue: sumOwed(open.filter(({ due_date }) => typeof due_date === 'number' && due_date < unix(now))),
    showcase: showcaseOf(deals),
    liveLeads: rest.liveLeads,
  }
}

export const showcaseOf = (deals: readonly Deal[]): string =>
  deals.find(({ isShowcase }) => isShowcase)?.buyer.email ?? ''

const recipientsOf = (document: Record<string, unknown>): string[] =>
  (document.recipients as { email: string }[]).map(({ email }) => email)

/** E-mail addresses and company domains that have a subscription, invoice, payment or quote. */
function documentHolders(
  stripe: readonly StripeObject[],
  recipients: readonly string[],
  deals: readonly Deal[],
): Set<string> {
  const billed = new Set(
    stripe
      .filter(({ object }) => ['subscription', 'invoice', 'quote'].includes(object))
      .map(({ customer }) => customer),
  )
  const emails = stripe
    .filter(({ object, id }) => object === 'customer' && billed.has(id))
    .map(({ email }) => String(email))
  const holders = new Set([...emails, ...recipients])
  for (const { buyer, company } of deals) {
    const isHolder = company?.people.some(({ email }) => holders.has(email)) ?? holders.has(buyer.email)
    if (company && isHolder) holders.add(company.domain)
  }
  return holders
}

function sumOwed(invoices: readonly StripeObject[]): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {}
  for (const { customer_email, currency, amount_remaining } of invoices) {
    const email = String(customer_email)
    const code = String(currency).toUpperCase()
    sums[email] = { ...sums[email], [code]: (sums[email]?.[code] ?? 0) + Number(amount_remaining) }
  }
  return sums
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1
  return counts
}
