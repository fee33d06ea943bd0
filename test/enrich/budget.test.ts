import { expect, test } from 'vitest'
import { DAY_MS, dayOf, startOfDay } from '#model'
import { forecastLookups } from '../../src/enrich/index.ts'
import { NOW } from './support.ts'

const today = dayOf(NOW)
const noon = startOfDay(today) + DAY_MS / 2
const rows = (...calls: number[]) =>
  calls.map((count, ago) => ({ day: today - ago, calls: count, cost: count / 10 }))

test('the rest of the day is expected as the days before were', () => {
  expect(forecastLookups('pdl', rows(30, 90, 110), { now: noon, dailyBudget: 200 })).toEqual({
    provider: 'pdl',
    days: 2,
    today: { calls: 30, cost: 3 },
    perDay: { calls: 100, cost: 10 },
    expectedToday: 50,
    dailyBudget: 200,
  })
})

test('a budget that will not last is told with the time at which it is used up', () => {
  const forecast = forecastLookups('pdl', rows(30, 90, 110), { now: noon, dailyBudget: 55 })
  expect(forecast).toMatchObject({ expectedToday: 25, usedUpAt: noon + DAY_MS / 4 })
  expect(forecastLookups('pdl', rows(60), { now: noon, dailyBudget: 60 })).toMatchObject({
    days: 0,
    expectedToday: 0,
    usedUpAt: noon,
  })
})

test('a day without look-ups counts, days before the first one and those long ago do not', () => {
  const asked = [
    { day: today - 4, calls: 8, cost: 0 },
    { day: today - 30, calls: 1_000, cost: 0 },
  ]
  expect(forecastLookups('pdl', asked.slice(0, 1), { now: noon })).toMatchObject({
    days: 4,
    perDay: { calls: 2 },
  })
  expect(forecastLookups('pdl', asked, { now: noon })).toMatchObject({ days: 7, perDay: { calls: 8 / 7 } })
  expect(forecastLookups('pdl', [], { now: noon })).toMatchObject({ days: 0, perDay: { calls: 0 } })
})
