import * as z from 'zod'

/** UTM parameters, as `context.campaign` of the Segment protocol names them (`utm_campaign` is `name`). */
export const Campaign = z.object({
  name: z.string().optional(),
  source: z.string().optional(),
  medium: z.string().optional(),
  term: z.string().optional(),
  content: z.string().optional(),
})
export type Campaign = z.infer<typeof Campaign>

/** How a touchpoint reached us. Open: a new vendor channel never breaks a run. */
export const CHANNELS = [
  'direct',
  'organic',
  'paid',
  'social',
  'referral',
  'email',
  'website',
  'billing',
  'quoting',
  'phone',
  'meeting',
  'import',
  'other',
] as const
export const Channel = z.enum(CHANNELS).or(z.string())
export type Channel = z.infer<typeof Channel>

/** Where a visit came from: the referring source that is kept for every lead. */
export const Origin = z.object({
  channel: Channel.optional(),
  referrer: z.string().optional().describe('Full referring URL'),
  landing_page: z.string().optional().describe('URL of the first page seen'),
  campaign: Campaign.optional(),
})
export type Origin = z.infer<typeof Origin>
