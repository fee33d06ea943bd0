import { expect, test } from 'vitest'
import { AuthError, ConfigError, type FieldNeed } from '#kit'
import connector from '../../connectors/salesforce/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { connect, KEY, operation } from './support.ts'

const needs: Record<string, Record<string, FieldNeed>> = {
  Account: { Name: { type: 'text', label: 'Name' }, MRR__c: { type: 'currency', label: 'MRR' } },
  Contact: {
    Visits_30d__c: { type: 'integer', label: 'Visits' },
    Seen__c: { type: 'datetime', label: 'Seen' },
    Customer__c: { type: 'boolean', label: 'Customer' },
    Plan__c: { type: 'picklist', label: 'Plan' },
  },
  Task: {},
}

test('a dry setup lists what is missing and changes nothing', async () => {
  const { sandbox, ctx, destination } = connect({ customFields: {} })
  const steps = await destination.setup(ctx, { apply: false, fields: needs })
  expect(
    steps.filter((step) => step.what.startsWith('field')).map((step) => [step.object, step.what, step.state]),
  ).toEqual([
    ['Account', 'field MRR__c', 'missing'],
    ['Account', `field ${KEY}`, 'missing'],
    ['Contact', 'field Visits_30d__c', 'missing'],
    ['Contact', 'field Seen__c', 'missing'],
    ['Contact', 'field Customer__c', 'missing'],
    ['Contact', 'field Plan__c', 'missing'],
    ['Contact', `field ${KEY}`, 'missing'],
    ['Task', `field ${KEY}`, 'missing'],
  ])
  expect(steps.every((step) => step.state === 'missing')).toBe(true)
  expect(sandbox.writes.requests).toBe(0)
})

test('setup creates fields and access, after which writes pass and a second setup writes nothing', async () => {
  const { sandbox, ctx, destination, upsert } = connect({ customFields: {} })
  const steps = await destination.setup(ctx, { apply: true, fields: needs })
  expect(new Set(steps.map((step) => step.state))).toEqual(new Set(['created']))
  const results = await upsert('Contact', [
    operation('p', {
      LastName: 'D',
      Visits_30d__c: 3,
      Customer__c: true,
      Seen__c: '2026-11-22T00:00:00Z',
      Plan__c: 'Pro',
    }),
  ])
  expect(results[0]?.status).toBe('written')
  const tasks = await upsert('Task', [operation('t', { Subject: 'S' })])
  expect(tasks[0]?.status).toBe('written')
  const before = sandbox.writes.requests
  const again = await destination.setup(ctx, { apply: true, fields: needs })
  expect(new Set(again.map((step) => step.state))).toEqual(new Set(['present']))
  expect(sandbox.writes.requests).toBe(before)
})

test('fields that exist but are hidden from the user get access only', async () => {
  const first = connect({ customFields: {} })
  await first.destination.setup(first.ctx, { apply: true, fields: { Account: {} } })
  const assignment = first.sandbox.records('PermissionSetAssignment')[0]
  first.sandbox.remove('PermissionSetAssignment', String(assignment?.Id))
  const steps = await first.destination.setup(first.ctx, { apply: true, fields: { Account: {} } })
  expect(steps.map((step) => step.state)).toEqual(['present', 'present', 'present', 'created'])
})

test('what cannot be created is reported, not thrown', async () => {
  const { ctx, destination } = connect({
    customFields: { Account: { [KEY]: { type: 'string', isExternalId: true } } },
  })
  const steps = await destination.setup(ctx, {
    apply: true,
    fields: { Account: { Nmae: { type: 'text', label: 'Typo' } } },
  })
  expect(steps.map((step) => [step.what, step.state])).toEqual([
    ['field Nmae', 'failed'],
    [`field ${KEY}`, 'failed'],
  ])
})

test('check proves credentials and version', async () => {
  const { ctx } = connect()
  await expect(connector.check!(ctx)).resolves.toBeUndefined()
  await expect(connector.check!(connect({}, { clientSecret: 'wrong' }).ctx)).rejects.toBeInstanceOf(AuthError)
  await expect(connector.check!(connect({}, { apiVersion: '99.0' }).ctx)).rejects.toBeInstanceOf(ConfigError)
})

test('the shared login host is refused before anything is sent', async () => {
  const { ctx, sandbox } = connect({}, {}, 'https://login.salesforce.com')
  await expect(connector.check!(ctx)).rejects.toThrow(/My Domain/)
  expect(sandbox.requests).toHaveLength(0)
})

test('calls go to the instance that the token names', async () => {
  const { ctx, sandbox } = connect(
    {},
    { loginUrl: 'https://acme.my.salesforce.com' },
    'https://login.salesforce.com',
  )
  await connector.check!(ctx)
  expect(sandbox.requests.map((request) => request.status)).toEqual([200, 200])
})

test('a restored org continues where the dumped one stood', async () => {
  const { sandbox, upsert, ctx, destination } = connect({ customFields: {} })
  await destination.setup(ctx, { apply: true, fields: { Account: {}, Contact: {} } })
  await upsert('Account', [operation('a', { Name: 'Acme' })])
  const state = JSON.parse(JSON.stringify(sandbox.dump()))
  const other = createSalesforceSandbox()
  other.restore(state)
  expect(other.snapshot()).toEqual(sandbox.snapshot())
  expect(other.dump()).toEqual(sandbox.dump())
  expect(other.edit('Account', undefined, { Name: 'Next' })).not.toBe(sandbox.records('Account')[0]?.Id)
})

test('snapshots compare content, not ids or order', async () => {
  const [one, two] = [connect(), connect()]
  const a = operation('a', { Name: 'Acme' })
  const b = operation('b', { Name: 'Beta' })
  await one.upsert('Account', [a, b])
  await two.upsert('Account', [b, a])
  for (const { sandbox, upsert } of [one, two]) {
    const account = sandbox.records('Account').find((record) => record.Name === 'Acme')
    await upsert('Contact', [operation('c', { LastName: 'D', AccountId: String(account?.Id) })])
  }
  expect(one.sandbox.snapshot()).toEqual(two.sandbox.snapshot())
  expect(one.sandbox.snapshot().Contact).toMatchObject([{ AccountId: 'a' }])
})
