import * as z from 'zod'
import { dayOf, isoDate, startOfDay, TRAFFIC_BY, type TrafficBy } from '#model'
import { defineRoute, type Route } from './define-route.ts'
import { named } from './schemas.ts'

const MAX_DAYS = 400
const DEFAULT_DAYS = 30
const count = () => z.int().min(0)

const TrafficAnswer = named(
  'Traffic',
  z.object({
    from: z.iso.date(),
    to: z.iso.date().describe('Included'),
    items: z
      .array(
        z.object({
          day: z.iso.date().optional(),
          site: z.string().optional(),
          channel: z.string().optional(),
          source: z.string().optional(),
          medium: z.string().optional(),
          campaign: z.string().optional(),
          landing_page: z.string().optional(),
          visits: count(),
          engaged_visits: count(),
          new_visitors: count(),
          conversions: z.number().min(0),
          is_limited: z
            .boolean()
            .describe('Some of it is not exact: small numbers withheld, sampled, or folded together'),
        }),
      )
      .describe('Most visits first; a name that is absent was not told'),
  }),
)

const By = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(TRAFFIC_BY)))
  .transform((names): TrafficBy[] => [...new Set(names)])
  .optional()
  .describe(`Comma-separated, of ${TRAFFIC_BY.join(', ')}; channel where absent`)

export const TRAFFIC_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/traffic',
    id: 'getTraffic',
    tag: 'traffic',
    summary: 'Visits as the analytics tool counted them together: by origin and day, of nobody in particular',
    query: {
      from: z.iso.date().optional().describe(`${DEFAULT_DAYS} days before \`to\` where absent`),
      to: z.iso.date().optional().describe('Today in UTC where absent'),
      by: By,
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    },
    response: TrafficAnswer,
    handler: async ({ inspect, engine, query }) => {
      const to = dayOf(query.to ? Date.parse(query.to) : engine.clock.now())
      const from = query.from ? dayOf(Date.parse(query.from)) : to - DEFAULT_DAYS + 1
      const first = Math.max(from, to - MAX_DAYS + 1)
      const found = await inspect.traffic({
        from: first,
        to,
        by: query.by ?? ['channel'],
        limit: query.limit,
      })
      return {
        from: isoDate(startOfDay(first)),
        to: isoDate(startOfDay(to)),
        items: found.map(({ day, engagedVisits, newVisitors, isLimited, ...item }) => ({
          ...(day === undefined ? {} : { day: isoDate(startOfDay(day)) }),
          ...item,
          engaged_visits: engagedVisits,
          new_visitors: newVisitors,
          is_limited: isLimited,
        })),
      }
    },
  }),
]
