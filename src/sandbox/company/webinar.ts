import type { Instant } from '#model'
import type { MailchimpCampaign, MailchimpMember } from '../mailchimp/index.ts'
import { between, DAY, HOUR } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Random } from './random.ts'

/** What marketing keeps apart from the newsletter: the audience of a webinar and its two invitations. */
export interface WebinarContent {
  members: MailchimpMember[]
  campaigns: MailchimpCampaign[]
}

const AUDIENCE = 'c0ffee1234'
const LINK = 'https://www.northwind-telemetry.com/webinars/cold-chain'

export function createWebinar(
  random: Random,
  now: Instant,
  { people }: Cast,
  showcase: string,
): WebinarContent {
  const guests = people.filter(
    ({ isRole, knownAt, email, company }) =>
      email === showcase || (company && !isRole && knownAt < now - 60 * DAY && random.chance(0.25)),
  )
  return {
    members: guests.map((person) => ({
      list: AUDIENCE,
      address: person.email,
      changed: now - 40 * DAY,
      joined: now - 45 * DAY,
      merge: { FNAME: person.given, LNAME: person.family, COMPANY: person.company?.name ?? '' },
      tags: ['webinar'],
    })),
    campaigns: [
      { title: 'Webinar: the cold chain', sent: now - 30 * DAY },
      { title: 'Webinar: seats are going', sent: now - 24 * DAY },
    ].map(({ title, sent }, index) => ({
      id: `cold${index}`,
      list: AUDIENCE,
      title,
      subject: title,
      sent,
      recipients: guests.map(({ email }) => {
        const isOpened = email === showcase || random.chance(0.5)
        const at = between(random, sent + HOUR, sent + 3 * DAY)
        const isClicked = isOpened && (email === showcase || random.chance(0.4))
        return {
          address: email,
          ...(isOpened ? { opens: [{ at, isProxy: email !== showcase && random.chance(0.2) }] } : {}),
          ...(isClicked ? { clicks: [{ at: at + 30_000, url: LINK }] } : {}),
        }
      }),
    })),
  }
}
