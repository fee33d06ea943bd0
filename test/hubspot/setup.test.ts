import { expect, test } from 'vitest'
import type { FieldNeed } from '../../src/kit/index.ts'
import { contact, createBench, crmIdOf } from './support.ts'

const needs: Record<string, Record<string, FieldNeed>> = {
  contacts: {
    email: { type: 'email', label: 'Email' },
    mrr: { type: 'currency', label: 'MRR' },
    renewal_date: { type: 'date', label: 'Renewal date' },
    last_touch_at: { type: 'datetime', label: 'Last touch' },
    is_paying: { type: 'boolean', label: 'Is paying' },
    plan: { type: 'picklist', label: 'Plan' },
  },
  notes: {},
}

test('a dry run says what is missing and changes nothing', async () => {
  const { portal, destination, ctx } = await createBench({ setUp: false })
  const before = portal.dump()
  const steps = await destination.setup(ctx, { apply: false, fields: needs })
  expect(
    steps.filter((step) => step.state === 'missing').map((step) => `${step.object} ${step.what}`),
  ).toEqual([
    'contacts property group tributary',
    'contacts property mrr',
    'contacts property renewal_date',
    'contacts property last_touch_at',
    'contacts property is_paying',
    'contacts property plan',
    'contacts property tributary_id',
    'notes property group tributary',
    'notes property tributary_id',
  ])
  expect(steps.find((step) => step.what === 'property email')?.state).toBe('present')
  expect(portal.dump()).toEqual(before)
})

test('what setup creates takes the values that mappings produce', async () => {
  const { destination, ctx, upsert } = await createBench({ setUp: false })
  const steps = await destination.setup(ctx, { apply: true, fields: needs })
  expect(steps.filter((step) => step.state === 'failed')).toEqual([])
  const fields = {
    mrr: 49.5,
    renewal_date: '2027-01-31',
    last_touch_at: '2026-11-22T10:00:00.000Z',
    is_paying: true,
    plan: 'Größe 中',
  }
  const [result] = await upsert('contacts', [contact('p1', fields)])
  const [live] = await destination.read(ctx, {
    object: 'contacts',
    crmIds: [crmIdOf(result)],
    fields: Object.keys(fields),
  })
  expect(live?.fields).toEqual(fields)
})

test('a second setup finds everything present and creates nothing', async () => {
  const { portal, destination, ctx, sent } = await createBench({ setUp: false })
  await destination.setup(ctx, { apply: true, fields: needs })
  const before = portal.dump()
  const already = sent.length
  const steps = await destination.setup(ctx, { apply: true, fields: needs })
  expect(steps.every((step) => step.state === 'present')).toBe(true)
  expect(sent.slice(already).every(({ body }) => Object.keys(body).length === 0)).toBe(true)
  expect(portal.dump()).toEqual(before)
})

test('a property of our name without unique values is reported, not accepted', async () => {
  const { destination, ctx } = await createBench({ setUp: false, config: { uniqueProperty: 'company' } })
  const steps = await destination.setup(ctx, { apply: true, fields: { contacts: {} } })
  expect(steps.find((step) => step.what === 'property company')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('unique'),
  })
})

test('one property that HubSpot refuses does not stop the others', async () => {
  const { destination, ctx } = await createBench({ setUp: false })
  const fields = {
    contacts: { hs_mine: { type: 'text', label: 'Mine' }, fine: { type: 'text', label: 'Fine' } } as Record<
      string,
      FieldNeed
    >,
  }
  const steps = await destination.setup(ctx, { apply: true, fields })
  expect(Object.fromEntries(steps.map((step) => [step.what, step.state]))).toMatchObject({
    'property hs_mine': 'failed',
    'property fine': 'created',
    'property tributary_id': 'created',
  })
})
