import * as z from 'zod'
import { Campaign, Channel } from './campaign.ts'

const count = (description: string) => z.int().min(0).describe(description)

/** Visits of one origin, counted together. All counts can be added up, so "visitors" is not among them. */
export const TrafficRow = z.object({
  channel: Channel,
  campaign: Campaign.optional(),
  landing_page: z.string().optional().describe('Path of the first page, with its query'),
  visits: count('Sessions'),
  engaged_visits: count('Sessions that lasted, had a second page or a conversion'),
  new_visitors: count('Visitors who had never come before'),
  conversions: z.number().min(0).describe('Key events'),
})
export type TrafficRow = z.infer<typeof TrafficRow>

/** Why counts of a day are not exact: small numbers withheld, rows folded into "(other)", estimated from a sample. */
export const TRAFFIC_LIMITS = ['thresholded', 'other_row', 'sampled'] as const

/** A site's visits of one day, as a whole: a later report replaces it. Never of a person. */
export const Traffic = z.object({
  site: z.string().min(1).describe('What the source counts: a property'),
  day: z.iso.date().describe("In the site's own time zone"),
  limits: z.array(z.enum(TRAFFIC_LIMITS)).optional(),
  rows: z.array(TrafficRow),
})
export type Traffic = z.infer<typeof Traffic>

/** Visits are told apart by these; whatever is not among them is added up. */
export const TRAFFIC_BY = ['day', 'site', 'channel', 'source', 'medium', 'campaign', 'landing_page'] as const
export type TrafficBy = (typeof TRAFFIC_BY)[number]
