import { expect, test } from 'vitest'
import { createMetrics } from '#kit'
import { createApp } from '../../src/app.ts'
import type { World } from '../engine/support.ts'
import { seedClean } from './company.ts'
import { plantDefects } from './defects.ts'
import { look, seeded } from './world.ts'

interface Check {
  check: string
  object: string
  count: number
  fixable: number
  examples: { crm_id: string; value?: unknown; fix?: unknown }[]
}

function client(w: World) {
  const app = createApp({ engine: w.engine, metrics: createMetrics(), isLoopback: true, secrets: [] })
  return async (path: string) => {
    const answer = await app.request(`http://localhost/api${path}`)
    return { status: answer.status, body: await answer.json() }
  }
}

test('what was last found in a CRM is told over HTTP, as the command tells it', async () => {
  const { w, s, clock } = await seeded('hubspot')
  const { ids } = plantDefects(s, clock, seedClean(s, clock))
  clock.now = clock.end
  const get = client(w)
  expect(await get('/hygiene')).toEqual({ status: 200, body: { items: [] } })
  const { status, body: problem } = await get('/hygiene/hubspot')
  expect([status, problem.code]).toEqual([404, 'request.not_found'])
  expect(problem.detail).toContain('tributary hygiene hubspot')

  const { report } = await look(w, 'hubspot', { fields: true, without: ['email.role'] })
  const { records, clean, grade } = report
  const short = { destination: 'hubspot', at: report.at, records, clean, grade, without: ['email.role'] }
  expect((await get('/hygiene')).body).toEqual({ items: [short] })
  const { body } = await get('/hygiene/hubspot')
  expect(body).toMatchObject({ ...short, objects: report.objects, not_compared: [] })
  const checks: Check[] = body.checks
  expect(checks.map(({ check, object, count, fixable }) => [check, object, count, fixable])).toEqual(
    report.checks.map(({ check, object, count, fixable }) => [check, object, count, fixable]),
  )
  expect(
    checks.find(({ check, object }) => check === 'phone.national' && object === 'contacts')!.examples,
  ).toEqual([
    {
      crm_id: ids['phone.national contact'],
      attribute: 'phone',
      value: '030 9018 2977',
      fix: { kind: 'standardise', set: { phone: '+493090182977' } },
    },
  ])
  const twice = checks.find(({ check, object }) => check === 'duplicate.certain' && object === 'contacts')!
  expect(twice.examples[0]!.fix).toEqual({ kind: 'merge', crm_ids: expect.any(Array) })
  expect(body.fields).toHaveLength(report.fields!.length)
  expect(body.fields[0]).toMatchObject({ object: 'companies', is_mapped: false })
})

test('a look at a few checks leaves the last whole one in its place', async () => {
  const { w, s, clock } = await seeded('salesforce')
  plantDefects(s, clock, seedClean(s, clock))
  clock.now = clock.end
  const { report } = await look(w, 'salesforce')
  clock.now += 1000
  await look(w, 'salesforce', { only: ['website'] })
  const get = client(w)
  expect((await get('/hygiene/salesforce')).body).toMatchObject({ at: report.at, clean: report.clean })
  await look(w, 'salesforce', { without: ['duplicate'] })
  expect((await get('/hygiene')).body.items).toMatchObject([{ without: ['duplicate'] }])
  expect((await get('/hygiene')).body.items[0].at).not.toBe(report.at)
})
