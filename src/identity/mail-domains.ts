import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import { createMailDomains } from '#kit'

/*
 * The short provider list (1.8 kB gzip), not the long one (44 kB gzip of the Worker's 1 MiB): its tail is dead portals
 * and vanity domains, and a company taken for a mail provider costs more than the reverse.
 */
export const { companyDomain, isDisposable, isFreeMail } = createMailDomains({ providers: common, parse })

export { isRoleAddress } from '#kit'
