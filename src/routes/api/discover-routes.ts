import * as z from 'zod'
import { nearestOrAll, RecordError } from '#kit'
import { type Discovery, discover } from '../../engine/discover.ts'
import { defineRoute, type Route } from './define-route.ts'
import { isoOf, showRun } from './present.ts'
import { At, named, Run } from './schemas.ts'

const amount = () => z.int().min(0)
const share = (description: string) => z.number().min(0).max(1).describe(description)

const Changed = z.object({ field: z.string(), at: At.describe('When it was noticed') })

const DiscoveryAnswer = named(
  'Discovery',
  z.object({
    connection: z.string(),
    connector: z.string(),
    streams: z.array(
      z.object({
        stream: z.string(),
        title: z.string().optional(),
        arrives: z
          .enum(['pull', 'webhook', 'import', 'enrichment'])
          .describe('How records come; what is pulled may come by webhook as well'),
        records: z.object({ total: amount(), pending: amount(), dead: amount() }),
        pulled: z
          .object({ runs: amount(), records: amount(), changed: amount() })
          .describe('By the runs of the last seven days'),
        last_record_at: At.optional().describe('Newest change among the records that were looked at'),
        last_run: Run.optional(),
        is_backfilling: z.boolean().describe('The first full read is under way'),
        sampled: amount().describe('Newest records that were looked at for what follows'),
        filled: share('Of the fields that the connector uses, on average').optional(),
        fields: z.array(
          z.object({
            field: z.string().describe('Place in the record: company.name'),
            filled: share('Of the records, in which the field holds something'),
            is_used: z.boolean().describe('The connector reads it'),
          }),
        ),
        drift: z
          .object({ added: z.array(Changed), gone: z.array(Changed) })
          .describe('Fields that records have, or lack, since their shape was last accepted')
          .optional(),
        identified: z
          .object({ of: amount(), known: amount() })
          .describe('Records that say something about somebody, and those whose person or company is known'),
      }),
    ),
  }),
)

const showChanged = ({ field, at }: { field: string; at: number }) => ({ field, at: isoOf(at) })

const show = ({ streams, ...connection }: Discovery): z.input<typeof DiscoveryAnswer> => ({
  ...connection,
  streams: streams.map(({ lastRecordAt, lastRun, isBackfilling, fields, drift, live: _, ...stream }) => ({
    ...stream,
    ...(lastRecordAt === undefined ? {} : { last_record_at: isoOf(lastRecordAt) }),
    ...(lastRun ? { last_run: showRun(lastRun) } : {}),
    is_backfilling: isBackfilling,
    ...(drift ? { drift: { added: drift.added.map(showChanged), gone: drift.gone.map(showChanged) } } : {}),
    fields: fields.map(({ isUsed, ...field }) => ({ ...field, is_used: isUsed })),
  })),
})

export const DISCOVER_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/connections/:name/discover',
    id: 'discoverConnection',
    tag: 'events',
    summary:
      'The streams of a connection: volume, freshness, how complete records are, how many are identified',
    params: { name: z.string().min(1).max(512).describe('Connection name') },
    response: DiscoveryAnswer,
    async handler({ engine, params, signal }) {
      if (engine.connections.has(params.name)) return show(await discover(engine, params.name, { signal }))
      const known = nearestOrAll(params.name, [...engine.connections.keys()])
      throw new RecordError('request.not_found', `There is no connection ${params.name}; ${known}`, {
        at: { connection: params.name },
      })
    },
  }),
]
