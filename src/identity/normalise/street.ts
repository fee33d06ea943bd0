import { latin } from './latin.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, squish } from './reading.ts'
import { remembered } from './remembered.ts'

export interface StreetAddress {
  /** As it is written, lines joined by a comma. */
  display: string
  /** House number with its letter, where it can be told: `12a`. */
  number?: string
  /** Flat, suite, floor. */
  unit?: string
  /** For comparison: without number and unit, common words in one short form. */
  key: string
}

/** What is written in short, in the form that is kept. */
const SHORT: Record<string, string> = Object.fromEntries(
  `st street str strasse strase straat|ave avenue av avda avenida|rd road|blvd boulevard boul|ln lane|dr drive|ct court crt
  |pl place platz plaza piazza plac|sq square|ter terrace tce|cres crescent cr|cct circuit cir circle|hwy highway
  |pkwy parkway pky|cl close|gr grove|pde parade|way wy|rte route|n north|s south|e east|w west|apt apartment|fl floor
  |ste suite|bldg building|ul ulica ulitsa|c calle|r rue rua|allee al|weg wg`
    .split('|')
    .flatMap((line) => {
      const [short, ...long] = line.trim().split(/\s+/)
      return long.map((word) => [word, short!])
    }),
)

const UNIT =
  /(?:^|[\s,])(?:apt|apartment|unit|suite|ste|flat|floor|fl|room|rm|app|appt|appartement|whg|wohnung|dept|depto|piso|кв|#)\.?\s*([\p{L}\p{N}-]{1,6})(?=$|[\s,])/iu

/** Reads `12a High Street, Flat 3` and `Hauptstraße 12 a` alike. Letters and script of `display` stay as they are. */
export const readStreet = (text: string | null | undefined): Reading<StreetAddress> => readKnown(text ?? '')

const readKnown = remembered((text): Reading<StreetAddress> => {
  const display = squish(text.replace(/\s*[\r\n]+\s*/g, ', '))
  if (display === '') return empty()
  if (isPlaceholder(display)) return bad('placeholder')
  const unit = UNIT.exec(display)?.[1]
  const line = squish(display.replace(UNIT, ' ')).replace(/^[\s,]+|[\s,]+$/g, '')
  const number = houseNumber(line)
  const name = number === undefined ? line : line.replace(number.text, ' ')
  return good({
    display,
    ...(number === undefined ? {} : { number: number.value }),
    ...(unit === undefined ? {} : { unit: latin(unit) }),
    key: streetKey(name),
  })
})

/** Before the street (English, French) or after it (most of Europe). */
function houseNumber(line: string): { text: string; value: string } | undefined {
  const found =
    /^\p{Nd}+(?:[-/]\p{Nd}+)?\s?\p{L}?(?=[\s,])/u.exec(line) ??
    /(?<=[\s,.])\p{Nd}+(?:[-/]\p{Nd}+)?\s?\p{L}?(?=,|$)/u.exec(line)
  return found === null ? undefined : { text: found[0], value: latin(found[0]).replace(/\s/g, '') }
}

/** Words of an address as they are compared. */
export const streetKey = (text: string): string =>
  latin(text)
    .replace(/['’.]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .replace(/(?<=\p{L}{3})(?:strasse|straat)(?=$| )/gu, ' st')
    .replace(/(?<=\p{L}{3})str(?=$| )/gu, ' st')
    .trim()
    .split(' ')
    .map((word) => SHORT[word] ?? word)
    .join(' ')
