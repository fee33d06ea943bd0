import type { DocumentRow, NewDocument } from '../engine/ports.ts'
import type { BillingDocument, DocumentType } from '../model/documents.ts'
import { columns, rowsOf } from './dialect.ts'
import { bulk, parse, present, toJson } from './json.ts'
import { joinRoots, ROOT_COLUMNS } from './scope.ts'
import type { Statement } from './sql-database.ts'

const UPSERT = `
  INSERT INTO documents (id, type, connection, stream, record_key, person, account, key, kind, status, currency,
    total, paid, open, at, due_at, paid_at, invoice_key, body)
  SELECT ${columns(19)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (id) DO UPDATE SET
    type = excluded.type, connection = excluded.connection, stream = excluded.stream, record_key = excluded.record_key,
    person = excluded.person, account = excluded.account, key = excluded.key, kind = excluded.kind,
    status = excluded.status, currency = excluded.currency, total = excluded.total, paid = excluded.paid,
    open = excluded.open, at = excluded.at, due_at = excluded.due_at, paid_at = excluded.paid_at,
    invoice_key = excluded.invoice_key, body = excluded.body`

export const storeDocuments = (documents: readonly NewDocument[]): Statement[] =>
  bulk(
    UPSERT,
    documents.map(({ document, ...owner }) => {
      const facts = rollUpOf(document)
      return [
        owner.id,
        document.type,
        owner.connection,
        owner.stream,
        owner.recordKey,
        owner.person ?? null,
        owner.account ?? null,
        document.key,
        facts.kind ?? null,
        document.status,
        document.currency,
        facts.total,
        facts.paid ?? null,
        facts.open ?? null,
        facts.at,
        facts.dueAt ?? null,
        facts.paidAt ?? null,
        facts.invoiceKey ?? null,
        toJson(document),
      ]
    }),
  )

interface RollUp {
  kind?: string
  total: number
  paid?: number
  open?: number
  at: number
  dueAt?: number | null | undefined
  paidAt?: number | null | undefined
  invoiceKey?: string | null | undefined
}

function rollUpOf(document: BillingDocument): RollUp {
  switch (document.type) {
    case 'subscription':
      return { total: document.mrr.amount, at: document.started_at }
    case 'invoice':
      return {
        total: document.total.amount,
        paid: document.paid.amount,
        open: document.open.amount,
        at: document.issued_at,
        dueAt: document.due_at,
        paidAt: document.paid_at,
      }
    case 'payment':
      return {
        kind: document.kind,
        total: document.amount.amount,
        at: document.at,
        invoiceKey: document.invoice_key,
      }
    case 'quote':
      return { total: document.total.amount, at: document.created_at }
    case 'deal':
      return {
        total: document.amount?.amount ?? 0,
        at: document.created_at,
        dueAt: document.closes_at,
        paidAt: document.closed_at,
      }
  }
}

/** Columns and joins of documents `d` with the roots of their person and account. */
export const DOCUMENT_COLUMNS = `d.id, d.type, d.connection, d.body, ${ROOT_COLUMNS}`
export const DOCUMENT_ROOTS = joinRoots('d')

export interface DocumentColumns {
  id: string
  type: DocumentType
  connection: string
  body: string
  person_root: string | null
  account_root: string | null
}

export const toDocument = (row: DocumentColumns): DocumentRow =>
  present<DocumentRow>({
    id: row.id,
    type: row.type,
    connection: row.connection,
    personRoot: row.person_root,
    accountRoot: row.account_root,
    document: parse(row.body),
  })
