import { isDisposable, isFreeMail, isRoleAddress } from '../mail-domains.ts'
import { normaliseEmail } from '../normalise-identifier.ts'
import { EMPTY_EMAILS } from './placeholders.ts'
import { bad, empty, type Flag, good, type Reading, weak } from './reading.ts'
import { remembered } from './remembered.ts'

export interface EmailAddress {
  /** The form in which addresses are compared: small letters, domain in ASCII. */
  address: string
  domain: string
  /** The mailbox without the owner's own tags; a hint, no identifier. */
  mailbox: string
}

/** Reads `Ada <ada@example.com>` and `mailto:ada@example.com` too. */
export const readEmail = (text: string | null | undefined): Reading<EmailAddress> => readKnown(text ?? '')

const readKnown = remembered((text): Reading<EmailAddress> => {
  const written = text.trim()
  if (written === '') return empty()
  const bare = (/<([^<>]+)>\s*$/.exec(written)?.[1] ?? written).replace(/^mailto:/i, '').replace(/\?.*$/, '')
  const address = normaliseEmail(bare)
  if (address === undefined)
    return EMPTY_EMAILS.has(bare.trim().toLowerCase()) ? bad('placeholder') : bad('malformed')
  const at = address.lastIndexOf('@')
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  if (/^\.|\.\.|\.$/.test(local) || !/\.[a-z][a-z0-9-]*[a-z0-9]$/.test(domain) || domain.includes('..'))
    return bad('malformed')
  if (MADE_UP.test(address)) return bad('placeholder')
  const flags: Flag[] = []
  if (isRoleAddress(address)) flags.push('role_address')
  if (isDisposable(domain)) flags.push('disposable')
  if (isFreeMail(domain)) flags.push('free_mail')
  const email = { address, domain, mailbox: mailboxOf(address) }
  return flags.some((flag) => flag !== 'free_mail') ? weak(email, flags) : good(email, flags)
})

/** Addresses that forms are filled with; the domains are reserved by RFC 2606 or parked for it. */
const MADE_UP =
  /^(?:test|asdf|none|null|no|na|noemail|no-?email|nomail|fake|user|email|name|unknown|x+|a+)@(?:test|none|noemail|nomail|fake|email|mail|domain|asdf|x+|a+)\.|@(?:[^@]+\.)?(?:invalid|localhost|test)$/

/** Tags (`ada+news@`) are somebody's own filing; dots mean nothing at Gmail, and something elsewhere. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  const local = address.slice(0, at).replace(/(?<=.)\+.*$/, '')
  return /^(?:gmail|googlemail)\.com$/.test(domain)
    ? `${local.replaceAll('.', '')}@gmail.com`
    : `${local}@${domain}`
}
