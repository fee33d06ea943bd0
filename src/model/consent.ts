import * as z from 'zod'

export const ConsentState = z.enum(['granted', 'denied', 'unknown'])
export type ConsentState = z.infer<typeof ConsentState>

/** What a person allowed. Absent means the source said nothing, which is not `unknown` asserted by a source. */
export const Consent = z.object({
  marketing: ConsentState.optional().describe('May be contacted for marketing'),
  analytics: ConsentState.optional().describe('May be tracked on the website'),
  gpc: z.boolean().optional().describe('Global Privacy Control (Sec-GPC: 1) or DNT was sent'),
  categories: z.record(z.string(), z.boolean()).optional().describe('Segment consent category preferences'),
})
export type Consent = z.infer<typeof Consent>
