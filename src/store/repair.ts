import type { RepairPort } from '../engine/ports.ts'
import { itemsOf, TOKEN, tuplesOf } from './dialect.ts'
import { MARK, RENEW } from './dirty.ts'
import { toJson } from './json.ts'
import { readErrorGroups, readSetAside } from './set-aside.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

const TAKE_RECEIPTS = `
  UPDATE receipts SET state = 'new', attempts = 0, not_before = received_at, settled_at = NULL, error = NULL
  WHERE id IN ${itemsOf(1)}`

const TAKE_RECORDS = `
  UPDATE records SET state = 'pending', changed_at = ?2, settled_at = NULL, error = NULL
  WHERE (connection, stream, key) IN ${tuplesOf(1, 3)}`

const CHOSEN = `o.id IN ${itemsOf(1)} AND o.state IN ('dead', 'held', 'not_stored')`

/** Who stands for the entities of the chosen upserts today. */
const PROJECT_AGAIN = `
  ${MARK}
  SELECT 'project', coalesce(e.kind, 'quote'), coalesce(e.root, o.entity), min(o.lane), ?2, ?2, ${TOKEN}
  FROM operations o LEFT JOIN entities e ON e.id = o.entity LEFT JOIN documents d ON d.id = o.entity
  WHERE ${CHOSEN} AND o.kind = 'upsert' AND (e.id IS NOT NULL OR d.type = 'quote')
  GROUP BY e.kind, coalesce(e.root, o.entity) ${RENEW}`

const FORGET_DESIRED = `
  UPDATE projections SET desired_hash = NULL
  WHERE (destination, object, entity) IN (
    SELECT o.destination, o.object, coalesce(e.root, o.entity)
    FROM operations o LEFT JOIN entities e ON e.id = o.entity WHERE ${CHOSEN} AND o.kind = 'upsert')`

const later = (condition: string): string => `NOT EXISTS (SELECT 1 FROM operations n
  WHERE n.entity = operations.entity AND n.destination = operations.destination AND n.object = operations.object
    AND ${condition})`

const SEND_ENTRIES_AGAIN = `
  UPDATE operations SET state = 'pending', attempts = 0, not_before = 0, due_at = ?2, finished_at = NULL
  WHERE id IN ${itemsOf(1)} AND state IN ('dead', 'held') AND kind = 'activity'
    AND ${later(`(n.seq > operations.seq OR n.state = 'pending')`)}`

const SUPERSEDE = `
  UPDATE operations SET state = 'superseded'
  WHERE id IN ${itemsOf(1)} AND state IN ('dead', 'held', 'not_stored')`

export function createRepair(db: SqlDatabase): RepairPort {
  return {
    errorGroups: (filter) => readErrorGroups(db, filter),
    setAside: (filter) => readSetAside(db, filter),

    async replay({ receipts, records, operations, now }) {
      const ids = toJson(operations)
      const [taken, marked, , , resent, superseded] = await db.batch([
        statement(TAKE_RECEIPTS, toJson(receipts)),
        statement(TAKE_RECORDS, toJson(records.map((r) => [r.connection, r.stream, r.key])), now),
        statement(PROJECT_AGAIN, ids, now),
        statement(FORGET_DESIRED, ids),
        statement(SEND_ENTRIES_AGAIN, ids, now),
        statement(SUPERSEDE, ids),
      ])
      const changes = (result: { changes: number } | undefined) => result?.changes ?? 0
      return {
        receipts: changes(taken),
        records: changes(marked),
        operations: changes(resent) + changes(superseded),
      }
    },
  }
}
