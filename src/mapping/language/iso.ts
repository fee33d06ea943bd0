import { type Instant, isoDate, parseInstant } from '#model'
import { isInstant } from './value.ts'

const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/

/**
 * Only ISO 8601 with a zone, or a day alone: what else Date.parse accepts differs between runtimes, reads 01/02 as
 * January and turns 30 February into 2 March.
 */
export function parseIso(text: string): Instant | undefined {
  const day = ISO.exec(text)?.[1]
  if (day === undefined) return undefined
  const midnight = parseInstant(`${day}T00:00:00Z`)
  if (midnight === undefined || isoDate(midnight) !== day) return undefined
  const at = parseInstant(text)
  return at !== undefined && isInstant(at) ? at : undefined
}
