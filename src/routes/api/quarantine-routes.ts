import * as z from 'zod'
import { decideConflict } from '../../engine/deciding/quarantine.ts'
import type { ConflictRow } from '../../engine/ports.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { isoOf, showPage } from './present.ts'
import * as s from './schemas.ts'

const STATES = ['open', 'accepted', 'kept'] as const
const text = (description: string) => z.string().min(1).max(512).optional().describe(description)
const id = { id: z.string().min(1).max(200) }

const Conflict = s.named(
  'Conflict',
  z.object({
    id: z.string(),
    state: z.enum(STATES),
    destination: z.string(),
    object: z.string(),
    crm_id: z.string(),
    entity: z.string().describe('Id of the person, account or quote'),
    field: z.string(),
    ours: z.unknown().describe('What Tributary would write'),
    theirs: z.unknown().describe('What the CRM holds'),
    written: z.unknown().optional().describe('What Tributary wrote last; absent where it never did'),
    from: z.string().describe('file:line of the mapping'),
    reason: z.string(),
    operation: z.string(),
    at: z.iso.datetime(),
    decided_at: z.iso.datetime().optional(),
  }),
)

const showConflict = ({ crmId, at, decidedAt, ...row }: ConflictRow) => ({
  ...row,
  crm_id: crmId,
  at: isoOf(at),
  ...(decidedAt === undefined ? {} : { decided_at: isoOf(decidedAt) }),
})

const nothing = z.strictObject({})

export const QUARANTINE_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/quarantine',
    id: 'listQuarantine',
    tag: 'delivery',
    summary: 'Fields where the CRM and Tributary are at odds, oldest first; open ones unless told otherwise',
    query: {
      ...s.paging,
      destination: text('Connection name'),
      object: text('CRM object'),
      state: z.enum(STATES).optional(),
    },
    response: s.pageOf('ConflictPage', Conflict),
    handler: async ({ engine, query }) =>
      showPage(await engine.store.quarantine.list(given(query)), showConflict),
  }),
  defineRoute({
    path: '/quarantine/:id/accept',
    id: 'acceptConflict',
    tag: 'delivery',
    summary: "Tributary's value is written once, with the next delivery",
    params: id,
    body: nothing,
    response: Conflict,
    handler: async ({ engine, params }) => showConflict(await decideConflict(engine, params.id, 'accept')),
  }),
  defineRoute({
    path: '/quarantine/:id/keep',
    id: 'keepConflict',
    tag: 'delivery',
    summary: "The CRM's value stays until Tributary's is another one",
    params: id,
    body: nothing,
    response: Conflict,
    handler: async ({ engine, params }) => showConflict(await decideConflict(engine, params.id, 'keep')),
  }),
]
