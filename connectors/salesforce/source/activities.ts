import type { MapContext } from '#kit'
import { type Contribution, crmRecord, type Identifier, type Instant, type Touchpoint } from '#model'
import type { SalesforceConfig } from '../config.ts'
import { toLongId } from '../ids.ts'
import { iso } from './page.ts'
import { instant, number, parentText, type Row, text } from './row.ts'

export const TASK = [
  'Subject',
  'Type',
  'TaskSubtype',
  'WhoId',
  'AccountId',
  'ActivityDate',
  'CompletedDateTime',
  'CallType',
  'CallDurationInSeconds',
  'CallDisposition',
  'Owner.Email',
]
export const EVENT = [
  'Subject',
  'StartDateTime',
  'EndDateTime',
  'WhoId',
  'AccountId',
  'Location',
  'Owner.Email',
]
export const MEMBER = [
  'CampaignId',
  'Campaign.Name',
  'Campaign.Type',
  'LeadId',
  'ContactId',
  'Status',
  'HasResponded',
  'FirstRespondedDate',
]

/** Meetings that are over; also those that ended since the last read and were changed long before. */
export const pastEvents = {
  where: (until: Instant): string => `EndDateTime <= ${iso(until)}`,
  newSince: (since: Instant): string => `SystemModstamp >= ${iso(since)} OR EndDateTime >= ${iso(since)}`,
}

/** Whom an activity is with; undefined where that is nobody we may know. */
function aboutOf(row: Row): { person?: Identifier[]; account?: Identifier[] } | undefined {
  const who = text(row, 'WhoId')
  const account = text(row, 'AccountId')
  const object = who?.startsWith('003') ? 'Contact' : who?.startsWith('00Q') ? 'Lead' : undefined
  if (!object && !account) return undefined
  return {
    ...(who && object ? { person: [crmRecord(object, toLongId(who))] } : {}),
    ...(account ? { account: [crmRecord('Account', toLongId(account))] } : {}),
  }
}

/** Activities that carry our key are what we have logged there ourselves. */
const isOurs = (row: Row, config: SalesforceConfig): boolean =>
  text(row, config.externalIdField) !== undefined

function said(row: Row, touchpoint: Touchpoint): Contribution[] {
  const about = aboutOf(row)
  const owner = parentText(row, 'Owner', 'Email')
  const props = { ...touchpoint.props, ...(owner ? { colleague: owner } : {}) }
  const title = text(row, 'Subject')
  return about
    ? [
        {
          type: 'touchpoint',
          ...about,
          touchpoint: {
            ...touchpoint,
            ...(title ? { title } : {}),
            ...(Object.keys(props).length > 0 ? { props } : {}),
          },
        },
      ]
    : []
}

/** Completed tasks: calls, e-mails and whatever else was done. */
export function mapTask(row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] {
  const at = instant(row, 'CompletedDateTime') ?? instant(row, 'ActivityDate') ?? instant(row, 'CreatedDate')
  if (isOurs(row, config) || at === undefined) return []
  const type =
    text(row, 'TaskSubtype') === 'Task' ? text(row, 'Type') : (text(row, 'TaskSubtype') ?? text(row, 'Type'))
  const [seconds, disposition] = [number(row, 'CallDurationInSeconds'), text(row, 'CallDisposition')]
  if (type === 'Call') {
    return said(row, {
      kind: 'call.completed',
      occurred_at: at,
      channel: 'phone',
      direction: text(row, 'CallType') === 'Inbound' ? 'inbound' : 'outbound',
      props: {
        ...(seconds === undefined ? {} : { seconds }),
        ...(disposition === undefined ? {} : { disposition }),
      },
    })
  }
  const isMail = type === 'Email' || type === 'ListEmail'
  return said(row, {
    kind: isMail ? 'email.sent' : 'task.completed',
    occurred_at: at,
    channel: isMail ? 'email' : 'other',
    direction: 'outbound',
  })
}

export function mapEvent(row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] {
  const [start, end] = [instant(row, 'StartDateTime'), instant(row, 'EndDateTime')]
  if (isOurs(row, config) || start === undefined) return []
  const location = text(row, 'Location')
  return said(row, {
    kind: 'meeting.held',
    occurred_at: start,
    channel: 'meeting',
    direction: 'inbound',
    props: {
      ...(end === undefined ? {} : { minutes: Math.round((end - start) / 60_000) }),
      ...(location ? { location } : {}),
    },
  })
}

const CHANNELS: Record<string, string> = {
  email: 'email',
  telemarketing: 'phone',
  advertisement: 'paid',
  'banner ads': 'paid',
  webinar: 'meeting',
  conference: 'meeting',
  'trade show': 'meeting',
  'seminar / conference': 'meeting',
}

/** Membership in a campaign, and the response to it, whose time Salesforce keeps as a day. */
export function mapMember(row: Row): Contribution[] {
  const [lead, contact] = [text(row, 'LeadId'), text(row, 'ContactId')]
  const joined = instant(row, 'CreatedDate')
  // Who was a lead and is a contact now has both.
  const record = contact ? crmRecord('Contact', toLongId(contact)) : lead && crmRecord('Lead', toLongId(lead))
  if (!record || joined === undefined) return []
  const name = parentText(row, 'Campaign', 'Name')
  const id = text(row, 'CampaignId')
  const status = text(row, 'Status')
  const shared = {
    channel: CHANNELS[(parentText(row, 'Campaign', 'Type') ?? '').toLowerCase()] ?? 'other',
    ...(name ? { title: name, campaign: { name } } : {}),
    props: { ...(id ? { campaign_id: toLongId(id) } : {}), ...(status ? { status } : {}) },
  }
  const responded = row.HasResponded === true ? (instant(row, 'FirstRespondedDate') ?? joined) : undefined
  const person = [record]
  return [
    {
      type: 'touchpoint',
      person,
      touchpoint: { kind: 'campaign.joined', occurred_at: joined, direction: 'outbound', ...shared },
    },
    ...(responded === undefined
      ? []
      : [
          {
            type: 'touchpoint' as const,
            person,
            touchpoint: {
              kind: 'campaign.responded',
              occurred_at: Math.max(joined, responded),
              direction: 'inbound' as const,
              ...shared,
            },
          },
        ]),
  ]
}
