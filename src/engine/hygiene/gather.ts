import type { InventoryRecord } from '#kit'
import {
  type Candidate,
  COMPANIES_ALIKE,
  type CrmRecord,
  countryOf,
  DAY_MS,
  instantOf,
  isOpenDeal,
  isTrue,
  PEOPLE_ALIKE,
  type Settings,
  textOf,
} from '../../hygiene/index.ts'
import { prepareValues } from '../../identity/match/index.ts'
import { nameKey, readCountry, readDomain } from '../../identity/normalise/index.ts'
import type { Scratch } from '../ports.ts'
import { ACCOUNT_FLAGS, Accounts } from './accounts.ts'
import { Candidates } from './candidates.ts'
import { Deals } from './deals.ts'
import { Piles } from './piles.ts'
import type { Layout } from './scan.ts'
import { findTwins, type Skipped } from './twin-search.ts'
import type { LateFinding } from './twins.ts'

interface GatheredOf {
  scratch: Scratch
  now: number
  settings: Settings
  /** Duplicates are looked for, which is most of the work. */
  isComparing: boolean
  signal: AbortSignal
}

/**
 * What can be said of a record only when all others have been read; put aside until then. Each page of records is
 * announced to `load` before they are added, and stored by `settle` after that.
 */
export class Gathered {
  readonly accounts: Accounts
  readonly skipped: Skipped[] = []
  #of: GatheredOf
  #companies: Candidates
  #people: Candidates
  #deals: Deals

  constructor(of: GatheredOf) {
    const { scratch } = of
    const piles = new Piles(scratch)
    this.#of = of
    this.accounts = new Accounts(scratch, piles)
    this.#companies = new Candidates({ scratch, piles, likeness: COMPANIES_ALIKE, kind: 0 })
    this.#people = new Candidates({ scratch, piles, likeness: PEOPLE_ALIKE, kind: 1 })
    this.#deals = new Deals(piles)
  }

  load = (records: readonly CrmRecord[]): Promise<void> => this.accounts.load(records)

  async settle(): Promise<void> {
    await this.accounts.settle()
    await this.#companies.settle()
    await this.#people.settle()
  }

  add(record: CrmRecord, live: InventoryRecord, number: number): void {
    if (record.kind === 'account') this.#addAccount(record, live, number)
    else if (record.kind === 'deal') this.#addDeal(record, live, number)
    else this.#addPerson(record, live, number)
  }

  #addAccount(record: CrmRecord, live: InventoryRecord, number: number): void {
    const { grade, value: domain } = readDomain(textOf(record, 'website'))
    const createdAt = instantOf(record.values.created_at)
    this.accounts.add(record.crmId, {
      number,
      domain: grade === 'good' ? domain : undefined,
      company: textOf(record, 'name'),
      country: readCountry(textOf(record, 'country')).value,
      owner: textOf(record, 'owner'),
      createdAt,
      activityAt: instantOf(record.values.activity_at),
      flags: (record.contacts ?? 0) > 0 ? ACCOUNT_FLAGS.HAS_CONTACT : 0,
      lifecycle: textOf(record, 'lifecycle'),
    })
    if (!this.#of.isComparing) return
    this.#companies.add(this.#candidate(record, live, number, { company_name: textOf(record, 'name') }))
  }

  #addPerson(record: CrmRecord, live: InventoryRecord, number: number): void {
    const account = textOf(record, 'account')
    const since = this.#of.now - this.#of.settings.deadAccountDays * DAY_MS
    const isActive = [record.values.activity_at, record.values.created_at].some(
      (value) => (instantOf(value) ?? 0) >= since,
    )
    this.accounts.flag(account, ACCOUNT_FLAGS.HAS_CONTACT | (isActive ? ACCOUNT_FLAGS.HAS_ACTIVE_CONTACT : 0))
    if (!this.#of.isComparing) return
    const known = this.accounts.get(account ?? '')
    this.#people.add(
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
    this.accounts.flag(
      account,
      ACCOUNT_FLAGS.HAS_DEAL |
        (isOpen ? ACCOUNT_FLAGS.HAS_OPEN_DEAL : 0) |
        (isWon ? ACCOUNT_FLAGS.HAS_WON_DEAL : 0),
    )
    const { object, crmId } = record
    const [stage, since] = [textOf(record, 'stage'), instantOf(record.values.stage_since)]
    if (isOpen && stage !== undefined && since !== undefined)
      this.#deals.addOpen(stage, { object, crmId, number, since })
    const name = textOf(record, 'name')
    if (!this.#of.isComparing || account === undefined || name === undefined || !(isOpen || isWon)) return
    this.#deals.add({
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
      country: textOf(record, 'country') ?? countryOf(record, { account: this.accounts.get }),
    })
    return {
      id: crmId,
      values,
      object,
      crmId,
      number,
      isOurs: live.externalId !== undefined,
      filled: Object.keys(record.values).length,
      createdAt: instantOf(record.values.created_at) ?? 0,
      parent: textOf(record, 'parent'),
    }
  }

  async *conclude(layouts: ReadonlyMap<string, Layout>, hasActivity: boolean): AsyncGenerator<LateFinding> {
    for (const { object, spec } of layouts.values()) {
      if (spec.kind !== 'account') continue
      const beforeCustomer = new Set(spec.beforeCustomer ?? [])
      for await (const late of this.accounts.check({ hasActivity, beforeCustomer }, this.#of))
        yield { object, ...late }
    }
    yield* this.#deals.findStuck(this.#of)
    if (!this.#of.isComparing) return
    yield* findTwins(this.#companies, this.skipped, this.#of.signal)
    yield* findTwins(this.#people, this.skipped, this.#of.signal)
    yield* this.#deals.findTwice()
  }
}
