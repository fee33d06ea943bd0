import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.ts'

export interface ErrorDetails {
  cause?: unknown
  /** Where: connection, record key, file:line, field. Becomes part of the API answer; never holds secrets. */
  at?: Record<string, string | number>
  /** Milliseconds until the vendor allows the next try. */
  retryAfterMs?: number
  /** Vendor's own code, kept for grouping ("UNABLE_TO_LOCK_ROW"). */
  vendorCode?: string
  httpStatus?: number
  /** CRM ids of the records that a duplicate rule found; absent where some are of another object. */
  matches?: string[]
}

/** Base of all errors that a user may meet. Subclasses say what the caller does; `code` says what happened. */
export abstract class HubError extends Error {
  /** What the caller does about it; the discriminant that is stored with dead letters. */
  abstract readonly kind: 'config' | 'auth' | 'rate_limit' | 'transient' | 'record' | 'admin_rule'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.details = details
  }

  get fix(): string {
    return ERROR_CATALOGUE[this.code].fix
  }
}

/** Stop the connection and tell its owner. */
export class ConfigError extends HubError {
  readonly kind = 'config'
}
/** Refresh credentials once, then ask the owner to reconnect. */
export class AuthError extends HubError {
  readonly kind = 'auth'
}
/** Wait for `retryAfterMs` (or back off) and repeat. */
export class RateLimitError extends HubError {
  readonly kind = 'rate_limit'
}
/** Repeat with backoff. */
export class TransientError extends HubError {
  readonly kind = 'transient'
}
/** Dead-letter this one item and go on. */
export class RecordError extends HubError {
  readonly kind = 'record'
}
/** The CRM's own rule said no: dead-letter with the rule's text. */
export class AdminRuleError extends HubError {
  readonly kind = 'admin_rule'
}

export type HubErrorKind = HubError['kind']

export const isRetryable = (error: unknown): error is RateLimitError | TransientError =>
  error instanceof RateLimitError || error instanceof TransientError

/** Shape in which errors are stored and shown. */
export interface ErrorReport {
  kind: HubErrorKind | 'bug'
  code: ErrorCode
  message: string
  fix: string
  vendorCode?: string
  at?: Record<string, string | number>
}

/** Any thrown value as a report; what is not a HubError is a bug and says so. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof HubError) {
    return {
      kind: error.kind,
      code: error.code,
      message: error.message,
      fix: error.fix,
      ...(error.details.vendorCode ? { vendorCode: error.details.vendorCode } : {}),
      ...(error.details.at ? { at: error.details.at } : {}),
    }
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { kind: 'bug', code: 'internal.bug', message, fix: ERROR_CATALOGUE['internal.bug'].fix }
}
