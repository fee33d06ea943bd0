import { jobFunctions, seniorities } from './job-words.ts'
import { latin } from './latin.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, squish, weak } from './reading.ts'

export interface JobTitle {
  /** As it is written. */
  display: string
  /** owner, c_level, partner, vp, director, head, manager, senior, individual, entry or intern. */
  seniority?: string
  /** sales, marketing, engineering, finance, … */
  function?: string
}

/** What a title says about rank and field of work; titles in the common business languages. */
export function readJobTitle(text: string | null | undefined): Reading<JobTitle> {
  const display = squish(text ?? '')
  if (display === '') return empty()
  if (isPlaceholder(display)) return bad('placeholder')
  const key = titleKey(display)
  const seniority = seniorities().find(([, words]) => words.test(key))?.[0]
  const field = jobFunctions().find(([, words]) => words.test(key))?.[0]
  const title = { display, ...(seniority ? { seniority } : {}), ...(field ? { function: field } : {}) }
  return seniority === undefined && field === undefined ? weak(title, ['unknown_title']) : good(title)
}

/** Chinese and Japanese characters each stand alone, so that words are found in them. */
function titleKey(text: string): string {
  return latin(text)
    .replace(/&/g, ' and ')
    .replace(/(?<=\p{L})(?:\/|:|\*|_)-?in(?:nen)?(?![\p{L}])|\([^)]{1,5}\)/gu, '')
    .replace(/\./g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}
