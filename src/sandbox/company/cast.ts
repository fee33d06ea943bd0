import type { Instant } from '#model'
import { between, DAY, HOUR } from './calendar.ts'
import { LOCALES, type Locale, spelling } from './locales.ts'
import type { Random } from './random.ts'
import type { CastCompany, CastPerson, Stage } from './types.ts'

export interface Cast {
  companies: CastCompany[]
  /** Everybody, those of companies included. */
  people: CastPerson[]
}

/** Of every twenty companies thirteen buy or have bought, three talk about it and four are leads. */
const COMPANY_STAGES: readonly Stage[] = [
  'customer',
  'lead',
  'opportunity',
  'customer',
  'churned',
  'customer',
  'lead',
  'past_due',
  'customer',
  'opportunity',
  'lead',
  'customer',
  'trial',
  'late_payer',
  'lead',
  'customer',
  'opportunity',
  'churned',
  'customer',
  'paused',
]
const INDUSTRIES = [
  'machinery',
  'logistics and supply chain',
  'food and beverages',
  'renewables and environment',
  'hospital and health care',
  'computer software',
  'textiles',
  'insurance',
  'media production',
  'industrial automation',
  'retail',
  'biotechnology',
]
const ROLES = ['info', 'billing', 'office', 'accounts']
/** Share of people who come without a company. */
const INDIVIDUALS = 0.2

/** Who there is, and when each first came and became known. */
export function createCast(
  random: Random,
  now: Instant,
  counts: { companies: number; people: number },
): Cast {
  const taken = new Set<string>()
  const individuals = Math.round(counts.people * INDIVIDUALS)
  const companies = companyNames(counts.companies).map((entry, index) =>
    createCompany(random, now, index, entry),
  )
  const people: CastPerson[] = []

  const sizes = shareOut(random, Math.max(counts.people - individuals, companies.length), companies.length)
  companies.forEach((company, at) => {
    for (let i = 0; i < (sizes[at] ?? 1); i++) {
      const isRole = i > 1 && i === (sizes[at] ?? 1) - 1 && random.chance(0.35)
      const person = createMember(random, now, people.length, company, i, isRole, taken)
      company.people.push(person)
      people.push(person)
    }
  })
  while (people.length < counts.people) people.push(createIndividual(random, now, people.length, taken))
  return { companies, people }
}

interface Named {
  locale: Locale
  name: string
  domain: string
}

/** The written companies, a locale at a time; where more are wanted, numbered branches of them. */
function companyNames(count: number): Named[] {
  const all: Named[] = []
  for (let round = 0; all.length < LOCALES.reduce((n, { companies }) => n + companies.length, 0); round++) {
    for (const locale of LOCALES) {
      const entry = locale.companies[round]
      if (!entry) continue
      const { native, roman } = spelling(entry)
      all.push({ locale, name: native, domain: roman })
    }
  }
  return Array.from({ length: count }, (_, index) => {
    const base = all[index % all.length]!
    const branch = Math.floor(index / all.length)
    if (branch === 0) return base
    return {
      locale: base.locale,
      name: `${base.name} ${branch + 1}`,
      domain: base.domain.replace('.', `-${branch + 1}.`),
    }
  })
}

function createCompany(
  random: Random,
  now: Instant,
  index: number,
  { locale, name, domain }: Named,
): CastCompany {
  const [city = '', region = ''] = random.pick(locale.cities).split('|')
  const stage = COMPANY_STAGES[index % COMPANY_STAGES.length]!
  return {
    index,
    name,
    romanName: domain.split('.')[0]!.replace(/-/g, ' '),
    domain,
    groupId: `org_${1000 + index}`,
    locale,
    city,
    region,
    industry: random.pick(INDUSTRIES),
    employees: random.weighted([
      [random.int(8, 60), 5],
      [random.int(61, 400), 4],
      [random.int(401, 6000), 1],
    ]),
    founded: random.int(1952, 2023),
    stage,
    firstContactAt: firstContact(random, now, stage),
    people: [],
  }
}

/** Who pays today has come long ago, so that there is a history to show. */
function firstContact(random: Random, now: Instant, stage: Stage): Instant {
  if (stage === 'trial') return between(random, now - 45 * DAY, now - 30 * DAY)
  if (stage === 'opportunity') return between(random, now - 150 * DAY, now - 85 * DAY)
  if (stage === 'lead') return between(random, now - 300 * DAY, now - 4 * DAY)
  if (stage === 'paused') return between(random, now - 130 * DAY, now - 100 * DAY)
  if (stage === 'churned') return between(random, now - 365 * DAY, now - 150 * DAY)
  return between(random, now - 365 * DAY, now - 170 * DAY)
}

