import type { Context, Hono } from 'hono'
import { invalid, Refusal } from './errors.ts'
import type { Portal } from './portal.ts'
import type { MailEvent } from './types.ts'

const DATED = ':version{\\d{4}-\\d{2}}'
const SUBMISSIONS_PER_PAGE = 50
const MAX_MAIL_EVENTS = 1000
const MAX_OCCURRENCES = 1000

/** Forms, visits, marketing e-mails and deal pipelines. https://developers.hubspot.com/docs/api-reference/latest/overview */
export function marketingRoutes(app: Hono, portal: Portal): void {
  const on = (paths: string[], handle: (c: Context) => Response) => app.on('GET', paths, handle)

  on(['/marketing/v3/forms', `/marketing/forms/${DATED}`], (c) => {
    const limit = limitOf(c, 20, 1000)
    return c.json(
      pageOf(
        c,
        portal.marketing.forms.map((form) => ({ ...form, formType: 'hubspot' })),
        limit,
      ),
    )
  })
  // Newest first, and nothing else can be asked for.
  on(['/form-integrations/v1/submissions/forms/:form'], (c) => {
    if (!portal.marketing.forms.some(({ id }) => id === c.req.param('form')))
      return c.json({ message: 'No such form' }, 404)
    const own = portal.marketing.submissions.filter(({ form }) => form === c.req.param('form'))
    const sorted = [...own].sort((a, b) => b.submittedAt - a.submittedAt)
    const limit = limitOf(c, 20, SUBMISSIONS_PER_PAGE)
    const results = sorted.map(({ conversionId, submittedAt, values, pageUrl }) => ({
      conversionId,
      submittedAt,
      values: values.map((value) => ({ ...value, objectTypeId: '0-1' })),
      pageUrl,
    }))
    return c.json(pageOf(c, results, limit))
  })
  on(['/events/v3/events', `/events/event-occurrences/${DATED}`], (c) => {
    const [after, before] = [timeOf(c, 'occurredAfter'), timeOf(c, 'occurredBefore')]
    const found = portal.marketing.occurrences
      .filter(
        ({ eventType, occurredAt }) =>
          eventType === (c.req.query('eventType') ?? eventType) &&
          occurredAt >= (after ?? 0) &&
          occurredAt <= (before ?? Number.POSITIVE_INFINITY),
      )
      .sort((a, b) =>
        c.req.query('sort') === 'occurredAt' ? a.occurredAt - b.occurredAt : b.occurredAt - a.occurredAt,
      )
      .map((one) => ({ ...one, objectType: 'CONTACT', occurredAt: new Date(one.occurredAt).toISOString() }))
    return c.json(pageOf(c, found, limitOf(c, 20, MAX_OCCURRENCES)))
  })
  on(['/email/public/v1/events'], (c) => {
    const [start, end] = [Number(c.req.query('startTimestamp') ?? 0), c.req.query('endTimestamp')]
    const found = portal.marketing.mailEvents
      .filter(({ created }) => created >= start && created <= Number(end ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => b.created - a.created)
    const limit = limitOf(c, 10, MAX_MAIL_EVENTS)
    const from = Number(c.req.query('offset') ?? 0)
    const events = found.slice(from, from + limit).map((event) => shown(portal, event))
    return c.json({ hasMore: from + limit < found.length, offset: String(from + events.length), events })
  })
  on(['/email/public/v1/campaigns/:id'], (c) => {
    const found = portal.marketing.campaigns.find(({ id }) => String(id) === c.req.param('id'))
    return found ? c.json({ ...found, appName: 'Batch' }) : c.json({ message: 'resource not found' }, 404)
  })
  on(['/crm/v3/pipelines/deals', `/crm/pipelines/${DATED}/deals`], (c) => {
    const options = (name: string) => portal.collections.get('deals')!.properties.get(name)!.options
    const stages = options('dealstage').map(({ value, label, displayOrder }) => ({
      id: value,
      label,
      displayOrder,
      metadata: {
        isClosed: String(/^closed/.test(value)),
        probability: value === 'closedwon' ? '1.0' : '0.2',
      },
    }))
    return c.json({ results: options('pipeline').map(({ value, label }) => ({ id: value, label, stages })) })
  })
}

const shown = (portal: Portal, { more, ...event }: MailEvent) => ({
  ...event,
  ...more,
  portalId: portal.id,
  appId: 113,
  appName: 'Batch',
})

function limitOf(c: Context, standard: number, most: number): number {
  const limit = Number(c.req.query('limit') ?? standard)
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new Refusal(invalid(`limit must be between 1 and ${most}`))
  return limit
}

function timeOf(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new Refusal(invalid(`${name} is not a date: ${text}`))
  return at
}

function pageOf(c: Context, all: unknown[], limit: number): Record<string, unknown> {
  const from = Number(c.req.query('after') ?? 0)
  const results = all.slice(from, from + limit)
  const next = from + results.length
  return { results, ...(next < all.length ? { paging: { next: { after: String(next) } } } : {}) }
}

export function marketingControls(portal: Portal) {
  const id = () => portal.ids.next++
  return {
    addForm(name: string): string {
      const form = `00000000-0000-4000-8000-${String(id()).padStart(12, '0')}`
      portal.marketing.forms.push({ id: form, name })
      return form
    },
    submitForm(
      form: string,
      values: Record<string, string>,
      pageUrl = 'https://www.acme.example/demo',
    ): void {
      portal.marketing.submissions.push({
        form,
        conversionId: `c-${id()}`,
        submittedAt: portal.now(),
        values: Object.entries(values).map(([name, value]) => ({ name, value })),
        pageUrl,
      })
    },
    visit(contactId: string, properties: Record<string, string>): void {
      portal.marketing.occurrences.push({
        id: `e-${id()}`,
        eventType: 'e_visited_page',
        objectId: contactId,
        occurredAt: portal.now(),
        properties,
      })
    },
    addCampaign(name: string, subject: string): number {
      const campaign = id()
      portal.marketing.campaigns.push({ id: campaign, name, subject })
      return campaign
    },
    mail(type: string, recipient: string, campaign: number, more: Record<string, unknown> = {}): void {
      portal.marketing.mailEvents.push({
        id: `m-${id()}`,
        type,
        created: portal.now(),
        recipient,
        emailCampaignId: campaign,
        more,
      })
    },
  }
}
