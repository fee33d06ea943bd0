import {
  type DealCandidate,
  findDealsTwice,
  type Issue,
  type Settings,
  stuckAfter,
  stuckNote,
} from '../../hygiene/index.ts'
import { numberOf } from '../../identity/match/index.ts'
import type { Piles } from './piles.ts'
import { certainOf, type LateFinding, possibleOf } from './twins.ts'

interface OpenDeal {
  object: string
  crmId: string
  number: number
  since: number
}

/** Piles that deals are spread over by account and name. */
const BUCKETS = 64

/** Deals that are judged by other deals: those in the same stage, and those of one account and name. */
export class Deals {
  #piles: Piles
  /** Number of each stage: its name may be anything. */
  #stages = new Map<string, number>()

  constructor(piles: Piles) {
    this.#piles = piles
  }

  addOpen(stage: string, deal: OpenDeal): void {
    const number = this.#stages.get(stage) ?? this.#stages.size
    this.#stages.set(stage, number)
    this.#piles.add(`stage ${number}`, JSON.stringify(deal))
  }

  add(deal: DealCandidate): void {
    const bucket = numberOf(`${deal.account}\u0000${deal.nameKey}`) % BUCKETS
    this.#piles.add(`deals ${bucket}`, JSON.stringify(deal))
  }

  async *findStuck(around: { now: number; settings: Settings }): AsyncGenerator<LateFinding> {
    const { now, settings } = around
    for (const [stage, number] of this.#stages) {
      const deals = () => this.#piles.read<OpenDeal>(`stage ${number}`)
      const ages: number[] = []
      for await (const some of deals()) for (const { since } of some) ages.push(now - since)
      const stuck = stuckAfter(ages, settings)
      if (!stuck) continue
      for await (const some of deals())
        for (const { since, ...deal } of some) {
          if (now - since <= stuck.limit) continue
          const note = stuckNote(stage, now - since, stuck)
          const issue: Issue = { check: 'deal.stuck', attribute: 'stage', value: stage, note }
          yield { ...deal, issues: [issue] }
        }
    }
  }

  async *findTwice(): AsyncGenerator<LateFinding> {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const deals: DealCandidate[] = []
      for await (const some of this.#piles.read<DealCandidate>(`deals ${bucket}`))
        for (const deal of some) deals.push(deal)
      const { groups, pairs } = findDealsTwice(deals)
      for (const group of groups) yield* certainOf(group)
      for (const { first, others } of pairs) {
        const note = 'same account and name, both open'
        yield possibleOf(first, others, note)
        for (const other of others) yield possibleOf(other, [first], note)
      }
    }
  }
}
