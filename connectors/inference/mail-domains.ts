import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import { createMailDomains } from '#kit'

export const { companyDomain, isFreeMail } = createMailDomains({ providers: common, parse })
