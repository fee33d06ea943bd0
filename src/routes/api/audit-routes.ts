import * as z from 'zod'
import { ConfigError } from '#kit'
import { type AuditResult, beginAudit } from '../../engine/chores.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { showRun } from './present.ts'
import * as s from './schemas.ts'

const count = () => z.int().min(0)
const verdict = z
  .enum(['equal', 'edited', 'missing', 'not_stored', 'in_doubt'])
  .describe('edited: somebody has changed it since; missing: the CRM does not tell the field')

export const AuditShown = s.named(
  'Audit',
  z.object({
    is_clean: z.boolean().optional().describe('Known at the end'),
    objects: z.array(
      z.object({
        destination: z.string(),
        object: z.string(),
        records: z.object({
          checked: count(),
          equal: count(),
          deleted: count(),
          merged: count(),
          foreign: count().describe('With an external id that is not ours'),
        }),
        fields: z.record(
          z.string(),
          z.object({
            equal: count(),
            edited: count(),
            missing: count(),
            not_stored: count(),
            in_doubt: count(),
          }),
        ),
        examples: z.array(
          z.object({
            field: z.string(),
            verdict,
            crm_id: z.string(),
            entity: z.string(),
            written: z.unknown(),
            live: z.unknown(),
          }),
        ),
        duplicates: z.object({
          count: count(),
          examples: z.array(z.object({ field: z.string(), value: z.string(), crm_ids: z.array(z.string()) })),
        }),
        healed: count(),
      }),
    ),
  }),
)

export const showAudit = ({ isClean, objects = [] }: Partial<AuditResult>): z.input<typeof AuditShown> => ({
  ...(isClean === undefined ? {} : { is_clean: isClean }),
  objects: objects.map(({ examples, duplicates, ...own }) => ({
    ...own,
    examples: examples.map(({ crmId, ...example }) => ({ ...example, crm_id: crmId })),
    duplicates: {
      count: duplicates.count,
      examples: duplicates.examples.map(({ crmIds, ...rest }) => ({ ...rest, crm_ids: crmIds })),
    },
  })),
})

export const AUDIT_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/audit',
    id: 'audit',
    tag: 'repair',
    summary:
      'Begins to read the records of the CRMs that we wrote and to compare them with what we wrote; the run tells what is found',
    body: s.named(
      'AuditRequest',
      z.strictObject({
        destination: z.string().min(1).max(200).optional().describe('All CRMs where absent'),
        heal: z
          .boolean()
          .default(false)
          .describe('Lets the next plan write what was accepted and not stored'),
      }),
    ),
    status: 202,
    response: s.Run,
    handler: async ({ engine, wake, body }) => {
      const { destination } = body
      if (destination !== undefined && !engine.connections.get(destination)?.connector.destination)
        throw new ConfigError('config.unknown_connection', `There is no CRM connection ${destination}`)
      const run = await beginAudit(engine, given(body))
      wake()
      return showRun(run)
    },
  }),
]
