import { md5 } from '@noble/hashes/legacy.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

export const md5Of = (text: string): string => bytesToHex(md5(utf8ToBytes(text)))

/** A member of an audience; what is left out gets Mailchimp's defaults. */
export interface MailchimpMember {
  list: string
  address: string
  status?: string
  /** Instants in milliseconds. */
  changed: number
  joined?: number
  contact?: string
  merge?: Record<string, unknown>
  source?: string
  tags?: string[]
}

const shown = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00')

export const memberId = ({ address }: MailchimpMember): string => md5Of(address.toLowerCase())

/** As the API shows it. */
export function memberOf(member: MailchimpMember): Record<string, unknown> {
  const id = memberId(member)
  return {
    id,
    email_address: member.address,
    unique_email_id: id.slice(0, 10),
    contact_id: member.contact ?? md5Of(`contact ${id}`),
    full_name: '',
    email_type: 'html',
    status: member.status ?? 'subscribed',
    merge_fields: { FNAME: '', LNAME: '', ...member.merge },
    ip_signup: '',
    timestamp_signup: '',
    timestamp_opt: shown(member.joined),
    last_changed: shown(member.changed),
    language: '',
    vip: false,
    source: member.source ?? 'Embed Form',
    tags_count: member.tags?.length ?? 0,
    tags: (member.tags ?? []).map((name, i) => ({ id: i + 1, name })),
    list_id: member.list,
    _links: [],
  }
}
