import type { Attribute, Values } from './attributes.ts'
import { phoneticKey } from './phonetic.ts'

/** Records that share a key of a rule are compared; what is never compared is never found. */
export interface BlockingRule {
  name: string
  /** What records of one block have in common by construction: no evidence while learning from that block. */
  attributes: readonly Attribute[]
  key(values: Values): string | undefined
}

const rule = (
  name: string,
  attributes: readonly Attribute[],
  parts: (values: Values) => (string | undefined)[],
): BlockingRule => ({
  name,
  attributes,
  key: (values) => {
    const found = parts(values)
    return found.some((part) => part === undefined || part === '') ? undefined : found.join('\u0000')
  },
})

/** Names are asked for by several rules in a row, and many people have the same. */
const SOUNDS_KEPT = 10_000
const sounds = new Map<string, string>()

function sound(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const known = sounds.get(name)
  if (known !== undefined) return known
  if (sounds.size >= SOUNDS_KEPT) sounds.clear()
  const heard = phoneticKey(name)
  sounds.set(name, heard)
  return heard
}

/** Both names in either order: sources confuse the two fields. */
function soundsInOrder({ given_name, family_name }: Values): (string | undefined)[] {
  return [sound(given_name), sound(family_name)].sort()
}

export const BLOCKING_RULES: readonly BlockingRule[] = [
  rule('e-mail', ['email'], (v) => [v.email]),
  rule('phone', ['phone'], (v) => [v.phone]),
  rule('id number', ['id_number'], (v) => [v.id_number]),
  rule('birth date', ['birth_date'], (v) => [v.birth_date]),
  rule('sound of both names', ['given_name', 'family_name'], soundsInOrder),
  rule('sound of family name and postal code', ['family_name', 'postal_code'], (v) => [
    sound(v.family_name),
    v.postal_code,
  ]),
  rule('sound of given name and postal code', ['given_name', 'postal_code'], (v) => [
    sound(v.given_name),
    v.postal_code,
  ]),
  rule('street and number', ['street', 'street_number'], (v) => [v.street, v.street_number]),
  rule('mailbox name', ['email'], (v) => {
    const mailbox = v.email?.replace(/(?:\+.*)?@.*$/, '')
    return [mailbox !== undefined && mailbox.length >= 5 ? mailbox : undefined]
  }),
  rule('sound of name and company', ['family_name', 'company'], (v) => [sound(v.family_name), v.company]),
  rule('sound of name and domain', ['given_name', 'domain'], (v) => [sound(v.given_name), v.domain]),
]

/** All keys of one record, as text that an index can hold: records that share one are worth comparing. */
export const blockKeys = (values: Values, rules: readonly BlockingRule[] = BLOCKING_RULES): string[] =>
  rules.flatMap((one) => {
    const key = one.key(values)
    return key === undefined ? [] : [`${one.name}\u0000${key}`]
  })
