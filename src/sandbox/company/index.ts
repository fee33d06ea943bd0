import type { Instant } from '#model'
import { createBilling } from './billing.ts'
import { DAY } from './calendar.ts'
import { createCast } from './cast.ts'
import { createCatalogue } from './catalogue.ts'
import { createDeals } from './deals.ts'
import { createEmail } from './email.ts'
import { createFacts, showcaseOf } from './facts.ts'
import { createGoogleContent } from './google.ts'
import { createLive } from './live.ts'
import { createProfiles } from './pdl.ts'
import { createPhoneContent } from './phone.ts'
import { createQuotes } from './quotes.ts'
import { createRandom } from './random.ts'
import { createTalks } from './talks.ts'
import type { DemoCompany } from './types.ts'
import { createWebinar } from './webinar.ts'
import { createWebsite } from './website.ts'

export type {
  DemoCompany,
  DemoFacts,
  PandaDocDocument,
  SendGridEvent,
  StripeObject,
  WebsiteEvent,
} from './types.ts'

export interface DemoCompanyOptions {
  /** The same seed and `now` give the same company. Default 1. */
  seed?: number
  /** The year of history ends here. */
  now: Instant
  /** Business customers and prospects. Default 60. */
  companies?: number
  /** People, those of companies included. Default 400. */
  people?: number
}

/**
 * The customers of Northwind Telemetry, an invented vendor of fleet monitoring: a year of billing, quotes, mail and
 * visits in the shapes of the vendors themselves, and what a hub must make of it (`facts`). All names are invented.
 */
export function createDemoCompany({
  seed = 1,
  now,
  companies = 60,
  people = 400,
}: DemoCompanyOptions): DemoCompany {
  const random = createRandom(seed)
  const cast = createCast(random.fork('cast'), now, { companies, people })
  const deals = createDeals(random.fork('deals'), now, cast)
  const catalogue = createCatalogue(random.fork('catalogue'), now - 400 * DAY)
  const { book, accounts } = createBilling(random.fork('billing'), now, deals, catalogue)
  const quotes = createQuotes(random.fork('quotes'), now, deals, accounts, catalogue)
  const email = createEmail(random.fork('email'), now, cast)
  const { events: website, strangers } = createWebsite(random.fork('website'), now, cast, email.clicks)
  const { leads, ...live } = createLive(random.fork('live'), now, cast)

  const talks = createTalks(random.fork('talks'), now, deals)

  const history = {
    stripe: [...catalogue.objects, ...book.objects, ...quotes.stripe].sort((a, b) => a.created - b.created),
    pandadoc: quotes.pandadoc,
    sendgrid: email.events,
    website,
  }
  return {
    ...history,
    google: createGoogleContent(random.fork('google'), cast, talks, website),
    phone: createPhoneContent(random.fork('phone'), talks.calls),
    mailchimp: createWebinar(random.fork('webinar'), now, cast, showcaseOf(deals)),
    pdl: createProfiles(random.fork('pdl'), cast),
    live,
    facts: createFacts(now, cast, deals, book, history, { strangers, liveLeads: leads }),
  }
}
