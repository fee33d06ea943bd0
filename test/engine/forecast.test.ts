import { afterEach, expect, test } from 'vitest'
import { forecast } from '../../src/engine/forecast.ts'
import { rememberUsage } from '../../src/engine/sending/usage.ts'
import { apiRoutes } from '../../src/routes/api.ts'
import { CONTACTS, createWorld, DAY, type Fact, HOUR, person, START, touch, type World } from './support.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const activities = (policy: string) => `activities:
  - { kind: email.clicked, as: Task, policy: ${policy}, subject: Clicked }
`

/** Ten people, of whom five are customers' contacts by their title; each clicks four times on each of ten days. */
async function clicks(mapping: string, more: Record<string, string> = {}): Promise<World> {
  world = await createWorld({ mappings: { 'contact.yaml': mapping, ...more } })
  const facts: Fact[] = Array.from({ length: 10 }, (_, n) => n).flatMap((n) => [
    {
      key: `p${n}`,
      says: [person(`p${n}@example.com`, { last_name: `P${n}`, title: n < 5 ? 'buyer' : 'reader' })],
    },
    ...Array.from({ length: 40 }, (_, i) => ({
      key: `p${n}-${i}`,
      says: [touch(`p${n}@example.com`, 'email.clicked', START - (1 + (i % 10)) * DAY - i * 1000)],
    })),
  ])
  await world.say(...facts)
  await world.settle()
  return world
}

test('a rule is forecast from the days there are, by whom the mapping admits', async () => {
  const w = await clicks(
    CONTACTS.replace('when: person.email | is_set', 'when: person.title == "buyer"') + activities('log_each'),
  )
  const { days, rules, totals } = await forecast(w.engine.deps)
  expect(days).toBe(10)
  expect(rules).toEqual([
    {
      destination: 'salesforce',
      as: 'Task',
      kind: 'email.clicked',
      policy: 'log_each',
      from: 'contact.yaml:19',
      isOff: false,
      // 5 people × 4 clicks; a digest is sent twice where the day brings more than one.
      touchpoints: 20,
      busiest: 20,
      calls: 20,
      callsAs: { log_each: 20, daily_digest: 10 },
      percentOfDay: 0,
    },
  ])
  expect(totals).toMatchObject([{ destination: 'salesforce', calls: 20 }])
})

test('what is off or only counted costs nothing, and shows what it would cost', async () => {
  const w = await clicks(CONTACTS + activities('counter_only'))
  expect((await forecast(w.engine.deps)).rules).toMatchObject([
    { policy: 'counter_only', calls: 0, callsAs: { log_each: 40, daily_digest: 20 } },
  ])
  const off = await clicks(`mode: off\n${CONTACTS.trim()}\n${activities('log_each')}`)
  const { rules, totals } = await forecast(off.engine.deps)
  expect(rules).toMatchObject([{ isOff: true, calls: 40 }])
  expect(totals).toMatchObject([{ calls: 0 }])
})

test('many entries share the batches that leave at each deadline', async () => {
  const w = await clicks(CONTACTS + activities('log_each'))
  const { deps } = w.engine
  const lanes = { ...deps.lanes, touchpoint: 6 * HOUR }
  const [rule] = (await forecast({ ...deps, lanes })).rules
  // Four deadlines a day, and 40 entries in batches of up to 200.
  expect(rule!.calls).toBe(5)
})

test('the share of the daily limit is told once the CRM has said it', async () => {
  const w = await clicks(CONTACTS + activities('log_each'))
  expect((await forecast(w.engine.deps)).totals[0]!.limit).toBeDefined()
  const fresh = w.twin('other')
  const [total] = (await forecast(fresh.deps)).totals
  expect(total).toEqual({ destination: 'salesforce', calls: 40 })
})

test('the limit that a CRM has told one process is known to the others', async () => {
  const w = await clicks(CONTACTS + activities('log_each'))
  await rememberUsage(w.engine.deps)
  const { rules, totals, warnings } = await forecast(w.twin('other').deps)
  expect(totals).toMatchObject([{ calls: 40, limit: 1_000_000, percentOfDay: 0 }])
  expect(rules).toMatchObject([{ calls: 40, percentOfDay: 0 }])
  expect(warnings).toEqual([])
})

test('a rule beyond the share of the limit is a warning that names the cheaper policy', async () => {
  const w = await clicks(CONTACTS + activities('log_each'))
  w.sandboxes.salesforce.setDailyLimit(45)
  await w.say({ key: 'later', says: [person('later@example.com', { last_name: 'Later' })] })
  await w.settle()
  expect((await forecast(w.engine.deps)).warnings).toEqual([
    'salesforce: email.clicked as log_each takes about 40 API calls a day, 88.9 % of the daily limit of 45 (quotaShare allows 80 %); policy: daily_digest would take 20 (contact.yaml:19)',
  ])
})

const LEADS = `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
fields:
  Email: person.email
  LastName: person.last_name ?? "Unknown"
  Company: "'Unknown'"
`

test('rules that are too much only together are a warning with the dearest of them', async () => {
  const w = await clicks(CONTACTS + activities('log_each'), {
    'lead.yaml': LEADS + activities('daily_digest'),
  })
  w.sandboxes.salesforce.setDailyLimit(70)
  await w.say({ key: 'later', says: [person('later@example.com', { last_name: 'Later' })] })
  await w.settle()
  expect((await forecast(w.engine.deps)).warnings).toEqual([
    expect.stringMatching(
      /^salesforce: all activities together take about 60 API calls a day, 85\.7 % .*; most of them for email\.clicked as log_each: policy: daily_digest would take 20 /,
    ),
  ])
})

test('an empty hub has no forecast to give', async () => {
  world = await createWorld({ mappings: { 'contact.yaml': CONTACTS + activities('log_each') } })
  expect(await forecast(world.engine.deps)).toMatchObject({ days: 0, rules: [{ touchpoints: 0, calls: 0 }] })
})

test('the API answers the same', async () => {
  const w = await clicks(CONTACTS + activities('log_each'))
  const app = apiRoutes({
    inspect: w.inspect,
    engine: w.engine.deps,
    guard: async (_, next) => next(),
    secrets: [],
  })
  const response = await app.request('/api/forecast')
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      days: 10,
      rules: [
        {
          destination: 'salesforce',
          as: 'Task',
          kind: 'email.clicked',
          policy: 'log_each',
          from: 'contact.yaml:19',
          is_off: false,
          touchpoints: 40,
          busiest: 40,
          calls: 40,
          calls_as: { log_each: 40, daily_digest: 20 },
          percent_of_day: expect.any(Number),
        },
      ],
      totals: [
        {
          destination: 'salesforce',
          calls: 40,
          limit: expect.any(Number),
          percent_of_day: expect.any(Number),
        },
      ],
      warnings: [],
    },
  ])
})
