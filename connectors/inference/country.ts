import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { getPublicSuffix } from 'tldts'

/** Country-code domains that are sold worldwide for their sound: they say nothing about a country. */
const GENERIC_USE = new Set([
  'ac',
  'ad',
  'ag',
  'ai',
  'am',
  'as',
  'bz',
  'cc',
  'cd',
  'co',
  'cx',
  'dj',
  'fm',
  'ga',
  'gg',
  'gl',
  'gs',
  'im',
  'io',
  'la',
  'li',
  'ly',
  'me',
  'ml',
  'ms',
  'mu',
  'nu',
  'pw',
  'sc',
  'sh',
  'so',
  'st',
  'su',
  'tk',
  'tm',
  'to',
  'tv',
  'vc',
  'vg',
  'ws',
  'cf',
  'gq',
  'pn',
  'sx',
  'tf',
  'wf',
  'eu',
])
/** `co` is sold worldwide, `com.co` and `co.uk` are not: a second level below a generic ccTLD is national. */
const NATIONAL_SECOND_LEVEL = new Set(['com', 'net', 'org', 'gov', 'edu', 'gob', 'mil', 'nom'])

/** ISO code by country-code TLD; undefined for gTLDs and for ccTLDs of generic use (.io, .ai, .co, .me, .tv, …). */
export function countryOfDomain(domain: string): string | undefined {
  const suffix = getPublicSuffix(domain)
  const labels = suffix?.split('.') ?? []
  const tld = labels.at(-1)
  if (!tld || !/^[a-z]{2}$/.test(tld)) return undefined
  const isNational = labels.length > 1 && NATIONAL_SECOND_LEVEL.has(labels.at(-2) ?? '')
  if (GENERIC_USE.has(tld) && !isNational) return undefined
  return tld === 'uk' ? 'GB' : tld.toUpperCase()
}

/** ISO code by the country calling code of a number in international form; undefined where several countries share it. */
export function countryOfPhone(phone: string | undefined): string | undefined {
  if (!phone) return undefined
  const international = phone.trim().replace(/^00/, '+')
  if (!international.startsWith('+')) return undefined
  return parsePhoneNumberFromString(international)?.country
}
