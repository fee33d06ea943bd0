import { expect, test, vi } from 'vitest'
import { enrichBeside } from '../../src/engine/enriching/beside.ts'
import { company, enriched, holdAnswers, lead } from './enrich-support.ts'
import { account, START } from './support.ts'

const SIGNAL = new AbortController().signal
const THREE = ['one-works.com', 'two-works.com', 'three-works.com']

/** A hub whose stages go on while a provider is asked, and how often they were woken. */
async function besideProvider(domains = THREE) {
  const w = await enriched({ pdl: { companies: domains.map((domain) => company(domain)) } })
  const counted = { wakes: 0 }
  const beside = enrichBeside(w.engine, SIGNAL, () => {
    counted.wakes++
  })
  const work = () => w.work({ step: beside.step })
  return { w, beside, work, counted, ...holdAnswers(w) }
}

test('while a provider is asked about one lead, the next one is taken up and asked about', async () => {
  const { w, beside, work, asked, letGo } = await besideProvider()
  await w.say(lead('ada@one-works.com'))
  await work()
  expect(asked()).toBe(2)
  await w.say(lead('bob@two-works.com'))
  await work()
  expect(asked()).toBe(4)
  expect(await w.operations()).toEqual([])
  letGo()
  await beside.ended()
})

test('an answer that has come wakes the stages, and everybody is written once, with it', async () => {
  const { w, beside, work, asked, letGo, counted } = await besideProvider()
  await w.say(lead('ada@one-works.com'))
  await work()
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.clock.advance(400)
  letGo()
  await beside.ended()
  expect(counted.wakes).toBe(1)
  await work()
  const leaving = await w.operations('pending')
  expect(leaving.map(({ object }) => object).sort()).toEqual(['Account', 'Contact'])
  // As urgent as the lead was when it came, and not as if it came with the answer.
  expect(leaving.map(({ dueAt }) => dueAt)).toContain(START + w.engine.deps.lanes.lead)
  await w.settle()
  expect(w.sandboxes.salesforce.records('Account')).toMatchObject([{ Industry: expect.anything() }])
  expect((await w.operations()).map(({ object, state }) => `${object} ${state}`).sort()).toEqual([
    'Account done',
    'Contact done',
  ])
})

test('who is through does not wait for what is asked about others', async () => {
  const { w, beside, work, asked, letGo } = await besideProvider()
  await w.say(lead('ada@one-works.com'))
  await work()
  letGo()
  await beside.ended()
  const { letGo: letGoLater, asked: askedLater } = holdAnswers(w)
  await w.say(lead('bob@two-works.com'))
  await work()
  await vi.waitFor(() => expect(askedLater()).toBe(2))
  expect((await w.operations('pending')).map(({ object }) => object).sort()).toEqual(['Account', 'Contact'])
  expect(asked()).toBe(2)
  letGoLater()
  await beside.ended()
})

test('news of somebody who is being asked about asks nobody a second time', async () => {
  const { w, beside, work, asked, letGo } = await besideProvider()
  await w.say(lead('ada@one-works.com'))
  await work()
  await vi.waitFor(() => expect(asked()).toBe(2))
  await w.say({ ...lead('ada@one-works.com', { title: 'Analyst' }), updated_at: START + 1 })
  await work()
  expect(await w.operations()).toEqual([])
  letGo()
  await beside.ended()
  await w.settle()
  expect([...w.sandboxes.pdl.lookups.values()]).toEqual([1, 1])
  expect(w.sandboxes.salesforce.records('Contact')).toMatchObject([{ Title: 'Analyst' }])
})

test('a person waits for what is asked about its company, and not longer than the grace period', async () => {
  const { w, beside, work, asked } = await besideProvider()
  await w.say({ key: 'one', updated_at: START, says: [account('one-works.com')] })
  await work()
  expect(asked()).toBe(1)
  await w.say(lead('ada@one-works.com', { consent: { gpc: true } }))
  await work()
  await work()
  expect(asked()).toBe(1)
  expect(await w.operations()).toEqual([])
  w.clock.advance(2_000)
  await beside.ended()
  await work()
  expect((await w.operations()).map(({ object }) => object).sort()).toEqual(['Account', 'Contact'])
})

test('many leads at once are asked about in few steps at a time', async () => {
  const domains = Array.from({ length: 12 }, (_, i) => `works${i}.com`)
  const { w, beside, work, asked, letGo } = await besideProvider(domains)
  for (const domain of domains) {
    await w.say(lead(`ada@${domain}`))
    await work()
  }
  await vi.waitFor(() => expect(asked()).toBe(8))
  expect((await w.store.enrich.spent('people-data-labs', 0)).calls).toBe(16)
  letGo()
  await beside.ended()
  await w.settle()
  expect(w.sandboxes.salesforce.records('Account').filter((a) => a.Industry)).toHaveLength(12)
})

test('what fails beside the stages is told, and tried again', async () => {
  const { w, beside, work, asked, letGo } = await besideProvider()
  const { commit } = w.store.enrich
  await w.say(lead('ada@one-works.com'))
  await work()
  await vi.waitFor(() => expect(asked()).toBe(2))
  w.store.enrich.commit = async () => {
    throw new Error('no space left')
  }
  letGo()
  await beside.ended()
  w.store.enrich.commit = commit
  expect(w.clock.slept).toContain(1_000)
  await w.settle()
  expect(w.sandboxes.salesforce.records('Contact')).toHaveLength(1)
})

test('whoever sends everything sends it once the answers are absorbed, also what waits for none', async () => {
  const { w, letGo } = await besideProvider()
  letGo()
  await w.say(lead('ada@one-works.com'))
  await w.settle()
  await w.say(
    { ...lead('ada@one-works.com', { title: 'Analyst' }), updated_at: START + 1 },
    lead('bob@two-works.com'),
  )
  const stages: string[] = []
  await w.work({ flush: true, onStep: (stage) => stages.push(stage) })
  expect(stages.filter((stage) => stage === 'deliver')).toHaveLength(1)
  expect(stages.indexOf('deliver')).toBeGreaterThan(stages.lastIndexOf('absorb'))
})
