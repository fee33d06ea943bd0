import * as z from 'zod'
import type { Hold } from '../../engine/ports.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { isoOf } from './present.ts'
import * as s from './schemas.ts'

const HoldAnswer = s.named(
  'HoldList',
  z.object({
    items: z.array(
      z.object({
        destination: z.string(),
        object: z.string(),
        reason: z.string().describe('Which threshold, and by how much'),
        at: z.iso.datetime(),
      }),
    ),
  }),
)

const show = (holds: Hold[]) => ({ items: holds.map(({ at, ...hold }) => ({ ...hold, at: isoOf(at) })) })

export const HOLD_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/holds',
    id: 'listHolds',
    tag: 'delivery',
    summary: 'CRM objects to which nothing is written until a person has looked, with the threshold',
    response: HoldAnswer,
    handler: async ({ engine }) => show(await engine.store.thresholds.holds()),
  }),
  defineRoute({
    path: '/holds/accept',
    id: 'acceptHolds',
    tag: 'delivery',
    summary: 'Delivery goes on with what waits; answers what was held. Everything where nothing is named',
    body: z.strictObject({
      destination: z.string().min(1).max(512).optional().describe('Connection name'),
      object: z.string().min(1).max(512).optional().describe('CRM object'),
    }),
    response: HoldAnswer,
    handler: async ({ engine, body }) =>
      show(await engine.store.thresholds.accept({ ...given(body), now: engine.clock.now() })),
  }),
]
