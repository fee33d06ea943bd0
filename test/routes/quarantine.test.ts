import { expect, test } from 'vitest'
import { startHub } from '../support/hub.ts'

const CONFLICT = {
  id: 'cf_1',
  destination: 'salesforce',
  object: 'Contact',
  entity: 'per_1',
  crmId: '003A',
  field: 'Title',
  ours: 'CEO',
  theirs: null,
  from: 'contact.yaml:9',
  reason: 'edited_in_crm',
  operation: 'op_1',
  state: 'open' as const,
}

test('the API lists conflicts, and takes a decision', async () => {
  const hub = await startHub()
  const at = hub.clock.now()
  await hub.store.deliver.finish({
    now: at,
    results: [],
    deliveries: [],
    live: [],
    redirects: [],
    conflicts: [
      { ...CONFLICT, at },
      { ...CONFLICT, id: 'cf_2', field: 'Phone', written: '1', at: at + 1 },
    ],
  })
  const list = async (query = '') =>
    (await (await hub.fetch(`/api/quarantine${query}`)).json()) as { items: unknown[] }
  const { crmId, ...rest } = CONFLICT
  const shown = { ...rest, crm_id: crmId, at: new Date(at).toISOString() }
  expect((await list('?limit=1')).items).toEqual([shown])
  expect((await list('?object=Lead')).items).toEqual([])

  const answer = await hub.fetch('/api/quarantine/cf_1/accept', { method: 'POST' })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ ...shown, state: 'accepted', decided_at: shown.at })
  expect(await hub.post('/api/quarantine/cf_2/keep', '{}')).toBe(200)
  expect((await list()).items).toEqual([])
  expect((await list('?state=kept')).items).toMatchObject([{ id: 'cf_2', written: '1' }])
  expect(await hub.post('/api/quarantine/cf_none/keep', '{}')).toBe(404)
  expect((await hub.fetch('/api/quarantine/cf_2/keep')).status).toBe(404)
  await hub.close()
})
