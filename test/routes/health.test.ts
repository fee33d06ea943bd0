import { expect, test } from 'vitest'
import type { Clock } from '#kit'
import { healthRoutes } from '../../src/routes/health.ts'

const never = new Promise<never>(() => {})
const patient: Clock = { now: () => 0, sleep: () => never }
const expired: Clock = { now: () => 0, sleep: async () => {} }

test('healthy while the store answers', async () => {
  const response = await healthRoutes({
    control: { getSetting: async () => undefined },
    clock: patient,
  }).request('/healthz')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok' })
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('a store that takes longer than a second is reported', async () => {
  let waited = 0
  const clock: Clock = {
    ...expired,
    async sleep(ms) {
      waited = ms
    },
  }
  const response = await healthRoutes({ control: { getSetting: () => never }, clock }).request('/healthz')
  expect(response.status).toBe(503)
  expect(waited).toBe(1000)
  expect(await response.json()).toMatchObject({ code: 'store.busy' })
})

test('a store that fails is reported without its text', async () => {
  const control = { getSetting: () => Promise.reject(new Error('cannot open /home/someone/data.db')) }
  const response = await healthRoutes({ control, clock: patient }).request('/healthz')
  expect(response.status).toBe(503)
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({ code: 'store.unavailable' })
  expect(text).not.toContain('someone')
})

test('the timer does not outlive the answer', async () => {
  let signal: AbortSignal | undefined
  const clock: Clock = {
    ...patient,
    sleep(_, given) {
      signal = given
      return never
    },
  }
  await healthRoutes({ control: { getSetting: async () => 'x' }, clock }).request('/healthz')
  expect(signal?.aborted).toBe(true)
})
