import * as z from 'zod'
import {
  AdminRuleError,
  AuthError,
  ConfigError,
  type ErrorCode,
  type ErrorDetails,
  type HubError,
  RateLimitError,
  RecordError,
  retryAfter,
  TransientError,
} from '#kit'
import { toLongId } from './ids.ts'
import { readLimitInfo } from './quota.ts'

/** An error entry of Salesforce: `statusCode` in results of collections, `errorCode` in refused requests. */
const Entry = z.looseObject({
  statusCode: z.string().optional(),
  errorCode: z.string().optional(),
  message: z.string().nullish(),
  fields: z.array(z.string()).nullish(),
})
export type SalesforceErrorEntry = z.infer<typeof Entry>

type HubErrorClass = new (code: ErrorCode, message: string, details?: ErrorDetails) => HubError

/**
 * What each code makes the engine do. Codes after "Status Codes and Error Responses" of the REST API guide and the
 * StatusCode list of the SOAP API guide
 * (https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm).
 */
const VERDICTS: Record<string, [HubErrorClass, ErrorCode]> = {
  UNABLE_TO_LOCK_ROW: [TransientError, 'record.locked'],
  SERVER_UNAVAILABLE: [TransientError, 'http.server_error'],
  UNKNOWN_EXCEPTION: [TransientError, 'http.server_error'],
  QUERY_TIMEOUT: [TransientError, 'http.timeout'],
  REQUEST_RUNNING_TOO_LONG: [TransientError, 'http.timeout'],
  ALL_OR_NONE_OPERATION_ROLLED_BACK: [TransientError, 'http.server_error'],

  REQUEST_LIMIT_EXCEEDED: [RateLimitError, 'http.quota_exhausted'],

  INVALID_SESSION_ID: [AuthError, 'auth.rejected'],
  INVALID_LOGIN: [AuthError, 'auth.rejected'],
  INSUFFICIENT_ACCESS: [AuthError, 'auth.forbidden'],
  API_DISABLED_FOR_ORG: [ConfigError, 'config.rejected'],
  API_CURRENTLY_DISABLED: [ConfigError, 'config.rejected'],
  FUNCTIONALITY_NOT_ENABLED: [ConfigError, 'config.rejected'],
  UNSUPPORTED_API_VERSION: [ConfigError, 'config.rejected'],
  STORAGE_LIMIT_EXCEEDED: [ConfigError, 'config.rejected'],
  INVALID_TYPE: [ConfigError, 'config.rejected'],
  INVALID_FIELD: [ConfigError, 'mapping.unknown_field'],
  INVALID_FIELD_FOR_INSERT_UPDATE: [ConfigError, 'mapping.field_not_writable'],

  FIELD_CUSTOM_VALIDATION_EXCEPTION: [AdminRuleError, 'admin_rule.validation'],
  FIELD_FILTER_VALIDATION_EXCEPTION: [AdminRuleError, 'admin_rule.validation'],
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: [AdminRuleError, 'admin_rule.validation'],
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: [AdminRuleError, 'admin_rule.validation'],
  STRING_TOO_LONG: [AdminRuleError, 'admin_rule.validation'],
  INACTIVE_OWNER_OR_USER: [AdminRuleError, 'admin_rule.owner'],
  REQUIRED_FIELD_MISSING: [AdminRuleError, 'admin_rule.required'],
  DUPLICATES_DETECTED: [AdminRuleError, 'admin_rule.duplicate'],
  INSUFFICIENT_ACCESS_OR_READONLY: [AdminRuleError, 'auth.forbidden'],
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: [AdminRuleError, 'auth.forbidden'],

  ENTITY_IS_DELETED: [RecordError, 'record.not_found'],
  INVALID_CROSS_REFERENCE_KEY: [RecordError, 'record.not_found'],
  CANNOT_UPDATE_CONVERTED_LEAD: [RecordError, 'record.not_found'],
  DUPLICATE_VALUE: [RecordError, 'record.duplicate'],
  DUPLICATE_EXTERNAL_ID: [RecordError, 'record.ambiguous'],
  MULTIPLE_CHOICES: [RecordError, 'record.ambiguous'],
  DUPLICATE_DEVELOPER_NAME: [RecordError, 'record.duplicate'],
}

/** How long a spent quota is left alone: the window rolls over 24 hours, so that calls come back little by little. */
const QUOTA_PAUSE_MS = 15 * 60_000
/** Too many long requests at once: over as soon as one of them ends. */
const CONCURRENCY_PAUSE_MS = 10_000

/** The error of one record in a collections answer. */
export function itemError(entry: SalesforceErrorEntry, object: string): HubError {
  return build(entry, { object })
}

