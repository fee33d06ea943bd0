import {
  type AccountFacts,
  type CrmRecord,
  checkAccount,
  type Issue,
  type KnownAccount,
  type Surroundings,
  textOf,
} from '../../hygiene/index.ts'
import { companyDomain } from '../../identity/mail-domains.ts'
import type { Scratch, ScratchEntry } from '../ports.ts'
import type { Piles } from './piles.ts'

const HAS_CONTACT = 1
const HAS_ACTIVE_CONTACT = 2
const HAS_DEAL = 4
const HAS_OPEN_DEAL = 8
const HAS_WON_DEAL = 16
export const ACCOUNT_FLAGS = {
  HAS_CONTACT,
  HAS_ACTIVE_CONTACT,
  HAS_DEAL,
  HAS_OPEN_DEAL,
  HAS_WON_DEAL,
} as const

interface Row extends KnownAccount {
  number: number
  flags: number
  createdAt: number | undefined
  activityAt: number | undefined
  lifecycle: string | undefined
}

/** Accounts that are looked at together at the end. */
const CHUNK = 1_000
const PILE = 'accounts'

const keyOf = (crmId: string) => `account ${crmId}`
const domainKey = (domain: string) => `domain ${domain}`

/**
 * Every account that was read, while contacts and deals are; at hand are those that the records of a page refer to. So
 * `load` comes before the records of a page are looked at, and `settle` after them.
 */
export class Accounts {
  #scratch: Scratch
  #piles: Piles
  #rows = new Map<string, Row>()
  /** Domain → the only account that has it; null for several. */
  #byDomain = new Map<string, string | null>()
  /** What is not stored yet. */
  #changed = new Set<string>()
  #domains = new Map<string, string | null>()

  constructor(scratch: Scratch, piles: Piles) {
    this.#scratch = scratch
    this.#piles = piles
  }

  async load(records: readonly CrmRecord[]): Promise<void> {
    const ids = new Set<string>()
    const domains = new Set<string>()
    for (const record of records) {
      const account = textOf(record, 'account')
      if (account !== undefined) ids.add(account)
      else if (record.kind === 'contact') domains.add(companyDomain(textOf(record, 'email') ?? '') ?? '')
    }
    this.#rows = await this.#read([...ids])
    const found = await this.#scratch.get([...domains].map(domainKey))
    this.#byDomain = new Map(
      [...domains].map((domain) => [domain, JSON.parse(found.get(domainKey(domain)) ?? 'null')]),
    )
  }

  add(crmId: string, row: Row): void {
    this.#rows.set(crmId, row)
    this.#changed.add(crmId)
    this.#piles.add(PILE, JSON.stringify(crmId))
    if (row.domain !== undefined) this.#domains.set(row.domain, this.#domains.has(row.domain) ? null : crmId)
  }

  get = (crmId: string): KnownAccount | undefined => this.#rows.get(crmId)

  ofDomain = (domain: string): string | undefined => this.#byDomain.get(domain) ?? undefined

  flag(crmId: string | undefined, flags: number): void {
    const row = crmId === undefined ? undefined : this.#rows.get(crmId)
    if (!row || (row.flags & flags) === flags) return
    row.flags |= flags
    this.#changed.add(crmId!)
  }

  async settle(): Promise<void> {
    const entries: ScratchEntry[] = []
    for (const crmId of this.#changed) entries.push([keyOf(crmId), JSON.stringify(this.#rows.get(crmId))])
    if (this.#domains.size > 0) {
      const before = await this.#scratch.get([...this.#domains.keys()].map(domainKey))
      for (const [domain, crmId] of this.#domains) {
        const key = domainKey(domain)
        entries.push([key, JSON.stringify(before.has(key) ? null : crmId)])
      }
    }
    if (entries.length > 0) await this.#scratch.put(entries)
    this.#changed.clear()
    this.#domains.clear()
  }

  async *check(
    of: { hasActivity: boolean; beforeCustomer: ReadonlySet<string> },
    around: Pick<Surroundings, 'now' | 'settings'>,
  ): AsyncGenerator<{ crmId: string; number: number; issues: Issue[] }> {
    for await (const ids of this.#piles.read<string>(PILE))
      for (let i = 0; i < ids.length; i += CHUNK) {
        const rows = await this.#read(ids.slice(i, i + CHUNK))
        for (const [crmId, row] of rows) {
          const issues = checkAccount(factsOf(row, of), around)
          if (issues.length > 0) yield { crmId, number: row.number, issues }
        }
      }
  }

  async #read(crmIds: readonly string[]): Promise<Map<string, Row>> {
    if (crmIds.length === 0) return new Map()
    const found = await this.#scratch.get(crmIds.map(keyOf))
    return new Map(
      crmIds.flatMap((crmId) => {
        const text = found.get(keyOf(crmId))
        return text === undefined ? [] : [[crmId, JSON.parse(text)]]
      }),
    )
  }
}

function factsOf(
  { flags, createdAt, activityAt, lifecycle }: Row,
  of: { hasActivity: boolean; beforeCustomer: ReadonlySet<string> },
): AccountFacts {
  const has = (flag: number) => (flags & flag) !== 0
  return {
    createdAt,
    activityAt,
    hasActivity: of.hasActivity,
    hasContact: has(HAS_CONTACT),
    hasActiveContact: has(HAS_ACTIVE_CONTACT),
    hasDeal: has(HAS_DEAL),
    hasOpenDeal: has(HAS_OPEN_DEAL),
    hasWonDeal: has(HAS_WON_DEAL),
    isBeforeCustomer: lifecycle !== undefined && of.beforeCustomer.has(lifecycle),
  }
}
