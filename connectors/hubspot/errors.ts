import {
  AdminRuleError,
  AuthError,
  type ErrorDetails,
  type HubError,
  RateLimitError,
  RecordError,
  TransientError,
} from '#kit'

/** HubSpot's error body; every part is optional. https://developers.hubspot.com/docs/api-reference/latest/error-handling */
export interface VendorError {
  message?: string | undefined
  category?: string | undefined
  subCategory?: unknown
  policyName?: string | undefined
  correlationId?: string | undefined
  context?: Record<string, unknown> | undefined
  errors?: { message?: string; code?: string; context?: unknown }[] | undefined
}

interface Complaint {
  code: string
  property?: string
  message: string
}

/** Codes that say "this value does not fit the property's type"; other codes come from rules that an admin made. */
const TYPE_CODES = new Set([
  'INVALID_BOOLEAN',
  'INVALID_DATE',
  'INVALID_DOUBLE',
  'INVALID_EMAIL',
  'INVALID_INTEGER',
  'INVALID_JSON',
  'INVALID_LONG',
  'INVALID_NUMBER',
  'INVALID_OPTION',
  'INVALID_OWNER_ID',
  'LEADING_TRAILING_WHITESPACE',
  'PROPERTY_TOO_LONG',
  'READ_ONLY_VALUE',
])
const REQUIRED_CODES = new Set(['MISSING_REQUIRED_PROPERTY', 'MISSING_CONDITIONAL_REQUIRED_PROPERTY'])
const LOCKED_WAIT_MS = 2_000
/** HubSpot resets the daily count at midnight of the portal's time zone, which the answer does not tell. */
const DAILY_WAIT_MS = 15 * 60_000

/** Classes a whole answer; undefined leaves it to the status table. */
export function classify(status: number, headers: Headers, body: string): HubError | undefined {
  const error = parseError(body)
  if (!error) return status === 423 ? locked('The record is locked', 423) : undefined
  const message = text(error, status)
  const details: ErrorDetails = {
    httpStatus: status,
    ...(error.category ? { vendorCode: error.category } : {}),
  }
  if (status === 401) return new AuthError('auth.rejected', message, details)
  if (status === 403) {
    const scopes = scopesOf(error)
    const missing = scopes.length > 0 ? ` Missing scopes: ${scopes.join(', ')}.` : ''
    return new AuthError('auth.forbidden', `${message}${missing}`, {
      ...details,
      ...(scopes.length > 0 ? { at: { scopes: scopes.join(', ') } } : {}),
    })
  }
  if (status === 423) return locked(message, status)
  if (status === 429) {
    const wait = waitOf(headers)
    const isDaily = error.policyName === 'DAILY'
    const retryAfterMs = wait ?? (isDaily ? DAILY_WAIT_MS : undefined)
    return new RateLimitError(isDaily ? 'http.quota_exhausted' : 'http.rate_limited', message, {
      httpStatus: status,
      ...(error.policyName ? { vendorCode: error.policyName } : {}),
      ...(retryAfterMs !== undefined ? { retryAfterMs } : {}),
    })
  }
  // 477: the portal is being moved between data centres; Retry-After tells how long.
  if (status === 477 || status >= 500) {
    const wait = waitOf(headers)
    return new TransientError('http.server_error', message, {
      ...details,
      ...(wait !== undefined ? { retryAfterMs: wait } : {}),
    })
  }
  return classifyCategory(error, message, details)
}

/** Classes one entry of `errors[]` of a batch answer. */
export function classifyItem(error: VendorError): HubError {
  const message = text(error)
  const details: ErrorDetails = error.category ? { vendorCode: error.category } : {}
  switch (error.category) {
    case 'RATE_LIMIT':
    case 'RATE_LIMITS':
      return new RateLimitError('http.rate_limited', message, details)
    case 'OBJECT_LOCKED':
      return locked(message)
    case 'INTERNAL_ERROR':
      return new TransientError('http.server_error', message, details)
  }
  return classifyCategory(error, message, details) ?? new RecordError('record.rejected', message, details)
}

