import { companyKeyOf, domainInName, keyOfDomain, matchEmployer, type Worker } from '../../identity/index.ts'
import type { EngineDeps } from '../deps.ts'
import type { NamesakeRow, ProjectPort, StandingColumns } from '../ports.ts'
import type { EntityFacts } from './views.ts'

type Golden = Awaited<ReturnType<ProjectPort['golden']>>[number]

/**
 * The account of people whom no record and no address leads to one, by the name of their employer. One statement for a
 * chunk, none where everybody has an account or names no employer. Answers under which name they wait for one.
 */
export async function findEmployers(
  deps: EngineDeps,
  facts: Map<string, EntityFacts>,
): Promise<Map<string, StandingColumns>> {
  const columns = new Map<string, StandingColumns>()
  const keys = new Map<string, string>()
  for (const [root, own] of facts) {
    const { company_name: name } = own.golden.values
    const key = own.account === undefined && typeof name === 'string' ? companyKeyOf(name) : undefined
    columns.set(root, key === undefined ? {} : { nameKey: key })
    if (key !== undefined) keys.set(root, key)
  }
  if (keys.size === 0) return columns
  const domains = [...keys.keys()].flatMap((root) => domainInName(nameOf(facts.get(root)!)) ?? [])
  const rows = await deps.store.project.namesakes({
    keys: [...new Set(keys.values())],
    domains: [...new Set(domains)],
  })
  const byKey = Map.groupBy(rows, ({ nameKey }) => nameKey ?? '')
  const byDomain = Map.groupBy(rows, ({ domain }) => (domain === undefined ? '' : keyOfDomain(domain)))
  for (const [root, key] of keys) {
    const own = facts.get(root)!
    const companies = new Map(
      [...(byKey.get(key) ?? []), ...(byDomain.get(key) ?? [])].map((row) => [row.id, row]),
    )
    const match = matchEmployer(workerOf(own), [...companies.values()])
    if (!match) continue
    if (match.outcome === 'matched') {
      const { outcome: _, ...employer } = match
      own.account = match.account
      own.employer = employer
    } else own.employer = { candidates: match.candidates, confidence: match.confidence }
  }
  return columns
}

const nameOf = ({ golden }: EntityFacts): string => String(golden.values.company_name)

const FACTS = ['phone', 'city', 'postal_code', 'country'] as const

function workerOf(facts: EntityFacts): Worker {
  const { values } = facts.golden
  const said = FACTS.filter((name) => typeof values[name] === 'string').map((name) => [name, values[name]])
  return { company_name: nameOf(facts), ...Object.fromEntries(said) }
}

/** The name by which people without account may mean this company; the reading of an unchanged name is not repeated. */
export function nameKeyOf({ golden }: EntityFacts, before: Golden | undefined): string | undefined {
  const { name } = golden.values
  if (typeof name !== 'string') return undefined
  return before?.nameKey !== undefined && before.golden.name === name ? before.nameKey : companyKeyOf(name)
}

const EVIDENCE: readonly (keyof NamesakeRow)[] = ['name', 'domain', ...FACTS]

/** Under which names people may mean a company of which something changed that tells whether they do. */
export function keysConcerned(
  { golden, nodes }: EntityFacts,
  nameKey: string | undefined,
  before: Golden | undefined,
  nodesBefore: number | undefined,
): string[] | undefined {
  const isSame =
    nodes === nodesBefore &&
    EVIDENCE.every((field) => (golden.values[field] ?? null) === (before?.golden[field] ?? null))
  if (isSame) return undefined
  const domains = [golden.values.domain, before?.golden.domain]
  return [
    ...new Set([
      ...[nameKey, before?.nameKey].flatMap((key) => key ?? []),
      ...domains.flatMap((domain) => (typeof domain === 'string' ? keyOfDomain(domain) : [])),
    ]),
  ]
}

export interface UnsureEmployer {
  person: string
  email?: string
  /** As they wrote it. */
  employer: string
  /** Of each of the candidates. */
  confidence: number
  candidates: { id: string; name?: string; domain?: string; country?: string }[]
}

/** People whose employer is left to a person to decide: a domain, an address or a record's word then settles it. */
export async function unsureEmployers(
  { store }: Pick<EngineDeps, 'store'>,
  request: { after?: string; limit: number },
): Promise<UnsureEmployer[]> {
  const rows = await store.project.unsureEmployers(request)
  const ids = [...new Set(rows.flatMap(({ employer }) => employer.candidates))]
  const accounts = new Map((await store.project.golden(ids)).map((row) => [row.id, row.golden]))
  const textOf = (golden: Record<string, unknown> | undefined, name: string) =>
    typeof golden?.[name] === 'string' ? { [name]: golden[name] } : {}
  return rows.map(({ id, golden, employer }) => ({
    person: id,
    ...textOf(golden, 'email'),
    employer: String(golden.company_name),
    confidence: employer.confidence,
    candidates: employer.candidates.map((account) => ({
      id: account,
      ...textOf(accounts.get(account), 'name'),
      ...textOf(accounts.get(account), 'domain'),
      ...textOf(accounts.get(account), 'country'),
    })),
  }))
}
