import * as z from 'zod'
import { RecordError } from '#kit'
import type { AuditResult, UndoResult } from '../../engine/chores.ts'
import { readRecordId, replay } from '../../engine/replay.ts'
import { inspectDeadLetter } from '../../engine/sending/dead-letters.ts'
import { given } from '../given.ts'
import { AuditShown, showAudit } from './audit-routes.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as present from './present.ts'
import * as show from './present-repair.ts'
import * as r from './repair-schemas.ts'
import * as s from './schemas.ts'
import { showUndoPlan, UndoPlanShown } from './undo-routes.ts'

const id = { id: z.string().min(1).max(1_000) }

const missing = (what: string, value: string) =>
  new RecordError('request.not_found', `There is no ${what} ${value}`, { at: { [what]: value } })

export const REPAIR_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/errors',
    id: 'listErrors',
    tag: 'repair',
    summary: 'What was set aside or waits after a failure, by error code, with how it is fixed',
    query: { stage: z.enum(s.DEAD_STAGES).optional(), code: z.string().min(1).max(100).optional() },
    response: s.named('ErrorGroupList', z.object({ items: z.array(r.ErrorGroup) })),
    handler: async ({ engine, query }) => ({
      items: (await engine.store.repair.errorGroups(given(query))).map(show.showErrorGroup),
    }),
  }),
  defineRoute({
    path: '/dead-letters/:id',
    id: 'getDeadLetter',
    tag: 'repair',
    summary: 'One item with what was received or sent, and what came back; slashes of record ids as %2F',
    params: id,
    response: r.DeadLetterDetail,
    handler: async ({ engine, params }) =>
      show.showDeadLetterDetail(await inspectDeadLetter(engine, params.id)),
  }),
  defineRoute({
    path: '/replay',
    id: 'replay',
    tag: 'repair',
    summary: 'Runs receipts, records and the records of operations again, from what is stored now',
    body: r.ReplayRequest,
    response: r.Replayed,
    handler: async ({ engine, body: { dry_run, ...request } }) =>
      show.showReplayed(await replay(engine, given(request), { isDry: dry_run })),
  }),
  defineRoute({
    path: '/operations/:id',
    id: 'getOperation',
    tag: 'delivery',
    summary: 'One intended or finished write',
    params: id,
    response: s.Operation,
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.operation(params.id)
      if (!found) throw missing('operation', params.id)
      return present.showOperation(found)
    },
  }),
  defineRoute({
    path: '/runs/:id',
    id: 'getRun',
    tag: 'status',
    summary: 'One execution; of an audit or undo that was begun by the API also what it found so far',
    params: id,
    response: s.named(
      'RunDetail',
      s.Run.extend({ audit: AuditShown.optional(), plan: UndoPlanShown.optional() }),
    ),
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.run(params.id)
      if (!found) throw missing('run', params.id)
      const chore = await engine.store.chores.of(params.id)
      const { plan, isCut = false } = (chore?.result ?? {}) as Partial<UndoResult>
      return {
        ...present.showRun(found),
        ...(chore?.kind === 'audit' ? { audit: showAudit(chore.result as Partial<AuditResult>) } : {}),
        ...(plan ? { plan: showUndoPlan({ plan, isCut }) } : {}),
      }
    },
  }),
  defineRoute({
    path: '/receipts/:id',
    id: 'getReceipt',
    tag: 'events',
    summary: 'One incoming webhook or event batch as received',
    params: id,
    response: r.Receipt,
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.receipt(params.id)
      if (!found) throw missing('receipt', params.id)
      return show.showReceipt(found)
    },
  }),
  defineRoute({
    path: '/records/:id',
    id: 'getRecord',
    tag: 'events',
    summary: 'One source record by connection/stream/key, slashes as %2F',
    params: id,
    response: r.RecordDetail,
    handler: async ({ engine, params }) => {
      const key = readRecordId(params.id)
      const found = key && (await engine.store.lookup.record(key))
      if (!found) throw missing('record', params.id)
      return show.showRecordDetail(found)
    },
  }),
]
