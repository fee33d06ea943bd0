import { expect, test } from 'vitest'
import { contact, createBench, crmIdOf, errorOf } from './support.ts'

const company = (key: string) => ({ id: `c-${key}`, externalId: key, fields: { name: key } })

test('associates what was written in one call per kind, and repeating changes nothing', async () => {
  const { portal, upsert, sent } = await createBench()
  const [a1, a2] = (await upsert('companies', [company('a1'), company('a2')])).map(crmIdOf)
  const operations = [
    contact('p1', {}, { links: [{ object: 'companies', crmId: a1! }] }),
    contact('p2', {}, { links: [{ object: 'companies', crmId: a2! }] }),
    contact('p3'),
  ]
  await upsert('contacts', operations)
  expect(portal.snapshot().associations).toEqual(['contacts p1 → companies a1', 'contacts p2 → companies a2'])
  expect(sent.filter(({ path }) => path.includes('associations')).map(({ path }) => path)).toEqual([
    '/crm/associations/2026-09/contacts/companies/batch/associate/default',
  ])
  const { associated } = portal.writes
  await upsert('contacts', operations)
  expect(portal.writes.associated).toBe(associated)
})

test('no links, no call', async () => {
  const { upsert, sent } = await createBench()
  await upsert('contacts', [contact('p1')])
  expect(sent).toHaveLength(1)
})

test('a link to a deleted record fails its own operation only', async () => {
  const { portal, upsert } = await createBench()
  const [a1, a2] = (await upsert('companies', [company('a1'), company('a2')])).map(crmIdOf)
  portal.remove('companies', a1!)
  const results = await upsert('contacts', [
    contact('p1', {}, { links: [{ object: 'companies', crmId: a1! }] }),
    contact('p2', {}, { links: [{ object: 'companies', crmId: a2! }] }),
  ])
  expect(errorOf(results[0])).toMatchObject({ kind: 'record', code: 'record.not_found' })
  expect(results[1]).toMatchObject({ status: 'written' })
  expect(portal.snapshot().associations).toEqual(['contacts p2 → companies a2'])
})

test('a touchpoint becomes a note on person and company, once, with its text escaped', async () => {
  const { portal, destination, upsert } = await createBench()
  const account = crmIdOf((await upsert('companies', [company('a1')]))[0])
  const person = crmIdOf((await upsert('contacts', [contact('p1')]))[0])
  const activity = destination.objects.notes!.activity!({
    externalId: 't1',
    kind: 'page.viewed',
    subject: 'Visited <pricing> & plans',
    body: 'سعر\nline "two"',
    occurredAt: Date.UTC(2026, 0, 5, 10),
    direction: 'inbound',
    count: 1,
    on: { object: 'contacts', crmId: person },
    account: { object: 'companies', crmId: account },
  })
  const operation = { id: 'n1', externalId: 't1', ...activity }
  const [first] = await upsert('notes', [operation])
  const [again] = await upsert('notes', [{ ...operation, id: 'n2' }])
  expect(crmIdOf(again)).toBe(crmIdOf(first))
  expect(portal.record('notes', crmIdOf(first))?.properties).toEqual({
    tributary_id: 't1',
    hs_timestamp: '2026-01-05T10:00:00.000Z',
    hs_note_body: '<strong>Visited &lt;pricing&gt; &amp; plans</strong><br>سعر<br>line &quot;two&quot;',
  })
  expect(portal.snapshot().associations).toEqual(['notes t1 → companies a1', 'notes t1 → contacts p1'])
})

test.each(['notes', 'emails', 'communications', 'calls', 'meetings', 'tasks'])(
  'activities as %s are accepted',
  async (object) => {
    const { destination, ctx, upsert } = await createBench()
    await destination.setup(ctx, { apply: true, fields: { [object]: {} } })
    const person = crmIdOf((await upsert('contacts', [contact('p1')]))[0])
    const { fields, links } = destination.objects[object]!.activity!({
      externalId: 't1',
      kind: 'sms.sent',
      subject: 'Hello',
      body: 'x'.repeat(70_000),
      occurredAt: Date.UTC(2026, 0, 5, 10),
      direction: 'outbound',
      count: 1,
      on: { object: 'contacts', crmId: person },
    })
    const text = object === 'emails' ? { hs_email_text: 'short' } : {}
    const [result] = await upsert(object, [
      { id: 'x', externalId: 't1', fields: { ...fields, ...text }, ...(links ? { links } : {}) },
    ])
    expect(errorOf(result)).toBeUndefined()
  },
)
