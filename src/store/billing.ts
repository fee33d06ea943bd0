import type { BillingRow, EntityKind } from '../engine/ports.ts'
import { least } from './dialect.ts'
import { present, toJson } from './json.ts'
import { documentsOf, scopeOf } from './scope.ts'
import type { SqlDatabase } from './sql-database.ts'

/**
 * What was paid, per root and currency:
 *
 *   + every succeeded payment (charges positive; refunds and lost disputes negative), except credit notes
 *   + `paid` of every invoice that no succeeded positive payment of its connection refers to by `invoice_key`: an import
 *     of invoices alone counts, and an invoice that came with its charge is not counted twice. Drafts and void invoices
 *     do not count. Credit notes for such an invoice lower what can have been paid for it to `total - credited`: a
 *     credit before payment has already lowered `paid`. The part of them that recorded refunds for the invoice pay out
 *     was subtracted with the refunds.
 *   + credit notes (negative) that refer to no stored invoice. One for an invoice with recorded charges moves no money
 *     itself: where money went back, there is a refund.
 *
 * open = `open` of invoices in status open · overdue = the part of it whose due_at is before now · invoices = all but
 * drafts and void ones.
 */
const LINES = `
  document AS (SELECT owned.root, d.* FROM owned JOIN documents d ON d.id = owned.id WHERE d.type IN ('invoice', 'payment')),
  invoice AS (
    SELECT d.*,
      (SELECT count(*) FROM documents c WHERE c.connection = d.connection AND c.invoice_key = d.key
        AND c.status = 'succeeded' AND c.total > 0) AS charges,
      (SELECT coalesce(sum(c.total), 0) FROM documents c WHERE c.connection = d.connection AND c.invoice_key = d.key
        AND c.status = 'succeeded' AND c.kind = 'credit_note') AS credited,
      (SELECT coalesce(sum(c.total), 0) FROM documents c WHERE c.connection = d.connection AND c.invoice_key = d.key
        AND c.status = 'succeeded' AND c.kind <> 'credit_note' AND c.total < 0) AS refunded
    FROM document d WHERE d.type = 'invoice' AND d.status NOT IN ('draft', 'void')),
  line AS (
    SELECT root, currency, total AS paid, at AS paid_at, 0 AS open, 0 AS overdue, 0 AS invoices
    FROM document p WHERE p.type = 'payment' AND p.status = 'succeeded' AND (p.kind <> 'credit_note' OR NOT EXISTS
      (SELECT 1 FROM documents i WHERE i.type = 'invoice' AND i.connection = p.connection AND i.key = p.invoice_key))
    UNION ALL
    SELECT root, currency,
      CASE WHEN charges > 0 THEN 0
        ELSE ${least('paid', `total + ${least('0', 'credited - refunded')}`)} END,
      coalesce(paid_at, at),
      CASE WHEN status = 'open' THEN open ELSE 0 END,
      CASE WHEN status = 'open' AND due_at < ?2 THEN open ELSE 0 END,
      1
    FROM invoice)`

const sumsOf = (kind: EntityKind): string => `
  WITH ${scopeOf(kind)}, ${documentsOf(kind)}, ${LINES}
  SELECT root, currency, sum(paid) AS paid, sum(open) AS open, sum(overdue) AS overdue, sum(invoices) AS invoices,
    min(CASE WHEN paid > 0 THEN paid_at END) AS first_paid_at, max(CASE WHEN paid > 0 THEN paid_at END) AS last_paid_at
  FROM line GROUP BY root, currency`

const SUMS = { person: sumsOf('person'), account: sumsOf('account') }

interface SumColumns {
  root: string
  currency: string
  paid: number
  open: number
  overdue: number
  invoices: number
  first_paid_at: number | null
  last_paid_at: number | null
}

export async function readBilling(
  db: SqlDatabase,
  { kind, roots, now }: { kind: EntityKind; roots: string[]; now: number },
): Promise<BillingRow[]> {
  const rows = await db.query<SumColumns>(SUMS[kind], [toJson(roots), now])
  return rows.map((row) =>
    present<BillingRow>({
      root: row.root,
      currency: row.currency,
      lifetimePaid: row.paid,
      open: row.open,
      overdue: row.overdue,
      invoices: row.invoices,
      firstPaidAt: row.first_paid_at,
      lastPaidAt: row.last_paid_at,
    }),
  )
}
