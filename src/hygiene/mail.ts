import { companyDomain } from '../identity/mail-domains.ts'
import { readEmail } from '../identity/normalise/index.ts'
import { type CrmRecord, type Issue, isTrue, type Surroundings, textOf } from './record.ts'

/** E-mail addresses: whether there can be such a mailbox, whose it is, and whether it may still be written to. */
export function checkMail(record: CrmRecord, around: Surroundings): Issue[] {
  const written = textOf(record, 'email')
  if (written === undefined) return []
  const issue = (check: string, more: Partial<Issue> = {}): Issue => ({
    check,
    attribute: 'email',
    value: written,
    ...more,
  })
  const { value, flags } = readEmail(written)
  if (value === undefined)
    return flags.includes('placeholder')
      ? [issue('email.placeholder', { fix: { kind: 'standardise', set: { email: null } } })]
      : [issue('email.malformed')]
  const issues: Issue[] = []
  // `Ada <ada@acme.com>` and `mailto:…` hold an address and are none.
  if (!written.trim().toLowerCase().includes('@') || /[<>]|^\s*mailto:/i.test(written))
    issues.push(issue('email.malformed', { fix: { kind: 'standardise', set: { email: value.address } } }))
  if (flags.includes('role_address')) issues.push(issue('email.role'))
  if (flags.includes('disposable')) issues.push(issue('email.disposable'))
  else if (flags.includes('free_mail')) issues.push(issue('email.free_mail'))
  const own = companyDomain(value.address)
  const theirs = around.account(textOf(record, 'account') ?? '')?.domain
  if (own !== undefined && theirs !== undefined && labelOf(own) !== labelOf(theirs))
    issues.push(issue('email.other_company', { note: `the company has ${theirs}` }))
  return issues
}

/** `acme` of acme.de and of acme.co.uk: one company in several countries. */
const labelOf = (domain: string): string => domain.split('.')[0]!

/** Whether mail still goes to somebody whom it does not reach, or who does not want it. */
export function checkMailing(record: CrmRecord): Issue[] {
  const isMarked = record.values.marketable !== undefined
  const isMailed = isMarked ? isTrue(record, 'marketable') : !isTrue(record, 'opted_out')
  if (!isMailed) return []
  const bounced = record.values.bounced
  if (bounced !== undefined)
    return [{ check: 'mail.bounced', attribute: 'bounced', value: bounced, note: 'and is still written to' }]
  return isMarked && isTrue(record, 'opted_out')
    ? [{ check: 'mail.opted_out', attribute: 'opted_out', value: true, note: 'and is still written to' }]
    : []
}
