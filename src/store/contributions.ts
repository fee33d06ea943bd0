import type { ContributionRow, EntityKind, NewContribution } from '../engine/ports.ts'
import type { Method } from '../model/contribution.ts'
import { columns, rowsOf } from './dialect.ts'
import { bulk, parse, present, toJson } from './json.ts'
import type { Statement } from './sql-database.ts'

const UPSERT = `
  INSERT INTO contributions (connection, stream, key, kind, slot, entity, account, method, confidence, licence,
    observed_at, attributes)
  SELECT ${columns(12)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (connection, stream, key, kind, slot) DO UPDATE SET
    entity = excluded.entity, account = excluded.account, method = excluded.method, confidence = excluded.confidence,
    licence = excluded.licence, observed_at = excluded.observed_at, attributes = excluded.attributes`

export const storeContributions = (contributions: readonly NewContribution[]): Statement[] =>
  bulk(
    UPSERT,
    contributions.map((c) => [
      c.connection,
      c.stream,
      c.key,
      c.kind,
      c.slot,
      c.entity,
      c.account ?? null,
      c.method,
      c.confidence ?? null,
      c.licence ?? null,
      c.observedAt,
      toJson(c.attributes),
    ]),
  )

export interface ContributionColumns {
  connection: string
  stream: string
  key: string
  kind: EntityKind
  slot: string
  entity: string
  account: string | null
  method: Method
  confidence: number | null
  licence: string | null
  observed_at: number
  attributes: string
  root: string
  account_root: string | null
}

export const toContribution = (row: ContributionColumns): ContributionRow =>
  present<ContributionRow>({
    connection: row.connection,
    stream: row.stream,
    key: row.key,
    slot: row.slot,
    kind: row.kind,
    entity: row.entity,
    account: row.account,
    attributes: parse(row.attributes),
    method: row.method,
    confidence: row.confidence,
    licence: row.licence,
    observedAt: row.observed_at,
    root: row.root,
    accountRoot: row.account_root,
  })
