import type { Instant } from '#model'
import type { LiveRow, WrittenField } from '../ports.ts'
import { isOurs } from './decide.ts'
import { sameValue } from './same-value.ts'

/**
 * Which of our values somebody else has changed, and since when; null where an edit is over. An edit that is known keeps its
 * time until the field changes again.
 *
 * @param seen values as the CRM holds them, true as of `seenAt`
 * @param at when the record changed, as far as that can be said
 */
export function editsOf(
  seen: { fields: Record<string, unknown>; seenAt: Instant; at: Instant },
  written: Record<string, WrittenField>,
  known: Pick<LiveRow, 'fields' | 'edited'> | undefined,
): Record<string, Instant | null> {
  const edits: Record<string, Instant | null> = {}
  for (const [field, live] of Object.entries(seen.fields)) {
    const ours = written[field]
    // What was seen may be older than what we wrote since.
    if (!ours || !('value' in ours) || ours.at > seen.seenAt) continue
    const before = known?.edited?.[field]
    if (isOurs(live, ours)) {
      if (before !== undefined) edits[field] = null
    } else {
      const isKnown = before !== undefined && before !== null && sameValue(known?.fields[field], live)
      edits[field] = isKnown ? before : seen.at
    }
  }
  return edits
}
