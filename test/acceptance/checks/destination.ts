import { expect } from 'vitest'
import {
  AdminRuleError,
  AuthError,
  type ConnectorContext,
  type Destination,
  HubError,
  RateLimitError,
  RecordError,
  TransientError,
  type WriteOperation,
  type WriteResult,
} from '#kit'
import { type Sandbox, sandboxFetch } from '../../../src/sandbox/sandbox.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { type DestinationFile, withNumber } from '../fixtures.ts'
import { SIMULATORS } from '../simulators.ts'
import { type Check, configOf, connect, plain, type SessionOptions, type Subject } from '../subject.ts'
import { toResponse } from '../vendor.ts'

type Context = ConnectorContext<Record<string, unknown>>

interface Bench {
  sandbox: Sandbox
  ctx: Context
  destination: Destination<Record<string, unknown>>
  upsert(operations: WriteOperation[]): Promise<WriteResult[]>
  /** CRM ids of the records that carry our keys, by key. */
  idsOf(operations: WriteOperation[]): Promise<Map<string, string[]>>
}

/** A destination against the stateful simulator of its CRM. */
export function destinationChecks(subject: Subject): Check[] {
  const { connector, fixtures } = subject
  const file = fixtures.destination
  if (!connector.destination || !file) return []
  const { object } = file
  const spec = connector.destination.objects[object]
  const operations = (count: number, more: DestinationFile['fields'] = {}): WriteOperation[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `op_${i + 1}`,
      externalId: `key_${i + 1}`,
      fields: withNumber({ ...file.fields, ...more }, i + 1),
    }))
  const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({
    name,
    title: `${object}: ${name}`,
    run: async () => await run(await openBench(subject, object)),
  })

  return [
    check('describes what it writes', async ({ ctx, destination }) => {
      expect(spec, `destination.json: ${object} is no object of ${connector.name}`).toBeDefined()
      for (const [name, { externalId }] of Object.entries(destination.objects)) {
        const fields = await destination.describe(ctx, name)
        expect(fields.length, name).toBeGreaterThan(0)
        const names = fields.map((field) => field.name)
        expect(new Set(names).size, `${name}: names are unique`).toBe(names.length)
        if (name !== object) continue
        expect(fields.find((field) => field.name === externalId)?.isExternalId).toBe(true)
        for (const written of Object.keys({ ...file.fields, ...file.changed, ...file.refused }))
          expect(fields, written).toContainEqual(expect.objectContaining({ name: written, isWritable: true }))
      }
    }),
    check('makes one record of one key', async ({ upsert, idsOf }) => {
      const first = written(await upsert(operations(3)))
      expect(first.map(({ created }) => created)).toEqual([true, true, true])
      const again = written(await upsert(operations(3, file.changed)))
      expect(again.map(({ created }) => created)).toEqual([false, false, false])
      expect(again.map(({ crmId }) => crmId)).toEqual(first.map(({ crmId }) => crmId))
      const found = await idsOf(operations(3))
      expect([...found.values()]).toEqual(first.map(({ crmId }) => [crmId]))
    }),
    check('stores what it is told', async ({ ctx, destination, upsert }) => {
      const sent = operations(1, file.changed)
      const [result] = written(await upsert(sent))
      const fields = Object.keys(sent[0]!.fields)
      const [live] = await destination.read(ctx, { object, crmIds: [result!.crmId], fields })
      expect(live?.fields).toMatchObject(sent[0]!.fields)
    }),
    check('answers in length and order of a full batch', async ({ ctx, destination, upsert }) => {
      const all = operations(spec!.batchSize)
      const results = written(await upsert(all))
      expect(results).toHaveLength(all.length)
      const crmIds = results.map(({ crmId }) => crmId)
      const live = await destination.read(ctx, { object, crmIds, fields: [spec!.externalId] })
      const keys = new Map(live.map(({ crmId, fields }) => [crmId, fields[spec!.externalId]]))
      expect(crmIds.map((id) => keys.get(id))).toEqual(all.map(({ externalId }) => externalId))
    }),
    check('refuses one record among good ones', async ({ upsert }) => {
      const all = operations(3)
      all[1]!.fields = withNumber({ ...file.fields, ...file.refused }, 2)
      const [first, second, third] = await upsert(all)
      written([first!, third!])
      const error = second?.status === 'failed' ? second.error : undefined
      expect(error instanceof RecordError || error instanceof AdminRuleError, String(error)).toBe(true)
    }),
    check('reads more than fits a call', async ({ ctx, destination, upsert }) => {
      const { batchSize, readSize } = spec!
      const all = operations(readSize + 1)
      const crmIds: string[] = []
      for (let i = 0; i < all.length; i += batchSize)
        crmIds.push(...written(await upsert(all.slice(i, i + batchSize))).map(({ crmId }) => crmId))
      const live = await destination.read(ctx, { object, crmIds, fields: [spec!.externalId] })
      expect(live.map(({ crmId }) => crmId).sort()).toEqual(crmIds.sort())
    }),
    check('makes no second record when an answer is lost', async ({ sandbox, upsert, idsOf }) => {
      await upsert(operations(1))
      const fresh = operations(2)
      // However often it is repeated: some destinations may repeat a write on the spot.
      let isLost = true
      sandbox.fail({ kind: 'lost_after', times: 1000, matches: ({ method }) => isLost && method !== 'GET' })
      await upsert(fresh).catch(() => {})
      isLost = false
      written(await upsert(fresh))
      for (const [key, ids] of await idsOf(fresh)) expect(ids, key).toHaveLength(1)
    }),
    check('classes refusals and outages', async () => {
      const down = () => {
        throw new TypeError('fetch failed')
      }
      const troubles = [
        [() => fixtures.connection.refused, AuthError],
        [() => plain(429, { 'retry-after': '600' }), RateLimitError],
        [() => plain(503), TransientError],
        [down, TransientError],
      ] as const
      for (const [interfere, kind] of troubles) {
        const { upsert } = await openBench(subject, object, { interfere })
        for (const error of await errorsOf(() => upsert(operations(2)))) expect(error).toBeInstanceOf(kind)
      }
    }),
    check('takes back what it created', async ({ ctx, destination, upsert }) => {
      if (!destination.archive) return
      const crmIds = written(await upsert(operations(2))).map(({ crmId }) => crmId)
      const archived = await destination.archive(ctx, { object, crmIds })
      expect(archived).toEqual([{ status: 'archived' }, { status: 'archived' }])
      expect(await destination.read(ctx, { object, crmIds, fields: [] })).toEqual([])
      const again = await destination.archive(ctx, { object, crmIds })
      // Not every CRM tells whether there was something left to archive.
      for (const { status } of again) expect(['gone', 'archived']).toContain(status)
    }),
  ]
}