function createMember(
  random: Random,
  now: Instant,
  index: number,
  company: CastCompany,
  position: number,
  isRole: boolean,
  taken: Set<string>,
): CastPerson {
  const { locale } = company
  const names = createNames(random, locale)
  const local = isRole ? random.pick(ROLES) : localPart(random, names)
  const firstVisitAt =
    position === 0 ? company.firstContactAt : between(random, company.firstContactAt, now - 3 * DAY)
  const usesProduct =
    !isRole && !['opportunity', 'lead'].includes(company.stage) && (position === 0 || random.chance(0.6))
  const visits = position === 0 || usesProduct || (!isRole && random.chance(0.65))
  return {
    index,
    email: unique(taken, local, company.domain),
    ...names,
    title: isRole ? '' : random.pick(locale.titles),
    ...(random.chance(0.55) ? { phone: `${locale.callingCode}${random.int(1000, 9999)}` } : {}),
    locale,
    city: company.city,
    company,
    stage: company.stage,
    isRole,
    ...(usesProduct ? { userId: `usr_${10_000 + index}` } : {}),
    ...arrival(random, now, firstVisitAt, visits, usesProduct),
    hasConsented: random.chance(0.94),
  }
}

function createIndividual(random: Random, now: Instant, index: number, taken: Set<string>): CastPerson {
  const locale = random.weighted(LOCALES.map((item) => [item, item.weight] as const))
  const names = createNames(random, locale)
  const stage = random.weighted<Stage>([
    ['customer', 8],
    ['churned', 1],
    ['past_due', 1],
    ['lead', 3],
  ])
  const firstVisitAt = firstContact(random, now, stage)
  const usesProduct = stage !== 'lead'
  const [city = ''] = random.pick(locale.cities).split('|')
  return {
    index,
    // A suffix that real mailboxes don't have: the domains are real, the people are not.
    email: unique(
      taken,
      `${names.roman.given}.${names.roman.family}.demo${index}`,
      random.pick(locale.freeMail),
    ),
    ...names,
    title: '',
    locale,
    city,
    stage,
    isRole: false,
    ...(usesProduct ? { userId: `usr_${10_000 + index}` } : {}),
    ...arrival(random, now, firstVisitAt, true, usesProduct),
    hasConsented: random.chance(0.94),
  }
}

function createNames(random: Random, locale: Locale) {
  const given = spelling(random.pick(locale.given))
  const family = spelling(random.pick(locale.family))
  const parts = locale.isFamilyFirst ? [family.native, given.native] : [given.native, family.native]
  return {
    given: given.native,
    family: family.native,
    // Chinese names are written without a space between.
    fullName: parts.join(locale.tag === 'zh-CN' ? '' : ' '),
    roman: { given: plain(given.roman), family: plain(family.roman) },
  }
}

const plain = (text: string) => text.toLowerCase().replace(/[^a-z-]/g, '')

function localPart(
  random: Random,
  { roman: { given, family } }: { roman: { given: string; family: string } },
): string {
  return random.weighted([
    [`${given}.${family}`, 7],
    [`${given[0]}.${family}`, 2],
    [given, 1],
  ])
}

function unique(taken: Set<string>, local: string, domain: string): string {
  for (let n = 1; ; n++) {
    const email = `${local}${n > 1 ? n : ''}@${domain}`
    if (taken.has(email)) continue
    taken.add(email)
    return email
  }
}

/** Browsers used, and the moment the address became known: after a few visits, before anything is bought. */
function arrival(random: Random, now: Instant, firstVisitAt: Instant, visits: boolean, usesProduct: boolean) {
  const knownAt = Math.min(firstVisitAt + HOUR + between(random, 0, 9 * DAY), now - DAY)
  const browsers = visits ? (usesProduct && random.chance(0.2) ? 2 : 1) : 0
  return {
    anonymousIds: Array.from({ length: browsers }, () => random.uuid()),
    firstVisitAt: Math.min(firstVisitAt, knownAt - HOUR),
    knownAt,
  }
}

/** `total` people over `count` companies, at least one each, unevenly. */
function shareOut(random: Random, total: number, count: number): number[] {
  const sizes = Array.from({ length: count }, () => 1)
  for (let left = total - count; left > 0 && count > 0; left--) {
    const at = random.int(0, count - 1)
    sizes[at] = (sizes[at] ?? 1) + 1
  }
  return sizes
}
