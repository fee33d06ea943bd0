/** A call; times are instants in milliseconds, Aircall shows whole seconds. */
export interface AircallCall {
  id: number
  direction: 'inbound' | 'outbound'
  /** Number of the other side. */
  digits: string
  started: number
  answered?: number
  ended?: number
  contact?: number
  user?: { id: number; name: string; email: string; available?: boolean }
  reason?: string
  /** Somebody spoke to the machine. */
  hasVoicemail?: boolean
  isRecorded?: boolean
  comments?: string[]
  tags?: string[]
}

export interface AircallContact {
  id: number
  created: number
  updated: number
  first_name?: string
  last_name?: string
  company_name?: string
  emails?: string[]
  numbers?: string[]
}

const seconds = (at: number | undefined): number | null => (at === undefined ? null : Math.floor(at / 1000))

/** A signed address that differs from read to read, as those of recordings do. */
const expiring = (kind: string, id: number): string =>
  `https://assets.aircall.io/${kind}/${id}.mp3?X-Amz-Signature=${crypto.randomUUID()}`

export const contactOf = (contact: AircallContact): Record<string, unknown> => ({
  id: contact.id,
  direct_link: `https://api.aircall.io/v1/contacts/${contact.id}`,
  first_name: contact.first_name ?? null,
  last_name: contact.last_name ?? null,
  company_name: contact.company_name ?? null,
  information: null,
  is_shared: true,
  created_at: seconds(contact.created),
  updated_at: seconds(contact.updated),
  emails: (contact.emails ?? []).map((value, i) => ({ id: contact.id * 10 + i, label: 'Work', value })),
  phone_numbers: (contact.numbers ?? []).map((value, i) => ({
    id: contact.id * 10 + i,
    label: 'Work',
    value,
  })),
})

export function callOf(call: AircallCall, contact: unknown): Record<string, unknown> {
  const { id, started, answered, ended, user } = call
  const person = user && { wrap_up_time: 0, language: 'en-US', available: true, ...user }
  const hasAsset = call.hasVoicemail || call.isRecorded
  return {
    id,
    direct_link: `https://api.aircall.io/v1/calls/${id}`,
    direction: call.direction,
    status: ended === undefined ? (answered === undefined ? 'initial' : 'answered') : 'done',
    missed_call_reason: call.reason ?? null,
    started_at: seconds(started),
    answered_at: seconds(answered),
    ended_at: seconds(ended),
    duration: ended === undefined ? 0 : Math.floor((ended - started) / 1000),
    voicemail: call.hasVoicemail ? expiring('voicemail', id) : null,
    recording: call.isRecorded ? expiring('recording', id) : null,
    asset: hasAsset
      ? `https://assets.aircall.io/calls/${id}/${call.hasVoicemail ? 'voicemail' : 'recording'}`
      : null,
    raw_digits: call.digits,
    user: person ?? null,
    contact,
    archived: false,
    assigned_to: null,
    number: {
      id: 397375,
      name: 'Sales',
      digits: '+49 30 23125100',
      country: 'DE',
      time_zone: 'Europe/Berlin',
      open: true,
      availability_status: 'custom',
      is_ivr: false,
    },
    cost: '0.0',
    teams: [],
    comments: (call.comments ?? []).map((content, i) => ({ id: i, content, posted_at: seconds(ended) })),
    tags: (call.tags ?? []).map((name, i) => ({ id: i, name, created_at: seconds(ended) })),
  }
}
