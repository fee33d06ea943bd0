import type { Instant } from '#model'
import { type Book, createBook } from './billing-book.ts'
import { billOnboarding, billSubscription } from './billing-cycle.ts'
import { DAY, unix } from './calendar.ts'
import type { Catalogue } from './catalogue.ts'
import type { Deal } from './deals.ts'
import type { Random } from './random.ts'
import { customerObject, type Party } from './stripe-objects.ts'
import { creditNoteObject, disputeObject, refundObject } from './stripe-payments.ts'
import type { StripeObject } from './types.ts'

/** The Stripe side of a deal. */
export interface Account {
  deal: Deal
  party: Party
  subscription?: { id: string; firstInvoice: string }
}

/** A year of Stripe: customers, subscriptions, invoices and every way in which they are paid or not. */
export function createBilling(
  random: Random,
  now: Instant,
  deals: Deal[],
  catalogue: Catalogue,
): { book: Book; accounts: Account[] } {
  const book = createBook(random, now)
  const accounts = deals.flatMap((deal): Account[] => {
    // PandaDoc quotes need no Stripe customer before they are signed.
    if (deal.stage === 'opportunity' && deal.quotedBy !== 'stripe') return []
    const party = partyOf(random, deal)
    const account: Account = { deal, party }
    if (deal.stage !== 'opportunity')
      account.subscription = billSubscription(book, random, now, deal, party, catalogue)
    if (deal.hasOnboarding) billOnboarding(book, random, now, deal, party, catalogue)
    book.objects.push(
      customerObject(
        {
          ...party,
          ...(deal.buyer.phone ? { phone: deal.buyer.phone } : {}),
          locale: deal.buyer.locale.tag,
          metadata: metadataOf(deal),
          createdAt:
            deal.quotedBy === 'stripe' && deal.stage !== 'opportunity'
              ? deal.startsAt - 7 * DAY
              : deal.startsAt,
          ...vatIdOf(random, deal),
          isDelinquent: deal.stage === 'past_due',
        },
        random,
      ),
    )
    return [account]
  })
  giveBack(book, random, now)
  return { book, accounts }
}

/** Larger companies have invoices sent to a role address. */
function partyOf(random: Random, { buyer, company, currency }: Deal): Party {
  const billing = company?.people.find((person) => person.isRole && person.email.startsWith('billing@'))
  const [, region = null] =
    buyer.locale.cities.find((entry) => entry.startsWith(`${buyer.city}|`))?.split('|') ?? []
  return {
    id: `cus_${random.token(14)}`,
    email: billing?.email ?? buyer.email,
    name: billing ? (company?.name ?? buyer.fullName) : buyer.fullName,
    currency,
    address: {
      city: buyer.city,
      country: buyer.locale.country,
      line1: company ? `${random.int(1, 240)} ${company.romanName}` : null,
      line2: null,
      postal_code: String(random.int(10_000, 99_999)),
      state: company ? region : null,
    },
  }
}

const VAT_COUNTRIES: Record<string, string> = { DE: 'eu_vat', FR: 'eu_vat', ES: 'eu_vat', GB: 'gb_vat' }

function vatIdOf(random: Random, { company, buyer }: Deal): { vatId?: { type: string; value: string } } {
  const type = VAT_COUNTRIES[buyer.locale.country]
  if (!company || !type) return {}
  return { vatId: { type, value: `${buyer.locale.country}${random.int(100_000_000, 999_999_999)}` } }
}

function metadataOf({ buyer, company }: Deal): Record<string, string> {
  return {
    ...(buyer.userId ? { user_id: buyer.userId } : {}),
    ...(company ? { company: company.name } : {}),
  }
}

/** Refunds, disputes and credit notes, spread over what has been charged. */
function giveBack(book: Book, random: Random, now: Instant): void {
  const settled = book.paid.filter(({ charge }) => charge.created < unix(now - 12 * DAY))
  const chosen = random.sample(settled, 11)
  const laterThan = (charge: StripeObject) => Math.min(charge.created * 1000 + random.int(2, 9) * DAY, now)

  chosen.slice(0, 6).forEach(({ charge, invoice, amount }, index) => {
    // Rounded to ten: three-decimal currencies allow no finer amount.
    const back = index % 2 === 0 ? amount : Math.max(10, Math.round(amount / 30) * 10)
    const at = laterThan(charge)
    const refund = refundObject(charge, back, at, random)
    Object.assign(charge, { amount_refunded: back, refunded: back === amount })
    book.objects.push(refund)
    book.account(invoice, -back)
    if (index > 1) return
    const note = creditNoteObject(
      {
        invoice,
        amount: back,
        at,
        number: `${String(invoice.number)}-CN-01`,
        refund,
        reason: 'order_change',
      },
      random,
    )
    Object.assign(invoice, { post_payment_credit_notes_amount: back })
    book.objects.push(note)
  })
  chosen.slice(6, 8).forEach(({ charge, invoice, amount }, index) => {
    const status = index === 0 ? 'lost' : 'needs_response'
    book.objects.push(disputeObject(charge, amount, laterThan(charge), status, random))
    Object.assign(charge, { disputed: true })
    if (status === 'lost') book.account(invoice, -amount)
  })
  for (const invoice of book.open
    .filter((item) => item.billing_reason === 'manual' || item.collection_method === 'send_invoice')
    .slice(0, 1)) {
    const credit = Math.max(10, Math.round(Number(invoice.total) / 50) * 10)
    const at = Math.min(invoice.created * 1000 + DAY, now)
    book.objects.push(
      creditNoteObject(
        {
          invoice,
          amount: credit,
          at,
          number: `${String(invoice.number)}-CN-01`,
          reason: 'product_unsatisfactory',
        },
        random,
      ),
    )
    const remaining = Number(invoice.amount_remaining) - credit
    Object.assign(invoice, {
      amount_due: remaining,
      amount_remaining: remaining,
      pre_payment_credit_notes_amount: credit,
    })
  }
}
