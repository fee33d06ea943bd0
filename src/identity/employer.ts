import { normalisePhone } from '#kit'
import { companyDomain } from './mail-domains.ts'
import { latin, readCompany, readPostalCode } from './normalise/index.ts'

/** What somebody says about where they work. */
export interface Worker {
  company_name: string
  phone?: string
  city?: string
  postal_code?: string
  country?: string
}

/** A company that has the name. */
export interface Namesake extends Partial<Omit<Worker, 'company_name'>> {
  id: string
  name?: string
  domain?: string
}

/**
 * What a name alone leaves open is settled by, strongest first. The name alone settles nothing: there is a Phoenix in
 * every country.
 */
const CONFIDENCE = {
  /** Same number, or numbers of one switchboard. */
  phone: 0.97,
  postal_code: 0.95,
  city: 0.92,
  /** The name they wrote is the company's web address. */
  website: 0.9,
  country: 0.85,
  /** The same legal form as well, and nobody says in which country. */
  legal_name: 0.8,
  name: 0.6,
} as const
export type EmployerMethod = keyof typeof CONFIDENCE

const ENOUGH = 0.8

export type EmployerMatch =
  | { outcome: 'matched'; account: string; method: EmployerMethod; confidence: number }
  /** Several companies are as likely, or the only likely one has no more than the name: a person decides. */
  | { outcome: 'unsure'; candidates: string[]; confidence: number }

const HOST = /^(?:https?:\/\/)?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}\/?$/u

/** The domain where the name of a company is a web address. */
export function domainInName(name: string): string | undefined {
  const text = name.trim()
  return HOST.test(text) ? companyDomain(text.replace(/\/$/, '')) : undefined
}

/** What names of one company share: legal forms, case, accents and script do not count. Undefined for what is no name. */
export function companyKeyOf(name: string): string | undefined {
  const domain = domainInName(name)
  if (domain !== undefined) return keyOfDomain(domain)
  const { grade, value } = readCompany(name)
  return value === undefined || grade !== 'good' || value.key.length < 2 ? undefined : value.key
}

/** Beside the keys of names, of which none holds a colon. */
export const keyOfDomain = (domain: string): string => `domain:${domain}`

/** Which of the companies of this name they work for; undefined where none can be meant. */
export function matchEmployer(worker: Worker, namesakes: readonly Namesake[]): EmployerMatch | undefined {
  const ranked = namesakes
    .flatMap((namesake) => {
      const method = evidenceFor(worker, namesake)
      return method ? [{ id: namesake.id, method, confidence: CONFIDENCE[method] }] : []
    })
    .sort((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1))
  const [best] = ranked
  if (!best) return undefined
  const likely = ranked.filter(({ confidence }) => confidence === best.confidence)
  const { id: account, method, confidence } = best
  if (likely.length === 1 && confidence >= ENOUGH) return { outcome: 'matched', account, method, confidence }
  return { outcome: 'unsure', candidates: likely.map(({ id }) => id), confidence }
}

/** Undefined where the company cannot be the one. */
function evidenceFor(worker: Worker, company: Namesake): EmployerMethod | undefined {
  if (sharesNumber(worker, company)) return 'phone'
  const written = domainInName(worker.company_name)
  if (written !== undefined && written === company.domain) return 'website'
  const [here, there] = [worker.country?.toUpperCase(), company.country?.toUpperCase()]
  if (here && there && here !== there) return undefined
  const forms = [
    readCompany(worker.company_name).value?.legalForm,
    readCompany(company.name).value?.legalForm,
  ]
  const differs = forms[0] !== undefined && forms[1] !== undefined && forms[0] !== forms[1]
  if (differs) return 'name'
  if (here && there) {
    if (isSame(postalKey(worker), postalKey(company))) return 'postal_code'
    if (isSame(cityKey(worker), cityKey(company))) return 'city'
  }
  if (here && there) return 'country'
  return forms[0] !== undefined && forms[0] === forms[1] ? 'legal_name' : 'name'
}

/** The last digits of a number tell the extensions of one switchboard apart. */
const EXTENSION_DIGITS = 3
const SWITCHBOARD_DIGITS = 8

function sharesNumber(worker: Worker, company: Namesake): boolean {
  const country = worker.country ?? company.country
  const numbers = [worker.phone, company.phone].map((text) => text && normalisePhone(text, country))
  const [a, b] = numbers
  if (!a || !b) return false
  if (a === b) return true
  const stem = a.slice(0, -EXTENSION_DIGITS)
  return stem.length > SWITCHBOARD_DIGITS && b.startsWith(stem) && Math.abs(a.length - b.length) < 2
}

const isSame = (a: string | undefined, b: string | undefined): boolean => a !== undefined && a === b

const postalKey = ({ postal_code, country }: Partial<Worker>): string | undefined => {
  const { grade, value } = readPostalCode(postal_code, country ? { country } : {})
  return grade === 'good' ? value : undefined
}

const cityKey = ({ city }: Partial<Worker>): string | undefined =>
  latin(city ?? '').replace(/[^\p{L}\p{M}\p{N}]+/gu, '') || undefined
