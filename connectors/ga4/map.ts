import type { Campaign, Contribution, Traffic, TrafficRow } from '#model'
import type { Day, DIMENSIONS, METRICS, Report } from './api.ts'

/** @see https://support.google.com/analytics/answer/9756891 */
const CHANNELS: readonly [pattern: RegExp, channel: string][] = [
  [/^direct$/i, 'direct'],
  [/^paid |^(display|cross-network|audio)$/i, 'paid'],
  [/social/i, 'social'],
  [/^organic /i, 'organic'],
  [/^(referral|affiliates)$/i, 'referral'],
  [/^email$/i, 'email'],
]

const channelOf = (group: string): string => CHANNELS.find(([pattern]) => pattern.test(group))?.[1] ?? 'other'

/** "(not set)", "(referral)" and the like name nothing. */
const named = (value: string | undefined): string | undefined =>
  value && !/^\((not set|none|direct|organic|referral)\)$/.test(value) ? value : undefined

type Row = NonNullable<Report['rows']>[number]

/** By the names that the report itself gives its columns. */
function readerOf(report: Report) {
  const dimensions = (report.dimensionHeaders ?? []).map(({ name }) => name)
  const metrics = (report.metricHeaders ?? []).map(({ name }) => name)
  return {
    text: (row: Row, name: (typeof DIMENSIONS)[number]) =>
      row.dimensionValues?.[dimensions.indexOf(name)]?.value ?? undefined,
    number(row: Row, name: (typeof METRICS)[number]) {
      const value = Number(row.metricValues?.[metrics.indexOf(name)]?.value ?? 0)
      return Number.isFinite(value) && value > 0 ? value : 0
    },
  }
}

function toRows(report: Report): TrafficRow[] {
  const { text, number } = readerOf(report)
  const counts = (row: Row) => ({
    visits: Math.round(number(row, 'sessions')),
    engaged_visits: Math.round(number(row, 'engagedSessions')),
    new_visitors: Math.round(number(row, 'newUsers')),
    conversions: number(row, 'keyEvents'),
  })
  const rows = (report.rows ?? []).map((row): TrafficRow => {
    const campaign: Campaign = {}
    const [name, source, medium] = (['sessionCampaignName', 'sessionSource', 'sessionMedium'] as const).map(
      (dimension) => named(text(row, dimension)),
    )
    if (name) campaign.name = name
    if (source) campaign.source = source
    if (medium) campaign.medium = medium
    const landing = named(text(row, 'landingPage'))
    return {
      channel: channelOf(text(row, 'sessionDefaultChannelGroup') ?? ''),
      ...(Object.keys(campaign).length > 0 ? { campaign } : {}),
      ...(landing ? { landing_page: landing } : {}),
      ...counts(row),
    }
  })
  const [total] = report.totals ?? []
  if (!total || (report.rowCount ?? 0) <= rows.length) return rows
  // The rows beyond the limit, so that the day's sums are right.
  const all = counts(total)
  const rest = (name: keyof typeof all) =>
    Math.max(0, all[name] - rows.reduce((sum, row) => sum + row[name], 0))
  return [
    ...rows,
    {
      channel: 'other',
      visits: rest('visits'),
      engaged_visits: rest('engaged_visits'),
      new_visitors: rest('new_visitors'),
      conversions: rest('conversions'),
    },
  ]
}

function limitsOf({ metadata, rowCount, rows }: Report): NonNullable<Traffic['limits']> {
  return [
    ...(metadata?.subjectToThresholding ? (['thresholded'] as const) : []),
    ...(metadata?.dataLossFromOtherRow || (rowCount ?? 0) > (rows ?? []).length
      ? (['other_row'] as const)
      : []),
    ...((metadata?.samplingMetadatas ?? []).length > 0 ? (['sampled'] as const) : []),
  ]
}

/** A day's visits by origin. Nobody in particular: GA4 tells of nobody. */
export function map({ property, day, report }: Day): Contribution[] {
  const limits = limitsOf(report)
  return [
    {
      type: 'traffic',
      traffic: {
        site: `properties/${property}`,
        day,
        ...(limits.length > 0 ? { limits } : {}),
        rows: toRows(report),
      },
    },
  ]
}
