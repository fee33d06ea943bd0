import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
}

/** Thrown anywhere below a route; answered in the shape of Google's error bodies. */
export class GoogleProblem extends Error {
  readonly status: number
  readonly reason: string
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/** Older APIs (Calendar, Gmail) list `errors` with a reason, newer ones name a `status`; today's answers have both. */
export function answerProblem(c: Context, { status, reason, message }: GoogleProblem): Response {
  const named = STATUS[status]
  return c.json(
    {
      error: {
        code: status,
        message,
        errors: [{ domain: 'global', reason, message }],
        ...(named ? { status: named } : {}),
      },
    },
    status as ContentfulStatusCode,
  )
}

/** Refuses parameters that the method does not have; `fields`, `alt` and the like exist everywhere. */
export function onlyParameters(c: Context, known: readonly string[]): void {
  for (const name of new URL(c.req.url).searchParams.keys()) {
    if ([...known, 'fields', 'alt', 'prettyPrint', 'quotaUser'].includes(name)) continue
    throw new GoogleProblem(
      400,
      'badRequest',
      `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter.`,
    )
  }
}

/** A whole number within its bounds. */
export function whole(c: Context, name: string, fallback: number, most: number): number {
  const text = c.req.query(name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new GoogleProblem(
      400,
      'invalidParameter',
      `Invalid value '${text}'. Values must be within the range: [1, ${most}]`,
    )
  }
  return value
}
