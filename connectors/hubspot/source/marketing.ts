import * as z from 'zod'
import {
  contributeMail,
  incremental,
  MAIL_EVENTS,
  type MailMeaning,
  type PageRequest,
  type PageResult,
} from '#kit'
import {
  type Contribution,
  crmRecord,
  email,
  type Instant,
  isoInstant,
  type PersonAttributes,
  parseInstant,
  type Touchpoint,
} from '#model'
import { type Config, pathsOf } from '../config.ts'

const next = z.looseObject({ next: z.looseObject({ after: z.coerce.string() }).optional() }).optional()

// ---------------------------------------------------------------- submissions of forms

export const Submission = z.looseObject({
  conversionId: z.string().nullish(),
  submittedAt: z.number(),
  values: z.array(z.looseObject({ name: z.string(), value: z.unknown() })).default([]),
  pageUrl: z.string().nullish(),
  form: z.looseObject({ id: z.string(), name: z.string().nullish() }),
})
export type Submission = z.output<typeof Submission>

const forms = z.looseObject({
  results: z.array(z.looseObject({ id: z.string(), name: z.string().nullish() })),
  paging: next,
})
const submissions = z.looseObject({
  results: z.array(z.looseObject({ submittedAt: z.unknown() })),
  paging: next,
})
const SUBMISSIONS_PER_PAGE = 50
const FORMS_PER_PAGE = 500

/** Forms that are still to be read, and where in the first of them. */
interface FormToken {
  forms: { id: string; name?: string | undefined }[]
  after?: string | undefined
}

/**
 * Form after form, newest submission first, until those that are known: that is all the endpoint can do.
 * https://developers.hubspot.com/docs/api-reference/legacy/form-submissions-v1/guide
 */
export const pullSubmissions = incremental<Config>({
  lag: '1h',
  async page(request): Promise<PageResult> {
    const token: FormToken =
      request.token === undefined ? { forms: await allForms(request) } : JSON.parse(request.token)
    const [form, ...others] = token.forms
    if (!form) return { records: [] }
    const { data } = await request.http.request({
      url: `/form-integrations/v1/submissions/forms/${encodeURIComponent(form.id)}`,
      query: { limit: SUBMISSIONS_PER_PAGE, ...(token.after ? { after: token.after } : {}) },
      schema: submissions,
      signal: request.signal,
    })
    // What cannot be read is a bad record of its own, which says nothing about the others.
    const fresh = data.results.filter(
      ({ submittedAt }) => typeof submittedAt !== 'number' || submittedAt >= (request.since ?? 0),
    )
    const after = data.paging?.next?.after
    const isRead = after === undefined || fresh.length < data.results.length
    const left: FormToken = isRead ? { forms: others } : { forms: token.forms, after }
    return {
      records: fresh.map((submission) => ({ ...submission, form })),
      ...(left.forms.length > 0 ? { next: JSON.stringify(left) } : {}),
    }
  },
})

async function allForms(request: PageRequest<Config>): Promise<FormToken['forms']> {
  const found: FormToken['forms'] = []
  let after: string | undefined
  do {
    const { data } = await request.http.request({
      url: pathsOf(request.config.apiVersion).forms,
      query: { limit: FORMS_PER_PAGE, ...(after ? { after } : {}) },
      schema: forms,
      signal: request.signal,
    })
    found.push(...data.results.map(({ id, name }) => ({ id, ...(name ? { name } : {}) })))
    after = data.paging?.next?.after
  } while (after)
  return found
}

const FIELDS: Record<string, keyof PersonAttributes> = {
  firstname: 'first_name',
  lastname: 'last_name',
  jobtitle: 'title',
  company: 'company_name',
  phone: 'phone',
  city: 'city',
}

