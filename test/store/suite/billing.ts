import { expect, test } from 'vitest'
import type { NewDocument } from '../../../src/engine/ports.ts'
import type { Quote, Subscription } from '../../../src/model/documents.ts'
import { absorb, type Current, document, entity, invoice, NOW, payment, project } from './builders.ts'

const subscription = (key: string): Subscription => ({
  type: 'subscription',
  key,
  currency: 'EUR',
  status: 'active',
  mrr: { amount: 4900, currency: 'EUR' },
  started_at: NOW,
})

const quote = (key: string): Quote => ({
  type: 'quote',
  key,
  currency: 'EUR',
  status: 'sent',
  title: 'عرض سعر',
  total: { amount: 100, currency: 'EUR' },
  created_at: NOW,
})

export function describeBilling(current: Current): void {
  const store = (...documents: NewDocument[]) =>
    absorb(current(), { entities: [entity('per_1'), entity('acc_1')], documents })
  const sums = async (now = NOW) =>
    (await current().project.billing({ kind: 'person', roots: ['per_1'], now }))[0]

  test('invoices alone count as paid', async () => {
    await store(
      document(invoice('i1', { total: 100, paid: 100, paid_at: NOW - 9 })),
      document(invoice('i2', { total: 50, paid: 20, open: 30 })),
    )
    expect(await sums()).toEqual({
      root: 'per_1',
      currency: 'EUR',
      lifetimePaid: 120,
      open: 30,
      overdue: 0,
      invoices: 2,
      firstPaidAt: NOW - 9,
      lastPaidAt: NOW,
    })
  })

  test('an invoice and the charge that settled it are counted once', async () => {
    await store(
      document(invoice('i1', { total: 100, paid: 100 })),
      document(payment('p1', { amount: 100, invoice_key: 'i1', at: NOW - 4 })),
    )
    expect(await sums()).toMatchObject({
      lifetimePaid: 100,
      invoices: 1,
      firstPaidAt: NOW - 4,
      lastPaidAt: NOW - 4,
    })
  })

  test('a payment counts for the invoice of its own connection only', async () => {
    await store(
      document(invoice('i1', { total: 100, paid: 100 }), { connection: 'csv' }),
      document(payment('p1', { amount: 100, invoice_key: 'i1' })),
    )
    expect(await sums()).toMatchObject({ lifetimePaid: 200 })
  })

  test('failed attempts do not hide that an invoice was paid by other means', async () => {
    await store(
      document(invoice('i1', { total: 100, paid: 100 })),
      document(payment('p1', { amount: 100, status: 'failed', invoice_key: 'i1' })),
    )
    expect(await sums()).toMatchObject({ lifetimePaid: 100 })
  })

  test('refunds and lost disputes are subtracted', async () => {
    await store(
      document(payment('p1', { amount: 100 })),
      document(payment('r1', { amount: -30, kind: 'refund' })),
      document(payment('d1', { amount: -20, kind: 'dispute' })),
      document(payment('x', { amount: 500, status: 'pending' })),
    )
    expect(await sums()).toMatchObject({ lifetimePaid: 50 })
  })

  test.each([
    [
      'of a charged invoice moves no money',
      [
        ['charge', 100],
        ['credit_note', -20],
      ],
      100,
    ],
    [
      'of a charged invoice that was refunded is subtracted once',
      [
        ['charge', 100],
        ['refund', -20],
        ['credit_note', -20],
      ],
      80,
    ],
    ['of an invoice paid elsewhere is subtracted', [['credit_note', -20]], 80],
    [
      'of an invoice paid elsewhere and refunded is subtracted once',
      [
        ['refund', -20],
        ['credit_note', -20],
      ],
      80,
    ],
  ] as const)('a credit note %s', async (_, payments, paid) => {
    await store(
      document(invoice('i1', { total: 100, paid: 100 })),
      ...payments.map(([kind, amount]) => document(payment(kind, { kind, amount, invoice_key: 'i1' }))),
    )
    expect(await sums()).toMatchObject({ lifetimePaid: paid })
  })

  test('a credit note before payment has lowered what was paid already', async () => {
    await store(
      document(invoice('i1', { total: 100, paid: 80 })),
      document(payment('c', { kind: 'credit_note', amount: -20, invoice_key: 'i1' })),
    )
    expect(await sums()).toMatchObject({ lifetimePaid: 80 })
  })

  test('drafts and void invoices count for nothing, an uncollectible one is not open', async () => {
    await store(
      document(invoice('i1', { total: 10, paid: 10, status: 'draft' })),
      document(invoice('i2', { total: 10, paid: 10, status: 'void' })),
      document(invoice('i3', { total: 10, open: 10, status: 'uncollectible' })),
    )
    expect(await sums()).toEqual({
      root: 'per_1',
      currency: 'EUR',
      lifetimePaid: 0,
      open: 0,
      overdue: 0,
      invoices: 1,
    })
  })

  test('what is overdue depends on the moment it is asked for', async () => {
    await store(
      document(invoice('i1', { total: 10, open: 10, due_at: NOW })),
      document(invoice('i2', { total: 5, open: 5 })),
    )
    expect(await sums(NOW)).toMatchObject({ open: 15, overdue: 0 })
    expect(await sums(NOW + 1)).toMatchObject({ open: 15, overdue: 10 })
  })

  test('currencies are never added up', async () => {
    await store(
      document(payment('p1', { amount: 100 })),
      document(payment('p2', { amount: 5_000, currency: 'JPY' })),
    )
    const rows = await current().project.billing({ kind: 'person', roots: ['per_1', 'nobody'], now: NOW })
    expect(rows.map((row) => [row.currency, row.lifetimePaid]).sort()).toEqual([
      ['EUR', 100],
      ['JPY', 5_000],
    ])
  })

  test('a document belongs to its own account, or else to its person’s', async () => {
    await absorb(current(), {
      entities: [entity('acc_1'), entity('acc_2'), entity('per_1')],
      documents: [
        document(payment('p1', { amount: 1 })),
        document(payment('p2', { amount: 2 }), { account: 'acc_2' }),
        document(quote('q1')),
      ],
    })
    await project(current(), {
      golden: [{ id: 'per_1', golden: {}, hash: 'h', account: 'acc_1', stage: 'contact' }],
    })
    const rows = await current().project.billing({ kind: 'account', roots: ['acc_1', 'acc_2'], now: NOW })
    expect(rows.map((row) => [row.root, row.lifetimePaid]).sort()).toEqual([
      ['acc_1', 1],
      ['acc_2', 2],
    ])
    expect(await current().project.documents({ kind: 'account', roots: ['acc_1', 'acc_2'] })).toEqual([
      {
        id: 'doc_quote_q1',
        type: 'quote',
        connection: 'stripe-eu',
        personRoot: 'per_1',
        accountRoot: 'acc_1',
        document: quote('q1'),
      },
    ])
  })

  test('subscriptions, quotes and the latest invoice are handed out whole', async () => {
    await store(
      document(subscription('s1')),
      document(quote('q1')),
      document(invoice('i1', { total: 1 })),
      document(invoice('i2', { total: 2, issued_at: NOW + 5 })),
      document(invoice('i3', { total: 2, issued_at: NOW + 9, status: 'draft' })),
      document(payment('p1', { amount: 1 })),
    )
    const rows = await current().project.documents({ kind: 'person', roots: ['per_1'] })
    expect(rows.map((row) => row.id).sort()).toEqual([
      'doc_invoice_i2',
      'doc_quote_q1',
      'doc_subscription_s1',
    ])
    expect(rows.find((row) => row.type === 'quote')?.document).toEqual(quote('q1'))
    expect(await current().project.documentsById(['doc_invoice_i1'])).toMatchObject([
      { personRoot: 'per_1', document: { key: 'i1' } },
    ])
  })

  test('a changed document replaces its former self', async () => {
    await store(document(invoice('i1', { total: 10, open: 10 })))
    await absorb(current(), {
      records: [{ connection: 'stripe-eu', stream: 'invoices', key: 'i1', hash: 'h' }],
      documents: [document(invoice('i1', { total: 10, paid: 10 }))],
    })
    expect(await sums()).toMatchObject({ open: 0, lifetimePaid: 10, invoices: 1 })
  })

  test('merged people add up', async () => {
    await absorb(current(), {
      entities: [entity('per_1'), entity('per_2')],
      documents: [
        document(payment('p1', { amount: 1 })),
        document(payment('p2', { amount: 2 }), { person: 'per_2' }),
      ],
      merges: [{ from: 'per_2', to: 'per_1' }],
    })
    expect(await sums()).toMatchObject({ lifetimePaid: 3 })
  })
}
