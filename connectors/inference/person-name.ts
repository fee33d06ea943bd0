import { isRoleAddress } from '#kit'

/** First parts that are no given names: departments, articles, particles of names. */
const NO_NAMES = new Set([
  'the',
  'mr',
  'mrs',
  'ms',
  'dr',
  'prof',
  'el',
  'la',
  'de',
  'van',
  'von',
  'all',
  'my',
  'our',
  'new',
  'no',
  'not',
  'test',
  'demo',
])

/**
 * A name only where the local part clearly is `first.last` in Latin letters: two parts, no digits, each long enough to
 * be a name. `j.doe`, `jdoe`, `info.uk` give nothing.
 */
export function personNameOf(email: string): { first: string; last: string } | undefined {
  const local = email.slice(0, email.lastIndexOf('@')).trim().toLowerCase().replace(/\+.*$/, '')
  const match = /^([\p{Script=Latin}'-]{3,20})\.([\p{Script=Latin}'-]{2,25})$/u.exec(local)
  if (!match || isRoleAddress(email)) return undefined
  const [, first = '', last = ''] = match
  if (NO_NAMES.has(first) || !/[\p{L}]{2}/u.test(first) || !/[\p{L}]{2}/u.test(last)) return undefined
  return { first: titleCase(first), last: titleCase(last) }
}

const titleCase = (name: string) =>
  name.replace(/(^|[-'])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())