const answerTo = ({ values }: Submission, name: string): string | undefined => {
  const value = values.find((one) => one.name === name)?.value
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

export const submissionKey = (submission: Submission): string =>
  submission.conversionId ??
  `${submission.form.id}:${submission.submittedAt}:${answerTo(submission, 'email') ?? ''}`

/** What somebody said about themselves in a form. Submissions without an address are nobody's. */
export function mapSubmission(submission: Submission): Contribution[] {
  const address = answerTo(submission, 'email')
  if (address === undefined) return []
  const person = [email(address)]
  const attributes: Record<string, unknown> = { email: address }
  for (const [field, attribute] of Object.entries(FIELDS)) {
    const value = answerTo(submission, field)
    if (value !== undefined) attributes[attribute] = value
  }
  const { form, pageUrl, submittedAt } = submission
  return [
    { type: 'person', identifiers: person, attributes, observed_at: submittedAt },
    {
      type: 'touchpoint',
      person,
      touchpoint: {
        kind: 'form.submitted',
        occurred_at: submittedAt,
        channel: 'website',
        direction: 'inbound',
        ...(form.name ? { title: form.name } : {}),
        ...(pageUrl ? { url: pageUrl } : {}),
        props: { form: form.name ?? form.id },
      },
    },
  ]
}

// ---------------------------------------------------------------- page views

export const PageView = z.looseObject({
  id: z.string().min(1),
  objectId: z.coerce.string(),
  occurredAt: z.union([z.string(), z.number()]),
  properties: z.record(z.string(), z.unknown()).default({}),
})
export type PageView = z.output<typeof PageView>

const pageViews = z.looseObject({ results: z.array(z.looseObject({ id: z.string() })), paging: next })

/**
 * Visits of known contacts, which HubSpot tells of in its Enterprise editions.
 * https://developers.hubspot.com/docs/api-reference/latest/events/guide
 */
export const pullPageViews = incremental<Config>({
  lag: '1h',
  async page({ http, config, since, until, token, signal }): Promise<PageResult> {
    const { data } = await http.request({
      url: pathsOf(config.apiVersion).events,
      query: {
        objectType: 'contact',
        eventType: 'e_visited_page',
        sort: 'occurredAt',
        limit: 1000,
        occurredBefore: isoInstant(until),
        ...(since === undefined ? {} : { occurredAfter: isoInstant(since) }),
        ...(token ? { after: token } : {}),
      },
      schema: pageViews,
      signal,
    })
    return { records: data.results, next: data.paging?.next?.after }
  },
})

const CHANNELS: Record<string, string> = {
  ORGANIC_SEARCH: 'organic',
  PAID_SEARCH: 'paid',
  PAID_SOCIAL: 'paid',
  OTHER_CAMPAIGNS: 'paid',
  EMAIL_MARKETING: 'email',
  SOCIAL_MEDIA: 'social',
  REFERRALS: 'referral',
  AI_REFERRALS: 'referral',
  DIRECT_TRAFFIC: 'direct',
  DIRECT: 'direct',
}

const instantOf = (value: string | number): Instant | undefined =>
  typeof value === 'number' ? Math.round(value) : parseInstant(value)

export const pageViewAt = ({ occurredAt }: PageView): Instant | undefined => instantOf(occurredAt)

export function mapPageView({ objectId, occurredAt, properties }: PageView): Contribution[] {
  const at = instantOf(occurredAt)
  if (at === undefined || objectId === '') return []
  const text = (name: string) => {
    const value = properties[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [url, title, referrer] = [text('hs_url'), text('hs_title'), text('hs_referrer')]
  const touchpoint: Touchpoint = {
    kind: 'page.viewed',
    occurred_at: at,
    channel: CHANNELS[text('hs_session_source') ?? ''] ?? 'website',
    direction: 'inbound',
    ...(title ? { title } : {}),
    ...(url ? { url } : {}),
    ...(referrer ? { referrer } : {}),
  }
  return [{ type: 'touchpoint', person: [crmRecord('contacts', objectId)], touchpoint }]
}

// ---------------------------------------------------------------- marketing e-mails

export const EmailEvent = z.looseObject({
  id: z.string().min(1),
  type: z.string(),
  created: z.number(),
  recipient: z.string().nullish(),
  emailCampaignId: z.number().nullish(),
  url: z.string().nullish(),
  filteredEvent: z.boolean().nullish(),
  portalSubscriptionStatus: z.string().nullish(),
  category: z.string().nullish(),
  response: z.string().nullish(),
  campaign: z.looseObject({ name: z.string().nullish(), subject: z.string().nullish() }).nullish(),
})
export type EmailEvent = z.output<typeof EmailEvent>

const emailEvents = z.looseObject({
  events: z.array(z.looseObject({ id: z.string(), emailCampaignId: z.number().nullish() })),
  hasMore: z.boolean(),
  offset: z.coerce.string().optional(),
})
const campaign = z.looseObject({ name: z.string().nullish(), subject: z.string().nullish() })

/**
 * What became of marketing e-mails; the unified events API leaves them out. Newest first, within a window of time.
 * https://developers.hubspot.com/docs/api-reference/legacy/email-event-analytics/guide
 */
export const pullEmailEvents = incremental<Config>({
  lag: '1h',
  async page(request): Promise<PageResult> {
    const { data } = await request.http.request({
      url: '/email/public/v1/events',
      query: {
        limit: 1000,
        endTimestamp: request.until,
        ...(request.since === undefined ? {} : { startTimestamp: request.since }),
        ...(request.token ? { offset: request.token } : {}),
      },
      schema: emailEvents,
      signal: request.signal,
    })
    const known = await campaignsOf(
      request,
      data.events.flatMap(({ emailCampaignId }) => emailCampaignId ?? []),
    )
    return {
      records: data.events.map((event) => {
        const about = known.get(event.emailCampaignId ?? -1)
        return about ? { ...event, campaign: about } : event
      }),
      ...(data.hasMore && data.offset ? { next: data.offset } : {}),
    }
  },
})

type About = z.output<typeof campaign>
/** Names of campaigns do not change often enough to ask twice. By configuration, as everything that a process remembers. */
const campaigns = new WeakMap<object, Map<number, About>>()

async function campaignsOf(request: PageRequest<Config>, ids: number[]): Promise<Map<number, About>> {
  const known = campaigns.get(request.config) ?? new Map<number, About>()
  campaigns.set(request.config, known)
  for (const id of new Set(ids)) {
    if (known.has(id)) continue
    const { status, data } = await request.http.request({
      url: `/email/public/v1/campaigns/${id}`,
      accept: [404],
      signal: request.signal,
    })
    const found = campaign.safeParse(data)
    const { name, subject } = status === 404 || !found.success ? {} : found.data
    known.set(id, { ...(name ? { name } : {}), ...(subject ? { subject } : {}) })
  }
  return known
}

/** PROCESSED and DEFERRED are HubSpot's own progress: a later event says how it ended. */
const MEANINGS: Record<string, MailMeaning> = {
  SENT: MAIL_EVENTS.sent,
  DELIVERED: MAIL_EVENTS.delivered,
  OPEN: MAIL_EVENTS.opened,
  CLICK: MAIL_EVENTS.clicked,
  BOUNCE: MAIL_EVENTS.bounced,
  DROPPED: MAIL_EVENTS.bounced,
  SPAMREPORT: MAIL_EVENTS.spamReported,
}

const meaningOf = ({ type, portalSubscriptionStatus }: EmailEvent): MailMeaning | undefined =>
  type === 'STATUSCHANGE' && portalSubscriptionStatus === 'UNSUBSCRIBED'
    ? MAIL_EVENTS.unsubscribed
    : MEANINGS[type]

export function mapEmailEvent(event: EmailEvent): Contribution[] {
  const meaning = meaningOf(event)
  const address = event.recipient?.trim()
  if (!meaning || !address) return []
  const name = event.campaign?.name ?? undefined
  const title = event.campaign?.subject ?? name
  const props = {
    ...(event.emailCampaignId ? { campaign_id: event.emailCampaignId } : {}),
    ...(event.category ? { category: event.category } : {}),
    ...(event.response ? { reason: event.response } : {}),
  }
  return contributeMail(
    meaning,
    { address },
    {
      occurred_at: event.created,
      ...(title ? { title } : {}),
      ...(event.url ? { url: event.url } : {}),
      ...(name ? { campaign: { name } } : {}),
      // HubSpot's own bot filter.
      ...(event.filteredEvent ? { is_machine: true } : {}),
      ...(Object.keys(props).length > 0 ? { props } : {}),
    },
  )
}
