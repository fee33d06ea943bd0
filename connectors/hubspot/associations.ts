import * as z from 'zod'
import type { LinkedPair, Links } from '#kit'
import { type Config, type Ctx, pathsOf } from './config.ts'

const CHUNK = 1000

const answer = z.looseObject({
  results: z
    .array(
      z.looseObject({
        from: z.looseObject({ id: z.coerce.string() }),
        to: z.array(
          z.looseObject({
            toObjectId: z.coerce.string(),
            associationTypes: z.array(z.looseObject({ category: z.string() })).default([]),
          }),
        ),
      }),
    )
    .default([]),
})

/** https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide */
export const links: Links<Config> = {
  async read(ctx, { object, to, crmIds }) {
    const found = new Map<string, { crmId: string; isLabelled: boolean }[]>()
    for (const ids of chunks([...new Set(crmIds)])) {
      const { data } = await post(
        ctx,
        `${object}/${to}/batch/read`,
        ids.map((id) => ({ id })),
        answer,
      )
      for (const { from, to: others } of data.results)
        found.set(
          from.id,
          others.map(({ toObjectId, associationTypes }) => ({
            crmId: toObjectId,
            // HubSpot makes a contact's first company its primary one, by a label of its own.
            isLabelled: associationTypes.some(({ category }) => category !== 'HUBSPOT_DEFINED'),
          })),
        )
    }
    return found
  },

  async change(ctx, { object, to, how, pairs }) {
    const path = `${object}/${to}/batch/${how === 'add' ? 'associate/default' : 'archive'}`
    for (const own of chunks(pairs)) {
      const inputs: unknown[] = how === 'add' ? own.map(pairOf) : own.map(withAll)
      await post(ctx, path, inputs, z.unknown())
    }
  },
}

const pairOf = ({ from, to }: LinkedPair) => ({ from: { id: from }, to: { id: to } })
/** Archiving names one record and all that are to be parted from it. */
const withAll = ({ from, to }: LinkedPair) => ({ from: { id: from }, to: [{ id: to }] })

const post = <T>(ctx: Ctx, path: string, inputs: unknown[], schema: z.ZodType<T>) =>
  ctx.http.request({
    method: 'POST',
    url: `${pathsOf(ctx.config.apiVersion).associations}/${path}`,
    json: { inputs },
    schema,
    repeatable: true,
    signal: ctx.signal,
  })

function chunks<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, n) =>
    items.slice(n * CHUNK, (n + 1) * CHUNK),
  )
}
