import { defineEnricher, isRoleAddress } from '#kit'
import { enrichCompany, enrichPerson } from './api.ts'
import type { Config } from './config.ts'
import { companyDomain, isDisposable } from './mail-domains.ts'
import { companyFields, personFields } from './map.ts'

export const enricher = defineEnricher<Config>({
  method: 'derived',
  answers(question) {
    if (question.kind === 'account') return companyDomain(question.domain ?? '') !== undefined
    const email = question.email ?? ''
    return email.lastIndexOf('@') > 0 && !isRoleAddress(email) && !isDisposable(email)
  },
  cacheKey(question) {
    if (question.kind === 'account') return companyDomain(question.domain ?? '') ?? ''
    return (question.email ?? '').trim().toLowerCase()
  },
  fields: {
    account: [
      'name',
      'website',
      'industry',
      'employees',
      'founded',
      'type',
      'description',
      'city',
      'region',
      'postal_code',
      'country',
      'linkedin_url',
    ],
    person: [
      'first_name',
      'last_name',
      'full_name',
      'title',
      'seniority',
      'department',
      'company_name',
      'city',
      'region',
      'country',
      'linkedin_url',
    ],
  },
  keepDays: { hit: 90, miss: 30 },
  async enrich(ctx, question) {
    const key = enricher.cacheKey(question)
    if (question.kind === 'account') {
      const found = await enrichCompany(ctx, key)
      if (!found) return { status: 'miss', cost: 0 }
      return {
        status: 'hit',
        fields: companyFields(found.profile, found.likelihood, ctx.now()),
        cost: found.credits,
      }
    }
    const found = await enrichPerson(ctx, key)
    if (!found) return { status: 'miss', cost: 0 }
    return {
      status: 'hit',
      fields: personFields(found.profile, found.likelihood, ctx.now()),
      cost: found.credits,
    }
  },
})
