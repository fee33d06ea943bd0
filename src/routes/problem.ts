import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { ERROR_CATALOGUE, type ErrorCode, HubError, RateLimitError, reportOf } from '#kit'

/** An RFC 9457 problem document as every route answers it. */
export interface Problem {
  /** `urn:tributary:error:<code>` */
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  fix: string
  /** Where: field, index, position, line, column. */
  at?: Record<string, string | number>
  /** One entry per wrong field, where several are reported at once. */
  errors?: FieldProblem[]
}

export interface FieldProblem {
  /** Path of the field: `batch[3].userId`. */
  field: string
  detail: string
}

export interface ProblemOptions {
  /** Replaces the status that belongs to the code. */
  status?: number
  errors?: FieldProblem[]
  headers?: Record<string, string>
}

/** Status of errors that a caller of our HTTP surface meets; the others follow from the kind. */
const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = {
  'request.malformed_json': 400,
  'request.invalid': 400,
  'request.body_too_large': 413,
  'request.unknown_write_key': 401,
  'request.unauthorized': 401,
  'request.forbidden_origin': 403,
  'request.not_found': 404,
  'webhook.signature_invalid': 401,
  'webhook.signature_missing': 401,
  'webhook.timestamp_stale': 400,
  'webhook.unknown_connection': 404,
  'config.unknown_connection': 404,
  'plan.stale': 409,
  'plan.threshold': 409,
  'store.full': 503,
  'store.busy': 503,
  'store.unavailable': 503,
}

const STATUS_BY_KIND: Record<HubError['kind'], number> = {
  config: 500,
  auth: 502,
  rate_limit: 429,
  transient: 503,
  record: 422,
  admin_rule: 422,
}

/** The HTTP status under which an error is shown to a caller. */
export function statusOf(error: unknown): number {
  if (error instanceof HTTPException) return error.status
  if (!(error instanceof HubError)) return 500
  return STATUS_BY_CODE[error.code] ?? STATUS_BY_KIND[error.kind]
}

/** Any thrown value as a problem document. What is not a HubError keeps its text to itself: it may hold anything. */
export function problemOf(error: unknown, options: ProblemOptions = {}): Problem {
  const report = reportOf(error)
  const { title, fix } = ERROR_CATALOGUE[report.code]
  return {
    type: `urn:tributary:error:${report.code}`,
    title,
    status: options.status ?? statusOf(error),
    detail:
      error instanceof HubError
        ? report.message
        : 'The server failed on this request; its log has the details.',
    code: report.code,
    fix,
    ...(report.at ? { at: report.at } : {}),
    ...(options.errors ? { errors: options.errors } : {}),
  }
}

/** Any thrown value as an `application/problem+json` answer. */
export function problem(error: unknown, options: ProblemOptions = {}): Response {
  const body = problemOf(error, options)
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...options.headers,
  })
  const wait = retryAfterSeconds(error, body.status)
  if (wait !== undefined) headers.set('retry-after', String(wait))
  return new Response(JSON.stringify(body), { status: body.status, headers })
}

const RETRY_SECONDS = 1

function retryAfterSeconds(error: unknown, status: number): number | undefined {
  const asked = error instanceof HubError ? error.details.retryAfterMs : undefined
  if (asked !== undefined) return Math.ceil(asked / 1000)
  return status === 503 || error instanceof RateLimitError ? RETRY_SECONDS : undefined
}

/** For `app.onError`: HubErrors become problems, Hono's own exceptions keep their answer. */
export function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException)
    return c.json({ title: error.message }, error.status as ContentfulStatusCode)
  return problem(error)
}
