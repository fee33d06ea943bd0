import * as z from 'zod'
import { TransientError } from './errors.ts'
import type { ConnectorContext, Cursor, PageRequest, PageResult, Pull } from './source.ts'

const WindowCursor = z.object({
  /** Everything updated before this instant has been read. */
  since: z.int().optional(),
  /** Present while a run is under way. */
  run: z.object({ until: z.int(), token: z.string().optional() }).optional(),
})

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A duration with its unit: "90s", "15m", "1h", "3d". */
export type Duration = `${number}${keyof typeof UNITS}`

export function durationMs(duration: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(duration)
  if (!match) throw new TypeError(`Not a duration: ${duration} (write 90s, 15m, 1h or 3d)`)
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}

/**
 * Reads what changed since the last run. Owns the loop, the frozen upper bound, the watermark and the overlap (`lag`);
 * `page` makes one request. A run that was stopped between two pages resumes at its token with the same bounds.
 */
export function incremental<C>(options: {
  lag: Duration
  page(request: PageRequest<C>): Promise<PageResult>
}): Pull<C> {
  const lagMs = durationMs(options.lag)
  return {
    async *read(ctx: ConnectorContext<C>, stored: Cursor | undefined) {
      const cursor = stored ? WindowCursor.parse(stored) : {}
      const until = cursor.run?.until ?? ctx.now()
      const since = cursor.since === undefined ? undefined : Math.max(0, cursor.since - lagMs)
      let token = cursor.run?.token
      for (;;) {
        ctx.signal.throwIfAborted()
        const fetchedAt = ctx.now()
        const page = await options.page({ ...ctx, since, until, token })
        const isLast = page.next === undefined
        if (!isLast && page.next === token) {
          throw new TransientError(
            'http.unexpected_body',
            `${ctx.connection}: a page names itself as its next one; reading on would never end`,
          )
        }
        token = page.next
        yield {
          records: page.records,
          deleted: page.deleted ?? [],
          isLast,
          fetchedAt,
          cursor: isLast
            ? { since: until }
            : { ...(cursor.since !== undefined ? { since: cursor.since } : {}), run: { until, token } },
        }
        if (isLast) return
      }
    },
  }
}
