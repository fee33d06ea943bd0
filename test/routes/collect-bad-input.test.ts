import { expect, test } from 'vitest'
import { BATCH_LIMIT, EVENT_LIMIT } from '../../src/routes/collect.ts'
import { collector, event, gzip, KEY } from './collect-support.ts'

const refusal = async (path: string, body: unknown, headers?: Record<string, string>) => {
  const { send, receipts } = collector()
  const answer = await send(path, body, headers)
  expect(receipts).toEqual([])
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  return (await answer.json()) as Record<string, unknown>
}

test.each([
  ['{"a": x}', { position: 6, line: 1, column: 7 }],
  ['{"a":1', { position: 6, line: 1, column: 7 }],
  ['', { position: 0, line: 1, column: 1 }],
  ['{"a":1,\n "b":01}', { position: 14, line: 2, column: 7 }],
  ['{"名前":"太郎"]', { position: 10, line: 1, column: 11 }],
  ['[1,]', { position: 3, line: 1, column: 4 }],
  ['{"a":"x\ny"}', { position: 5, line: 1, column: 6 }],
])('malformed JSON %j is answered 400 with its place', async (body, at) => {
  expect(await refusal('/v1/track', body)).toMatchObject({ status: 400, code: 'request.malformed_json', at })
})

test.each(['[]', '"x"', '5', 'null'])('%s is JSON but no event', async (body) => {
  expect(await refusal('/v1/track', body)).toMatchObject({ status: 400, code: 'request.invalid' })
})

test('an event that nobody can be told by is refused', async () => {
  expect(await refusal('/v1/track', { event: 'X' })).toMatchObject({
    code: 'request.invalid',
    at: { field: 'userId' },
  })
})

test('batch must be an array', async () => {
  expect(await refusal('/v1/batch', { batch: { 0: event() } })).toMatchObject({
    code: 'request.invalid',
    at: { field: 'batch' },
  })
})

test('an empty batch is fine and stores nothing', async () => {
  const { send, receipts } = collector()
  expect((await send('/v1/batch', { batch: [] })).status).toBe(200)
  expect(receipts).toEqual([])
})

const filled = (bytes: number) => {
  const empty = JSON.stringify(event({ type: 'track', text: '' })).length
  return event({ type: 'track', text: 'x'.repeat(bytes - empty) })
}

test('an event may have exactly 32 kB, alone and in a batch', async () => {
  const { send } = collector()
  expect((await send('/v1/track', filled(EVENT_LIMIT))).status).toBe(200)
  expect((await send('/v1/batch', { batch: [event(), filled(EVENT_LIMIT)] })).status).toBe(200)
})

test('a lone oversize event is answered 400; in a batch it is named and does not cost its neighbours', async () => {
  expect(await refusal('/v1/track', filled(EVENT_LIMIT + 1))).toMatchObject({
    status: 400,
    code: 'request.body_too_large',
  })
  const { send, receipts } = collector()
  expect((await send('/v1/batch', { batch: [event(), filled(EVENT_LIMIT + 1)] })).status).toBe(200)
  expect(JSON.parse(receipts[0]!.body)).toMatchObject({ oversize: { 1: EVENT_LIMIT + 1 } })
})

test('sizes are counted in bytes, not in characters', async () => {
  const { send, receipts } = collector()
  await send('/v1/batch', { batch: [event({ text: '字'.repeat(EVENT_LIMIT / 3) })] })
  expect(JSON.parse(receipts[0]!.body).oversize[0]).toBeGreaterThan(EVENT_LIMIT)
})

test('an oversize batch is answered 400', async () => {
  const batch = Array.from({ length: 20 }, () => filled(EVENT_LIMIT - 1_000))
  expect(JSON.stringify({ batch }).length).toBeGreaterThan(BATCH_LIMIT)
  expect(await refusal('/v1/batch', { batch })).toMatchObject({ status: 400, code: 'request.body_too_large' })
})

test('a small body that inflates to a large one is stopped at the limit', async () => {
  const bomb = await gzip(JSON.stringify({ writeKey: KEY, batch: [event({ text: 'x'.repeat(20_000_000) })] }))
  expect(bomb.length).toBeLessThan(50_000)
  expect(await refusal('/v1/batch', bomb, { 'content-encoding': 'gzip' })).toMatchObject({
    status: 400,
    code: 'request.body_too_large',
  })
})

test.each([
  ['gzip', 'not gzip'],
  ['br', 'anything'],
])('a body that is not the %s it claims to be is refused', async (encoding, body) => {
  expect(await refusal('/v1/track', body, { 'content-encoding': encoding })).toMatchObject({
    status: 400,
    code: 'request.invalid',
    at: { header: 'content-encoding' },
  })
})

test('nesting that could not be written again is refused', async () => {
  const deep = `{"userId":"u","event":"X","properties":${'['.repeat(12_000)}${']'.repeat(12_000)}}`
  expect(await refusal('/v1/track', deep)).toMatchObject({ status: 400, code: 'request.invalid' })
  expect(
    await refusal('/v1/batch', `{"batch":[],"context":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
  ).toMatchObject({ code: 'request.invalid' })
})

test('a malformed event in a good batch does not cost its neighbours', async () => {
  const { send, events } = collector()
  expect(
    (
      await send('/v1/batch', {
        batch: [event({ type: 'track' }), 5, { type: 'nonsense' }, event({ type: 'page' })],
      })
    ).status,
  ).toBe(200)
  expect(events()).toHaveLength(4)
})

test('an unexpected failure tells nothing about itself', async () => {
  const { send } = collector({
    receive: async () => {
      throw new Error('password=hunter2')
    },
  })
  const answer = await send('/v1/track', event())
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('hunter2')
})
