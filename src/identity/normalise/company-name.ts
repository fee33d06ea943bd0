import { LEADING_FORMS, LEGAL_FORMS, LONGEST_FORM, UNSPACED_FORMS } from './company-forms.ts'
import { latin } from './latin.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, type Flag, good, type Reading, squish, weak } from './reading.ts'
import { remembered } from './remembered.ts'

export interface CompanyName {
  /** As it is written. */
  display: string
  /** For comparison: Latin letters, without legal form. */
  key: string
  /** The family of legal forms, where the name tells one: `gmbh`, `limited`, `sa`, … */
  legalForm?: string
}

/** What people write who have no company. */
const NOBODY = new Set(
  `self,self employed,selfemployed,freelance,freelancer,individual,private,personal,none,no company,student,retired,home,
  independent,consultant,privat,selbstandig,freiberufler,particulier,autonomo,particular,me,myself`
    .split(',')
    .map((word) => word.trim()),
)

export const readCompany = (text: string | null | undefined): Reading<CompanyName> => readKnown(text ?? '')

const readKnown = remembered((text): Reading<CompanyName> => {
  const display = squish(text)
  if (display === '') return empty()
  if (isPlaceholder(display) || display.includes('@')) return bad('placeholder')
  const { key, legalForm } = companyKey(display)
  if (NOBODY.has(key)) return bad('placeholder')
  const flags: Flag[] = []
  if (display.length > 5 && display === display.toUpperCase() && display !== display.toLowerCase())
    flags.push('all_capitals')
  const name = { display, key, ...(legalForm ? { legalForm } : {}) }
  // `Ltd` alone is a form without a name.
  return LEGAL_FORMS.has(key) ? weak(name, [...flags, 'malformed']) : good(name, flags)
})

/** The name without legal forms; a name that is nothing else stays. */
export function companyKey(display: string): { key: string; legalForm?: string } {
  const written = squish(display.normalize('NFKC'))
  const unspaced = withoutUnspacedForms(written)
  let words = companyWords(unspaced)
  let legalForm = unspaced === written ? undefined : 'asian'
  for (let size = formAtEnd(words); size > 0; size = formAtEnd(words)) {
    legalForm ??= LEGAL_FORMS.get(words.slice(-size).join(' '))
    words = words.slice(0, -size)
  }
  while (words.length > 1 && (words[0] === 'the' || LEADING_FORMS.has(words[0]!))) {
    legalForm ??= LEGAL_FORMS.get(words[0]!)
    words = words.slice(1)
  }
  const key = words.join(' ')
  // A form may have stood behind signs that are gone now.
  if (key !== written) return { ...companyKey(key), ...(legalForm ? { legalForm } : {}) }
  return legalForm ? { key, legalForm } : { key }
}

/** Words of the form at the end, 0 where there is none or nothing else. */
function formAtEnd(words: readonly string[]): number {
  for (let size = Math.min(LONGEST_FORM, words.length - 1); size > 0; size--)
    if (LEGAL_FORMS.has(words.slice(-size).join(' '))) return size
  return 0
}

function withoutUnspacedForms(text: string): string {
  const trimmed = text.trim()
  const form = UNSPACED_FORMS.find(
    (one) => trimmed.length > one.length && (trimmed.startsWith(one) || trimmed.endsWith(one)),
  )
  return form === undefined ? text : withoutUnspacedForms(trimmed.replace(form, ' '))
}

const companyWords = (text: string): string[] =>
  latin(text)
    .replace(/['’‘`´ʼ]/g, '')
    // S.A. and G.m.b.H. are one word, e.on too.
    .replace(/(?<![\p{L}\p{N}])(?:\p{L}\.){2,}/gu, (initials) => `${initials.replaceAll('.', '')} `)
    .replace(/\+/g, '&')
    .replace(/[^\p{L}\p{M}\p{N}&]+/gu, ' ')
    .replace(/\s*&\s*/g, ' and ')
    .trim()
    .split(' ')
    .filter((word) => word !== '')
