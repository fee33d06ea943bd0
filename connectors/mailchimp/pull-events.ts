import * as z from 'zod'
import { type AccountPage, type AccountRequest, perAccount } from '#kit'
import { DAY_MS, isoInstant } from '#model'
import {
  addressOf,
  type Campaign,
  type Context,
  list,
  type MailchimpConfig,
  type MailEvent,
  Report,
} from './api.ts'

const RECIPIENTS = 500
const REPORTS = 50

const Counts = z.array(z.number())
const Job = z.object({
  id: z.string(),
  title: z.string().nullish(),
  subject: z.string().nullish(),
  list_id: z.string().nullish(),
  send_time: z.string().nullish(),
  counts: Counts,
  steps: z.array(z.int()),
  isNew: z.boolean(),
})
type Job = z.infer<typeof Job>
const Kept = z.object({ from: z.int(), seen: z.record(z.string(), Counts) })
const At = z.object({
  /** Next report, and how many there were. */
  report: z.int(),
  reports: z.int(),
  isLast: z.boolean(),
  jobs: z.array(Job),
  offset: z.int(),
  total: z.int(),
  seen: z.record(z.string(), Counts),
})
type Request = AccountRequest<MailchimpConfig, z.infer<typeof Kept>, z.infer<typeof At>>
type Page = AccountPage<z.infer<typeof Kept>, z.infer<typeof At>>

/**
 * Of each campaign the lists whose number in its report is another than when they were read last. Reports tell of late opens
 * too, so a campaign is followed as long as its report is looked at.
 */
export const pullEvents = perAccount({
  kept: Kept,
  at: At,
  accounts: (_: MailchimpConfig) => ['campaigns'],
  page: (request: Request) =>
    request.at?.jobs.length ? readStep(request, request.at) : readReports(request),
  isStale: () => false,
})

const countsOf = ({ emails_sent, opens, clicks, bounces, unsubscribed }: Report): number[] => [
  emails_sent ?? 0,
  opens?.opens_total ?? 0,
  (clicks?.clicks_total ?? 0) + (bounces?.hard_bounces ?? 0) + (bounces?.soft_bounces ?? 0),
  unsubscribed ?? 0,
]

const campaignOf = ({ id, campaign_title, subject_line, list_id, send_time }: Report): Campaign => ({
  id,
  title: campaign_title,
  subject: subject_line,
  list_id,
  send_time,
})

async function readReports(request: Request): Promise<Page> {
  const { until, kept, config } = request
  const at = request.at ?? { report: 0, reports: 0, isLast: false, jobs: [], offset: 0, total: 0, seen: {} }
  if (at.isLast) return { records: [], keep: { from: until, seen: at.seen } }
  const { items, total } = await list(request, '/reports', 'reports', {
    count: REPORTS,
    offset: at.report,
    since_send_time: isoInstant(until - config.historyDays * DAY_MS),
    before_send_time: isoInstant(until),
  })
  // Of a deleted campaign the report is gone, and the next ones moved up.
  if (total < at.reports) return { records: [], next: { ...at, report: 0, reports: total } }
  const seen = { ...at.seen }
  const jobs: Job[] = []
  for (const item of items) {
    const { data: report } = Report.safeParse(item)
    if (!report || seen[report.id]) continue
    const counts = countsOf(report)
    const before = kept?.seen[report.id]
    const steps = counts.flatMap((count, step) => (count === (before?.[step] ?? 0) ? [] : step))
    if (steps.length > 0) jobs.push({ ...campaignOf(report), counts, steps, isNew: !before })
    else seen[report.id] = counts
  }
  const report = at.report + items.length
  const isLast = items.length === 0 || report >= total
  if (isLast && jobs.length === 0) return { records: [], keep: { from: until, seen } }
  return { records: [], next: { ...at, report, reports: total, isLast, jobs, seen, offset: 0, total: 0 } }
}

