import { latin } from './latin.ts'
import { DOUBLE_HAN, DOUBLE_HANGUL, HONORIFICS, PARTICLES, SUFFIXES } from './names.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, type Flag, good, type Reading, squish, weak } from './reading.ts'

export interface WrittenName {
  given?: string | null | undefined
  family?: string | null | undefined
  full?: string | null | undefined
}

export interface PersonName {
  /** As it is written, in its own script and order; titles included. */
  display: string
  given?: string
  /** With its particles: `van der Berg`. */
  family?: string
  honorific?: string
  suffix?: string
}

/** Countries whose names in Chinese characters are a family of one or two, then the rest. */
const CHINESE = new Set(['CN', 'TW', 'HK', 'MO', 'SG', 'KR'])
/** Scripts in which the family comes first. */
const EASTERN = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}ー]+$/u

/**
 * Reads a name that comes as one text or in parts. Letters and script stay as they are. `country` (ISO 3166-1) tells the
 * order where the text does not.
 */
export function readPersonName(
  written: WrittenName,
  { country }: { country?: string } = {},
): Reading<PersonName> {
  const given = squish(written.given ?? '')
  const family = squish(written.family ?? '')
  const full = squish(written.full ?? '')
  if (given === '' && family === '') return full === '' ? empty() : readFull(full, country)
  const parts = [given, family].filter((part) => part !== '' && !isPlaceholder(part))
  if (parts.length === 0)
    return full !== '' && !isPlaceholder(full) ? readFull(full, country) : bad('placeholder')
  const { rest, honorific } = splitHonorifics(wordsOf(isPlaceholder(given) ? '' : given))
  const { rest: last, suffix } = splitSuffixes(wordsOf(isPlaceholder(family) ? '' : family))
  const display = full !== '' && !isPlaceholder(full) ? full : parts.join(' ')
  return graded({
    display,
    ...part('given', rest),
    ...part('family', last),
    ...part('honorific', honorific),
    ...part('suffix', suffix),
  })
}

function readFull(full: string, country: string | undefined): Reading<PersonName> {
  if (isPlaceholder(full)) return bad('placeholder')
  if (full.includes('@') || /^https?:/i.test(full)) return bad('malformed')
  const withoutNickname = squish(full.replace(/\([^)]*\)|"[^"]*"|“[^”]*”/g, ' '))
  const { rest: untitled, honorific } = splitHonorifics(wordsOf(withoutNickname))
  const { rest, suffix } = splitSuffixes(untitled)
  const extras = { ...part('honorific', honorific), ...part('suffix', suffix) }
  const { given, family, flags } = splitName(rest, country?.toUpperCase())
  return graded({ display: full, ...part('given', given), ...part('family', family), ...extras }, flags)
}

const wordsOf = (text: string): string[] => (text === '' ? [] : text.split(/\s+/))

const bare = (word: string): string => latin(word).replace(/[.,'’]/g, '')

/** `Dr.` and `Prof. Dr.`, but never the only word. */
function splitHonorifics(words: string[]): { rest: string[]; honorific: string[] } {
  let count = 0
  while (count < words.length - 1 && HONORIFICS.has(bare(words[count]!)) && !/,$/.test(words[count]!)) count++
  return { rest: words.slice(count), honorific: words.slice(0, count) }
}

function splitSuffixes(words: string[]): { rest: string[]; suffix: string[] } {
  let end = words.length
  // `Ma` and `Ba` are families too: without a comma or a family before them they stay.
  while (end > 2 && SUFFIXES.has(bare(words[end - 1]!))) end--
  while (end === 2 && /,$/.test(words[0]!) && SUFFIXES.has(bare(words[1]!))) end--
  const rest = words.slice(0, end)
  if (end < words.length && rest.length > 0) rest[end - 1] = rest[end - 1]!.replace(/,$/, '')
  return { rest, suffix: words.slice(end) }
}

interface Split {
  given: string[]
  family: string[]
  flags?: Flag[]
}

function splitName(words: string[], country: string | undefined): Split {
  const comma = words.findIndex((word) => /[,،、]$/.test(word))
  if (comma >= 0 && comma < words.length - 1) {
    const family = [...words.slice(0, comma), words[comma]!.slice(0, -1)].filter((word) => word !== '')
    return { family, given: words.slice(comma + 1) }
  }
  if (words.length === 1) return splitUnspaced(words[0]!.replace(/[,،、]$/, ''), country)
  if (words.every((word) => EASTERN.test(word)) || country === 'HU' || country === 'VN')
    return { family: [words[0]!], given: words.slice(1) }
  const capitals = words.filter(isCapitals)
  if (
    capitals.length > 0 &&
    capitals.length < words.length &&
    words.slice(0, capitals.length).every(isCapitals)
  )
    return { family: words.slice(0, capitals.length), given: words.slice(capitals.length) }
  const start = familyStart(words)
  return { given: words.slice(0, start), family: words.slice(start) }
}

/** `LOVELACE Ada`: families in capitals, as many passports and spreadsheets have them. */
const isCapitals = (word: string): boolean =>
  word.length > 2 && !word.includes('.') && word === word.toUpperCase() && word !== word.toLowerCase()

/** The last word, with the particles before it. */
function familyStart(words: readonly string[]): number {
  let start = words.length - 1
  while (start > 1 && PARTICLES.has(bare(words[start - 1]!))) start--
  return start
}

/** Chinese and Korean names are written without a blank; Japanese ones can not be told from them by their characters. */
function splitUnspaced(word: string, country: string | undefined): Split {
  const letters = [...word]
  const isHangul = /^[가-힣]{2,5}$/u.test(word)
  const isHan = /^\p{Script=Han}{2,4}$/u.test(word)
  if (isHangul || (isHan && CHINESE.has(country ?? ''))) {
    const head = letters.slice(0, 2).join('')
    const size = letters.length > 2 && (DOUBLE_HAN.has(head) || DOUBLE_HANGUL.has(head)) ? 2 : 1
    return { family: [letters.slice(0, size).join('')], given: [letters.slice(size).join('')] }
  }
  return { given: [word], family: [], flags: [isHan ? 'order_unknown' : 'single_word'] }
}

function part<K extends string>(key: K, words: readonly string[]): { [P in K]?: string } {
  return words.length === 0 ? {} : ({ [key]: words.join(' ') } as { [P in K]?: string })
}

function graded(name: PersonName, flags: Flag[] = []): Reading<PersonName> {
  const letters = name.display.replace(/[^\p{L}]/gu, '')
  const found = [...flags]
  if (letters.length > 3 && letters !== letters.toLowerCase() && letters === letters.toUpperCase())
    found.push('all_capitals')
  if (letters !== letters.toUpperCase() && letters === letters.toLowerCase()) found.push('no_capitals')
  if (/\p{Nd}/u.test(name.display)) found.push('digits_in_name')
  const isWeak = found.some((flag) => ['single_word', 'order_unknown', 'digits_in_name'].includes(flag))
  return isWeak ? weak(name, found) : good(name, found)
}

/** A name or part of one as it is compared: Latin letters, no accents, particles kept, apostrophes and hyphens gone. */
export const nameKey = (name: string): string =>
  latin(name)
    .replace(/['’‘`´ʼ.]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
