import type { RecordKind } from '#kit'

export interface Check {
  /** What is wrong, for people. */
  title: string
  of: readonly RecordKind[]
}

const PEOPLE = ['contact', 'lead'] as const
const ALL = ['account', 'contact', 'lead', 'deal'] as const
const check = (title: string, ...of: readonly RecordKind[]): Check => ({ title, of })

/** Every check; docs/hygiene.md explains each. */
export const CHECKS: Record<string, Check> = {
  'duplicate.certain': check('entered more than once', ...ALL),
  'duplicate.possible': check('perhaps entered more than once', ...ALL),
  'email.malformed': check('no e-mail address', ...PEOPLE),
  'email.placeholder': check('made-up e-mail address', ...PEOPLE),
  'email.disposable': check('throw-away mailbox', ...PEOPLE),
  'email.role': check('mailbox of a function', ...PEOPLE),
  'email.free_mail': check('private mailbox', ...PEOPLE),
  'email.other_company': check('mailbox at another company', 'contact'),
  'mail.bounced': check('mail came back, and is still sent', ...PEOPLE),
  'mail.opted_out': check('wants no mail, and is still sent some', ...PEOPLE),
  'phone.malformed': check('no telephone number', 'account', ...PEOPLE),
  'phone.placeholder': check('made-up telephone number', 'account', ...PEOPLE),
  'phone.national': check('telephone number without country', 'account', ...PEOPLE),
  'website.malformed': check('no web address', 'account', 'lead'),
  'website.placeholder': check('made-up web address', 'account', 'lead'),
  'website.not_own': check('website of a platform or mail provider', 'account', 'lead'),
  'name.placeholder': check('made-up name', ...ALL),
  'name.malformed': check('digits or an address in a name', ...PEOPLE),
  'name.capitals': check('name all in capitals or small letters', ...PEOPLE),
  'value.placeholder': check('made-up value', 'account', ...PEOPLE),
  'value.not_in_list': check("value that is not in the field's list", ...ALL),
  'country.unknown': check('no country', 'account', ...PEOPLE),
  'region.unknown': check('no region of the country', 'account', ...PEOPLE),
  'postal_code.malformed': check('no postal code of the country', 'account', ...PEOPLE),
  'missing.name': check('without name', 'account', 'deal'),
  'missing.first_name': check('without first name', ...PEOPLE),
  'missing.last_name': check('without last name', ...PEOPLE),
  'missing.email': check('without e-mail address', ...PEOPLE),
  'missing.phone': check('without telephone number', 'account', ...PEOPLE),
  'missing.company': check('without company', 'lead'),
  'missing.title': check('without job title', ...PEOPLE),
  'missing.website': check('without website', 'account'),
  'missing.industry': check('without industry', 'account'),
  'missing.country': check('without country', 'account', ...PEOPLE),
  'missing.owner': check('without owner', ...ALL),
  'missing.amount': check('without amount', 'deal'),
  'missing.close_at': check('without close date', 'deal'),
  'owner.inactive': check('owner who is not active', ...ALL),
  'contact.no_account': check('contact without account', 'contact'),
  'account.no_contact': check('account without contact', 'account'),
  'deal.no_account': check('deal without account', 'deal'),
  'deal.no_contact': check('deal without contact', 'deal'),
  'deal.overdue': check('open, and the close date is over', 'deal'),
  'deal.stuck': check('much longer in its stage than others', 'deal'),
  'deal.no_next_step': check('open without a next step', 'deal'),
  'deal.idle': check('open, and nothing has happened for long', 'deal'),
  'deal.untouched': check('open, and nothing has ever happened', 'deal'),
  'account.idle': check('nothing has happened for long', 'account'),
  'account.untouched': check('nothing has ever happened', 'account'),
  'account.dead': check('nothing for years, and nothing is open', 'account'),
  'person.stale': check('too old to be believed', ...PEOPLE),
  'lifecycle.contradiction': check('no customer yet, with a deal that is won', 'account'),
}
