import * as z from 'zod'
import { beginUndo, type UndoResult } from '../../engine/chores.ts'
import type { UndoPlan } from '../../engine/undo-plan.ts'
import { defineRoute, type Route } from './define-route.ts'
import { showRun } from './present.ts'
import * as s from './schemas.ts'

const count = () => z.int().min(0)

const target = {
  destination: z.string(),
  object: z.string(),
  entity: z.string(),
  external_id: z.string(),
  crm_id: z.string(),
}

export const UndoPlanShown = s.named(
  'UndoPlan',
  z.object({
    run: z.string(),
    created_at: s.At,
    totals: z.object({ fields: count(), kept: count(), records: count(), archive: count() }),
    records: z.array(
      z.object({
        ...target,
        fields: z.array(
          z.object({
            field: z.string(),
            wrote: z.unknown(),
            now: z.unknown(),
            back: z.unknown().optional().describe('Before the run; absent where it is not known'),
            decision: z.enum(['undo', 'keep']),
            reason: z.string().optional(),
          }),
        ),
      }),
    ),
    created: z.array(
      z.object({
        ...target,
        decision: z.enum(['archive', 'keep']),
        edited: z.array(z.string()).describe('Fields that somebody changed since'),
      }),
    ),
    gone: z.array(z.object(target)).describe('Deleted or merged away since'),
    is_cut: z.boolean().describe('The lists hold the first 500; totals are of all'),
  }),
)

const showTarget = (own: UndoPlan['gone'][number]) => ({
  destination: own.destination,
  object: own.object,
  entity: own.entity,
  external_id: own.externalId,
  crm_id: own.crmId,
})

export const showUndoPlan = ({
  plan: { run, createdAt, totals, records, created, gone },
  isCut,
}: UndoResult): z.input<typeof UndoPlanShown> => ({
  run,
  created_at: createdAt,
  totals,
  records: records.map((record) => ({
    ...showTarget(record),
    fields: record.fields.map(({ undoes: _, link: __, ...field }) => field),
  })),
  created: created.map(({ decision, edited, ...own }) => ({ ...showTarget(own), decision, edited })),
  gone: gone.map(showTarget),
  is_cut: isCut,
})

export const UNDO_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/undo',
    id: 'undo',
    tag: 'repair',
    summary:
      'Begins to take back what a run wrote, where the CRM still holds it; the answer is a run, which tells the plan and can be undone itself',
    body: s.named(
      'UndoRequest',
      z.strictObject({
        run: z.string().min(1).max(200),
        only: z.array(z.string().min(1).max(200)).min(1).optional().describe('Fields; all where absent'),
        delete_created: z
          .boolean()
          .default(false)
          .describe("Also moves records that the run created to the CRM's recycle bin"),
        dry_run: z.boolean().default(false).describe('Makes the plan only'),
      }),
    ),
    status: 202,
    response: s.Run,
    handler: async ({ engine, wake, body }) => {
      const run = await beginUndo(engine, {
        run: body.run,
        deleteCreated: body.delete_created,
        isDry: body.dry_run,
        ...(body.only ? { only: body.only } : {}),
      })
      wake()
      return showRun(run)
    },
  }),
]