interface Step {
  path: string
  field: string
  /** Items of a report as events. */
  events(item: Record<string, unknown>): Partial<MailEvent>[]
}

const each = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value : [])

const LEAVING: Step = {
  path: 'unsubscribed',
  field: 'unsubscribes',
  events: ({ timestamp, reason }) => [{ action: 'unsubscribe', timestamp, reason } as MailEvent],
}

/** In the order of `countsOf`. Opens of the e-mail activity do not tell which were a proxy's. */
const STEPS: Step[] = [
  { path: 'sent-to', field: 'sent_to', events: ({ status }) => [{ action: 'sent', status } as MailEvent] },
  {
    path: 'open-details',
    field: 'members',
    events: ({ opens }) =>
      each(opens).map(
        ({ timestamp, is_proxy_open }) => ({ action: 'open', timestamp, is_proxy_open }) as MailEvent,
      ),
  },
  {
    path: 'email-activity',
    field: 'emails',
    events: ({ activity }) =>
      each(activity).flatMap(({ action, timestamp, url, type }) =>
        action === 'open' ? [] : ({ action, timestamp, url, type } as MailEvent),
      ),
  },
  LEAVING,
]

/** Events may reach a report late. */
const LAG_MS = DAY_MS

async function readStep(request: Request, at: z.infer<typeof At>): Promise<Page> {
  const [job, ...jobs] = at.jobs as [Job, ...Job[]]
  const [number = 0, ...steps] = job.steps
  const { path, field, events } = STEPS[number]!
  const hasSince = (number === 1 || number === 2) && !job.isNew && request.kept
  const { items, total } = await list(request, `/reports/${encodeURIComponent(job.id)}/${path}`, field, {
    count: RECIPIENTS,
    offset: at.offset,
    since: hasSince ? isoInstant(hasSince.from - LAG_MS) : undefined,
  })
  const { id, title, subject, list_id, send_time } = job
  const campaign: Campaign = { id, title, subject, list_id, send_time }
  const records = (items as Record<string, unknown>[]).flatMap((item) =>
    typeof item !== 'object' || item === null
      ? [item]
      : events(item).map((event) => toRecord(campaign, item, event)),
  )
  const offset = at.offset + items.length
  if (total < at.total) return { records, next: { ...at, offset: 0, total } }
  if (items.length > 0 && offset < total) return { records, next: { ...at, offset, total } }
  const left = steps.length > 0 ? [{ ...job, steps }, ...jobs] : jobs
  const seen = steps.length > 0 ? at.seen : { ...at.seen, [job.id]: job.counts }
  if (at.isLast && left.length === 0) return { records, keep: { from: request.until, seen } }
  return { records, next: { ...at, jobs: left, seen, offset: 0, total: 0 } }
}

const toRecord = (campaign: Campaign, item: Record<string, unknown>, event: Partial<MailEvent>) => ({
  campaign,
  email_id: item.email_id,
  email_address: item.email_address,
  ...event,
})

/** Who left by a campaign, by campaign and member: all that webhooks hint at. */
export async function fetchLeaving(ctx: Context, keys: string[]): Promise<unknown[]> {
  const found = await Promise.all(
    keys.map(async (key) => {
      const [campaign = '', member = ''] = key.split('/').map(encodeURIComponent)
      const ask = <T>(path: string, schema: z.ZodType<T>) =>
        ctx.http.request({ url: addressOf(ctx, path), schema, accept: [404], signal: ctx.signal })
      const [report, item] = await Promise.all([
        ask(`/reports/${campaign}`, Report),
        ask(`/reports/${campaign}/unsubscribed/${member}`, z.record(z.string(), z.unknown())),
      ])
      if (report.status === 404 || item.status === 404) return []
      return LEAVING.events(item.data).map((event) => toRecord(campaignOf(report.data), item.data, event))
    }),
  )
  return found.flat()
}
