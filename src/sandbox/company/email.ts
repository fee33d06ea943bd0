import { type Instant, isoDate } from '#model'
import { between, DAY, HOUR, MINUTE, SECOND, unix } from './calendar.ts'
import type { Cast } from './cast.ts'
import type { Random } from './random.ts'
import { newsletterOrigin, SITE } from './traffic.ts'
import type { CastPerson, SendGridEvent } from './types.ts'

/** A click in a newsletter, which a visit follows. */
export interface Click {
  person: CastPerson
  at: Instant
  campaign: string
}

const HUMAN_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
/** Apple's mail privacy proxy fetches pictures whether or not anybody reads. */
const PROXY_AGENT = 'Mozilla/5.0'
const NEWSLETTER_GROUP = 21_704
const TOPICS = ['product-news', 'field-notes', 'customer-stories', 'maintenance-tips']

interface Mailing {
  campaign: string
  categories: string[]
  at: Instant
  isNewsletter: boolean
}

/** A year of mail: newsletters and the two messages that follow a sign-up, as the Event Webhook reports them. */
export function createEmail(
  random: Random,
  now: Instant,
  cast: Cast,
): { events: SendGridEvent[]; clicks: Click[] } {
  const desk = createDesk(random)
  const mailings = newsletters(now)
  for (const person of cast.people) {
    for (const mailing of [...mailings, ...welcomes(person)].sort((a, b) => a.at - b.at)) {
      if (mailing.at > person.knownAt && mailing.at <= now - HOUR) desk.send(person, mailing, now)
    }
  }
  const events = desk.events.filter(({ timestamp }) => timestamp <= unix(now))
  // SendGrid delivers some events more than once. @see https://github.com/sendgrid/docs/issues/2933
  const repeated = events.filter(() => random.chance(0.015))
  return {
    events: [...events, ...repeated].sort((a, b) => a.timestamp - b.timestamp),
    clicks: desk.clicks.filter(({ at }) => at <= now - MINUTE),
  }
}

/** Every twenty days at ten in the morning UTC, the last one five days ago. */
function newsletters(now: Instant): Mailing[] {
  const count = 18
  return Array.from({ length: count }, (_, n) => {
    const day = Math.floor((now - (count - 1 - n) * 20 * DAY - 5 * DAY) / DAY) * DAY
    const at = day + 10 * HOUR
    const topic = TOPICS[n % TOPICS.length]!
    return { campaign: `${isoDate(at)}-${topic}`, categories: ['newsletter', topic], at, isNewsletter: true }
  })
}

function welcomes(person: CastPerson): Mailing[] {
  if (!person.userId) return []
  return [
    { campaign: 'welcome', categories: ['onboarding'], at: person.knownAt + 3 * MINUTE, isNewsletter: false },
    {
      campaign: 'first-device',
      categories: ['onboarding'],
      at: person.knownAt + 3 * DAY,
      isNewsletter: false,
    },
  ]
}

/** Sends mail and remembers who has left the list or cannot be reached. */
function createDesk(random: Random) {
  const events: SendGridEvent[] = []
  const clicks: Click[] = []
  const left = new Set<string>()
  const unreachable = new Set<string>()

  function send(person: CastPerson, mailing: Mailing, now: Instant): void {
    const { email } = person
    if (mailing.isNewsletter && (left.has(email) || !person.hasConsented)) return
    const messageId = random.token(22)
    const report = (event: string, at: Instant, more: Record<string, unknown> = {}) => {
      events.push({
        email,
        event,
        timestamp: unix(at),
        sg_event_id: btoa(random.token(24)),
        sg_message_id: `${messageId}.recvd-6f9c8-1-A.0`,
        'smtp-id': `<${messageId}@geopod-ismtpd-7>`,
        category: mailing.categories.length === 1 ? mailing.categories[0] : mailing.categories,
        campaign: mailing.campaign,
        ...(mailing.isNewsletter ? { asm_group_id: NEWSLETTER_GROUP } : {}),
        ...more,
      })
    }
    const sentAt = mailing.at + random.int(1, 1500) * SECOND
    if (unreachable.has(email)) {
      if (mailing.isNewsletter) report('dropped', sentAt, { reason: 'Bounced Address', status: '5.0.0' })
      return
    }
    if (random.chance(0.006)) {
      unreachable.add(email)
      report('bounce', sentAt + 4 * SECOND, {
        type: 'bounce',
        status: '5.1.1',
        reason: '550 5.1.1 The email account that you tried to reach does not exist.',
        bounce_classification: 'Invalid Address',
      })
      return
    }
    if (random.chance(0.01))
      report('deferred', sentAt + 2 * SECOND, { attempt: '1', response: '451 4.7.1 Please try again later' })
    const deliveredAt = sentAt + random.int(1, 40) * SECOND
    report('delivered', deliveredAt, {
      response: '250 2.0.0 OK',
      ip: `198.51.100.${random.int(1, 254)}`,
      tls: 1,
    })
    react(person, mailing, deliveredAt, now, report)
  }

  type Report = (event: string, at: Instant, more?: Record<string, unknown>) => void

  function react(
    person: CastPerson,
    mailing: Mailing,
    deliveredAt: Instant,
    now: Instant,
    report: Report,
  ): void {
    if (random.chance(0.12))
      report('open', deliveredAt + random.int(2, 20) * SECOND, {
        sg_machine_open: true,
        useragent: PROXY_AGENT,
        ip: '203.0.113.9',
      })
    const interest = mailing.isNewsletter ? 0.3 : 0.6
    if (person.isRole || !random.chance(interest)) return
    const openedAt = between(random, deliveredAt + 2 * MINUTE, Math.min(deliveredAt + 2 * DAY, now))
    const client = { useragent: HUMAN_AGENT, ip: `203.0.113.${random.int(10, 254)}` }
    report('open', openedAt, { sg_machine_open: false, ...client })
    if (random.chance(0.3)) {
      const at = openedAt + random.int(5, 240) * SECOND
      report('click', at, {
        url: `${SITE}/${newsletterOrigin(mailing.campaign).search}`,
        url_offset: { index: 0, type: 'html' },
        ...client,
      })
      clicks.push({ person, at, campaign: mailing.campaign })
    }
    if (!mailing.isNewsletter || !random.chance(0.025)) return
    left.add(person.email)
    report(
      random.pick(['unsubscribe', 'group_unsubscribe', 'group_unsubscribe', 'spamreport']),
      openedAt + random.int(20, 300) * SECOND,
      client,
    )
  }

  return { events, clicks, send }
}