function classifyCategory(error: VendorError, message: string, details: ErrorDetails): HubError | undefined {
  if (error.category === 'OBJECT_NOT_FOUND') {
    return new RecordError('record.not_found', message, withAt(details, idsOf(error)))
  }
  if (error.category === 'CONFLICT' || error.category === 'OBJECT_ALREADY_EXISTS') {
    return new RecordError('record.duplicate', message, withAt(details, existingIdOf(error)))
  }
  if (error.category !== 'VALIDATION_ERROR') return undefined
  const complaints = complaintsOf(error)
  const [first] = complaints
  if (!first) return new RecordError('record.rejected', message, withAt(details, idsOf(error)))
  if (complaints.some((c) => c.code === 'CONFLICTING_UNIQUE_VALUE')) {
    return new RecordError('record.duplicate', message, {
      ...withAt(details, existingIdOf(error)),
      vendorCode: 'CONFLICTING_UNIQUE_VALUE',
    })
  }
  const properties = [...new Set(complaints.flatMap((complaint) => complaint.property ?? []))]
  const described = {
    ...withAt(details, properties.length > 0 ? { properties: properties.join(', ') } : {}),
    vendorCode: first.code,
  }
  const reasons = complaints.map((c) => (c.property ? `${c.property}: ${c.message}` : c.message)).join('; ')
  if (complaints.some((c) => c.code === 'PROPERTY_DOESNT_EXIST')) {
    return new RecordError('mapping.unknown_field', reasons, {
      ...described,
      vendorCode: 'PROPERTY_DOESNT_EXIST',
    })
  }
  if (complaints.some((c) => REQUIRED_CODES.has(c.code))) {
    return new AdminRuleError('admin_rule.required', reasons, described)
  }
  if (complaints.every((c) => TYPE_CODES.has(c.code)))
    return new RecordError('record.rejected', reasons, described)
  return new AdminRuleError('admin_rule.validation', reasons, described)
}

/** Structured details where HubSpot sends them, else the JSON list that its property validation puts into the message. */
function complaintsOf(error: VendorError): Complaint[] {
  const listed = (error.errors ?? []).flatMap((entry): Complaint[] => {
    if (!entry.code) return []
    const property = firstString(contextOf(entry.context), ['propertyName', 'properties', 'property'])
    return [{ code: entry.code, message: entry.message ?? entry.code, ...(property ? { property } : {}) }]
  })
  if (listed.length > 0) return listed
  const start = error.message?.indexOf('[{') ?? -1
  if (start < 0) return []
  const parsed = parseJson(error.message!.slice(start))
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((entry: { error?: unknown; name?: unknown; message?: unknown }): Complaint[] =>
    typeof entry?.error === 'string'
      ? [
          {
            code: entry.error,
            property: String(entry.name ?? ''),
            message: String(entry.message ?? entry.error),
          },
        ]
      : [],
  )
}

function scopesOf(error: VendorError): string[] {
  const contexts = [error.context, ...(error.errors ?? []).map((entry) => contextOf(entry.context))]
  const names = ['missingScopes', 'requiredGranularScopes', 'requiredScopes']
  return [...new Set(contexts.flatMap((context) => names.flatMap((name) => strings(context?.[name]))))]
}

const existingIdOf = (error: VendorError): Record<string, string> => {
  const id = firstString(error.context, ['existingId', 'existingObjectId', 'existingIds'])
  return id ? { existing_id: id } : {}
}

const idsOf = (error: VendorError): Record<string, string> => {
  const ids = strings(error.context?.ids ?? error.context?.id)
  return ids.length > 0 ? { ids: ids.join(', ') } : {}
}

const withAt = (details: ErrorDetails, at: Record<string, string>): ErrorDetails =>
  Object.keys(at).length > 0 ? { ...details, at } : details

/** HubSpot gives Retry-After in seconds. */
function waitOf(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

function locked(message: string, status?: number): TransientError {
  return new TransientError('record.locked', message, {
    retryAfterMs: LOCKED_WAIT_MS,
    ...(status ? { httpStatus: status } : {}),
  })
}

function text(error: VendorError, status?: number): string {
  const said = error.message ?? error.category ?? 'no reason given'
  return status ? `HubSpot answered ${status}: ${said}` : said
}

function parseError(body: string): VendorError | undefined {
  const parsed = parseJson(body)
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as VendorError)
    : undefined
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export const contextOf = (context: unknown): Record<string, unknown> | undefined =>
  typeof context === 'object' && context !== null ? (context as Record<string, unknown>) : undefined

export const strings = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string')

const firstString = (context: Record<string, unknown> | undefined, names: string[]): string | undefined =>
  names.flatMap((name) => strings(context?.[name]))[0]
