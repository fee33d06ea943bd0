import type { Instant } from '#model'
import { between, DAY } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Interval, Plan } from './catalogue.ts'
import type { Currency } from './locales.ts'
import type { Random } from './random.ts'
import type { CastCompany, CastPerson, Stage } from './types.ts'

/** What one buyer agreed to (or, for opportunities, may agree to). */
export interface Deal {
  buyer: CastPerson
  company?: CastCompany
  stage: Exclude<Stage, 'lead'>
  plan: Plan
  seats: number
  interval: Interval
  currency: Currency
  /** Start of the subscription; for opportunities, of the talks. */
  startsAt: Instant
  /** Ends with a trial of 14 days. */
  hasTrial: boolean
  collection: 'charge_automatically' | 'send_invoice'
  hasOnboarding: boolean
  /** A purchase of the last weeks that every source has heard of: what the demo shows first. */
  isShowcase?: boolean
  /** How the deal was quoted. */
  quotedBy?: 'stripe' | 'pandadoc'
}

export const TRIAL_DAYS = 14

export function createDeals(random: Random, now: Instant, cast: Cast): Deal[] {
  const showcase = cast.companies.find(({ stage, people }) => stage === 'customer' && people[0]?.hasConsented)
  const companies = cast.companies.flatMap((company) => {
    const buyer = company.people[0]
    if (company.stage === 'lead' || !buyer) return []
    const deal = companyDeal(random, now, company, buyer, company.stage)
    return [company === showcase ? asShowcase(now, deal) : deal]
  })
  const individuals = cast.people.flatMap((person) =>
    person.company || person.stage === 'lead' ? [] : [soloDeal(random, person, person.stage)],
  )
  return [...companies, ...individuals]
}

/** They read the offer and subscribed on the website, without signing it. */
function asShowcase(now: Instant, deal: Deal): Deal {
  deal.buyer.phone ??= `${deal.buyer.locale.callingCode}1001`
  return {
    ...deal,
    startsAt: now - 4 * DAY,
    hasTrial: false,
    hasOnboarding: false,
    interval: 'month',
    collection: 'charge_automatically',
    quotedBy: 'pandadoc',
    isShowcase: true,
  }
}

function companyDeal(
  random: Random,
  now: Instant,
  company: CastCompany,
  buyer: CastPerson,
  stage: Deal['stage'],
): Deal {
  const isLarge = company.employees > 150
  return {
    buyer,
    company,
    stage,
    plan: isLarge ? 'business' : 'team',
    seats: Math.max(2, Math.min(60, Math.round(company.employees / random.int(6, 14)))),
    interval: stage === 'customer' && random.chance(0.3) ? 'year' : 'month',
    currency: company.locale.currency,
    startsAt: stage === 'trial' ? now - random.int(2, 10) * DAY : buyer.knownAt + random.int(8, 20) * DAY,
    hasTrial: stage === 'trial' || stage === 'paused' || (stage === 'customer' && random.chance(0.3)),
    collection:
      stage === 'late_payer' || (stage === 'customer' && isLarge) ? 'send_invoice' : 'charge_automatically',
    hasOnboarding: isLarge && (stage === 'customer' || stage === 'churned'),
    ...quoteOf(random, company, stage),
  }
}

/** All talks under way are quoted, and some of the deals that were made. */
function quoteOf(random: Random, { index }: CastCompany, stage: Deal['stage']): Pick<Deal, 'quotedBy'> {
  if (stage === 'opportunity') return { quotedBy: index % 2 === 0 ? 'pandadoc' : 'stripe' }
  if (stage !== 'customer' && stage !== 'late_payer') return {}
  return random.weighted<Pick<Deal, 'quotedBy'>>([
    [{ quotedBy: 'stripe' }, 3],
    [{ quotedBy: 'pandadoc' }, 4],
    [{}, 5],
  ])
}

function soloDeal(random: Random, buyer: CastPerson, stage: Deal['stage']): Deal {
  return {
    buyer,
    stage,
    plan: 'solo',
    seats: 1,
    interval: 'month',
    currency: buyer.locale.currency,
    startsAt: between(random, buyer.knownAt + DAY / 24, buyer.knownAt + 5 * DAY),
    hasTrial: false,
    collection: 'charge_automatically',
    hasOnboarding: false,
  }
}
