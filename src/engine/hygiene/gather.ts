import type { InventoryRecord } from '#kit'
import {
  type Candidate,
  type CrmRecord,
  countryOf,
  DAY_MS,
  type DealCandidate,
  findCompaniesTwice,
  findDealsTwice,
  findPeopleTwice,
  findStuck,
  instantOf,
  isOpenDeal,
  isTrue,
  type Settings,
  textOf,
} from '../../hygiene/index.ts'
import { prepareValues } from '../../identity/match/index.ts'
import { nameKey, readCountry, readDomain } from '../../identity/normalise/index.ts'
import { ACCOUNT_FLAGS, type Accounts } from './accounts.ts'
import type { Layout } from './scan.ts'
import { findingsOf, type LateFinding } from './twins.ts'

interface OpenDeal {
  object: string
  crmId: string
  number: number
  stage: string
  since: number
}

/** What can be said of a record only when all others have been read. */
export class Gathered {
  readonly skipped: { rule: string; keys: number; records: number }[] = []
  #now: number
  #settings: Settings
  #accounts: Accounts
  #companies: Candidate[] = []
  #people: Candidate[] = []
  #deals: (DealCandidate & { object: string })[] = []
  #open: OpenDeal[] = []
  #texts = new Map<string, string>()

  #isComparing: boolean

  /** `isComparing`: duplicates are looked for, which is what takes memory. */
  constructor(now: number, settings: Settings, accounts: Accounts, isComparing: boolean) {
    this.#isComparing = isComparing
    this.#now = now
    this.#settings = settings
    this.#accounts = accounts
  }

  add(record: CrmRecord, live: InventoryRecord, number: number): void {
    if (record.kind === 'account') this.#addAccount(record, live, number)
    else if (record.kind === 'deal') this.#addDeal(record, live, number)
    else this.#addPerson(record, live, number)
  }

