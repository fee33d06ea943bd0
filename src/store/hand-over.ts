import { at, itemsOf, rowsOf } from './dialect.ts'
import { type Statement, statement } from './sql-database.ts'

/**
 * CRM records of merged nodes pass to a survivor that has none of that object; of several the one that is in the CRM
 * already. Rows: [from, to].
 */
const HANDED = `
  handed AS (
    SELECT * FROM (
      SELECT p.destination, p.object, p.entity, pairs.target, row_number() OVER (
        PARTITION BY p.destination, p.object, pairs.target
        ORDER BY CASE WHEN p.crm_id IS NULL THEN 1 ELSE 0 END, p.entity) AS place
      FROM (SELECT ${at(0)} AS source, ${at(1)} AS target FROM ${rowsOf(1)}) AS pairs
      JOIN projections p ON p.entity = pairs.source
      WHERE NOT EXISTS (SELECT 1 FROM projections own
        WHERE own.destination = p.destination AND own.object = p.object AND own.entity = pairs.target)) AS ranked
    WHERE place = 1)`

const handOver = (table: string, condition: string): string => `
  WITH ${HANDED}
  UPDATE ${table} SET entity = handed.target FROM handed
  WHERE ${table}.destination = handed.destination AND ${table}.object = handed.object
    AND ${table}.entity = handed.entity ${condition}`

const OPERATIONS = handOver(
  'operations',
  `AND operations.kind = 'upsert' AND operations.state IN ('pending', 'sending')`,
)
const PROJECTIONS = handOver('projections', '')

/** What would still be written for a merged node would make or keep up a second record. */
const DROP_REST = `
  UPDATE operations SET state = 'superseded', finished_at = ?2
  WHERE state = 'pending' AND kind = 'upsert' AND entity IN (SELECT ${at(0)} FROM ${rowsOf(1)})`

/**
 * CRM records of somebody who is on their own again: a record's external id is the node that it was made for, so it goes
 * to where that node stands now, unless there is one already. ?1 = entities that may hold a record of another.
 */
const RETURNED = `
  returned AS (
    SELECT p.destination, p.object, p.entity, e.root AS target
    FROM projections p JOIN entities e ON e.id = p.external_id
    WHERE p.entity IN ${itemsOf(1)} AND p.external_id <> p.entity AND e.root <> p.entity
      AND NOT EXISTS (SELECT 1 FROM projections own
        WHERE own.destination = p.destination AND own.object = p.object AND own.entity = e.root))`

const handBack = (table: string, condition: string): string => `
  WITH ${RETURNED}
  UPDATE ${table} SET entity = returned.target FROM returned
  WHERE ${table}.destination = returned.destination AND ${table}.object = returned.object
    AND ${table}.entity = returned.entity ${condition}`

const RETURN_OPERATIONS = handBack(
  'operations',
  `AND operations.kind = 'upsert' AND operations.state IN ('pending', 'sending')`,
)
const RETURN_PROJECTIONS = handBack('projections', '')

/** @param entities JSON list */
export const handBackRecords = (entities: string): Statement[] => [
  statement(RETURN_OPERATIONS, entities),
  statement(RETURN_PROJECTIONS, entities),
]

/** @param pairs JSON rows [from, to] */
export const handOverRecords = (pairs: string, now: number): Statement[] => [
  statement(OPERATIONS, pairs),
  statement(PROJECTIONS, pairs),
  statement(DROP_REST, pairs, now),
]
