import type { DeliverPort } from '../engine/ports.ts'
import { at, columns, itemsOf, overlay, rowsOf } from './dialect.ts'
import { inherit } from './inherit.ts'
import { bulk, jsonChunks } from './json.ts'
import { redirect, seeSome } from './live.ts'
import { OVERTAKEN } from './outbox.ts'
import { conflictStatements } from './quarantine.ts'
import { type Statement, statement } from './sql-database.ts'
import { addCounts } from './thresholds.ts'
import { forgetLost, markLost, projectAnew } from './wake.ts'

type FinishCommit = Parameters<DeliverPort['finish']>[0]

/** Rows: [id, outcome, crm id, created, fields, written, not before, error, uncounted]. */
const RESULTS = `
  results AS (
    SELECT ${at(0)} AS id, ${at(1)} AS outcome, ${at(2)} AS crm_id, ${at(3)} AS created, ${at(4)} AS fields,
           ${at(5)} AS written, ${at(6)} AS not_before, ${at(7)} AS error, ${at(8)} AS uncounted
    FROM ${rowsOf(1)})`

/** What the CRM accepted is true whatever became of the operation meanwhile, so its state is not asked. */
const REMEMBER = `
  WITH ${RESULTS}
  INSERT INTO projections (destination, object, entity, external_id, crm_id, written)
  SELECT o.destination, o.object, o.entity, o.external_id, r.crm_id, r.written
  FROM results r JOIN operations o ON o.id = r.id WHERE r.outcome IN ('done', 'skipped')
  ON CONFLICT (destination, object, entity) DO UPDATE SET
    external_id = excluded.external_id, crm_id = coalesce(excluded.crm_id, projections.crm_id),
    written = ${overlay('projections.written', 'excluded.written')}`

const ANNOUNCE = `
  INSERT INTO projections (destination, object, entity, external_id, written) SELECT ${columns(5)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (destination, object, entity) DO UPDATE SET written = ${overlay('projections.written', 'excluded.written')}`

export const announceStatements = (rows: Parameters<DeliverPort['announce']>[0]): Statement[] =>
  bulk(
    ANNOUNCE,
    rows.map((row) => [row.destination, row.object, row.entity, row.externalId, row.written]),
  )

const ADOPT = `
  INSERT INTO projections (destination, object, entity, external_id, crm_id)
  SELECT ${columns(5)} FROM ${rowsOf(1)}
  WHERE NOT EXISTS (SELECT 1 FROM projections o WHERE o.destination = ${at(0)} AND o.object = ${at(1)}
    AND o.crm_id = ${at(4)} AND o.entity <> ${at(2)})
  ON CONFLICT (destination, object, entity) DO UPDATE SET crm_id = coalesce(projections.crm_id, excluded.crm_id)`

export const adopt = (rows: NonNullable<FinishCommit['adopted']>): Statement[] =>
  bulk(
    ADOPT,
    rows.map((row) => [row.destination, row.object, row.entity, row.externalId, row.crmId ?? null]),
  )

/** Who has to be projected anew: their operation will not be repeated, and the newer one took its values as written. */
const overtaken = (from: string): string => `
  SELECT o.destination, o.object, o.entity, o.lane, o.due_at FROM ${from} AND o.state = 'sending' AND ${OVERTAKEN}`

/** A refusal of a record that is in the CRM leaves what is newer alone: it may well be without fault. */
const NOT_ARRIVED = `results r JOIN operations o ON o.id = r.id WHERE (r.outcome = 'retry' OR r.outcome IN ('dead', 'held')
  AND NOT EXISTS (SELECT 1 FROM projections p WHERE p.destination = o.destination AND p.object = o.object
    AND p.entity = o.entity AND p.crm_id IS NOT NULL))`
const RETRIED = `results r JOIN operations o ON o.id = r.id WHERE r.outcome = 'retry'`

