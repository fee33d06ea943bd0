export type SqlValue = string | number | null

export interface Statement {
  sql: string
  /** Bound to ?1, ?2, …; at most 100 (D1). */
  params: SqlValue[]
}

export type Row = Record<string, unknown>

export interface SqlResult<R = Row> {
  /** Of SELECT and RETURNING. */
  rows: R[]
  /** Rows inserted, updated or deleted. */
  changes: number
}

/**
 * narrow: many rows of short values, which a home may fetch in a way that costs less for these and more for long text.
 * Text and integers are exact, real numbers to 15 digits.
 */
export type QueryHint = 'narrow'

/**
 * One SQLite database, wherever it lives. Failures that a user can meet are HubErrors: `store.full` and `store.busy`
 * (TransientError), `store.unavailable` (ConfigError).
 */
export interface SqlDatabase {
  /** Reads only; sees everything committed before the call. `R` names the selected columns: the caller vouches for it. */
  query<R = Row>(sql: string, params?: SqlValue[], hint?: QueryHint): Promise<R[]>
  /** All or nothing; durable when resolved. One result per statement. */
  batch<R = Row>(statements: Statement[]): Promise<SqlResult<R>[]>
  close(): Promise<void>
}

export const statement = (sql: string, ...params: SqlValue[]): Statement => ({ sql, params })
