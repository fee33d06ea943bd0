import type { Destination, WriteResult } from '#kit'
import hubspot from '../../../connectors/hubspot/index.ts'
import { subjectOf } from '../folders.ts'
import type { Subject } from '../subject.ts'
import type { Broken } from './types.ts'

type AnyDestination = Destination<Record<string, unknown>>

const sound = hubspot.destination as unknown as AnyDestination
const { auth, baseUrl, classify, config, name, title } = hubspot

const TWIN = '-twin'

/** HubSpot's destination side, changed, in front of its simulator. */
async function withDestination(change: Partial<AnyDestination>): Promise<Subject> {
  const { fixtures, ...subject } = subjectOf('hubspot')
  const { connection, destination } = fixtures
  return {
    ...subject,
    // Exchanges of its source side belong to others.
    fixtures: {
      connection: { ...connection, exchanges: [] },
      streams: {},
      expected: {},
      destination: destination!,
    },
    code: {},
    decisions: '',
    connector: {
      auth,
      baseUrl,
      classify,
      config,
      name,
      title,
      destination: { ...sound, ...change },
    } as Subject['connector'],
  }
}

const upsertThen = (change: (results: WriteResult[]) => WriteResult[]) =>
  withDestination({ upsert: async (...args) => change(await sound.upsert(...args)) })

export const destination: Broken[] = [
  {
    fault: 'does not tell of a field that it writes',
    fails: 'describes what it writes',
    make: () =>
      withDestination({
        describe: async (...args) =>
          (await sound.describe(...args)).filter((field) => field.name !== 'lastname'),
      }),
  },
  {
    fault: 'says that it creates what was there',
    fails: 'makes one record of one key',
    make: () =>
      upsertThen((results) =>
        results.map((result) => (result.status === 'written' ? { ...result, created: true } : result)),
      ),
  },
  {
    fault: 'forgets a field',
    fails: 'stores what it is told',
    make: () =>
      withDestination({
        upsert: (ctx, object, operations) =>
          sound.upsert(
            ctx,
            object,
            operations.map(({ fields: { firstname: _, ...fields }, ...rest }) => ({ ...rest, fields })),
          ),
      }),
  },
  {
    fault: 'answers a full batch in another order',
    fails: 'answers in length and order of a full batch',
    make: () => upsertThen((results) => (results.length === 100 ? results.toReversed() : results)),
  },
  {
    fault: 'fails a batch for one bad record',
    fails: 'refuses one record among good ones',
    make: () =>
      upsertThen((results) => {
        const failed = results.find((result) => result.status === 'failed')
        return failed?.status === 'failed' && failed.error.kind === 'record'
          ? results.map(() => failed)
          : results
      }),
  },
  {
    fault: 'reads only what fits a call',
    fails: 'reads more than fits a call',
    make: () =>
      withDestination({
        read: (ctx, request) => sound.read(ctx, { ...request, crmIds: request.crmIds.slice(0, 100) }),
      }),
  },
  {
    fault: 'writes again under another key where it is not sure of the first time',
    fails: 'makes no second record when an answer is lost',
    make: () =>
      withDestination({
        async upsert(ctx, object, operations) {
          const results = await sound.upsert(ctx, object, operations)
          const isUnsure = (i: number) => {
            const result = results[i]
            return result?.status === 'failed' && result.error.kind === 'transient'
          }
          const twins = operations
            .filter((_, i) => isUnsure(i))
            .map(({ externalId, fields, ...operation }) => ({
              ...operation,
              externalId: `${externalId}${TWIN}`,
              fields: { ...fields, email: `twin.${fields.email}` },
            }))
          if (twins.length > 0) await sound.upsert(ctx, object, twins)
          return results
        },
        async find(ctx, request) {
          const values = request.values.flatMap((value) => [value, `${value}${TWIN}`])
          const found = await sound.find(ctx, { ...request, values })
          const keyOf = (value: unknown) => String(value).replace(TWIN, '')
          return found.map(({ fields, ...record }) => ({
            ...record,
            fields: { ...fields, [request.field]: keyOf(fields[request.field]) },
          }))
        },
      }),
  },
  {
    fault: 'takes an outage for a refusal of the record',
    fails: 'classes refusals and outages',
    make: () =>
      withDestination({
        upsert: (ctx, object, operations) =>
          sound
            .upsert(ctx, object, operations)
            .catch(() => operations.map(() => ({ status: 'skipped', reason: 'trouble' }))),
      }),
  },
  {
    fault: 'says that it archived and did not',
    fails: 'takes back what it created',
    make: () =>
      withDestination({ archive: async (_, { crmIds }) => crmIds.map(() => ({ status: 'archived' })) }),
  },
]
