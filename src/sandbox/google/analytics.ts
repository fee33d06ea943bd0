import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Identity } from './identity.ts'
import { GoogleProblem, onlyParameters } from './problem.ts'

/** Sessions of one origin on one day. */
export interface SessionCount {
  date: string
  sessionDefaultChannelGroup?: string
  sessionSource?: string
  sessionMedium?: string
  sessionCampaignName?: string
  landingPage?: string
  sessions: number
  engagedSessions?: number
  newUsers?: number
  keyEvents?: number
}

export interface AnalyticsSandbox {
  /** Makes a property, or replaces what it has counted. Rows of fewer sessions than `threshold` are withheld. */
  put(
    property: string,
    counts: SessionCount[],
    options?: { sharedWith?: string[]; threshold?: number; tokensPerDay?: number },
  ): void
}

interface Property {
  counts: SessionCount[]
  sharedWith: string[]
  threshold: number
  tokens: { consumed: number; remaining: number }
}

const SCOPE = /\/auth\/analytics(\.readonly)?$/
const DIMENSIONS = [
  'date',
  'sessionDefaultChannelGroup',
  'sessionSource',
  'sessionMedium',
  'sessionCampaignName',
  'landingPage',
] as const
const METRICS = ['sessions', 'engagedSessions', 'newUsers', 'keyEvents'] as const

const IsoDay = z.iso.date()
const Request = z.strictObject({
  dateRanges: z
    .array(z.strictObject({ startDate: IsoDay, endDate: IsoDay, name: z.string().optional() }))
    .min(1)
    .max(4),
  dimensions: z
    .array(z.strictObject({ name: z.string() }))
    .max(9)
    .default([]),
  metrics: z
    .array(z.strictObject({ name: z.string() }))
    .min(1)
    .max(10),
  metricAggregations: z.array(z.enum(['TOTAL', 'MINIMUM', 'MAXIMUM', 'COUNT'])).optional(),
  orderBys: z
    .array(
      z.union([
        z.strictObject({ metric: z.strictObject({ metricName: z.string() }), desc: z.boolean().optional() }),
        z.strictObject({
          dimension: z.strictObject({ dimensionName: z.string() }),
          desc: z.boolean().optional(),
        }),
      ]),
    )
    .default([]),
  limit: z.union([z.int(), z.string().regex(/^\d+$/)]).default(10_000),
  offset: z.union([z.int(), z.string().regex(/^\d+$/)]).default(0),
  keepEmptyRows: z.boolean().optional(),
  returnPropertyQuota: z.boolean().optional(),
})

const COST = 10

export function createAnalytics(identity: Identity): { routes: Hono; control: AnalyticsSandbox } {
  const properties = new Map<string, Property>()

  function access(c: Context, id: string): Property {
    const { email } = identity.callerOf(c, SCOPE)
    const property = properties.get(id)
    if (!property?.sharedWith.includes(email)) {
      throw new GoogleProblem(
        403,
        'forbidden',
        'User does not have sufficient permissions for this property. To learn more about Property ID, see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.',
      )
    }
    return property
  }

  const routes = new Hono().post('/v1beta/properties/:call', async (c) => {
    const [id = '', method] = c.req.param('call').split(':')
    if (method !== 'runReport') throw new GoogleProblem(404, 'notFound', 'Method not found.')
    const property = access(c, id)
    onlyParameters(c, [])
    const parsed = Request.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw invalid(`Invalid JSON payload received. ${issue?.path.join('.')}: ${issue?.message}`)
    }
    if (property.tokens.remaining < COST) {
      throw new GoogleProblem(
        429,
        'RESOURCE_EXHAUSTED',
        'Exhausted property tokens per day. These quota tokens will return in under 24 hours.',
      )
    }
    property.tokens = {
      consumed: property.tokens.consumed + COST,
      remaining: property.tokens.remaining - COST,
    }
    return c.json(report(property, parsed.data))
  })

  return {
    routes,
    control: {
      put(
        id,
        counts,
        { sharedWith = [identity.serviceAccount], threshold = 0, tokensPerDay = 200_000 } = {},
      ) {
        properties.set(id, {
          counts,
          sharedWith,
          threshold,
          tokens: { consumed: 0, remaining: tokensPerDay },
        })
      },
    },
  }
}

const invalid = (message: string) => new GoogleProblem(400, 'badRequest', message)

function known<T extends string>(names: readonly T[], name: string, what: string): T {
  const found = names.find((candidate) => candidate === name)
  if (!found) throw invalid(`Did you mean something else? Field ${name} is not a valid ${what}.`)
  return found
}

function report(property: Property, request: z.infer<typeof Request>) {
  const dimensions = request.dimensions.map(({ name }) => known(DIMENSIONS, name, 'dimension'))
  const metrics = request.metrics.map(({ name }) => known(METRICS, name, 'metric'))
  const limit = Number(request.limit)
  if (limit < 1 || limit > 250_000) throw invalid('The limit must be from 1 to 250000.')
  const [range] = request.dateRanges
  const counted = property.counts.filter(
    ({ date }) => range && date >= range.startDate && date <= range.endDate,
  )
  const groups = new Map<string, { values: string[]; counts: number[] }>()
  for (const count of counted) {
    const values = dimensions.map((name) => count[name] ?? (name === 'landingPage' ? '' : '(not set)'))
    const group = groups.get(JSON.stringify(values)) ?? { values, counts: metrics.map(() => 0) }
    metrics.forEach((name, index) => {
      group.counts[index]! += count[name] ?? 0
    })
    groups.set(JSON.stringify(values), group)
  }
  const all = [...groups.values()]
  const shown = all.filter(({ counts }) => (counts[0] ?? 0) >= property.threshold)
  shown.sort((a, b) => {
    for (const order of request.orderBys) {
      const sign = order.desc ? -1 : 1
      const difference =
        'metric' in order
          ? a.counts[metrics.indexOf(known(metrics, order.metric.metricName, 'metric'))]! -
            b.counts[metrics.indexOf(order.metric.metricName as never)]!
          : compare(
              a.values,
              b.values,
              dimensions.indexOf(known(dimensions, order.dimension.dimensionName, 'dimension')),
            )
      if (difference !== 0) return sign * difference
    }
    return 0
  })
  const toRow = ({ values, counts }: { values: string[]; counts: number[] }) => ({
    dimensionValues: values.map((value) => ({ value })),
    metricValues: counts.map((value) => ({ value: String(value) })),
  })
  const total = metrics.map((_, index) => shown.reduce((sum, { counts }) => sum + counts[index]!, 0))
  const offset = Number(request.offset)
  return {
    dimensionHeaders: dimensions.map((name) => ({ name })),
    metricHeaders: metrics.map((name) => ({ name, type: 'TYPE_INTEGER' })),
    ...(shown.length > 0
      ? { rows: shown.slice(offset, offset + limit).map(toRow), rowCount: shown.length }
      : {}),
    ...(request.metricAggregations?.includes('TOTAL') && shown.length > 0
      ? { totals: [toRow({ values: dimensions.map(() => 'RESERVED_TOTAL'), counts: total })] }
      : {}),
    metadata: {
      currencyCode: 'EUR',
      timeZone: 'Europe/Berlin',
      ...(shown.length < all.length ? { subjectToThresholding: true } : {}),
    },
    ...(request.returnPropertyQuota ? { propertyQuota: { tokensPerDay: property.tokens } } : {}),
    kind: 'analyticsData#runReport',
  }
}

const compare = (a: string[], b: string[], index: number): number =>
  a[index]! < b[index]! ? -1 : a[index]! > b[index]! ? 1 : 0
