import * as z from 'zod'
import * as s from './schemas.ts'

const Origin = z.object({
  record: z.string().describe('connection/stream/key: /api/records/:id'),
  version: s.At.optional(),
  stored_at: s.At.optional().describe('Absent where the record is no longer stored'),
  run: z.string().optional(),
  receipt: z.string().optional().describe('Receipts are kept for a limited time'),
})

export const Judgement = s.named(
  'Judgement',
  z.object({
    a: z.string(),
    b: z.string(),
    verdict: z.enum(['same', 'different', 'unsure']),
    by: z.string().describe('Such as identifier:email, stitch, model or person'),
    score: z.number().optional().describe('Probability, where the model judged'),
    at: s.At,
  }),
)

export const Enrichment = s.named(
  'Enrichment',
  z.object({
    provider: z.string(),
    key: z.string(),
    status: z.enum(['hit', 'miss', 'error', 'asked']),
    cost: z.number(),
    at: s.At,
    expires_at: s.At,
  }),
)

export const OwnedDocument = s.named(
  'BillingDocument',
  z.object({
    id: z.string(),
    record: z.string(),
    document: z.record(z.string(), z.unknown()).describe('Subscription, invoice, payment or quote'),
  }),
)

const Claim = z.object({
  ...Origin.shape,
  slot: z.string(),
  value: z.unknown(),
  method: z.string(),
  confidence: z.number().optional(),
  licence: z.string().optional(),
  observed_at: s.At,
  lost_by: z
    .enum(['lock', 'says_nothing', 'method', 'source', 'recency', 'completeness', 'confidence', 'order'])
    .optional()
    .describe('What decided against it; absent on the winner'),
  identity: z.object({
    node: z.string().describe('Node of the identity graph that the record was put on'),
    root: z.string().describe('The node that stands for it today'),
    identifiers: z.array(z.object({ kind: z.string(), value: z.string() })),
    judgements: z.array(Judgement).describe('Links on the way from node to root'),
  }),
  enrichment: Enrichment.optional(),
})

export const Input = s.named(
  'WhyInput',
  z.discriminatedUnion('kind', [
    z.object({ path: z.string(), kind: z.literal('claims'), entity: z.string(), claims: z.array(Claim) }),
    z.object({
      path: z.string(),
      kind: z.literal('documents'),
      entity: z.string(),
      documents: z.array(z.object({ ...OwnedDocument.shape, ...Origin.shape })),
      is_cut: z.boolean(),
    }),
    z.object({
      path: z.string(),
      kind: z.literal('touchpoints'),
      entity: z.string(),
      buckets: z.array(
        z.object({
          kind: z.string(),
          channel: z.string(),
          day: z.iso.date().describe('UTC'),
          count: z.int(),
          first_at: s.At,
          last_at: s.At,
        }),
      ),
      count: z.int().describe('Of all buckets'),
      is_cut: z.boolean(),
    }),
    z.object({
      path: z.string(),
      kind: z.literal('touch'),
      entity: z.string(),
      touchpoint: z.string().optional(),
      origin: Origin.optional(),
    }),
    z.object({
      path: z.string(),
      kind: z.literal('derived'),
      value: z.unknown(),
      because: z.string().optional().describe('The rule, claim or name that decided'),
    }),
  ]),
)

export const MappingVersion = s.named(
  'MappingVersion',
  z.object({
    hash: z.string(),
    file: z.string(),
    destination: z.string(),
    object: z.string(),
    seen_at: s.At.describe('When it was first used'),
    text: z.string(),
  }),
)

export const Explanation = s.named(
  'Explanation',
  z.object({
    destination: z.string(),
    object: z.string(),
    crm_id: z.string().optional(),
    external_id: z.string(),
    entity: z.string(),
    fields: z.array(
      z.object({
        field: z.string(),
        written: z
          .object({
            value: z.unknown().optional(),
            maybe: z.unknown().optional().describe('Sent since; its answer was lost'),
            earlier: z
              .array(z.unknown())
              .optional()
              .describe('Sent before that; their answers were lost, too'),
            at: s.At,
            withheld: z
              .object({ value: z.unknown(), because: z.enum(['undone', 'not_stored']) })
              .optional()
              .describe('Not written while it is the desired value'),
          })
          .optional()
          .describe('What the CRM confirmed last'),
        live: z.object({ value: z.unknown(), seen_at: s.At }).optional(),
        desired: z
          .object({ value: z.unknown(), policy: z.string(), from: z.string() })
          .optional()
          .describe('What the mapping gives today; absent where it leaves the field out'),
        operation: s.Operation.optional(),
        deliveries: z.array(s.Delivery),
        run: s.Run.optional(),
        mapping: z
          .object({
            file: z.string(),
            line: z.int(),
            hash: z.string().optional().describe('/api/mapping-versions/:hash'),
            is_current: z.boolean(),
            text: z.string(),
          })
          .optional(),
        inputs: z.array(Input).describe('What the expression reads'),
        origin: Origin.optional().describe('Of a timeline entry'),
      }),
    ),
  }),
)