/** An empty CRM, set up as `tributary setup --apply` does; trouble begins after that. */
async function openBench(subject: Subject, object: string, options: SessionOptions = {}): Promise<Bench> {
  const { connector, fixtures } = subject
  const simulate = SIMULATORS[connector.name]
  if (!simulate) throw new Error(`test/acceptance/simulators.ts has no simulator of ${connector.name}`)
  const destination = connector.destination!
  const clock = fakeClock({ start: fixtures.connection.now, waiting: 'at once' })
  const sandbox = simulate({ config: configOf(subject), clock })
  const baseUrl = fixtures.connection.baseUrl ?? connector.baseUrl
  const simulated = sandboxFetch([sandbox], { [new URL(baseUrl).host]: sandbox })
  let isSetUp = false
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const trouble = isSetUp ? await options.interfere?.(undefined as never, undefined) : undefined
    if (trouble instanceof Response) return trouble
    return trouble ? toResponse(trouble) : await simulated(input, init)
  }
  const { ctx } = connect(subject, { baseUrl, fetch, clock })
  const fields = Object.fromEntries(Object.keys(destination.objects).map((name) => [name, {}]))
  await destination.setup(ctx, { apply: true, fields })
  isSetUp = true
  const { externalId } = destination.objects[object]!
  return {
    sandbox,
    ctx,
    destination,
    upsert: (operations) => destination.upsert(ctx, object, operations),
    async idsOf(operations) {
      const values = operations.map((operation) => operation.externalId)
      const found = await destination.find(ctx, { object, field: externalId, values, fields: [externalId] })
      return new Map(
        values.map((value) => [
          value,
          found.filter(({ fields }) => fields[externalId] === value).map(({ crmId }) => crmId),
        ]),
      )
    },
  }
}

function written(results: WriteResult[]): Extract<WriteResult, { status: 'written' }>[] {
  return results.map((result) => {
    if (result.status === 'written') return result
    throw new Error(`not written: ${result.status === 'failed' ? result.error.message : result.reason}`)
  })
}

/** What was thrown, or the error of every operation: nothing may have been written. */
async function errorsOf(run: () => Promise<WriteResult[]>): Promise<unknown[]> {
  try {
    return (await run()).map((result) => (result.status === 'failed' ? result.error : result))
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    return [error]
  }
}
