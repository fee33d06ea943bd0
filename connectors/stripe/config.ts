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
  account: z
    .string()
    .regex(/^acct_\w+$/, 'is not a Stripe account (acct_…)')
    .optional()
    .describe(
      "Connected account to read with the platform's key; the key's own account where absent. Events of others are set aside",
    ),
  livemode: z
    .boolean()
    .optional()
    .describe(
      "Refuses a key of the other mode; events of the other mode are set aside. The key's own where absent",
    ),
  nightly: z
    .boolean()
    .default(true)
    .describe('Reads a bounded part of every list again each night, for what no event told'),
  mrr: z
    .strictObject({
      trialing: worth.default('zero').describe('What a subscription in trial adds to MRR'),
      paused: worth.default('zero').describe('What a subscription whose collection is paused adds to MRR'),
    })
    .prefault({})
    .describe('What counts as monthly recurring revenue'),
})

/** The mode that a key says it is of; undefined for keys that do not say (of an organisation, or of a proxy). */
export function modeOfKey(apiKey: string): boolean | undefined {
  const mode = /^[rs]k_(live|test)_/.exec(apiKey)?.[1]
  return mode === undefined ? undefined : mode === 'live'
}

export type StripeConfig = z.output<typeof stripeConfig>
