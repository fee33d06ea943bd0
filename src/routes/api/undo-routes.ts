import * as z from 'zod'
import { applyUndo, type Undone } from '../../engine/undo.ts'
import { planUndo, type UndoPlan } from '../../engine/undo-plan.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as s from './schemas.ts'

const count = () => z.int().min(0)

const target = {
  destination: z.string(),
  object: z.string(),
  entity: z.string(),
  external_id: z.string(),
  crm_id: z.string(),
}

const UndoPlanShown = s.named(
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

const MAX_SHOWN = 500

const showTarget = (own: UndoPlan['gone'][number]) => ({
  destination: own.destination,
  object: own.object,
  entity: own.entity,
  external_id: own.externalId,
  crm_id: own.crmId,
})

const showPlan = ({
  run,
  createdAt,
  totals,
  records,
  created,
  gone,
}: UndoPlan): z.input<typeof UndoPlanShown> => ({
  run,
  created_at: createdAt,
  totals,
  records: records.slice(0, MAX_SHOWN).map((record) => ({
    ...showTarget(record),
    fields: record.fields.map(({ undoes: _, ...field }) => field),
  })),
  created: created
    .slice(0, MAX_SHOWN)
    .map(({ decision, edited, ...own }) => ({ ...showTarget(own), decision, edited })),
  gone: gone.slice(0, MAX_SHOWN).map(showTarget),
  is_cut: Math.max(records.length, created.length, gone.length) > MAX_SHOWN,
})

const showUndone = ({ run, fields, archived, busy, waiting, failed }: Undone) => ({
  run: run.id,
  fields,
  archived,
  busy,
  waiting,
  failed,
})

export const UNDO_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/undo',
    id: 'undo',
    tag: 'repair',
    summary: 'Takes back what a run wrote, where the CRM still holds it',
    body: s.named(
      'UndoRequest',
      z.strictObject({
        run: z.string().min(1).max(200),
        only: z.array(z.string().min(1).max(200)).min(1).optional().describe('Fields; all where absent'),
        delete_created: z
          .boolean()
          .default(false)
          .describe("Also moves records that the run created to the CRM's recycle bin"),
        dry_run: z.boolean().default(false).describe('Answers the plan only'),
      }),
    ),
    response: s.named(
      'UndoAnswer',
      z.object({
        plan: UndoPlanShown,
        undone: z
          .object({
            run: z.string().describe('The undo as a run, which can be undone itself'),
            fields: count(),
            archived: count(),
            busy: count().describe('Records that had an operation under way; undo again to reach them'),
            waiting: count(),
            failed: count(),
          })
          .optional(),
      }),
    ),
    handler: async ({ engine, signal, body }) => {
      const plan = await planUndo(
        engine,
        { run: body.run, deleteCreated: body.delete_created, ...(body.only ? { only: body.only } : {}) },
        signal,
      )
      if (body.dry_run) return { plan: showPlan(plan) }
      return { plan: showPlan(plan), undone: showUndone(await applyUndo(engine, plan, signal)) }
    },
  }),
]
