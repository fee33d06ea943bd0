import { isoInstant } from '#model'
import type { FieldType } from '../../src/tabular/index.ts'

const DAY_MS = 86_400_000
/** Day 0 of serial dates. @see https://developers.google.com/workspace/sheets/api/guides/formats#about_date_time_values */
const EPOCH = Date.UTC(1899, 11, 30)

/** A cell as text that its field's reader understands. */
export function textOf(cell: unknown, type: FieldType | undefined, timeZone: string): string {
  if (typeof cell === 'number') return numberText(cell, type, timeZone)
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE'
  return typeof cell === 'string' ? cell : ''
}

function numberText(value: number, type: FieldType | undefined, timeZone: string): string {
  if (type === 'date') return dateText(value, timeZone)
  // Six decimals say that the dot is a decimal mark, and are free of what binary fractions add.
  if (type === 'amount') return Number.isInteger(value) ? String(value) : value.toFixed(6)
  // Digits beyond these are gone already; an id in this shape is refused by its reader.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value)
}

/** A day, or a moment of the sheet's zone. */
function dateText(serial: number, timeZone: string): string {
  const local = EPOCH + Math.round(serial * 86_400) * 1000
  if (Math.abs(serial) > 2_958_465) return String(serial)
  return local % DAY_MS === 0 ? isoInstant(local).slice(0, 10) : isoInstant(local - offsetAt(local, timeZone))
}

/** How far the zone's clocks are ahead when they show `local`. */
function offsetAt(local: number, timeZone: string): number {
  const guess = local - zoneOffset(local, timeZone)
  return zoneOffset(guess, timeZone)
}

function zoneOffset(at: number, timeZone: string): number {
  try {
    const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
      .formatToParts(at)
      .find(({ type }) => type === 'timeZoneName')?.value
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '')
    if (!match?.[1]) return 0
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
    return (match[1] === '-' ? -1 : 1) * seconds * 1000
  } catch {
    return 0
  }
}

/** 0 → A, 26 → AA. */
export const columnName = (index: number): string =>
  index < 26
    ? String.fromCharCode(65 + index)
    : columnName(Math.floor(index / 26) - 1) + columnName(index % 26)
