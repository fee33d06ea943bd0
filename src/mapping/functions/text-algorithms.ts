import { withoutAccents } from '#kit'

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/**
 * At most `limit` code points, cut between graphemes. White space that the cut leaves at the end goes too: CRMs strip
 * it, and the value would differ from ours for ever.
 */
export function truncate(value: string, limit: number): string {
  if (!(limit >= 0) || value.length <= limit) return value
  let end = 0
  let points = 0
  for (const { segment, index } of segmenter.segment(value)) {
    points += [...segment].length
    if (points > limit) break
    end = index + segment.length
  }
  // A single grapheme longer than the limit: better part of it than nothing in a required field.
  if (end === 0) return [...value].slice(0, limit).join('')
  return end === value.length ? value : value.slice(0, end).trimEnd()
}

/** Characters as people see them. */
export const graphemes = (value: string): string[] =>
  /^[\u0020-\u007e]*$/.test(value)
    ? value.split('')
    : Array.from(segmenter.segment(value), ({ segment }) => segment)

const MAX_PADDED = 255

/** What is missing to `length` characters: the filler repeated, its last repetition cut between characters. */
export function pad(value: string, length: number, filler: string): string {
  const pieces = graphemes(filler)
  const missing = Math.min(Math.trunc(length), MAX_PADDED) - graphemes(value).length
  if (!(missing > 0) || pieces.length === 0) return ''
  return Array.from({ length: missing }, (_, index) => pieces[index % pieces.length]).join('')
}

/** For comparisons only: what is left of a text when everything that people write in different ways is taken away. */
export const comparable = (value: string): string =>
  withoutAccents(value)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '')

export const slug = (value: string): string =>
  withoutAccents(value)
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^-|-$/g, '')

/** A word: letters with their marks, and apostrophes between letters. */
const WORD = /\p{L}[\p{L}\p{M}]*(?:['’][\p{L}\p{M}]+)*/gu

export const titleCase = (value: string): string => value.replace(WORD, titleWord)

function titleWord(word: string): string {
  const lower = word.toLowerCase()
  if (word !== lower && word !== word.toUpperCase()) return word
  const apostrophe = lower.search(/['’]/)
  // O'Brien and D'Angelo, but don't.
  if (apostrophe === 1) return lower.slice(0, 2).toUpperCase() + capitalise(lower.slice(2))
  return capitalise(lower)
}

function capitalise(word: string): string {
  const first = String.fromCodePoint(word.codePointAt(0) ?? 0)
  return first.toUpperCase() + word.slice(first.length)
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

export function stripHtml(value: string): string {
  return withoutTags(value)
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, decodeEntity)
    .replace(/\s+/g, ' ')
    .trim()
}

/** One pass whatever the text holds: mail bodies are written by strangers. */
function withoutTags(value: string): string {
  const lower = value.toLowerCase()
  const tag = /<\/?([a-z][a-z0-9]*|!)[^<>]*>/g
  let text = ''
  let at = 0
  for (let match = tag.exec(lower); match; match = tag.exec(lower)) {
    text += `${value.slice(at, match.index)} `
    at = tag.lastIndex
    if (match[0] !== `</${match[1]}>` && (match[1] === 'script' || match[1] === 'style')) {
      const close = lower.indexOf(`</${match[1]}`, at)
      at = close < 0 ? value.length : close
      tag.lastIndex = at
    }
  }
  return text + value.slice(at)
}

function decodeEntity(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name) return ENTITIES[name.toLowerCase()] ?? entity
  const point = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16)
  return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
    ? String.fromCodePoint(point)
    : entity
}
