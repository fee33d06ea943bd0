import { defineEnricher, type EnrichedValue, type EnrichmentQuestion, isRoleAddress } from '#kit'
import { companyNameOf } from './company-name.ts'
import { countryOfDomain, countryOfPhone } from './country.ts'
import { companyDomain, isFreeMail } from './mail-domains.ts'
import { personNameOf } from './person-name.ts'

/** How far each guess can be trusted, 0…1. The lists behind the two flags are not guesses, only incomplete. */
const CONFIDENCE = { companyName: 0.3, personName: 0.3, countryByDomain: 0.4, countryByPhone: 0.6, flag: 0.9 }

export const enricher = defineEnricher<Record<string, never>>({
  method: 'inferred',
  answers: (question) => Object.keys(guess(question)).length > 0,
  /** Holds every input that changes the answer, so that a phone number learnt later is another question. */
  cacheKey(question) {
    const subject = question.kind === 'account' ? question.domain : question.email
    return [subject?.trim().toLowerCase() ?? '', countryOfPhone(question.phone) ?? ''].join(' ').trim()
  },
  fields: {
    account: ['name', 'country'],
    person: ['first_name', 'last_name', 'country', 'is_free_mail', 'is_role_address'],
  },
  keepDays: { hit: 365, miss: 365 },
  async enrich(ctx, question) {
    const guesses = Object.entries(guess(question))
    if (guesses.length === 0) return { status: 'miss', cost: 0 }
    const observedAt = ctx.now()
    const fields: Record<string, EnrichedValue> = {}
    for (const [name, { value, confidence }] of guesses) fields[name] = { value, confidence, observedAt }
    return { status: 'hit', fields, cost: 0 }
  },
})

type Guesses = Record<string, { value: string | boolean; confidence: number }>

function guess(question: EnrichmentQuestion): Guesses {
  const guesses: Guesses = {}
  const put = (field: string, value: string | boolean | undefined, confidence: number) => {
    if (value !== undefined) guesses[field] = { value, confidence }
  }
  const domain = companyDomain((question.kind === 'account' ? question.domain : question.email) ?? '')
  put('country', domain && countryOfDomain(domain), CONFIDENCE.countryByDomain)
  put('country', countryOfPhone(question.phone), CONFIDENCE.countryByPhone)
  if (question.kind === 'account') {
    put('name', domain && companyNameOf(domain), CONFIDENCE.companyName)
    return guesses
  }
  const at = question.email?.lastIndexOf('@') ?? -1
  if (!question.email || at <= 0) return guesses
  put('is_free_mail', isFreeMail(question.email.slice(at + 1)), CONFIDENCE.flag)
  put('is_role_address', isRoleAddress(question.email), CONFIDENCE.flag)
  const name = personNameOf(question.email)
  put('first_name', name?.first, CONFIDENCE.personName)
  put('last_name', name?.last, CONFIDENCE.personName)
  return guesses
}
