import * as z from 'zod'
import type { Hold } from '../../engine/ports.ts'
import { dropDeletions, releaseDeletions } from '../../engine/reading/deletions.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { isoOf, showHeldDeletions } from './present.ts'
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

const DeletionAnswer = s.named('HeldDeletionList', z.object({ items: z.array(s.HeldDeletions) }))
const Streams = z.strictObject({
  connection: z.string().min(1).max(512).optional().describe('Connection name'),
  stream: z.string().min(1).max(512).optional().describe('Stream name'),
})

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
  defineRoute({
    path: '/holds/deletions',
    id: 'listHeldDeletions',
    tag: 'events',
    summary:
      'Streams whose deletions wait for a person, because so many at once may be a mistake of the source',
    response: DeletionAnswer,
    handler: async ({ engine }) => ({
      items: (await engine.store.deletions.holds()).map(showHeldDeletions),
    }),
  }),
  defineRoute({
    path: '/holds/deletions/keys',
    id: 'listHeldKeys',
    tag: 'events',
    summary: 'Records of a stream that would be deleted, by key',
    query: {
      ...s.paging,
      connection: z.string().min(1).max(512).describe('Connection name'),
      stream: z.string().min(1).max(512).describe('Stream name'),
    },
    response: s.pageOf('HeldKeyPage', z.object({ key: z.string(), at: z.iso.datetime() })),
    async handler({ engine, query: { connection, stream, limit, after } }) {
      const page = await engine.store.deletions.held({ connection, stream, ...given({ limit, after }) })
      return { ...page, items: page.items.map(({ key, at }) => ({ key, at: isoOf(at) })) }
    },
  }),
  defineRoute({
    path: '/holds/deletions/release',
    id: 'releaseDeletions',
    tag: 'events',
    summary: 'The deletions are applied; answers what was held. All of them where nothing is named',
    body: Streams,
    response: DeletionAnswer,
    async handler({ engine, body, wake }) {
      const released = await releaseDeletions(engine, given(body))
      wake()
      return { items: released.map(showHeldDeletions) }
    },
  }),
  defineRoute({
    path: '/holds/deletions/drop',
    id: 'dropDeletions',
    tag: 'events',
    summary: 'The deletions are forgotten, the records stay; answers what was held',
    body: Streams,
    response: DeletionAnswer,
    handler: async ({ engine, body }) => ({
      items: (await dropDeletions(engine, given(body))).map(showHeldDeletions),
    }),
  }),
]
