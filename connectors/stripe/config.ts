import * as z from 'zod'
import { secret } from '#kit'

const worth = z.enum(['zero', 'committed'])

export const stripeConfig = z.object({
  apiKey: secret().describe(
    'Restricted key (rk_…) with read access to the resources listed in the README, or a secret key',
  ),
  webhookSecret: secret().optional().describe('Signing secret (whsec_…) of the webhook endpoint'),
  apiVersion: z
    .string()
    .regex(/^20\d\d-\d\d-\d\d(\.[a-z]+)?$/, 'is not a Stripe API version (2026-10-28.endive)')
    .refine(
      (version) => version >= '2025-03-31',
      'must be 2025-03-31.basil or later: earlier versions name the fields differently',
    )
    .optional()
    .describe('API version to read with; the one this connector was written for where absent'),
  livemode: z.boolean().optional().describe('Refuses a key and ignores events of the other mode'),
  mrr: z
    .strictObject({
      trialing: worth.default('zero').describe('What a subscription in trial adds to MRR'),
      paused: worth.default('zero').describe('What a subscription whose collection is paused adds to MRR'),
    })
    .prefault({})
    .describe('What counts as monthly recurring revenue'),
})
export type StripeConfig = z.output<typeof stripeConfig>
