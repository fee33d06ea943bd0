import type {
  EnrichmentRow,
  LookupPort,
  MappingVersion,
  NewJudgement,
  OwnedDocument,
  ReceiptDetail,
  RecordDetail,
  RunRow,
} from '../engine/ports.ts'
import { itemsOf } from './dialect.ts'
import { parse, parseOptional, present, toJson } from './json.ts'
import { type OperationColumns, toOperation } from './outbox.ts'
import { type ProjectionColumns, toProjection } from './project.ts'
import { type ReceiptColumns, toReceipt } from './receipts.ts'
import { RECORD_COLUMNS, type RecordColumns, toRecord } from './records.ts'
import { type RunColumns, toRun } from './runs.ts'
import { documentsOf, scopeOf } from './scope.ts'
import type { SqlDatabase } from './sql-database.ts'
import { TOUCHPOINT_COLUMNS, TOUCHPOINT_ROOTS, type TouchpointColumns, toTouchpoint } from './touchpoints.ts'

interface ReceiptDetailColumns extends ReceiptColumns {
  state: ReceiptDetail['state']
  settled_at: number | null
  error: string | null
}

interface DetailColumns extends RecordColumns {
  state: RecordDetail['state']
  changed_at: number
  settled_at: number | null
  run: string | null
  receipt: string | null
  error: string | null
}

interface DocumentColumns {
  id: string
  connection: string
  stream: string
  record_key: string
  body: string
}

const toOwned = (row: DocumentColumns): OwnedDocument => ({
  id: row.id,
  connection: row.connection,
  stream: row.stream,
  key: row.record_key,
  document: parse(row.body),
})

/** A CRM id may have been merged away; what it became is looked at too. */
const PROJECTION = `
  SELECT * FROM (
    SELECT 0 AS place, p.* FROM projections p WHERE p.destination = ?1 AND p.object = ?2 AND p.crm_id = ?3
    UNION ALL
    SELECT 1, p.* FROM projections p WHERE p.destination = ?1 AND p.object = ?2 AND p.entity = ?3
    UNION ALL
    SELECT 2, p.* FROM projections p
    WHERE p.destination = ?1 AND p.object = ?2 AND p.external_id = ?3 AND p.external_id <> p.entity
    UNION ALL
    SELECT 3, p.* FROM redirects r JOIN projections p
      ON p.destination = r.destination AND p.object = r.object AND p.crm_id = r.to_id
    WHERE r.destination = ?1 AND r.object = ?2 AND r.from_id = ?3)
  ORDER BY place LIMIT 1`

export function createLookup(db: SqlDatabase): LookupPort {
  return {
    async operation(id) {
      const [row] = await db.query<OperationColumns>('SELECT * FROM operations WHERE id = ?1', [id])
      return row && toOperation(row)
    },

    async receipt(id) {
      const [row] = await db.query<ReceiptDetailColumns>('SELECT * FROM receipts WHERE id = ?1', [id])
      if (!row) return undefined
      return present<ReceiptDetail>({
        ...toReceipt(row),
        state: row.state,
        settledAt: row.settled_at,
        error: parseOptional(row.error),
      })
    },

    async record({ connection, stream, key }) {
      const [row] = await db.query<DetailColumns>(
        `SELECT ${RECORD_COLUMNS}, state, changed_at, settled_at, run, receipt, error FROM records
         WHERE connection = ?1 AND stream = ?2 AND key = ?3`,
        [connection, stream, key],
      )
      if (!row) return undefined
      return present<RecordDetail>({
        ...toRecord(row),
        state: row.state,
        changedAt: row.changed_at,
        settledAt: row.settled_at,
        run: row.run,
        receipt: row.receipt,
        error: parseOptional(row.error),
      })
    },

    async run(id): Promise<RunRow | undefined> {
      const [row] = await db.query<RunColumns>('SELECT * FROM runs WHERE id = ?1', [id])
      return row && toRun(row)
    },

    async mapping(hash): Promise<MappingVersion | undefined> {
      const [row] = await db.query<Omit<MappingVersion, 'seenAt'> & { seen_at: number }>(
        'SELECT * FROM mapping_versions WHERE hash = ?1',
        [hash],
      )
      if (!row) return undefined
      const { seen_at, ...version } = row
      return { ...version, seenAt: seen_at }
    },

    async document(id) {
      const [row] = await db.query<DocumentColumns>('SELECT * FROM documents WHERE id = ?1', [id])
      return row && toOwned(row)
    },

    async touchpoint(id) {
      const [row] = await db.query<TouchpointColumns>(
        `SELECT ${TOUCHPOINT_COLUMNS} FROM touchpoints t ${TOUCHPOINT_ROOTS} WHERE t.id = ?1`,
        [id],
      )
      return row && toTouchpoint(row)
    },

    async projection({ destination, object, id }) {
      const [row] = await db.query<ProjectionColumns>(PROJECTION, [destination, object, id])
      return row && toProjection(row)
    },

    identifiers: (root) =>
      db.query(
        `SELECT i.kind, i.value, i.entity AS node FROM entities n JOIN identifiers i ON i.entity = n.id
         WHERE n.root = ?1 ORDER BY i.kind, i.value`,
        [root],
      ),

    async judgements(root) {
      const rows = await db.query<
        Omit<NewJudgement, 'by' | 'score'> & { judged_by: string; score: number | null }
      >(
        `WITH node AS (SELECT id FROM entities WHERE root = ?1)
         SELECT * FROM judgements WHERE a IN (SELECT id FROM node)
         UNION SELECT * FROM judgements WHERE b IN (SELECT id FROM node)
         ORDER BY at, a, b`,
        [root],
      )
      return rows.map(({ judged_by, score, ...row }) => ({
        ...row,
        by: judged_by,
        ...(score === null ? {} : { score }),
      }))
    },

    async enrichments({ provider, key }) {
      const rows = await db.query<Omit<EnrichmentRow, 'expiresAt'> & { expires_at: number }>(
        'SELECT * FROM enrichments WHERE provider = ?1 AND key = ?2 ORDER BY at DESC',
        [provider, key],
      )
      return rows.map(({ expires_at, ...row }) => ({ ...row, expiresAt: expires_at }))
    },

    async documents({ kind, root, types, limit }) {
      const rows = await db.query<DocumentColumns>(
        `WITH ${scopeOf(kind)}, ${documentsOf(kind)}
         SELECT d.* FROM owned JOIN documents d ON d.id = owned.id WHERE d.type IN ${itemsOf(2)}
         ORDER BY d.at DESC, d.id DESC LIMIT ?3`,
        [toJson([root]), toJson(types), limit],
      )
      return rows.map(toOwned)
    },

    async touchpointAt({ kind, root, touch, at }) {
      const [row] = await db.query<TouchpointColumns>(
        `WITH ${scopeOf(kind)}
         SELECT ${TOUCHPOINT_COLUMNS} FROM scope JOIN touchpoints t ON t.person = scope.node ${TOUCHPOINT_ROOTS}
         WHERE t.occurred_at = ?2 AND t.kind = ?3
         UNION ALL
         SELECT ${TOUCHPOINT_COLUMNS} FROM scope JOIN touchpoints t ON t.account = scope.node ${TOUCHPOINT_ROOTS}
         WHERE t.occurred_at = ?2 AND t.kind = ?3 LIMIT 1`,
        [toJson([root]), at, touch],
      )
      return row && toTouchpoint(row)
    },
  }
}
