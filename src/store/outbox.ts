import type { NewOperation, Operation, OperationState, Over, ProjectCommit } from '../engine/ports.ts'
import { at, columns, itemsOf, least, rowsOf } from './dialect.ts'
import { bulk, parse, parseOptional, present, toJson } from './json.ts'
import { laneOf, rankOf } from './lanes.ts'
import { type Statement, statement } from './sql-database.ts'
import { forgetLost, markLost } from './wake.ts'

/** The entity in a column has not been merged away since it was read (quotes and activities are no entities). */
export const stands = (column: number): string =>
  `NOT EXISTS (SELECT 1 FROM entities e WHERE e.id = ${at(column)} AND e.root <> e.id)`

/**
 * The operation of this id was under way when it was read, and has not reached the CRM. A refusal of a record that is in
 * the CRM leaves what is newer alone, as it does when it comes later.
 */
const cameBack = (id: string): string => `EXISTS (SELECT 1 FROM operations u WHERE u.id = ${id}
  AND (u.state IN ('pending', 'superseded') OR u.state IN ('dead', 'held') AND NOT EXISTS (
    SELECT 1 FROM projections p WHERE p.destination = u.destination AND p.object = u.object AND p.entity = u.entity
      AND p.crm_id IS NOT NULL)))`

/**
 * One pending operation per CRM record: a newer desired state rewrites it. A repeated operation is known by its id. The
 * external id of a record never changes: if a merge brought the entity a projection since it was read, that one's holds.
 */
const ENQUEUE = `
  INSERT INTO operations (id, destination, object, entity, external_id, lane, due_at, kind, on_multiple, mode,
    fields, links, match_keys, activity, mapping, created_at)
  SELECT ${columns(4)}, coalesce((SELECT p.external_id FROM projections p
      WHERE p.destination = ${at(1)} AND p.object = ${at(2)} AND p.entity = ${at(3)}), ${at(4)}),
    ${at(5)}, ${at(6)}, ${at(7)}, ${at(8)}, ${at(9)}, ${at(10)}, ${at(11)}, ${at(12)}, ${at(13)}, ${at(14)}, ?2
  FROM ${rowsOf(1)}
  WHERE NOT EXISTS (SELECT 1 FROM operations o WHERE o.id = ${at(0)}) AND ${stands(3)} AND NOT ${cameBack(at(15))}
  ON CONFLICT (destination, object, external_id) WHERE state = 'pending' DO UPDATE SET
    entity = excluded.entity, kind = excluded.kind, on_multiple = excluded.on_multiple, mode = excluded.mode,
    fields = excluded.fields, links = excluded.links, match_keys = excluded.match_keys, activity = excluded.activity,
    mapping = excluded.mapping,
    lane = ${least('operations.lane', 'excluded.lane')}, due_at = ${least('operations.due_at', 'excluded.due_at')}`

export const enqueue = (operations: readonly (NewOperation & Over)[], now: number): Statement[] =>
  bulk(
    ENQUEUE,
    operations.map((operation) => [
      operation.id,
      operation.destination,
      operation.object,
      operation.entity,
      operation.externalId,
      rankOf(operation.lane),
      operation.dueAt,
      operation.kind,
      operation.onMultiple,
      operation.mode,
      operation.fields,
      operation.links,
      operation.match,
      operation.activity ?? null,
      operation.mapping ?? null,
      operation.over ?? null,
    ]),
    now,
  )

const SUPERSEDE = `
  UPDATE operations SET state = 'superseded', finished_at = ?2
  WHERE state = 'pending' AND (destination, object, external_id) IN (
    SELECT ${columns(3)} FROM ${rowsOf(1)} WHERE NOT ${cameBack(at(3))})`

export const supersede = (records: ProjectCommit['supersede'], now: number): Statement[] =>
  bulk(
    SUPERSEDE,
    records.map((record) => [record.destination, record.object, record.externalId, record.over ?? null]),
    now,
  )

const CAME_BACK = `
  SELECT o.destination, o.object, o.entity, o.lane, o.due_at
  FROM operations o WHERE o.id IN ${itemsOf(1)} AND ${cameBack('o.id')}`

/** Records of operations that did not reach the CRM although they counted as written are compared anew. */
export const projectCameBack = (operations: readonly string[], now: number): Statement[] =>
  operations.length === 0
    ? []
    : [
        statement(forgetLost(CAME_BACK), toJson(operations)),
        statement(markLost(CAME_BACK), toJson(operations), now),
      ]

/** No operation of the same CRM record is under way; for operations `o`. */
export const UNBLOCKED = `NOT EXISTS (SELECT 1 FROM operations s WHERE s.state = 'sending'
  AND s.destination = o.destination AND s.object = o.object AND s.external_id = o.external_id)`

/** A newer operation of the same CRM record waits; for operations `o`. */
export const OVERTAKEN = `EXISTS (SELECT 1 FROM operations w WHERE w.state = 'pending'
  AND w.destination = o.destination AND w.object = o.object AND w.external_id = o.external_id)`

export interface OperationColumns {
  seq: number
  id: string
  run: string | null
  destination: string
  object: string
  entity: string
  external_id: string
  lane: number
  due_at: number
  kind: Operation['kind']
  on_multiple: Operation['onMultiple']
  mode: Operation['mode']
  state: OperationState
  attempts: number
  not_before: number
  lease_until: number | null
  created_at: number
  finished_at: number | null
  error: string | null
  fields: string
  links: string
  match_keys: string
  activity: string | null
  mapping: string | null
  created: number
}

export const toOperation = (row: OperationColumns): Operation =>
  present<Operation>({
    id: row.id,
    run: row.run,
    destination: row.destination,
    object: row.object,
    entity: row.entity,
    externalId: row.external_id,
    lane: laneOf(row.lane),
    dueAt: row.due_at,
    kind: row.kind,
    fields: parse(row.fields),
    links: parse(row.links),
    match: parse(row.match_keys),
    onMultiple: row.on_multiple,
    mode: row.mode,
    activity: parseOptional(row.activity),
    mapping: row.mapping,
    isCreated: row.created === 1 ? true : undefined,
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    leaseUntil: row.lease_until,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    error: parseOptional(row.error),
  })
