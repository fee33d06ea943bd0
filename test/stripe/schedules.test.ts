import { expect, test } from 'vitest'
import {
  type StripeObject,
  stripePrice,
  stripeProduct,
  stripeSchedule,
} from '../../src/sandbox/stripe/index.ts'
import { company } from './company.ts'
import { daysAgo, mapRecord, NOW, pull, world } from './support.ts'

const team = stripeProduct({ id: 'prod_team', name: 'ٹیم' })
const small = stripePrice({ id: 'price_small', product: 'prod_team', nickname: 'Small', unit_amount: 1000 })
const large = stripePrice({ id: 'price_large', product: 'prod_team', nickname: 'Large', unit_amount: 3000 })

type Phases = Parameters<typeof stripeSchedule>[0]['phases']
const month = (n: number) => ({ start_date: daysAgo(-30 * n), end_date: daysAgo(-30 * (n + 1)) })

async function told(over: Record<string, unknown> & { phases: Phases }) {
  const w = world()
  const objects: StripeObject[] = [team, small, large]
  w.sandbox.load([
    ...objects,
    stripeSchedule({ id: 'sub_sched_1', customer: 'cus_1', created: daysAgo(1), ...over }),
  ])
  const { records } = await pull(w, 'subscription_schedules')
  return records.flatMap((record) => mapRecord(w, 'subscription_schedules', record))
}

const active = { status: 'active', subscription: 'sub_1', current_phase: month(0) }

test('phases to come are told with their date, plan and monthly worth; the present one is not', async () => {
  const phases = [
    { ...month(0), items: [{ price: small }] },
    { ...month(1), items: [{ price: large }] },
    { ...month(2), items: [{ price: small, quantity: 2 }] },
  ]
  expect(await told({ ...active, phases })).toMatchObject([
    {
      type: 'touchpoint',
      person: [{ value: 'cus_1' }],
      touchpoint: {
        kind: 'subscription.scheduled',
        slot: `phase:${daysAgo(-30)}`,
        occurred_at: NOW - 86_400_000,
        title: 'Upgrade scheduled for 2026-12-20: ٹیم (Small) → ٹیم (Large)',
        amount: { amount: 3000, currency: 'USD' },
        props: {
          at: '2026-12-20T12:00:00.000Z',
          plan: 'ٹیم (Large)',
          previous_plan: 'ٹیم (Small)',
          quantity: 1,
        },
      },
    },
    { touchpoint: { title: 'Downgrade scheduled for 2027-01-19: ٹیم (Large) → ٹیم (Small)' } },
  ])
})

test('a subscription that has not begun is scheduled to start, and an end that is agreed is told', async () => {
  const phases = [{ ...month(2), items: [{ price: large, quantity: 3 }] }]
  expect(await told({ phases, end_behavior: 'cancel' })).toMatchObject([
    { touchpoint: { title: 'Start scheduled for 2027-01-19: ٹیم (Large)', amount: { amount: 9000 } } },
    { touchpoint: { slot: 'end', title: 'End scheduled for 2027-02-18: ٹیم (Large)' } },
  ])
})

test('a phase that brings the same plan is nothing new', async () => {
  const phases = [
    { ...month(0), items: [{ price: small }] },
    { ...month(1), items: [{ price: small }], discounts: [{ coupon: 'co_1' }] },
  ]
  expect(await told({ ...active, phases })).toEqual([])
})

test.each(['released', 'canceled', 'completed'])('a schedule that is %s promises nothing', async (status) => {
  expect(await told({ status, phases: [{ ...month(1), items: [{ price: small }] }] })).toEqual([])
})

test('tiers are known in schedules too, which no single request brings', async () => {
  const w = world()
  w.sandbox.load(company())
  const { records } = await pull(w, 'subscription_schedules')
  // 5 × 1000 + 15 × 800
  expect(records.flatMap((record) => mapRecord(w, 'subscription_schedules', record))).toMatchObject([
    { touchpoint: { amount: { amount: 17_000 } } },
  ])
})

test('a price that was deleted leaves the rest of the schedule readable', () => {
  const w = world()
  const schedule = stripeSchedule({
    id: 'sub_sched_1',
    customer: 'cus_1',
    created: daysAgo(1),
    phases: [
      {
        ...month(1),
        items: [{ price: { id: 'price_gone', object: 'price', deleted: true } }, { price: small }],
      },
    ],
  })
  expect(mapRecord(w, 'subscription_schedules', schedule)).toMatchObject([
    { touchpoint: { amount: { amount: 1000 } } },
  ])
})
