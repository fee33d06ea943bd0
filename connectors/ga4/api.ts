import type { analyticsdata_v1beta } from 'googleapis/build/src/apis/analyticsdata/v1beta.js'
import * as z from 'zod'
import type { ConnectorContext } from '#kit'

const Values = z.array(z.looseObject({ value: z.string().nullish() })).nullish()
const Headers = z.array(z.looseObject({ name: z.string() })).nullish()
const Rows = z.array(z.looseObject({ dimensionValues: Values, metricValues: Values })).nullish()
const Quota = z.looseObject({ consumed: z.number().nullish(), remaining: z.number().nullish() }).nullish()

/** @see https://developers.google.com/analytics/devguides/reporting/data/v1/rest/v1beta/properties/runReport */
const Report = z.looseObject({
  dimensionHeaders: Headers,
  metricHeaders: Headers,
  rows: Rows,
  totals: Rows,
  rowCount: z.int().nullish(),
  metadata: z
    .looseObject({
      subjectToThresholding: z.boolean().nullish(),
      dataLossFromOtherRow: z.boolean().nullish(),
      samplingMetadatas: z.array(z.unknown()).nullish(),
      timeZone: z.string().nullish(),
    })
    .nullish(),
  propertyQuota: z.looseObject({ tokensPerDay: Quota }).nullish(),
})
export type Report = z.infer<typeof Report>

/** One day of one property. */
export const Day = z.looseObject({ property: z.string().min(1), day: z.iso.date(), report: Report })
export type Day = z.infer<typeof Day>

export const DIMENSIONS = [
  'sessionDefaultChannelGroup',
  'sessionSource',
  'sessionMedium',
  'sessionCampaignName',
  'landingPage',
] as const
/** What can be added up; users cannot. */
export const METRICS = ['sessions', 'engagedSessions', 'newUsers', 'keyEvents'] as const

/** More origins than this in a day become one row, the difference to the day's total. */
const MAX_ROWS = 2_000

/**
 * A report changes nothing, so it may be asked for again although it is a POST: that is why the door is called and not the
 * SDK, of which only the types are used.
 */
export async function runReport<C>(
  { http, signal }: ConnectorContext<C>,
  property: string,
  day: string,
  limit = MAX_ROWS,
): Promise<unknown> {
  const json: analyticsdata_v1beta.Schema$RunReportRequest = {
    dateRanges: [{ startDate: day, endDate: day }],
    dimensions: DIMENSIONS.map((name) => ({ name })),
    metrics: METRICS.map((name) => ({ name })),
    metricAggregations: ['TOTAL'],
    orderBys: [
      { metric: { metricName: 'sessions' }, desc: true },
      ...DIMENSIONS.map((dimensionName) => ({ dimension: { dimensionName } })),
    ],
    limit: String(limit),
    returnPropertyQuota: true,
  }
  const { data } = await http.request({
    method: 'POST',
    url: `/v1beta/properties/${property}:runReport`,
    json,
    repeatable: true,
    signal,
    schema: z.looseObject({}),
  })
  return data
}
