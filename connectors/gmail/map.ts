import { colleagues, type GoogleCredentials, type MapContext } from '#kit'
import { type Contribution, DAY_MS, email, type Instant, parseInstant } from '#model'
import { type Mailbox, readAddresses } from './addresses.ts'
import type { Mail } from './api.ts'

export interface GmailConfig extends GoogleCredentials {
  users: string[]
  internalDomains: string[]
  historyDays: number
  subjects: boolean
  people: 'all' | 'known'
}

const headersOf = ({ message }: Mail): ((name: string) => string | undefined) => {
  const byName = new Map<string, string>()
  for (const { name, value } of message.payload?.headers ?? []) {
    if (name && value) byName.set(name.toLowerCase(), value)
  }
  return (name) => byName.get(name)
}

/** Senders that no person reads or writes as. */
const MACHINE = /^(mailer-daemon|postmaster|bounces?|no-?reply|do-?not-?reply|notifications?)([-+_.].*)?@/i

type IsColleague = ReturnType<typeof colleagues>

/** Answers of machines and circulars: they are nobody's doing. A group of our own hands on what people wrote to it. */
function isAutomatic(
  header: (name: string) => string | undefined,
  sender: string,
  isColleague: IsColleague,
): boolean {
  const submitted = header('auto-submitted')?.trim().toLowerCase()
  if (MACHINE.test(sender) || (submitted !== undefined && !submitted.startsWith('no'))) return true
  const list = /([\w.-]+)>?\s*$/.exec(header('list-id') ?? '')?.[1]
  if (list && isColleague(`list@${list}`)) return false
  const isBulk = /^\s*(bulk|list|junk|auto_reply)\b/i.test(header('precedence') ?? '')
  return isBulk || list !== undefined || header('list-unsubscribe') !== undefined
}

interface Reading {
  direction: 'inbound' | 'outbound'
  /** From outside: the sender, or those a colleague wrote to. */
  others: Mailbox[]
}

/** Undefined for mail that concerns nobody outside, or that no person sent. */
function readMail(mail: Mail, config: GmailConfig): Reading | undefined {
  const header = headersOf(mail)
  const isColleague = colleagues(config.internalDomains, config.users)
  const [sender] = readAddresses(header('from'))
  if (!sender || isAutomatic(header, sender.address, isColleague)) return undefined
  if (!isColleague(sender.address)) return { direction: 'inbound', others: [sender] }
  const others = new Map<string, Mailbox>()
  for (const to of ['to', 'cc', 'bcc'].flatMap((name) => readAddresses(header(name)))) {
    const key = to.address.toLowerCase()
    if (!isColleague(to.address) && !MACHINE.test(to.address) && !others.has(key)) others.set(key, to)
  }
  return others.size > 0 ? { direction: 'outbound', others: [...others.values()] } : undefined
}

export const isRelevant = (mail: Mail, config: GmailConfig): boolean => readMail(mail, config) !== undefined

/** True where the sender's own mailbox is read too: only that copy names all recipients. */
export function isLesserCopy(mail: Mail, { users }: GmailConfig): boolean {
  const sender = readAddresses(headersOf(mail)('from'))[0]?.address.toLowerCase()
  return sender !== mail.mailbox.toLowerCase() && users.some((user) => user.toLowerCase() === sender)
}

const takenIn = ({ message }: Mail): Instant | undefined => {
  const at = Number(message.internalDate ?? Number.NaN)
  return Number.isSafeInteger(at) ? at : undefined
}

/** What the sender wrote, the same in all mailboxes, unless their clock is wrong. */
export function sentAt(mail: Mail): Instant | undefined {
  const arrived = takenIn(mail)
  const written = parseInstant(headersOf(mail)('date')?.replace(/\s*\(.*\)\s*$/, '') ?? '')
  const isBelievable =
    written !== undefined && (arrived === undefined || Math.abs(arrived - written) <= DAY_MS)
  return isBelievable ? written : arrived
}

/** The same in every mailbox that holds the message. */
export const keyOf = (mail: Mail): string =>
  /<([^<>\s]+)>/.exec(headersOf(mail)('message-id') ?? '')?.[1] ?? `${mail.mailbox}/${mail.message.id}`

/** What does not depend on the mailbox: what it received of the rest of the world is its own. */
export function contentOf(mail: Mail): unknown {
  const header = headersOf(mail)
  return [sentAt(mail), ...['from', 'to', 'cc', 'bcc', 'subject'].map((name) => header(name) ?? null)]
}

/** One message as a touchpoint of the sender outside, or of each one outside whom a colleague wrote to. */
export function map(mail: Mail, { config }: MapContext<GmailConfig>): Contribution[] {
  const reading = readMail(mail, config)
  const at = sentAt(mail)
  if (!reading || at === undefined) return []
  const { direction, others } = reading
  const subject = config.subjects ? headersOf(mail)('subject') : undefined
  return others.flatMap(({ address, name }): Contribution[] => {
    const person = [email(address)]
    const slot = address.toLowerCase()
    const said: Contribution = {
      type: 'person',
      slot,
      identifiers: person,
      attributes: { email: address, ...(name ? { full_name: name } : {}) },
      observed_at: at,
      // Whom one writes to is named by one's own address book.
      ...(direction === 'outbound' ? { method: 'derived' as const } : {}),
    }
    return [
      ...(config.people === 'all' ? [said] : []),
      {
        type: 'touchpoint',
        person,
        touchpoint: {
          kind: direction === 'inbound' ? 'email.received' : 'email.sent',
          slot,
          occurred_at: at,
          channel: 'email',
          direction,
          ...(subject ? { title: subject } : {}),
        },
      },
    ]
  })
}