/**
 * The error of one row of a bulk job: `CODE:message:Field,Field --`.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_failed_results.htm
 */
export function bulkRowError(text: string, object: string): HubError {
  const [, statusCode, rest = ''] = /^([A-Z][A-Z0-9_]+):?(.*)$/s.exec(text) ?? []
  if (!statusCode) return itemError({ message: text }, object)
  const [, message = rest, list = ''] = /^(.*):([\w, ]*?)\s*--\s*$/s.exec(rest) ?? []
  const fields = list.split(/[\s,]+/).filter((name) => name !== '')
  return itemError({ statusCode, message, fields }, object)
}

function build(entry: SalesforceErrorEntry, at: Record<string, string>, more: ErrorDetails = {}): HubError {
  const code = entry.statusCode ?? entry.errorCode ?? ''
  const [Kind, hubCode] = VERDICTS[code] ?? ([RecordError, 'record.rejected'] as const)
  const fields = entry.fields ?? []
  const matches = duplicatesOf(entry)
  const same = matches.filter(({ object }) => object === at.object).map(({ crmId }) => crmId)
  const said = entry.message || code || 'Salesforce gave no reason'
  const details: ErrorDetails = {
    ...(code ? { vendorCode: code } : {}),
    at: {
      ...at,
      ...(fields.length > 0 ? { field: fields.join(', ') } : {}),
      ...(matches.length > 0 ? { matches: matches.map(({ crmId }) => crmId).join(', ') } : {}),
    },
    ...(same.length > 0 && same.length === matches.length ? { matches: same } : {}),
    ...more,
  }
  return new Kind(hubCode, fields.length > 0 ? `${said} (${fields.join(', ')})` : said, details)
}

const DuplicateResult = z.object({
  matchResults: z.array(
    z.object({
      entityType: z.string().optional(),
      matchRecords: z.array(z.object({ record: z.looseObject({ Id: z.string() }) })),
    }),
  ),
})

/** The records that a duplicate rule found, each once; a rule may look for leads among contacts. */
function duplicatesOf(entry: SalesforceErrorEntry): { object: string | undefined; crmId: string }[] {
  const parsed = DuplicateResult.safeParse(entry.duplicateResult)
  if (!parsed.success) return []
  const found = new Map<string, { object: string | undefined; crmId: string }>()
  for (const { entityType, matchRecords } of parsed.data.matchResults) {
    for (const { record } of matchRecords) {
      const crmId = toLongId(record.Id)
      found.set(crmId, { object: entityType, crmId })
    }
  }
  return [...found.values()]
}

/** Reads the body of a refused request; undefined leaves it to the status table of the door. */
export function classify(status: number, headers: Headers, body: string): HubError | undefined {
  if (status === 300)
    return build({ errorCode: 'MULTIPLE_CHOICES', message: `Several records match: ${body}` }, {})
  const entry = firstEntry(body)
  if (!entry) return undefined
  const more: ErrorDetails = { httpStatus: status }
  if (entry.errorCode === 'REQUEST_LIMIT_EXCEEDED') {
    // One code for two limits; the usage header tells which.
    const isDaily = isQuotaSpent(headers.get('sforce-limit-info'))
    const pause = retryAfter(headers, 0) ?? (isDaily ? QUOTA_PAUSE_MS : CONCURRENCY_PAUSE_MS)
    if (isDaily) return build(entry, {}, { ...more, retryAfterMs: pause })
    return new RateLimitError('http.rate_limited', entry.message ?? 'Too many concurrent requests', {
      ...more,
      vendorCode: entry.errorCode,
      retryAfterMs: pause,
    })
  }
  if (entry.errorCode === 'NOT_FOUND') {
    return new ConfigError(
      'config.rejected',
      `${entry.message} Check apiVersion, and that the external id field exists and is visible (tributary setup).`,
      {
        ...more,
        vendorCode: 'NOT_FOUND',
      },
    )
  }
  if (entry.errorCode && entry.errorCode in VERDICTS) return build(entry, {}, more)
  if (status !== 400 || !entry.errorCode) return undefined
  return new RecordError(
    'http.unexpected_status',
    `Salesforce refused a request: ${entry.errorCode}: ${entry.message}`,
    {
      ...more,
      vendorCode: entry.errorCode,
    },
  )
}

function firstEntry(body: string): SalesforceErrorEntry | undefined {
  try {
    const value: unknown = JSON.parse(body)
    const parsed = Entry.safeParse(Array.isArray(value) ? value[0] : value)
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** `api-usage=5000/5000`; without the header the daily limit is assumed, because it is the one that lasts. */
function isQuotaSpent(header: string | null): boolean {
  const quota = readLimitInfo(header)
  return !quota || quota.used >= quota.limit
}
