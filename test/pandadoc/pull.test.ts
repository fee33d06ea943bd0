import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Cursor } from '#kit'
import { CurrentMember, Document, DocumentList } from '../../connectors/pandadoc/api.ts'
import pandadoc from '../../connectors/pandadoc/index.ts'
import { connect, documents, iso, NOW, quote } from './support.ts'

async function pull(ctx: ReturnType<typeof connect>['ctx'], cursor?: Cursor, between?: () => void) {
  const ids: string[] = []
  let last = cursor
  for await (const page of documents.pull!.read(ctx, cursor)) {
    ids.push(...page.records.map((record) => (record as { id: string }).id))
    last = page.cursor
    between?.()
  }
  return { ids, cursor: last! }
}

const minutesAgo = (minutes: number) => iso(NOW - minutes * 60_000)

test('a full read brings the details of every document, over all pages', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(
    Array.from({ length: 205 }, (_, i) => quote(`d${i}`, { date_modified: minutesAgo(1_000 - i) })),
  )
  const { ids } = await pull(ctx)
  expect(new Set(ids).size).toBe(205)
  const lists = sandbox.requests.filter((r) => r.path === '/public/v1/documents')
  expect(lists).toHaveLength(3)
})

test('documents that share one modification time are all read', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(Array.from({ length: 230 }, (_, i) => quote(`d${i}`)))
  expect(new Set((await pull(ctx)).ids).size).toBe(230)
})

test('a document that is edited during the read pushes no other one out', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(
    Array.from({ length: 250 }, (_, i) => quote(`d${i}`, { date_modified: minutesAgo(1_000 - i) })),
  )
  let isFirst = true
  const { ids } = await pull(ctx, undefined, () => {
    if (isFirst)
      sandbox.load([
        quote('d0', { date_modified: iso(NOW + 60_000) }),
        quote('d5', { date_modified: minutesAgo(1) }),
      ])
    isFirst = false
  })
  expect(new Set(ids).size).toBe(250)
})

test('the next read brings only what changed since', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load([quote('old', { date_modified: minutesAgo(600) })])
  const { cursor } = await pull(ctx)
  sandbox.load([quote('new', { date_modified: minutesAgo(1) })])
  expect((await pull(ctx, cursor)).ids).toEqual(['new'])
})

test('a read that was stopped between two pages resumes where it stopped', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load(
    Array.from({ length: 150 }, (_, i) => quote(`d${i}`, { date_modified: minutesAgo(1_000 - i) })),
  )
  const first = (await documents.pull!.read(ctx, undefined).next()).value!
  const stored = JSON.parse(JSON.stringify(first.cursor))
  const rest = await pull(ctx, stored)
  expect(new Set([...first.records.map((r) => (r as { id: string }).id), ...rest.ids]).size).toBe(150)
})

test('a document that is gone or still processed is left out, its neighbours are read', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load([quote('a'), quote('b', { status: 'document.uploaded' })])
  expect((await documents.fetch!(ctx, ['a', 'b', 'missing'])).map((r) => (r as { id: string }).id)).toEqual([
    'a',
  ])
})

test('a throttled read waits and goes on; a broken one fails with its class', async () => {
  const { sandbox, ctx } = connect()
  sandbox.load([quote('a')])
  sandbox.fail({ kind: 'answer', status: 429, headers: { 'retry-after': '1' }, body: { type: 'throttled' } })
  sandbox.fail({ kind: 'lost_before' })
  expect((await pull(ctx)).ids).toEqual(['a'])
  sandbox.fail({ kind: 'answer', status: 503, times: 10 })
  await expect(pull(ctx)).rejects.toMatchObject({ code: 'http.server_error', kind: 'transient' })
})

test('check proves the key', async () => {
  await pandadoc.check!(connect().ctx)
  await expect(pandadoc.check!(connect({ apiKey: 'wrong' }).ctx)).rejects.toMatchObject({
    code: 'auth.rejected',
  })
})

test('the simulator is as strict as the vendor', async () => {
  const { sandbox } = connect({ requestsPerMinute: 5 })
  const get = async (path: string, authorization?: string) => {
    const answer = await sandbox.fetch(
      new Request(`https://api.pandadoc.com${path}`, authorization ? { headers: { authorization } } : {}),
    )
    return { status: answer.status, body: await answer.json() }
  }
  const key = 'API-Key pd-key'
  expect(await get('/public/v1/documents')).toMatchObject({
    status: 401,
    body: { type: 'authentication_error' },
  })
  expect(await get('/public/v1/documents', 'Bearer pd-key')).toMatchObject({ status: 401 })
  expect(await get('/public/v1/documents?count=101&order_by=size&modified_from=x', key)).toMatchObject({
    status: 400,
    body: {
      type: 'validation_error',
      detail: {
        count: [expect.any(String)],
        order_by: [expect.any(String)],
        modified_from: [expect.any(String)],
      },
    },
  })
  expect(await get('/public/v1/documents/none/details', key)).toEqual({
    status: 404,
    body: { type: 'request_error', detail: 'Not found' },
  })
  await get('/public/v1/documents', key)
  expect(await get('/public/v1/documents', key)).toMatchObject({ status: 429, body: { type: 'throttled' } })
})

const specification = new URL('../../../shared/data/vendors/pandadoc-openapi.json', import.meta.url)

test.skipIf(!existsSync(specification))(
  "the vendor's example answers parse and map (skipped: no data)",
  () => {
    const { paths } = JSON.parse(readFileSync(specification, 'utf8'))
    const examples = (path: string): unknown[] =>
      Object.values(paths[path].get.responses['200'].content['application/json'].examples).map(
        (e) => (e as { value: unknown }).value,
      )
    const details = examples('/public/v1/documents/{id}/details')
    expect(details.length).toBeGreaterThan(2)
    for (const value of details) {
      const document = Document.parse(value)
      expect(() =>
        documents.map(document, { connection: 'pd', config: { apiKey: 'k', quotes: 'all' } as never }),
      ).not.toThrow()
    }
    for (const value of examples('/public/v1/documents'))
      expect(DocumentList.safeParse(value).error).toBeUndefined()
    for (const value of examples('/public/v1/members/current'))
      expect(CurrentMember.safeParse(value).error).toBeUndefined()
    const [sent] = examples('/public/v1/webhook-events/{id}') as { request_body: string }[]
    const received = pandadoc.webhook!.receive({
      headers: {},
      body: sent!.request_body,
      receivedAt: NOW,
      config: {} as never,
    })
    expect(received.refetch).toEqual([{ stream: 'documents', key: 'aahcZhiB6pKRbjagoZrrrr' }])
  },
)
