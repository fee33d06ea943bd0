import * as z from 'zod'
import { type Ctx, pathsOf } from '../config.ts'
import { users } from '../users.ts'

/** HubSpot allows 50 records a call where the history of a property is asked for. */
const WITH_HISTORY = 50
const PAIRS = 1000
const MAX_AGE_MS = 10 * 60_000

const associations = z.looseObject({
  results: z
    .array(
      z.looseObject({
        from: z.looseObject({ id: z.coerce.string() }),
        to: z.array(z.looseObject({ toObjectId: z.coerce.string() })),
      }),
    )
    .default([]),
})

const byNumber = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1)

/** Ids of associated records, ascending, by record id. https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide */
export async function associated(
  ctx: Ctx,
  from: string,
  to: string,
  ids: string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (let start = 0; start < ids.length; start += PAIRS) {
    const { data } = await ctx.http.request({
      method: 'POST',
      url: `${pathsOf(ctx.config.apiVersion).associations}/${from}/${to}/batch/read`,
      json: { inputs: ids.slice(start, start + PAIRS).map((id) => ({ id })) },
      schema: associations,
      repeatable: true,
      signal: ctx.signal,
    })
    for (const { from: own, to: targets } of data.results)
      found.set(own.id, [...new Set(targets.map(({ toObjectId }) => toObjectId))].sort(byNumber))
  }
  return found
}

const change = z.looseObject({ value: z.string().nullish(), timestamp: z.string() })
const histories = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.coerce.string(),
      propertiesWithHistory: z.record(z.string(), z.array(change)).default({}),
    }),
  ),
})

export interface Change {
  value: string
  timestamp: string
}

/** What a property held since when, oldest first, by record id. */
export async function historyOf(
  ctx: Ctx,
  object: string,
  property: string,
  ids: string[],
): Promise<Map<string, Change[]>> {
  const found = new Map<string, Change[]>()
  for (let start = 0; start < ids.length; start += WITH_HISTORY) {
    const { data } = await ctx.http.request({
      method: 'POST',
      url: `${pathsOf(ctx.config.apiVersion).objects}/${object}/batch/read`,
      json: {
        inputs: ids.slice(start, start + WITH_HISTORY).map((id) => ({ id })),
        properties: [property],
        propertiesWithHistory: [property],
      },
      schema: histories,
      repeatable: true,
      signal: ctx.signal,
    })
    for (const { id, propertiesWithHistory } of data.results) {
      const entries = (propertiesWithHistory[property] ?? []).flatMap(({ value, timestamp }) =>
        value ? [{ value, timestamp }] : [],
      )
      found.set(
        id,
        entries.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp)),
      )
    }
  }
  return found
}

const pipelines = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.string(),
      label: z.string(),
      stages: z.array(z.looseObject({ id: z.string(), label: z.string() })),
    }),
  ),
})

/** Labels of deal pipelines and their stages, by id. */
export const dealLabels = remembered(async (ctx) => {
  const { data } = await ctx.http.request({
    url: `${pathsOf(ctx.config.apiVersion).pipelines}/deals`,
    schema: pipelines,
    signal: ctx.signal,
  })
  const entries = data.results.flatMap(({ id, label, stages }) => [
    [id, label] as const,
    ...stages.map((stage) => [stage.id, stage.label] as const),
  ])
  return new Map(entries)
})

/** E-mails of owners, by the id that records hold. */
export const ownerEmails = remembered(
  async (ctx) => new Map((await users(ctx)).map(({ id, email }) => [id, email])),
)

/** At most ten minutes old; by configuration, which in a Worker outlives the doors of single invocations. */
function remembered(
  read: (ctx: Ctx) => Promise<Map<string, string>>,
): (ctx: Ctx) => Promise<Map<string, string>> {
  const cache = new WeakMap<object, { at: number; values: Map<string, string> }>()
  return async (ctx) => {
    const known = cache.get(ctx.config)
    if (known && ctx.now() - known.at < MAX_AGE_MS) return known.values
    const values = await read(ctx)
    cache.set(ctx.config, { at: ctx.now(), values })
    return values
  }
}
