import type { Values } from './attributes.ts'
import { tellingWords } from './company-words.ts'

/** So many words of a name find candidates; the longest, since they are the rarest. */
const WORDS = 4
const SHORTEST_WORD = 4
const BEGINNING = 4

/** People have keys beside these: what one shares with the company it works for makes them no candidates. */
const ruleOf = (rule: string): string => `company: ${rule}`

export const PHONE_RULE = ruleOf('phone')

/**
 * What companies that are worth comparing share. Words that many companies share are capped with all other keys, so no list
 * has to name them.
 */
export function companyKeys(values: Values): string[] {
  const { name, label, phone, lei, vat_id, company_number, linkedin, domain } = values
  const { street, street_number, city } = values
  const compact = name?.replaceAll(' ', '')
  const one = (rule: string, ...parts: (string | undefined)[]): string[] =>
    parts.some((part) => part === undefined || part === '') ? [] : [[ruleOf(rule), ...parts].join('\u0000')]
  return [
    ...one('phone', phone),
    ...one('lei', lei),
    ...one('vat id', vat_id),
    ...one('company number', company_number),
    ...one('linkedin', linkedin),
    ...one('domain', domain),
    ...one('written together', label),
    ...one('written together', compact),
    ...longWords(name).flatMap((word) => one('word', word)),
    ...one('street and number', street, street_number),
    ...(compact !== undefined && compact.length >= BEGINNING
      ? one('beginning of name and city', compact.slice(0, BEGINNING), city)
      : []),
  ]
}

/** Chinese characters stand for a word each. */
const longWords = (name = ''): string[] =>
  tellingWords(name)
    .filter((word) => word.length >= SHORTEST_WORD || !/^[a-z\d]+$/.test(word))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .slice(0, WORDS)