/** Only what is still under way changes: a lease that ran out may have given the operation to someone else. */
const SETTLE = `
  WITH ${RESULTS}
  UPDATE operations SET
    state = s.state, lease_until = NULL, not_before = coalesce(s.not_before, 0), error = s.error, created = s.created,
    attempts = operations.attempts - s.uncounted,
    fields = coalesce(s.fields, operations.fields), job = CASE WHEN s.state = 'pending' THEN NULL ELSE operations.job END,
    finished_at = CASE WHEN s.state = 'pending' THEN NULL ELSE ?2 END
  FROM (
    SELECT r.id, r.fields, coalesce(r.created, 0) AS created, r.not_before, r.error, r.uncounted,
      CASE r.outcome WHEN 'skipped' THEN 'done'
        WHEN 'retry' THEN CASE WHEN ${OVERTAKEN} THEN 'superseded' ELSE 'pending' END
        ELSE r.outcome END AS state
    FROM results r JOIN operations o ON o.id = r.id) AS s
  WHERE operations.id = s.id AND operations.state = 'sending'`

const EXPIRED = `operations o WHERE o.lease_until <= ?1`
const RECLAIM = `
  UPDATE operations SET lease_until = NULL, state = s.state,
    finished_at = CASE WHEN s.state = 'pending' THEN NULL ELSE ?1 END
  FROM (SELECT o.id, CASE WHEN ${OVERTAKEN} THEN 'superseded' ELSE 'pending' END AS state
        FROM operations o WHERE o.state = 'sending' AND o.lease_until <= ?1) AS s
  WHERE operations.id = s.id`

/** ?1 = now. The last statement's changes tell how many leases had run out. */
export const reclaimExpired = (now: number): Statement[] => [
  statement(inherit(EXPIRED), now),
  statement(markLost(overtaken(EXPIRED)), now, now),
  statement(forgetLost(overtaken(EXPIRED)), now),
  statement(RECLAIM, now),
]

const READ_BACK = `UPDATE operations SET verify = 1 WHERE state = 'done' AND id IN ${itemsOf(1)}`

const LOG_DELIVERIES = `
  INSERT INTO deliveries (operation, attempt, status, request_id, excerpt, at, request)
  SELECT ${columns(7)} FROM ${rowsOf(1)} WHERE true ON CONFLICT (operation, attempt) DO NOTHING`

export function finishStatements({
  now,
  results,
  deliveries,
  live,
  redirects,
  adopted,
  conflicts,
  settled,
  verify = [],
  counts = [],
  wake = [],
}: FinishCommit): Statement[] {
  const rows = results.map((result) => [
    result.id,
    result.outcome,
    result.crmId ?? null,
    result.created ? 1 : 0,
    isSent(result) && Object.keys(result.fields).length > 0 ? result.fields : null,
    isSent(result) ? writtenBy(result, now) : {},
    result.notBefore ?? null,
    result.error ?? null,
    result.isUncounted ? 1 : 0,
  ])
  const chunks = jsonChunks(rows)
  const notArrived = rows.filter((_, i) => !isSent(results[i]!))
  return [
    ...chunks.map((chunk) => statement(REMEMBER, chunk)),
    ...jsonChunks(notArrived).flatMap((chunk) => [
      statement(`WITH ${RESULTS} ${inherit(NOT_ARRIVED)}`, chunk),
      statement(`WITH ${RESULTS} ${markLost(overtaken(RETRIED))}`, chunk, now),
      statement(`WITH ${RESULTS} ${forgetLost(overtaken(RETRIED))}`, chunk),
    ]),
    ...chunks.map((chunk) => statement(SETTLE, chunk, now)),
    ...bulk(
      LOG_DELIVERIES,
      deliveries.map((d) => [
        d.operation,
        d.attempt,
        d.status,
        d.requestId ?? null,
        d.excerpt ?? null,
        d.at,
        d.request ?? null,
      ]),
    ),
    ...adopt(adopted ?? []),
    ...seeSome(live),
    ...redirect(redirects, now),
    ...conflictStatements(conflicts, settled),
    ...bulk(READ_BACK, verify),
    ...addCounts(counts),
    ...projectAnew(wake, now),
  ]
}

const isSent = ({ outcome }: FinishCommit['results'][number]): boolean =>
  outcome === 'done' || outcome === 'skipped'

const writtenBy = (result: FinishCommit['results'][number], now: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(result.fields).map(([field, { after, policy, undoes, wanted }]) => [
      field,
      {
        value: after ?? null,
        at: now,
        operation: result.id,
        ...(wanted === undefined ? {} : { wanted }),
        ...(policy === 'undo' ? { withheld: { value: undoes, because: 'undone' } } : {}),
      },
    ]),
  )
