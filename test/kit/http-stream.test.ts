import { expect, test } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import { bench, failureOf, status, torn } from './door-support.ts'

const encoder = new TextEncoder()
const pieces = (...parts: Uint8Array[]) =>
  new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part)
        controller.close()
      },
    }),
  )
const all = async (text: AsyncIterable<string>) => {
  let read = ''
  for await (const piece of text) read += piece
  return read
}

test('an answer is handed on as it comes; characters that are cut in two are whole again', async () => {
  const bytes = encoder.encode('a,ü\n')
  const { door } = bench(() => pieces(bytes.slice(0, 3), bytes.slice(3)))
  const { status: code, text } = await door.stream({ url: '/file' })
  expect([code, await all(text)]).toEqual([200, 'a,ü\n'])
})

test('a refusal is classed and repeated like any other', async () => {
  const { door, sent } = bench([status(503), () => pieces(encoder.encode('x'))])
  expect(await all((await door.stream({ url: '/file' })).text)).toBe('x')
  expect(sent).toHaveLength(2)
  const refused = bench(status(404, {}, 'no such file'))
  const error = await failureOf(refused.door.stream({ url: '/file' }))
  expect([error.code, error.message]).toEqual([
    'http.unexpected_status',
    expect.stringContaining('no such file'),
  ])
})

test('a line that breaks in the middle is an error, after what had come', async () => {
  const { door, sent } = bench(() => torn())
  const { text } = await door.stream({ url: '/file' })
  const error = await failureOf(all(text))
  expect([error.kind, error.code]).toEqual(['transient', 'http.network'])
  expect(sent).toHaveLength(1)
  expect(door.usage.failures).toBe(1)
})

test('an answer that does not end is given up at its deadline', async () => {
  const clock = fakeClock()
  let isLetGo = false
  const { door } = bench(
    () =>
      new Response(
        new ReadableStream({
          cancel() {
            isLetGo = true
          },
        }),
      ),
    { clock },
  )
  const { text } = await door.stream({ url: '/file', deadlineMs: 5_000 })
  const ended = failureOf(all(text))
  await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(5_000)
  expect((await ended).code).toBe('http.timeout')
  expect(isLetGo).toBe(true)
})

test('whoever stops listening lets go of the connection', async () => {
  let isLetGo = false
  const { door } = bench(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(encoder.encode('more')),
          cancel() {
            isLetGo = true
          },
        }),
      ),
  )
  for await (const piece of (await door.stream({ url: '/file' })).text) if (piece !== '') break
  expect(isLetGo).toBe(true)
})

test('a body that is a function is made anew for every attempt', async () => {
  const { door, sent } = bench([status(503), status(201)])
  let made = 0
  await door.request({
    method: 'PUT',
    url: '/file',
    body: () => {
      made++
      return new ReadableStream({
        start(controller) {
          controller.enqueue(encoder.encode(`file ${made}`))
          controller.close()
        },
      })
    },
  })
  expect(sent.map(({ body }) => body)).toEqual(['file 1', 'file 2'])
})
