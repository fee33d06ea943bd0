import type { MapContext } from '#kit'
import { type Contribution, crmRecord, type Instant, type Touchpoint } from '#model'
import type { Config } from '../config.ts'
import { instant, number, type Row, text, versionOf } from './row.ts'

const COMMON = ['hs_timestamp', 'hs_createdate']
export const CALL_PROPERTIES = [
  ...COMMON,
  'hs_call_title',
  'hs_call_direction',
  'hs_call_status',
  'hs_call_duration',
]
export const MEETING_PROPERTIES = [
  ...COMMON,
  'hs_meeting_title',
  'hs_meeting_outcome',
  'hs_meeting_start_time',
  'hs_meeting_end_time',
  'hs_meeting_location',
]
export const EMAIL_PROPERTIES = [...COMMON, 'hs_email_subject', 'hs_email_direction', 'hs_email_status']
export const TASK_PROPERTIES = [...COMMON, 'hs_task_subject', 'hs_task_status', 'hs_task_type']

type Happening = Pick<Touchpoint, 'kind' | 'channel' | 'direction'> & {
  at: Instant | undefined
  props?: Record<string, unknown>
}

/** An activity of each contact, or of the company where there is none; nothing of what we have logged there ourselves. */
function said(row: Row, config: Config, title: string | undefined, happening: Happening): Contribution[] {
  const { at, props, ...touchpoint } = happening
  if (row.movedTo || at === undefined || text(row, config.uniqueProperty) !== undefined) return []
  const all = { ...props, ...(row.owner_email ? { colleague: row.owner_email } : {}) }
  const body = {
    ...touchpoint,
    occurred_at: at,
    ...(title ? { title } : {}),
    ...(Object.keys(all).length > 0 ? { props: all } : {}),
  }
  const [company] = row.companies ?? []
  const account = company ? { account: [crmRecord('companies', company)] } : {}
  const contacts = row.contacts ?? []
  if (contacts.length === 0) return company ? [{ type: 'touchpoint', ...account, touchpoint: body }] : []
  return contacts.map((id) => ({
    type: 'touchpoint',
    person: [crmRecord('contacts', id)],
    ...account,
    touchpoint: { ...body, slot: id },
  }))
}

const occurredAt = (row: Row): Instant | undefined =>
  instant(row, 'hs_timestamp') ?? instant(row, 'hs_createdate')

const MISSED = new Set(['MISSED', 'NO_ANSWER', 'BUSY', 'CANCELED', 'FAILED'])

export function mapCall(row: Row, { config }: MapContext<Config>): Contribution[] {
  const ms = number(row, 'hs_call_duration')
  return said(row, config, text(row, 'hs_call_title'), {
    kind: MISSED.has(text(row, 'hs_call_status') ?? '') ? 'call.missed' : 'call.completed',
    at: occurredAt(row),
    channel: 'phone',
    direction: text(row, 'hs_call_direction') === 'INBOUND' ? 'inbound' : 'outbound',
    ...(ms === undefined ? {} : { props: { seconds: Math.round(ms / 1000) } }),
  })
}

/** Held where its outcome says so, or where it was looked at after its end and nobody said otherwise. */
export function mapMeeting(row: Row, { config }: MapContext<Config>): Contribution[] {
  const outcome = text(row, 'hs_meeting_outcome') ?? 'SCHEDULED'
  const [start, end] = [
    instant(row, 'hs_meeting_start_time') ?? occurredAt(row),
    instant(row, 'hs_meeting_end_time'),
  ]
  const location = text(row, 'hs_meeting_location')
  const props = {
    ...(start === undefined || end === undefined ? {} : { minutes: Math.round((end - start) / 60_000) }),
    ...(location ? { location } : {}),
  }
  const shared = { channel: 'meeting', props }
  const title = text(row, 'hs_meeting_title')
  if (outcome === 'CANCELED')
    return said(row, config, title, {
      kind: 'meeting.canceled',
      at: versionOf(row) ?? start,
      direction: 'outbound',
      ...shared,
    })
  if (outcome === 'NO_SHOW' || outcome === 'RESCHEDULED') return []
  const isOver = outcome === 'COMPLETED' || (end !== undefined && (versionOf(row) ?? 0) >= end)
  return said(row, config, title, {
    kind: isOver ? 'meeting.held' : 'meeting.scheduled',
    at: isOver ? start : (instant(row, 'hs_createdate') ?? start),
    direction: isOver ? 'inbound' : 'outbound',
    ...shared,
  })
}

export function mapEmail(row: Row, { config }: MapContext<Config>): Contribution[] {
  const direction = text(row, 'hs_email_direction')
  if (direction === 'DRAFT_EMAIL' || text(row, 'hs_email_status') === 'DRAFT') return []
  const isIncoming = direction === 'INCOMING_EMAIL'
  return said(row, config, text(row, 'hs_email_subject'), {
    kind: isIncoming ? 'email.received' : 'email.sent',
    at: occurredAt(row),
    channel: 'email',
    direction: isIncoming ? 'inbound' : 'outbound',
  })
}

export function mapTask(row: Row, { config }: MapContext<Config>): Contribution[] {
  if (text(row, 'hs_task_status') !== 'COMPLETED') return []
  const type = text(row, 'hs_task_type')
  return said(row, config, text(row, 'hs_task_subject'), {
    kind: 'task.completed',
    at: occurredAt(row),
    channel: 'other',
    direction: 'outbound',
    ...(type ? { props: { type } } : {}),
  })
}
