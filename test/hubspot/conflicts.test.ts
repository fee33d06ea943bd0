import { expect, test } from 'vitest'
import { contact, createBench, crmIdOf, errorOf } from './support.ts'

test('a contact that somebody made with the same e-mail is adopted, not doubled', async () => {
  const { portal, upsert } = await createBench()
  const theirs = portal.create('contacts', { email: 'Ada@Example.com', jobtitle: 'Countess' })
  const results = await upsert('contacts', [
    contact('p1', { email: 'ada@example.com', firstname: 'Ada' }),
    contact('p2'),
  ])
  expect(results[0]).toEqual({ status: 'written', crmId: theirs, created: false })
  expect(results[1]).toMatchObject({ status: 'written', created: true })
  expect(portal.records('contacts')).toHaveLength(2)
  expect(portal.record('contacts', theirs)?.properties).toEqual({
    email: 'ada@example.com',
    jobtitle: 'Countess',
    firstname: 'Ada',
    tributary_id: 'p1',
  })
})

test('the conflict is resolved the same way when HubSpot refuses the whole batch for it', async () => {
  const { portal, upsert } = await createBench()
  const theirs = portal.create('contacts', { email: 'ada@example.com' })
  const refusal = {
    status: 'error',
    category: 'CONFLICT',
    message: `Contact already exists. Existing ID: ${theirs}`,
    correlationId: 'x',
  }
  portal.fail({
    kind: 'answer',
    status: 409,
    body: refusal,
    matches: (request) => request.url.endsWith('/batch/upsert'),
  })
  const results = await upsert('contacts', [
    contact('p0'),
    contact('p1', { email: 'ada@example.com' }),
    contact('p2'),
  ])
  expect(results).toMatchObject([{ created: true }, { crmId: theirs, created: false }, { created: true }])
})

test('a secondary e-mail leads to its contact and its primary one stays', async () => {
  const { portal, upsert } = await createBench()
  const kept = portal.create('contacts', { email: 'primary@example.com' })
  portal.merge('contacts', kept, portal.create('contacts', { email: 'second@example.com' }))
  const [result] = await upsert('contacts', [
    contact('p1', { email: 'second@example.com', firstname: 'Ada' }),
  ])
  expect(crmIdOf(result)).toBe(kept)
  expect(portal.record('contacts', kept)?.properties).toMatchObject({
    email: 'primary@example.com',
    hs_additional_emails: 'second@example.com',
    firstname: 'Ada',
    tributary_id: 'p1',
  })
})

test('a contact that holds another key of ours is left alone', async () => {
  const { portal, upsert } = await createBench()
  const owner = crmIdOf(
    (await upsert('contacts', [contact('p1', { email: 'shared@example.com', firstname: 'One' })]))[0],
  )
  const [result] = await upsert('contacts', [
    contact('p2', { email: 'shared@example.com', firstname: 'Two' }),
  ])
  expect(errorOf(result)).toMatchObject({
    kind: 'record',
    code: 'record.duplicate',
    at: { existing_id: owner, owner: 'p1', external_id: 'p2' },
  })
  expect(portal.record('contacts', owner)?.properties.firstname).toBe('One')
})

test('one e-mail twice in a batch makes one contact and one classed failure', async () => {
  const { portal, upsert } = await createBench()
  const results = await upsert('contacts', [
    contact('p1', { email: 'same@example.com' }),
    contact('p2'),
    contact('p3', { email: 'SAME@example.com' }),
  ])
  expect(results.map((result) => result.status)).toEqual(['written', 'written', 'failed'])
  expect(errorOf(results[2])).toMatchObject({ code: 'record.duplicate', at: { owner: 'p1' } })
  expect(portal.records('contacts')).toHaveLength(2)
})

test('one key twice in a batch is written in order', async () => {
  const { portal, upsert } = await createBench()
  const results = await upsert('contacts', [
    contact('p1', { firstname: 'old' }),
    contact('p1', { firstname: 'new' }),
  ])
  expect(crmIdOf(results[0])).toBe(crmIdOf(results[1]))
  expect(portal.record('contacts', crmIdOf(results[0]))?.properties.firstname).toBe('new')
})

test('adoption fills gaps and keeps what people entered', async () => {
  const { portal, upsert } = await createBench()
  const theirs = portal.create('contacts', {
    email: 'a@example.com',
    firstname: 'Zoë',
    lifecyclestage: 'customer',
    city: 'Bonn',
  })
  const fields = {
    email: 'a@example.com',
    firstname: 'Zoe',
    lastname: 'Maier',
    lifecyclestage: 'lead',
    city: null,
  }
  await upsert('contacts', [contact('p1', fields)])
  expect(portal.record('contacts', theirs)?.properties).toEqual({
    tributary_id: 'p1',
    email: 'a@example.com',
    firstname: 'Zoë',
    lastname: 'Maier',
    lifecyclestage: 'customer',
    city: 'Bonn',
  })
})

test('a lookup that fails leaves the operation to be repeated', async () => {
  const { portal, upsert } = await createBench()
  portal.create('contacts', { email: 'ada@example.com' })
  portal.fail({
    kind: 'answer',
    status: 503,
    times: 4,
    matches: (request) => request.url.endsWith('/batch/read'),
  })
  const results = await upsert('contacts', [contact('p1', { email: 'ada@example.com' }), contact('p2')])
  expect(errorOf(results[0])).toMatchObject({ kind: 'transient' })
  expect(results[1]).toMatchObject({ status: 'written' })
})
