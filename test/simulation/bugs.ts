import type { Store } from '../../src/engine/ports.ts'
import type { AnyConnector, Destination, WriteOperation } from '../../src/kit/index.ts'
import type { CompiledMapping } from '../../src/mapping/index.ts'
import type { Bug, BugParts } from './hub-process.ts'
import { BEGIN } from './plan.ts'

const MINUTE = 60_000

type AnyDestination = Destination<Record<string, unknown>>
type Upsert = AnyDestination['upsert']

/**
 * Mistakes that integrations are known for. Each is put between two parts of the product, which has none of them; the
 * simulation must find every one, or it would not find a real one either. A function each, because some remember things.
 */
export const BUGS: (() => Bug)[] = [
  () => {
    const sent = new Set<string>()
    return {
      name: 'a repeated write carries a new external id',
      connector: changingUpsert((upsert) => (ctx, object, operations) => {
        const changed = operations.map((operation) => {
          const isAgain = sent.has(operation.id) && operation.crmId === undefined
          sent.add(operation.id)
          return isAgain ? { ...operation, externalId: `${operation.externalId.slice(0, -1)}z` } : operation
        })
        return upsert(ctx, object, changed)
      }),
    }
  },
  () => ({
    name: 'a failed row counts as written',
    connector: changingUpsert(
      (upsert) => async (ctx, object, operations) =>
        (await upsert(ctx, object, operations)).map((result, i) =>
          result.status === 'failed'
            ? {
                status: 'written',
                crmId: operations[i]!.crmId ?? `lost ${operations[i]!.id}`,
                created: false,
              }
            : result,
        ),
    ),
  }),
  () => ({
    name: 'results are taken for those of the next row',
    connector: changingUpsert((upsert) => async (ctx, object, operations) => {
      const results = await upsert(ctx, object, operations)
      return results.map((_, i) => results[(i + 1) % results.length]!)
    }),
  }),
  () => ({
    name: 'what is absent becomes null',
    mapping: changingDesired((fields, mapping) => {
      const absent = mapping.fields.filter(({ name }) => !(name in fields))
      return {
        ...fields,
        ...Object.fromEntries(
          absent.map(({ name, policy }) => [name, { value: null, policy, from: `${mapping.file}:1` }]),
        ),
      }
    }),
  }),
  () => ({
    name: 'the decision does not look at what the CRM holds',
    mapping: changingDesired((fields) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, { ...field, policy: 'always' }]),
      ),
    ),
  }),
  () => ({
    name: 'the cursor is saved before the records',
    plan: {
      span: 45 * MINUTE,
      pullEvery: [4 * MINUTE, 12 * MINUTE],
      lostWebhooks: 1,
      kills: 4,
      killRate: 0.01,
      busyRate: 0.15,
      longestNap: 5 * MINUTE,
    },
    store: (store) => ({
      ...store,
      intake: {
        ...store.intake,
        async commitPage(commit) {
          await store.intake.commitPage({ ...commit, records: [] })
          const { cursor: _, ...records } = commit
          return store.intake.commitPage(records)
        },
      },
    }),
  }),
  () => ({
    name: 'a receipt is acknowledged before it is stored',
    store: (store) => ({
      ...store,
      intake: {
        ...store.intake,
        async takeReceipts(receipts) {
          store.intake.takeReceipts(receipts).catch(() => {})
          return receipts.length
        },
      },
    }),
  }),
  () => ({
    name: 'an event is believed, however late it comes',
    connector: (connector) => (connector.name === 'stripe' ? believingEvents(connector) : connector),
    plan: { lostWebhooks: 0, span: 20_000, delay: 120_000, pullEvery: [12 * MINUTE, 30 * MINUTE] },
  }),
  () => ({
    name: 'the second process does not heed leases',
    plan: {
      processes: 2,
      isDivided: false,
      pause: 200,
      longestNap: 2_000,
      weather: { slow: 0.5, outages: [] },
    },
    store: (store, { holder }) => (holder.startsWith('hub2') ? withoutLeases(store) : store),
  }),
  () => ({
    name: 'a mark is taken away although it was renewed',
    plan: {
      processes: 2,
      isDivided: true,
      databaseLatency: 200,
      span: 20_000,
      delay: 2_000,
      pause: 200,
      longestNap: 1_000,
      shortages: [],
    },
    store: (store, { memory }) => ({
      ...store,
      project: {
        ...store.project,
        commit: (commit) =>
          store.project.commit({
            ...commit,
            dirtyDone: commit.dirtyDone.map((mark) => asItIsNow(memory, mark)),
          }),
      },
    }),
  }),
  () => ({
    name: 'a digest that is sent again is another activity',
    connector: changingUpsert(
      (upsert) => (ctx, object, operations) => upsert(ctx, object, operations.map(asAnotherDigest)),
    ),
  }),
  () => ({
    name: 'what was under way when an answer was lost is forgotten',
    from: 104,
    plan: {
      weather: { lostBefore: 0, lostAfter: 0.7, hangs: 0, serverError: 0, slow: 0, latency: 50, outages: [] },
      span: 4 * MINUTE,
      delay: 0,
      pause: 1_000,
      longestNap: 5_000,
      flushRate: 1,
      lostWebhooks: 0,
      watchEvery: 0,
      edits: 0,
      regrets: 0,
      merges: 0,
      conversions: 0,
      deletions: 0,
      creations: 0,
      kills: 0,
      busyRate: 0,
      bulkFrom: 0,
      shortages: [],
    },
    store: (store) => ({ ...store, deliver: { ...store.deliver, announce: async () => {} } }),
  }),
  () => ({
    name: 'records of others are not looked for',
    connector: changingDestination((destination) => ({ ...destination, find: async () => [] })),
  }),
  () => ({
    name: 'rows that a bulk job left count as written',
    plan: { bulkFrom: 1, bulkTroubles: 4 },
    connector: changingDestination((destination) => {
      const { bulk } = destination
      if (!bulk) return destination
      const results: typeof bulk.results = async function* (ctx, job) {
        for await (const { settled, unprocessed } of bulk.results(ctx, job)) {
          const written = unprocessed.map((key) => ({
            key,
            result: { status: 'written' as const, crmId: key, created: false },
          }))
          yield { settled: [...settled, ...written], unprocessed: [] }
        }
      }
      return { ...destination, bulk: { ...bulk, results } }
    }),
  }),
  () => ({
    name: 'calls are made until the CRM refuses them',
    plan: { shortages: [{ from: BEGIN, until: BEGIN + 10 * MINUTE, left: 0 }], watchEvery: 0 },
    connector: changingDestination(({ quota: _, ...destination }) => destination),
  }),
  () => ({
    name: 'the change poll moves on without every other page',
    plan: {
      span: 4 * MINUTE,
      longestNap: 20_000,
      watchEvery: 20_000,
      live: 'poll',
      edits: 15,
      weather: { outages: [] },
    },
    connector: changingDestination(skippingPages),
    store: (store) => ({
      ...store,
      watch: { ...store.watch, commit: (commit) => store.watch.commit(withoutOverlap(commit)) },
    }),
  }),
  () => ({
    name: 'what a person gives back is not taken',
    plan: { edits: 6, regrets: 0, decisions: 0, givesBack: true },
    store: (store) => ({
      ...store,
      quarantine: {
        ...store.quarantine,
        decide: (request) => store.quarantine.decide({ ...request, state: 'kept' }),
      },
    }),
  }),
]

