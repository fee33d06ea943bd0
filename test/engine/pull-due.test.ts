import { expect, test } from 'vitest'
import { AuthError, RateLimitError } from '#kit'
import { pullDue } from '../../src/engine/reading/pull-due.ts'
import { stripeCustomer } from '../../src/sandbox/stripe/index.ts'
import { calls, createWorld, MINUTE, person, START, type World } from './support.ts'

const signal = new AbortController().signal
const look = (world: World) => pullDue(world.engine, { signal })
const scopes = async (world: World, state: string) =>
  (await world.inspect.runs({ limit: 100, kind: 'pull' })).items
    .filter((run) => run.state === state)
    .map((run) => run.scope)
async function withCustomer(): Promise<World> {
  const world = await createWorld({ use: ['stripe'] })
  world.sandboxes.stripe.load([
    stripeCustomer({ id: 'cus_1', email: 'ada@acme.example', created: START / 1000 - 10 }),
  ])
  return world
}

test('a source that is down is left alone as a whole, longer each time, and read in full when it is back', async () => {
  const world = await withCustomer()
  const { stripe } = world.sandboxes
  let isDown = true
  stripe.fail({
    kind: 'answer',
    status: 503,
    times: 999,
    matches: () => isDown,
    body: { error: { type: 'api_error' } },
  })
  await look(world)
  expect(await scopes(world, 'failed')).toEqual(['stripe/customers'])
  const perTry = calls(stripe).length

  const minutes = async (count: number) => {
    for (let i = 0; i < count * 12; i++) {
      world.clock.advance(5_000)
      await look(world)
    }
    return calls(stripe).length
  }
  expect(await minutes(1)).toBe(perTry)
  expect(await minutes(10)).toBeLessThanOrEqual(4 * perTry)

  isDown = false
  await minutes(5)
  expect(new Set(await scopes(world, 'done'))).toContain('stripe/customers')
  expect(new Set(await scopes(world, 'done'))).toContain('stripe/quotes')
  await world.close()
})

test('what a source asks for is granted: nothing is read before its time has come', async () => {
  const world = await createWorld()
  const { shelf } = world.sandboxes
  shelf.pages = [new RateLimitError('http.rate_limited', 'slow down', { retryAfterMs: 30 * MINUTE })]
  await look(world)
  shelf.pages = [{ records: [{ key: '1', updated_at: START, says: [person('ada@acme.example')] }] }]
  world.clock.advance(30 * MINUTE - 1)
  await look(world)
  expect(shelf.asked).toHaveLength(1)
  world.clock.advance(1)
  await look(world)
  expect(shelf.asked).toHaveLength(2)
  expect(await scopes(world, 'done')).toContain('book/facts')
  await world.close()
})

test('a stream that the key may not read does not keep the others from being read', async () => {
  const world = await withCustomer()
  const { stripe } = world.sandboxes
  stripe.fail({
    kind: 'answer',
    status: 403,
    times: 99,
    matches: (request) => request.url.includes('/v1/disputes'),
    body: { error: { type: 'invalid_request_error', message: 'no permission' } },
  })
  await look(world)
  expect(await scopes(world, 'failed')).toEqual(['stripe/disputes'])
  expect(await scopes(world, 'done')).toContain('stripe/quotes')
  calls(stripe)
  world.clock.advance(MINUTE)
  await look(world)
  expect(calls(stripe)).toEqual([])
  await world.close()
})

test('a bug in one stream is reported, and the other sources are read all the same', async () => {
  const world = await withCustomer()
  world.sandboxes.shelf.pages = [new RangeError('off by one')]
  await expect(look(world)).rejects.toThrow('off by one')
  expect(await scopes(world, 'done')).toContain('stripe/customers')
  await world.close()
})

test('the pause outlives the process, and ends with the first success', async () => {
  const world = await createWorld()
  const { shelf } = world.sandboxes
  shelf.pages = [new AuthError('auth.rejected', 'the key is wrong')]
  await look(world)
  await pullDue(world.twin('two'), { signal })
  expect(shelf.asked).toHaveLength(1)
  shelf.pages = [{ records: [] }]
  world.clock.advance(MINUTE)
  await pullDue(world.twin('two'), { signal })
  expect(shelf.asked).toHaveLength(2)
  shelf.pages = [new AuthError('auth.rejected', 'the key is wrong')]
  world.clock.advance(5 * MINUTE)
  await look(world)
  world.clock.advance(MINUTE)
  await look(world)
  expect(shelf.asked).toHaveLength(4)
  await world.close()
})

test('two pulls of one stream in the same millisecond are two runs', async () => {
  const world = await createWorld()
  world.sandboxes.shelf.pages = [{ records: [] }]
  const [first] = await world.pull('book')
  const [second] = await world.pull('book')
  expect(first!.run.startedAt).toBe(second!.run.startedAt)
  expect((await world.inspect.runs({ limit: 10, kind: 'pull' })).items.map(({ id }) => id).sort()).toEqual(
    [first!.run.id, second!.run.id].sort(),
  )
  await world.close()
})
