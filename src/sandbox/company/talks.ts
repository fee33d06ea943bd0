import type { Instant } from '#model'
import { between, DAY, HOUR, MINUTE } from './calendar.ts'
import type { Deal } from './deals.ts'
import type { Random } from './random.ts'
import { SELLERS, type Seller } from './sales-team.ts'
import type { CastPerson } from './types.ts'

export interface Talk {
  at: Instant
  seller: Seller
  /** From the buyer's company. */
  guests: CastPerson[]
}
export interface MeetingTalk extends Talk {
  minutes: number
  title: string
  isCanceled: boolean
}
export interface MailTalk extends Talk {
  subject: string
  isInbound: boolean
}
export interface CallTalk extends Talk {
  seconds: number
  isInbound: boolean
  isMissed: boolean
  /** Two telephone systems are in use: the office's and the one of the product's hotline. */
  system: 'aircall' | 'twilio'
}

export interface Talks {
  meetings: MeetingTalk[]
  mails: MailTalk[]
  calls: CallTalk[]
}

/** What sellers and buyers of companies said to each other: before a deal, and while it lasts. */
export function createTalks(random: Random, now: Instant, deals: readonly Deal[]): Talks {
  const talks: Talks = { meetings: [], mails: [], calls: [] }
  for (const deal of deals) {
    if (deal.isShowcase) talkForShow(now, deal, talks)
    else if (deal.company) talkAbout(random, now, deal, talks)
  }
  return talks
}

/** From the first mail to the purchase, one thing after the other. */
function talkForShow(now: Instant, { buyer }: Deal, { meetings, mails, calls }: Talks): void {
  const [seller] = SELLERS
  const talk = (daysAgo: number) => ({
    at: Math.floor((now - daysAgo * DAY) / HOUR) * HOUR,
    seller: seller!,
    guests: [buyer],
  })
  const call = { seconds: 640, isInbound: false, isMissed: false }
  mails.push({ ...talk(20), subject: 'Your question about fleet telemetry', isInbound: false })
  mails.push({ ...talk(19), subject: 'Re: Your question about fleet telemetry', isInbound: true })
  meetings.push({ ...talk(15), minutes: 45, title: 'Product demo', isCanceled: false })
  calls.push({ ...talk(7), ...call, system: 'aircall' })
  calls.push({ ...talk(6), ...call, seconds: 210, isInbound: true, system: 'twilio' })
}

function talkAbout(random: Random, now: Instant, deal: Deal, { meetings, mails, calls }: Talks): void {
  const { buyer, company, stage } = deal
  const seller = random.pick(SELLERS)
  const colleague = company?.people.find((person) => person !== buyer && !person.isRole)
  const from = buyer.knownAt + 2 * HOUR
  const agreed = stage === 'opportunity' ? now - DAY : Math.min(deal.startsAt - HOUR, now - DAY)
  const isOver = stage === 'churned' || stage === 'paused'
  const lasts = isOver ? Math.min(now, deal.startsAt + 120 * DAY) : now - DAY

  const mail = (at: Instant, subject: string, isInbound: boolean) =>
    mails.push({ at, seller, guests: [buyer], subject, isInbound })
  const intro = between(random, from, from + DAY)
  mail(intro, 'Your question about fleet telemetry', false)
  if (random.chance(0.8))
    mail(between(random, intro + HOUR, intro + 2 * DAY), 'Re: Your question about fleet telemetry', true)
  if (agreed > intro + 2 * DAY) {
    const demo = workingHour(random, between(random, intro + DAY, agreed - 6 * HOUR))
    const guests = colleague && random.chance(0.5) ? [buyer, colleague] : [buyer]
    meetings.push({
      at: demo,
      seller,
      guests,
      minutes: 45,
      title: 'Product demo',
      isCanceled: random.chance(0.1),
    })
    mail(demo + 2 * HOUR, 'Offer and next steps', false)
    if (random.chance(0.6)) mail(demo + between(random, 5 * HOUR, 2 * DAY), 'Re: Offer and next steps', true)
  }
  if (buyer.phone) {
    const call = (at: Instant, isMissed: boolean) =>
      calls.push({
        at,
        seller,
        guests: [buyer],
        seconds: isMissed ? random.int(10, 30) : random.int(90, 1500),
        isInbound: random.chance(0.4),
        isMissed,
        system: random.chance(0.6) ? 'aircall' : 'twilio',
      })
    if (random.chance(0.4)) call(workingHour(random, between(random, intro, agreed)), true)
    call(workingHour(random, between(random, intro + 3 * HOUR, agreed)), false)
    if (stage !== 'opportunity')
      call(workingHour(random, between(random, deal.startsAt + DAY, lasts)), random.chance(0.25))
  }
  if (stage === 'opportunity') return
  for (let at = deal.startsAt + 60 * DAY; at < lasts; at += 90 * DAY) {
    meetings.push({
      at: workingHour(random, at),
      seller,
      guests: colleague ? [buyer, colleague] : [buyer],
      minutes: 30,
      title: 'Business review',
      isCanceled: random.chance(0.12),
    })
  }
  if (random.chance(0.5))
    mail(between(random, deal.startsAt + 10 * DAY, lasts), 'How do we add more devices?', true)
  if (isOver) mail(between(random, lasts, lasts + DAY), 'Sorry to see you go', false)
}

/** The same day between eight and four o'clock, on a quarter of an hour. */
function workingHour(random: Random, at: Instant): Instant {
  return Math.floor(at / DAY) * DAY + random.int(8, 15) * HOUR + random.int(0, 3) * 15 * MINUTE
}
