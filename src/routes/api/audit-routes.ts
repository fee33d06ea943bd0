import * as z from 'zod'
import { ConfigError } from '#kit'
import { audit } from '../../engine/audit.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as s from './schemas.ts'

const count = () => z.int().min(0)
const verdict = z
  .enum(['equal', 'edited', 'missing', 'not_stored', 'in_doubt'])
  .describe('edited: somebody has changed it since; missing: the CRM does not tell the field')

export const AUDIT_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/audit',
    id: 'audit',
    tag: 'repair',
    summary: 'Reads the records of the CRMs that we wrote and compares them with what we wrote',
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
    response: s.named(
      'Audit',
      z.object({
        is_clean: z.boolean(),
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
              examples: z.array(
                z.object({ field: z.string(), value: z.string(), crm_ids: z.array(z.string()) }),
              ),
            }),
            healed: count(),
          }),
        ),
      }),
    ),
    handler: async ({ engine, signal, body }) => {
      const { destination } = body
      if (destination !== undefined && !engine.connections.get(destination)?.connector.destination)
        throw new ConfigError('config.unknown_connection', `There is no CRM connection ${destination}`)
      const { isClean, objects } = await audit(engine, given(body), { signal })
      return {
        is_clean: isClean,
        objects: objects.map(({ examples, duplicates, ...own }) => ({
          ...own,
          examples: examples.map(({ crmId, ...example }) => ({ ...example, crm_id: crmId })),
          duplicates: {
            count: duplicates.count,
            examples: duplicates.examples.map(({ crmIds, ...rest }) => ({ ...rest, crm_ids: crmIds })),
          },
        })),
      }
    },
  }),
]
