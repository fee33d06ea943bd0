import * as z from 'zod'
import * as s from './schemas.ts'

const count = () => z.int().min(0)

export const ErrorGroup = s.named(
  'ErrorGroup',
  z.object({
    stage: z.enum(s.DEAD_STAGES),
    connection: z.string(),
    subject: z.string().optional().describe('Stream of records, CRM object of operations'),
    state: z
      .enum(['dead', 'held', 'not_stored', 'waiting'])
      .describe('waiting: pending after a failure, tried again by itself'),
    code: z.string(),
    title: z.string(),
    fix: z.string(),
    count: count(),
    first_at: s.At,
    last_at: s.At,
    example: z.string().describe('Message of one of them'),
  }),
)

const detail = { id: z.string(), error: s.ErrorReport.optional() }

export const Receipt = s.named(
  'Receipt',
  z.object({
    id: z.string(),
    connection: z.string(),
    received_at: s.At,
    state: z.enum(['new', 'done', 'dead']),
    attempts: count(),
    headers: z.record(z.string(), z.string()).describe('Secret ones masked'),
    body: z.string(),
    error: s.ErrorReport.optional(),
  }),
)

export const RecordDetail = s.named(
  'RecordDetail',
  s.SourceRecord.extend({
    changed_at: s.At.describe('When this body was stored'),
    run: z.string().optional().describe('Pull or import that stored it'),
    receipt: z.string().optional().describe('Receipt that brought it; kept for a limited time'),
  }),
)

export const DeadLetterDetail = s.named(
  'DeadLetterDetail',
  z.discriminatedUnion('stage', [
    z.object({ ...detail, stage: z.literal('receipt'), receipt: Receipt }),
    z.object({ ...detail, stage: z.literal('record'), record: RecordDetail }),
    z.object({
      ...detail,
      stage: z.literal('operation'),
      operation: s.Operation,
      deliveries: z.array(s.Delivery),
    }),
  ]),
)

const id = (what: string) => z.string().min(1).max(1_000).optional().describe(what)

export const ReplayRequest = s.named(
  'ReplayRequest',
  z
    .strictObject({
      stage: z.enum(s.DEAD_STAGES).optional(),
      code: id('Only what failed with this error code'),
      run: id('Only records that this run stored and operations that it sent'),
      receipt: id('This receipt, in any state'),
      record: id('This record (connection/stream/key), in any state'),
      operation: id('The record of this operation'),
      dry_run: z.boolean().default(false).describe('Says what would be replayed'),
    })
    .describe('Without a filter: everything set aside'),
)

export const Replayed = s.named(
  'Replayed',
  z.object({
    receipts: count(),
    records: count(),
    operations: count(),
    run: z.string().optional(),
    groups: z.array(ErrorGroup).describe('What the filter chose, by reason'),
  }),
)
