import { DAY_MS, type Instant } from '#model'
import type { Parameter } from '../language/function-spec.ts'

const formatters = new Map<string, Intl.DateTimeFormat | undefined>()

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  const name = zone.trim()
  if (formatters.has(name)) return formatters.get(name)
  if (formatters.size >= 1_000) formatters.clear()
  let formatter: Intl.DateTimeFormat | undefined
  try {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    formatter = undefined
  }
  formatters.set(name, formatter)
  return formatter
}

/**
 * What a wall clock in the zone shows, as if it were UTC; UTC where no zone is given. Undefined for a zone that does not
 * exist: sources and people write them.
 */
export function wallClock(at: Instant, zone: string | undefined): Instant | undefined {
  if (zone === undefined || zone === 'UTC') return at
  const formatter = formatterOf(zone)
  if (!formatter) return undefined
  if (at < ROUND_OFFSETS_SINCE) return shownBy(formatter, at)
  const key = `${zone} ${Math.floor(at / QUARTER_HOUR)}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    offset = shownBy(formatter, at) - at
    if (offsets.size >= 10_000) offsets.clear()
    offsets.set(key, offset)
  }
  return at + offset
}

/** Formatting costs more than all else of a record. Since then clocks have been changed at whole quarters of an hour only. */
const ROUND_OFFSETS_SINCE = Date.UTC(1973, 0, 1)
const QUARTER_HOUR = 900_000
const offsets = new Map<string, number>()

function shownBy(formatter: Intl.DateTimeFormat, at: Instant): Instant {
  const parts = new Map(formatter.formatToParts(at).map(({ type, value }) => [type, value]))
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name))
  const year = parts.get('era')?.startsWith('B') ? 1 - part('year') : part('year')
  const date = new Date(0)
  date.setUTCFullYear(year, part('month') - 1, part('day'))
  const milliseconds = ((at % 1000) + 1000) % 1000
  return date.setUTCHours(part('hour'), part('minute'), part('second'), milliseconds)
}

/** The moment at which a wall clock in the zone shows `wall`; of two such moments the first, in a gap the one after it. */
export function momentOf(wall: Instant, zone: string | undefined): Instant | undefined {
  if (zone === undefined || zone === 'UTC') return wall
  // Offsets change by less than a day, so the right one is among those of the day before and the day after.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((near) => {
    const shown = wallClock(near, zone)
    return shown === undefined ? undefined : shown - near
  })
  const [before, after] = offsets
  if (before === undefined || after === undefined) return undefined
  for (const offset of [before, after]) if (wallClock(wall - offset, zone) === wall) return wall - offset
  return wall - before
}

export const zone = {
  name: 'zone',
  type: ['text'],
  isOptional: true,
  check: (value) =>
    formatterOf(String(value))
      ? undefined
      : `${value} is no time zone; use a name such as Europe/Berlin, America/New_York or UTC.`,
} as const satisfies Parameter
