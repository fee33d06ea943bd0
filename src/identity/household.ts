import { latin, readCountry, readPersonName, readPostalCode, readStreet } from './normalise/index.ts'

type Golden = Readonly<Record<string, unknown>>

const text = (golden: Golden, field: string): string | undefined => {
  const value = golden[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}
const fold = (written: string): string => latin(written).replace(/[^\p{L}\p{M}\p{N}]+/gu, '')

/** As it is written, with its particles; from the whole name where no part is told. */
export function familyNameOf(golden: Golden): string | undefined {
  const country = readCountry(text(golden, 'country')).value
  const written = {
    given: text(golden, 'first_name'),
    family: text(golden, 'last_name'),
    full: text(golden, 'full_name'),
  }
  return readPersonName(written, country ? { country } : {}).value?.family
}

/**
 * What people of one household have in common: family name, street, house number, flat, and postal code or else town, in
 * one country. Undefined where one of them is not known: half an address is a village.
 */
export function householdKeyOf(golden: Golden): string | undefined {
  const family = fold(familyNameOf(golden) ?? '')
  const street = readStreet(text(golden, 'street')).value
  const country = readCountry(text(golden, 'country')).value
  const code = readPostalCode(text(golden, 'postal_code'), country ? { country } : {})
  const town = code.grade === 'good' ? code.value : fold(text(golden, 'city') ?? '')
  if (family === '' || !street?.number || street.key === '' || !town) return undefined
  return [family, street.key, street.number, street.unit ?? '', town, country ?? ''].join('\u0000')
}

const isAllCapitals = (name: string): boolean => name === name.toUpperCase() && name !== name.toLowerCase()

/** The spelling that most of them use; capitals only where nobody writes otherwise, then by letter. */
export function householdName(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const [best] = [...counts].sort(
    ([a, many], [b, few]) =>
      Number(isAllCapitals(a)) - Number(isAllCapitals(b)) || few - many || (a < b ? -1 : 1),
  )
  return best?.[0]
}