const changingDestination =
  (change: (destination: AnyDestination) => AnyDestination): Required<Bug>['connector'] =>
  (connector: AnyConnector) =>
    connector.destination ? { ...connector, destination: change(connector.destination) } : connector

/** Of every two pages of changes the second is never read. */
function skippingPages(destination: AnyDestination): AnyDestination {
  const { changes } = destination
  if (!changes) return destination
  let count = 0
  const page: typeof changes.page = async (ctx, request) =>
    ++count % 2 === 0 ? { records: [] } : changes.page(ctx, request)
  return { ...destination, changes: { ...changes, page } }
}

type WatchCommit = Parameters<Store['watch']['commit']>[0]

/** The next poll begins where this one did, so that it reads nothing a second time. */
const withoutOverlap = (commit: WatchCommit): WatchCommit => ({
  ...commit,
  feed: { ...commit.feed, since: commit.feed.polledAt ?? commit.feed.since },
})

const changingUpsert = (change: (upsert: Upsert) => Upsert): Required<Bug>['connector'] =>
  changingDestination((destination) => ({ ...destination, upsert: change(destination.upsert) }))

type Desired = NonNullable<ReturnType<CompiledMapping['evaluate']>>

const changingDesired =
  (
    change: (fields: Desired['fields'], mapping: CompiledMapping) => Desired['fields'],
  ): Required<Bug>['mapping'] =>
  (mapping) => ({
    ...mapping,
    evaluate(view) {
      const desired = mapping.evaluate(view)
      return desired && { ...desired, fields: change(desired.fields, mapping) }
    },
  })

const withoutLeases = (store: Store): Store => ({
  ...store,
  control: { ...store.control, acquireLease: async () => true },
  deliver: {
    ...store.deliver,
    reclaim: () => store.deliver.reclaim(Number.MAX_SAFE_INTEGER),
  },
})

type Mark = Parameters<Store['project']['commit']>[0]['dirtyDone'][number]

function asItIsNow(memory: BugParts['memory'], mark: Mark): Mark {
  const [row] = memory.query('SELECT stamp FROM dirty WHERE stage = ?1 AND kind = ?2 AND id = ?3', [
    mark.stage,
    mark.kind,
    mark.id,
  ])
  return row ? { ...mark, stamp: Number(row.stamp) } : mark
}

const STREAM_OF: Record<string, string> = {
  customer: 'customers',
  subscription: 'subscriptions',
  invoice: 'invoices',
}

/** Takes what an event tells for the truth, without asking the vendor what is true now. */
const believingEvents = (connector: AnyConnector): AnyConnector => ({
  ...connector,
  webhook: {
    ...connector.webhook!,
    receive({ body }) {
      const { data } = JSON.parse(body) as { data: { object: { object: string } } }
      const stream = STREAM_OF[data.object.object]
      return stream ? { records: [{ stream, record: data.object }] } : {}
    },
  },
})

/** Known records are addressed by their id, so the mistake is to forget that as well. */
function asAnotherDigest(operation: WriteOperation): WriteOperation {
  if (!operation.externalId.startsWith('dg_') || operation.crmId === undefined) return operation
  const { crmId: _, ...rest } = operation
  return { ...rest, externalId: `dh_${operation.externalId.slice(3)}` }
}