  #addAccount(record: CrmRecord, live: InventoryRecord, number: number): void {
    const { grade, value: domain } = readDomain(textOf(record, 'website'))
    const createdAt = instantOf(record.values.created_at)
    this.#accounts.add(record.crmId, {
      number,
      domain: grade === 'good' ? domain : undefined,
      company: textOf(record, 'name'),
      country: readCountry(textOf(record, 'country')).value,
      owner: this.#once(textOf(record, 'owner')),
      createdAt,
      activityAt: instantOf(record.values.activity_at),
      flags: (record.contacts ?? 0) > 0 ? ACCOUNT_FLAGS.HAS_CONTACT : 0,
      lifecycle: this.#once(textOf(record, 'lifecycle')),
    })
    if (!this.#isComparing) return
    this.#companies.push(this.#candidate(record, live, number, { company_name: textOf(record, 'name') }))
  }

  #addPerson(record: CrmRecord, live: InventoryRecord, number: number): void {
    const account = textOf(record, 'account')
    const since = this.#now - this.#settings.deadAccountDays * DAY_MS
    const isActive = [record.values.activity_at, record.values.created_at].some(
      (value) => (instantOf(value) ?? 0) >= since,
    )
    this.#accounts.flag(
      account,
      ACCOUNT_FLAGS.HAS_CONTACT | (isActive ? ACCOUNT_FLAGS.HAS_ACTIVE_CONTACT : 0),
    )
    if (!this.#isComparing) return
    const known = this.#accounts.get(account ?? '')
    this.#people.push(
      this.#candidate(record, live, number, {
        first_name: textOf(record, 'first_name'),
        last_name: textOf(record, 'last_name'),
        email: textOf(record, 'email'),
        company_name: textOf(record, 'company') ?? known?.company,
      }),
    )
  }

  #addDeal(record: CrmRecord, live: InventoryRecord, number: number): void {
    const account = textOf(record, 'account')
    const isOpen = isOpenDeal(record)
    const isWon = isTrue(record, 'is_won')
    this.#accounts.flag(
      account,
      ACCOUNT_FLAGS.HAS_DEAL |
        (isOpen ? ACCOUNT_FLAGS.HAS_OPEN_DEAL : 0) |
        (isWon ? ACCOUNT_FLAGS.HAS_WON_DEAL : 0),
    )
    const { object, crmId } = record
    const [stage, since] = [textOf(record, 'stage'), instantOf(record.values.stage_since)]
    if (isOpen && stage !== undefined && since !== undefined)
      this.#open.push({ object, crmId, number, stage: this.#once(stage)!, since })
    const name = textOf(record, 'name')
    if (!this.#isComparing || account === undefined || name === undefined || !(isOpen || isWon)) return
    this.#deals.push({
      object,
      crmId,
      number,
      account,
      nameKey: nameKey(name),
      amount: textOf(record, 'amount'),
      closeOn: textOf(record, 'close_at')?.slice(0, 10),
      isOpen,
      isOurs: live.externalId !== undefined,
    })
  }

  #candidate(
    record: CrmRecord,
    live: InventoryRecord,
    number: number,
    more: Parameters<typeof prepareValues>[0],
  ): Candidate {
    const { object, crmId } = record
    const values = prepareValues({
      ...more,
      phone: textOf(record, 'mobile') ?? textOf(record, 'phone'),
      website: textOf(record, 'website'),
      street: textOf(record, 'street'),
      city: textOf(record, 'city'),
      region: textOf(record, 'region'),
      postal_code: textOf(record, 'postal_code'),
      country: textOf(record, 'country') ?? countryOf(record, this.#lookup),
    })
    const shared = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, REPEATED.has(name) ? this.#once(value) : value]),
    )
    return {
      id: crmId,
      values: shared,
      object,
      crmId,
      number,
      isOurs: live.externalId !== undefined,
      filled: Object.keys(record.values).length,
      createdAt: instantOf(record.values.created_at) ?? 0,
      parent: textOf(record, 'parent'),
    }
  }

  get #lookup() {
    return { account: this.#accounts.get }
  }

  /** One copy of a text that many records hold. */
  #once(text: string | undefined): string | undefined {
    if (text === undefined || text.length > 40) return text
    const held = this.#texts.get(text)
    if (held !== undefined) return held
    if (this.#texts.size < MOST_TEXTS) this.#texts.set(text, text)
    return text
  }

  *conclude(layouts: ReadonlyMap<string, Layout>, hasActivity: boolean): Generator<LateFinding> {
    const around = { now: this.#now, settings: this.#settings }
    for (const { object, spec } of layouts.values()) {
      if (spec.kind !== 'account') continue
      const before = new Set(spec.beforeCustomer ?? [])
      for (const late of this.#accounts.check({ hasActivity, beforeCustomer: before }, around))
        yield { object, ...late }
    }
    for (const { deal, note } of findStuck(this.#open, around))
      yield { ...deal, issues: [{ check: 'deal.stuck', attribute: 'stage', value: deal.stage, note }] }
    this.#open = []
    this.#texts.clear()
    const companies = this.#companies
    this.#companies = []
    yield* this.#twice(findCompaniesTwice(companies))
    const people = this.#people
    this.#people = []
    yield* this.#twice(findPeopleTwice(people))
    const { groups, pairs } = findDealsTwice(this.#deals)
    yield* findingsOf(
      groups,
      pairs.map(({ a, b }) => ({ a, b, note: 'same account and name, both open' })),
    )
  }

  *#twice({ groups, pairs, skipped }: ReturnType<typeof findPeopleTwice>): Generator<LateFinding> {
    this.skipped.push(...skipped)
    const noted = pairs.map(({ a, b, probability }) => ({
      a,
      b,
      note: `${Math.floor(probability * 100)} % probable`,
    }))
    yield* findingsOf(groups, noted)
  }
}

/** Attributes that many records agree in. */
const REPEATED: ReadonlySet<string> = new Set([
  'company',
  'domain',
  'city',
  'region',
  'postal_code',
  'country',
])
/** A text beyond that many different ones is kept as it comes. */
const MOST_TEXTS = 500_000
