import {
  type AccountFacts,
  checkAccount,
  type Issue,
  type KnownAccount,
  type Surroundings,
} from '../../hygiene/index.ts'

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

/** What is remembered of each account while contacts and deals are read: some 300 bytes. */
export class Accounts {
  #rows = new Map<string, Row>()
  /** Domain → the only account that has it; null for several. */
  #byDomain = new Map<string, string | null>()

  add(crmId: string, row: Row): void {
    this.#rows.set(crmId, row)
    if (row.domain !== undefined)
      this.#byDomain.set(row.domain, this.#byDomain.has(row.domain) ? null : crmId)
  }

  get = (crmId: string): KnownAccount | undefined => this.#rows.get(crmId)

  ofDomain = (domain: string): string | undefined => this.#byDomain.get(domain) ?? undefined

  flag(crmId: string | undefined, flags: number): void {
    const row = crmId === undefined ? undefined : this.#rows.get(crmId)
    if (row) row.flags |= flags
  }

  *check(
    of: { hasActivity: boolean; beforeCustomer: ReadonlySet<string> },
    around: Pick<Surroundings, 'now' | 'settings'>,
  ): Generator<{ crmId: string; number: number; issues: Issue[] }> {
    for (const [crmId, { number, flags, createdAt, activityAt, lifecycle }] of this.#rows) {
      const has = (flag: number) => (flags & flag) !== 0
      const facts: AccountFacts = {
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
      const issues = checkAccount(facts, around)
      if (issues.length > 0) yield { crmId, number, issues }
    }
  }
}
