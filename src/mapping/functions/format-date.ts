const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const two = (value: number): string => String(value).padStart(2, '0')

const TOKENS: Record<string, (date: Date) => string> = {
  YYYY: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  YY: (date) => two(date.getUTCFullYear() % 100),
  MMMM: (date) => MONTHS[date.getUTCMonth()]!,
  MMM: (date) => MONTHS[date.getUTCMonth()]!.slice(0, 3),
  MM: (date) => two(date.getUTCMonth() + 1),
  M: (date) => String(date.getUTCMonth() + 1),
  DD: (date) => two(date.getUTCDate()),
  D: (date) => String(date.getUTCDate()),
  dddd: (date) => WEEKDAYS[date.getUTCDay()]!,
  ddd: (date) => WEEKDAYS[date.getUTCDay()]!.slice(0, 3),
  HH: (date) => two(date.getUTCHours()),
  H: (date) => String(date.getUTCHours()),
  mm: (date) => two(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
}

const PARTS = /\[([^\]]*)\]|(\p{L})\2*/gu

/** Words outside of brackets are most likely meant as they stand, or are tokens of another system. */
export function patternProblemOfDate(pattern: string): string | undefined {
  for (const [part, quoted] of pattern.matchAll(PARTS)) {
    if (quoted !== undefined || TOKENS[part]) continue
    if (part === 'yyyy' || part === 'dd') return `${part} is written ${part.toUpperCase()}.`
    return `${part} is not known; text goes into [ ], and the parts are ${Object.keys(TOKENS).join(', ')}.`
  }
  return undefined
}

/** `wall`: ms as a wall clock shows them, as if UTC. */
export function formatDate(wall: number, pattern: string): string {
  const date = new Date(wall)
  return pattern.replace(PARTS, (part: string, quoted?: string) => quoted ?? TOKENS[part]?.(date) ?? part)
}
