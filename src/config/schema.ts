import * as z from 'zod'
import { DRIFT_POLICIES, type LANES } from '#kit'
import { duration } from './duration.ts'
import { EnrichSchema } from './enrichment.ts'
import { SurvivorshipSchema } from './survivorship.ts'

/** "1%" → 0.01. */
const percent = () =>
  z
    .string('expected a percentage such as 1%')
    .regex(/^\d+(?:\.\d+)?%$/, 'expected a percentage such as 1%')
    .transform((text) => Number(text.slice(0, -1)) / 100)
    .refine((share) => share <= 1, 'expected at most 100%')

const webUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'expected an address such as https://api.example.com' })
    .refine((text) => !hasCredentials(text), 'user names and passwords do not belong into an address')

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

const count = () => z.int().min(1)

const LimitsSchema = z
  .strictObject({
    concurrency: count().optional(),
    intervalCap: count().optional(),
    intervalMs: count().optional(),
    deadlineMs: count().optional(),
    attempts: count().optional(),
  })
  .refine((limits) => (limits.intervalCap === undefined) === (limits.intervalMs === undefined), {
    error: 'intervalCap and intervalMs belong together: so many requests per so many milliseconds',
  })

const driftPolicy = () => z.enum(DRIFT_POLICIES, 'expected ignore, warn or stop')

/** What is counted over it is kept for 30 days. */
const holdWindow = () =>
  duration().refine((ms) => ms >= 3_600_000 && ms <= 30 * 86_400_000, 'expected 1h to 30d')

/** Keys that every connection may have; all others belong to its connector. */
export const ConnectionSchema = z.object({
  connector: z.string(),
  baseUrl: webUrl().optional(),
  every: duration().optional(),
  limits: LimitsSchema.optional(),
  hookSecret: z
    .string()
    .min(16, 'expected at least 16 characters')
    .regex(/^[\w-]+$/, 'expected letters, digits, - and _')
    .optional(),
  publicUrl: webUrl().optional(),
  quotaShare: z.number().min(1).max(100).optional(),
  drift: z
    .union(
      [driftPolicy(), z.record(z.string(), driftPolicy())],
      'expected ignore, warn or stop, or one of them for each stream',
    )
    .optional(),
  deletes: z
    .strictObject({
      maxPercent: z.number().min(0).max(100).optional(),
      atLeast: z.int().min(0).optional(),
      window: holdWindow().optional(),
    })
    .optional(),
})

const lanes = { lead: '1s', billing: '10s', touchpoint: '60s', backfill: '60s' } as const satisfies Record<
  (typeof LANES)[number],
  string
>

/** The file without what is inside each connection. */
export const FileSchema = z.strictObject({
  connections: z.record(
    z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'expected letters, digits, ".", "-" and "_"'),
    z.looseObject({}),
  ),
  mappings: z.string().min(1).optional(),
  lanes: z
    .strictObject({
      lead: duration().prefault(lanes.lead),
      billing: duration().prefault(lanes.billing),
      touchpoint: duration().prefault(lanes.touchpoint),
      backfill: duration().prefault(lanes.backfill),
    })
    .prefault({}),
  enrich: EnrichSchema,
  survivorship: SurvivorshipSchema,
  matching: z
    .strictObject({
      mode: z.enum(['off', 'review', 'auto'], 'expected off, review or auto').default('review'),
    })
    .prefault({}),
  verify: z
    .strictObject({
      first: z.int('expected a number of records').min(0).default(1000),
      sample: percent().prefault('1%'),
    })
    .prefault({}),
  retention: z
    .strictObject({ receiptsDays: count().default(30), runsDays: count().default(90) })
    .prefault({}),
  thresholds: z
    .strictObject({
      maxCreates: z.int().min(0).optional(),
      maxNulls: z.int().min(0).optional(),
      maxOwnerChanges: z.int().min(0).optional(),
      maxPercent: z.number().min(0).max(100).optional(),
      window: holdWindow().prefault('24h'),
      atLeast: z.int().min(0).default(1000),
    })
    .prefault({}),
})
