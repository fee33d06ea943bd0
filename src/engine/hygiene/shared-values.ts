import { type Attribute, isShared, MOST_PEOPLE, type Values } from '../../identity/match/index.ts'
import { readBlocks } from './blocks.ts'
import { type Candidates, type Keyed, keyOf } from './candidates.ts'

interface SharedOf {
  attribute: Attribute
  /** The rule whose key is the attribute alone, and the keys of values that are shared. */
  rule: number
  keys: ReadonlySet<number>
}

/** Values that many differently named people hold: a desk, a switchboard. They tell nobody apart. */
export class SharedValues {
  #candidates: Candidates
  #all: SharedOf[] = []

  constructor(candidates: Candidates) {
    this.#candidates = candidates
  }

  async find(): Promise<void> {
    const { personal, rules } = this.#candidates.likeness
    for (const attribute of personal) {
      const rule = rules.findIndex(({ attributes }) => attributes.length === 1 && attributes[0] === attribute)
      const most = MOST_PEOPLE[attribute]!
      const keys = new Set<number>()
      for await (const { key, members } of readBlocks(this.#candidates, rule, (_, size) => size > most)) {
        const held = members.map(({ values }): Values => values)
        if (isShared(attribute, held)) keys.add(key)
      }
      this.#all.push({ attribute, rule, keys })
    }
  }

  has(attribute: Attribute, value: string): boolean {
    const own = this.#all.find((one) => one.attribute === attribute)
    return own?.keys.has(keyOf(this.#candidates.likeness.rules[own.rule]!, { [attribute]: value })!) ?? false
  }

  hasKey = (rule: number, key: number): boolean =>
    this.#all.some((own) => own.rule === rule && own.keys.has(key))

  /** The candidate without such values, and without the keys that are made of them. */
  without(candidate: Keyed): Keyed {
    const taken = this.#all.flatMap(({ attribute, rule, keys }) =>
      candidate.keys[rule] !== null && keys.has(candidate.keys[rule]!) ? [attribute] : [],
    )
    if (taken.length === 0) return candidate
    const values = { ...candidate.values, ...Object.fromEntries(taken.map((name) => [name, undefined])) }
    const keys = this.#candidates.likeness.rules.map(({ attributes }, r) =>
      attributes.some((attribute) => taken.includes(attribute)) ? null : candidate.keys[r]!,
    )
    return { ...candidate, values: values as Values, keys }
  }
}
