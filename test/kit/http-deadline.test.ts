import { expect, test } from 'vitest'
import { TransientError } from '#kit'
import { fakeClock, settle } from '../support/fake-clock.ts'
import { bench, deaf, failureOf, hanging, json, networkDown, type Reaction, status } from './door-support.ts'

const once = { limits: { attempts: 1, deadlineMs: 5_000 } }

test.each([
  ['heeds its signal', hanging],
  ['is deaf to its signal', deaf],
  ['sends headers and never ends the body', () => new Response(new ReadableStream())],
] as [string, Reaction][])('a vendor that %s meets the deadline', async (_how, reaction) => {
  const { door, clock, sent } = bench(reaction, { ...once, clock: fakeClock() })
  const failure = failureOf(door.request({ url: '/x' }))
  await clock.advance(4_999)
  expect(sent[0]!.signal.aborted).toBe(false)
  await clock.advance(1)
  const error = await failure
  expect(error).toBeInstanceOf(TransientError)
  expect(error.code).toBe('http.timeout')
  expect(error.message).toContain('https://api.vendor.test/x')
  expect(error.message).toContain('5000 ms')
  expect(sent[0]!.signal.aborted).toBe(true)
  expect(clock.pending()).toBe(0)
})

test('every attempt has a deadline of its own', async () => {
  const { door, clock, sent } = bench(hanging, {
    limits: { attempts: 3, deadlineMs: 1_000 },
    clock: fakeClock(),
  })
  const failure = failureOf(door.request({ url: '/x' }))
  await clock.advance(10_000)
  expect((await failure).code).toBe('http.timeout')
  expect(sent).toHaveLength(3)
  expect(clock.pending()).toBe(0)
})

test('a request may set its own deadline', async () => {
  const { door, clock } = bench(hanging, { ...once, clock: fakeClock() })
  const failure = failureOf(door.request({ url: '/x', deadlineMs: 50 }))
  await clock.advance(50)
  expect((await failure).message).toContain('50 ms')
})

test('waiting for its turn does not use up a request’s deadline', async () => {
  let answer: (response: Response) => void = () => {}
  const first = () => new Promise<Response>((resolve) => (answer = resolve))
  const limits = { concurrency: 1, attempts: 1, deadlineMs: 1_000 }
  const { door, clock } = bench([first, json({})], { limits, clock: fakeClock() })
  const slow = door.request({ url: '/slow', deadlineMs: 60_000 })
  const queued = door.request({ url: '/queued' })
  await clock.advance(30_000)
  answer(json({}))
  expect((await slow).status).toBe(200)
  expect((await queued).status).toBe(200)
})

test('without timers in the clock, deadlines use real time and are cleared when the answer is there', async () => {
  const { now, sleep } = fakeClock()
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const { door } = bench(json({ ok: true }), { clock: { now, sleep } as never })
  await door.request({ url: '/x' })
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before)
})

test('a call is stopped by its caller before it is sent', async () => {
  const { door, sent } = bench(json({}))
  const error = await failureOf(door.request({ url: '/x', signal: AbortSignal.abort() }))
  expect(error.code).toBe('http.aborted')
  expect(sent).toHaveLength(0)
})

test.each([
  ['in flight', hanging],
  ['in flight, deaf', deaf],
  ['while its body is read', () => new Response(new ReadableStream())],
] as [string, Reaction][])('a call is stopped by its caller %s', async (_when, reaction) => {
  const stop = new AbortController()
  const { door, clock, sent } = bench(reaction, { clock: fakeClock() })
  const failure = failureOf(door.request({ url: '/x', signal: stop.signal }))
  await settle()
  stop.abort(new Error('shutting down'))
  const error = await failure
  expect(error.code).toBe('http.aborted')
  expect(error.cause).toBeInstanceOf(Error)
  await settle()
  expect(sent).toHaveLength(1)
  expect(sent[0]!.signal.aborted).toBe(true)
  expect(clock.pending()).toBe(0)
})

test('a call is stopped by its caller while others hold the limiter, and frees its place', async () => {
  let answer: (response: Response) => void = () => {}
  const first = () => new Promise<Response>((resolve) => (answer = resolve))
  const { door, sent } = bench([first, json({})], { limits: { concurrency: 1 } })
  const stop = new AbortController()
  const running = door.request({ url: '/running' })
  const queued = failureOf(door.request({ url: '/queued', signal: stop.signal }))
  const last = door.request({ url: '/last' })
  await settle()
  stop.abort()
  expect((await queued).code).toBe('http.aborted')
  answer(json({}))
  await Promise.all([running, last])
  expect(sent.map(({ url }) => new URL(url).pathname)).toEqual(['/running', '/last'])
})

test('a call is stopped by its caller during the wait before a repeat', async () => {
  const stop = new AbortController()
  const { door, clock, sent } = bench(networkDown(), { clock: fakeClock() })
  const failure = failureOf(door.request({ url: '/x', signal: stop.signal }))
  await settle()
  expect(clock.waits).toEqual([500])
  stop.abort()
  expect((await failure).code).toBe('http.aborted')
  expect(sent).toHaveLength(1)
  expect(clock.pending()).toBe(0)
})

test('a clock that sleeps through the stop does not bring the call back', async () => {
  const stop = new AbortController()
  const clock = fakeClock()
  const sleep = async () => stop.abort()
  const { door, sent } = bench(status(503), { clock: { ...clock, sleep } })
  expect((await failureOf(door.request({ url: '/x', signal: stop.signal }))).code).toBe('http.aborted')
  expect(sent).toHaveLength(1)
})

test('a stop whose reason is a classed error is still a stop', async () => {
  const reason = new TransientError('http.server_error', 'something else')
  const { door } = bench(json({}))
  expect((await failureOf(door.request({ url: '/x', signal: AbortSignal.abort(reason) }))).code).toBe(
    'http.aborted',
  )
})

test('a long-lived signal gathers no listeners, whatever becomes of the calls', async () => {
  const stop = new AbortController()
  let listeners = 0
  const { signal } = stop
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  const { door } = bench([json({}), status(503), json({}), networkDown(), status(400), json({})])
  for (let i = 0; i < 3; i++) await door.request({ url: '/x', signal }).catch(() => {})
  await door.fetch('https://api.vendor.test/y', { signal })
  expect(listeners).toBe(0)
})

test('an answer that arrives after the stop is let go', async () => {
  let answer: (response: Response) => void = () => {}
  let isCancelled = false
  const late = new Response(
    new ReadableStream({
      cancel() {
        isCancelled = true
      },
    }),
  )
  const { door } = bench(() => new Promise<Response>((resolve) => (answer = resolve)))
  const stop = new AbortController()
  const failure = failureOf(door.request({ url: '/x', signal: stop.signal }))
  await settle()
  stop.abort()
  await failure
  answer(late)
  await settle()
  expect(isCancelled).toBe(true)
})
