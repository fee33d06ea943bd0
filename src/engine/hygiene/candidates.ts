import type { Candidate, Likeness } from '../../hygiene/index.ts'
import {
  type Attribute,
  type BlockingRule,
  numberOf,
  PERSON_ATTRIBUTES,
  type Values,
} from '../../identity/match/index.ts'
import type { Scratch, ScratchEntry } from '../ports.ts'
import type { Piles } from './piles.ts'

/** Piles that one rule or attribute is spread over: one of them at a time is held in memory. */
const BUCKETS = 16
/** Kinds of candidates have numbers of their own. */
const MOST = 1_000_000_000_000

/** A candidate with the number of its key under each rule; null where it has none. */
export interface Keyed extends Candidate {
  keys: (number | null)[]
}

type Row = [
  object: string,
  crmId: string,
  number: number,
  isOurs: 0 | 1,
  filled: number,
  createdAt: number,
  parent: string | null,
  keys: (number | null)[],
  values: (string | null)[],
]

/**
 * Records of one kind while others are read that they may be the same as: what they are compared by, their keys by rule and
 * their values by attribute, all of it put aside.
 */
export class Candidates {
  readonly likeness: Likeness
  readonly piles: Piles
  /** By rule: names of the piles of its keys, each key followed by the number of its candidate. */
  readonly keyPiles: readonly (readonly string[])[]
  /** By attribute: names of the piles of its values. */
  readonly valuePiles: ReadonlyMap<Attribute, readonly string[]>
  #scratch: Scratch
  #base: number
  #count = 0
  #waiting: ScratchEntry[] = []

  /** `kind`: a small number, another one for each kind. */
  constructor(of: { scratch: Scratch; piles: Piles; likeness: Likeness; kind: number }) {
    this.likeness = of.likeness
    this.piles = of.piles
    this.#scratch = of.scratch
    this.#base = of.kind * MOST
    const { rules, counted } = of.likeness
    this.keyPiles = rules.map((_, r) => bucketsOf(`${of.kind} key ${r}`))
    this.valuePiles = new Map(counted.map((attribute) => [attribute, bucketsOf(`${of.kind} ${attribute}`)]))
  }

  get count(): number {
    return this.#count
  }

  add(candidate: Candidate): void {
    const { object, crmId, number, isOurs, filled, createdAt, parent, values } = candidate
    const n = this.#count++
    const keys = this.likeness.rules.map((rule, r) => {
      const key = keyOf(rule, values)
      if (key === null) return null
      this.piles.add(this.keyPiles[r]![key >>> 28]!, `${key},${n}`)
      return key
    })
    for (const [attribute, piles] of this.valuePiles) {
      const value = values[attribute]
      if (value !== undefined) this.piles.add(piles[bucketOf(value)]!, JSON.stringify(value))
    }
    const row: Row = [
      object,
      crmId,
      number,
      isOurs ? 1 : 0,
      filled,
      createdAt,
      parent ?? null,
      keys,
      PERSON_ATTRIBUTES.map((attribute) => values[attribute] ?? null),
    ]
    this.#waiting.push([this.#base + n, JSON.stringify(row)])
  }

  /** To be called between pages. */
  async settle(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) await this.#scratch.put(waiting)
    await this.piles.settle()
  }

  async read(numbers: readonly number[]): Promise<Map<number, Keyed>> {
    const found = await this.#scratch.get(numbers.map((n) => this.#base + n))
    return new Map([...found].map(([key, text]) => [Number(key) - this.#base, fromRow(JSON.parse(text))]))
  }
}

/** Of 32 bits: who meets by accident is compared once too often. */
export function keyOf(rule: BlockingRule, values: Values): number | null {
  const text = rule.key(values)
  return text === undefined ? null : numberOf(text) | 0
}

const bucketsOf = (name: string): string[] => Array.from({ length: BUCKETS }, (_, i) => `${name} ${i}`)

/** Cheap: equal texts must meet, and no more than that. */
const bucketOf = (text: string): number =>
  (text.length + 7 * text.charCodeAt(text.length - 1) + 3 * text.charCodeAt(text.length >> 1)) % BUCKETS

function fromRow([object, crmId, number, isOurs, filled, createdAt, parent, keys, written]: Row): Keyed {
  // The same members in the same order for each: comparing millions of pairs is much faster with objects of one shape.
  const values: Record<string, string | undefined> = {}
  for (let i = 0; i < PERSON_ATTRIBUTES.length; i++) values[PERSON_ATTRIBUTES[i]!] = written[i] ?? undefined
  return {
    id: crmId,
    object,
    crmId,
    number,
    isOurs: isOurs === 1,
    filled,
    createdAt,
    parent: parent ?? undefined,
    keys,
    values: values as Values,
  }
}
