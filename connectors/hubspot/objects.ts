import type { Activity, CrmFields, ObjectSpec } from '#kit'

/** Where HubSpot names our key by default; a connection may choose another name (`uniqueProperty`). */
const UNIQUE_PROPERTY = 'tributary_id'
export const BATCH_SIZE = 100

const spec = (title: string, rank: number): ObjectSpec => ({
  title,
  externalId: UNIQUE_PROPERTY,
  batchSize: BATCH_SIZE,
  readSize: BATCH_SIZE,
  ownerField: 'hubspot_owner_id',
  modifiedField: 'hs_lastmodifieddate',
  rank,
})

const engagement = (title: string, fields: (activity: Activity) => CrmFields): ObjectSpec => ({
  ...spec(title, 3),
  activity: (activity) => ({
    fields: { hs_timestamp: activity.occurredAt, ...fields(activity) },
    links: [activity.on, ...(activity.account ? [activity.account] : [])],
  }),
})

/** Engagement properties: https://developers.hubspot.com/docs/api-reference/latest/crm/activities/notes/guide and siblings. */
export const objects: Record<string, ObjectSpec> = {
  companies: { ...spec('Company', 0), stages: ['lifecyclestage'] },
  contacts: { ...spec('Contact', 1), modifiedField: 'lastmodifieddate', stages: ['lifecyclestage'] },
  deals: spec('Deal', 2),
  notes: engagement('Note', ({ subject, body }) => ({ hs_note_body: toHtml(subject, body) })),
  emails: engagement('Email', ({ subject, body, direction }) => ({
    hs_email_direction: direction === 'inbound' ? 'INCOMING_EMAIL' : 'EMAIL',
    hs_email_status: 'SENT',
    hs_email_subject: subject,
    hs_email_text: body,
  })),
  communications: engagement('Message', ({ kind, subject, body }) => ({
    hs_communication_channel_type: channelType(kind),
    hs_communication_logged_from: 'CRM',
    hs_communication_body: toHtml(subject, body),
  })),
  calls: engagement('Call', ({ subject, body, direction }) => ({
    hs_call_title: subject,
    hs_call_body: toHtml('', body),
    hs_call_direction: direction === 'inbound' ? 'INBOUND' : 'OUTBOUND',
    hs_call_status: 'COMPLETED',
  })),
  meetings: engagement('Meeting', ({ subject, body, occurredAt }) => ({
    hs_meeting_title: subject,
    hs_meeting_body: toHtml('', body),
    hs_meeting_start_time: occurredAt,
    hs_meeting_end_time: occurredAt,
    hs_meeting_outcome: 'COMPLETED',
  })),
  tasks: engagement('Task', ({ subject, body }) => ({
    hs_task_subject: subject,
    hs_task_body: toHtml('', body),
    hs_task_status: 'COMPLETED',
    hs_task_type: 'TODO',
  })),
}

const CHANNELS: Record<string, string> = {
  sms: 'SMS',
  whatsapp: 'WHATS_APP',
  linkedin: 'LINKEDIN_MESSAGE',
  mail: 'PHYSICAL_MAIL',
}

/** Channel by the first word of the touchpoint kind ("sms.sent"). */
const channelType = (kind: string): string =>
  CHANNELS[kind.split('.')[0] ?? ''] ?? 'CUSTOM_CHANNEL_CONVERSATION'

const MAX_BODY = 65_536

/** Bodies of notes, messages, calls, meetings and tasks are rendered as HTML. */
function toHtml(subject: string, body: string): string {
  const title = subject ? `<strong>${escapeWithin(subject, MAX_BODY / 2)}</strong>` : ''
  const gap = title && body ? '<br>' : ''
  return title + gap + escapeWithin(body, MAX_BODY - title.length - gap.length)
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '<br>',
  '\r': '',
}

/** Escaped text of at most `max` characters; never cuts an entity or a surrogate pair. */
function escapeWithin(text: string, max: number): string {
  let html = ''
  for (const character of text) {
    const piece = ENTITIES[character] ?? character
    if (html.length + piece.length > max) return html
    html += piece
  }
  return html
}
