import type { Consent } from '#model'
import { type Arrival, isObject, objectIn, type SegmentEvent } from './api.ts'

/** The track call that Segment's consent tools send whenever a visitor changes a choice. */
export const CONSENT_EVENT = 'Segment Consent Preference Updated'

/**
 * What the visitor allowed. Only the category Analytics has a meaning of its own here; all are kept as they were sent,
 * because their names are the site's. Undefined where nothing was said.
 * @see https://segment.com/docs/privacy/consent-management/
 */
export function consentOf(event: SegmentEvent, { gpc, dnt }: Arrival): Consent | undefined {
  const preferences = objectIn(event.context, 'consent').categoryPreferences
  const categories = isObject(preferences)
    ? Object.fromEntries(
        Object.entries(preferences).filter(
          (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
        ),
      )
    : undefined
  const analytics = categories?.Analytics
  const consent: Consent = {
    ...(gpc || dnt ? { gpc: true } : {}),
    ...(categories ? { categories } : {}),
    ...(analytics === undefined ? {} : { analytics: analytics ? 'granted' : 'denied' }),
  }
  return Object.keys(consent).length > 0 ? consent : undefined
}
