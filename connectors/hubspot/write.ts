import { type HubError, RecordError, TransientError, type WriteOperation, type WriteResult } from '#kit'
import type { BatchAnswer, Client, Row, WriteInput } from './client.ts'
import type { Ctx } from './config.ts'
import { classifyItem, strings, type VendorError } from './errors.ts'
import { isolate } from './isolate.ts'
import { requireUniqueProperty } from './properties.ts'
import { toProperties } from './values.ts'

/** Outcome per operation; what is missing in the end got no answer. */
export type Results = Map<WriteOperation, WriteResult>

interface Sendable {
  operation: WriteOperation
  input: WriteInput
}

/** Creates or updates records by our unique property. */
export async function writeByKey(
  ctx: Ctx,
  client: Client,
  object: string,
  operations: WriteOperation[],
  results: Results,
) {
  const { uniqueProperty } = ctx.config
  const sendables = prepare(operations, results, (operation) => ({
    id: operation.externalId,
    idProperty: uniqueProperty,
    objectWriteTraceId: operation.id,
    properties: { ...toProperties(operation.fields), [uniqueProperty]: operation.externalId },
  }))
  await write(sendables, results, {
    keyOf: (row) => row.properties[uniqueProperty],
    async send(inputs) {
      try {
        return await client.upsert(object, inputs)
      } catch (error) {
        if (error instanceof RecordError) await requireUniqueProperty(ctx, object)
        throw error
      }
    },
  })
}

/** Updates records by CRM id; sets our key on those that are adopted. */
export async function writeById(
  ctx: Ctx,
  client: Client,
  object: string,
  operations: WriteOperation[],
  results: Results,
) {
  const sendables = prepare(operations, results, (operation) => ({
    id: operation.crmId!,
    objectWriteTraceId: operation.id,
    properties: {
      ...toProperties(operation.fields),
      ...(operation.adopt ? { [ctx.config.uniqueProperty]: operation.externalId } : {}),
    },
  }))
  await write(sendables, results, { keyOf: (row) => row.id, send: (inputs) => client.update(object, inputs) })
}

function prepare(
  operations: WriteOperation[],
  results: Results,
  inputOf: (operation: WriteOperation) => WriteInput,
): Sendable[] {
  return operations.flatMap((operation) => {
    try {
      return [{ operation, input: inputOf(operation) }]
    } catch (error) {
      if (!(error instanceof RecordError)) throw error
      results.set(operation, failed(error))
      return []
    }
  })
}

interface Call {
  send(inputs: WriteInput[]): Promise<BatchAnswer>
  /** The `id` that the row was asked for by. */
  keyOf(row: Row): string | null | undefined
}

async function write(sendables: Sendable[], results: Results, { send, keyOf }: Call): Promise<void> {
  if (sendables.length === 0) return
  await isolate(sendables, {
    async send(items) {
      const answer = await send(items.map((item) => item.input))
      // Results come in any order: found by trace id, key or id, never by position.
      const rows = index(answer.rows, (row) => [row.traceId, keyOf(row)])
      const errors = index(answer.errors, namesIn)
      for (const { operation, input } of items) {
        const row = rows.get(operation.id) ?? rows.get(input.id)
        const error = errors.get(operation.id) ?? errors.get(input.id)
        if (row) results.set(operation, { status: 'written', crmId: row.id, created: row.isNew ?? false })
        else results.set(operation, failed(error ? classifyItem(error) : noResult(operation)))
      }
    },
    culprits: (items, error) =>
      error.code === 'mapping.unknown_field' ? items.filter((item) => uses(item, error)) : [],
    refused(items, error) {
      for (const { operation } of items) results.set(operation, failed(error))
    },
  })
}

function index<T>(items: T[], keysOf: (item: T) => (string | null | undefined)[]): Map<string, T> {
  return new Map(items.flatMap((item) => keysOf(item).flatMap((key) => (key ? [[key, item] as const] : []))))
}

/** How a batch error names the input that it is about. */
const namesIn = ({ context }: VendorError): string[] =>
  [context?.objectWriteTraceId, context?.ids, context?.id].flatMap(strings)

const uses = ({ input }: Sendable, error: HubError): boolean =>
  String(error.details.at?.properties ?? '')
    .split(', ')
    .some((name) => name in input.properties)

export const failed = (error: HubError): WriteResult => ({ status: 'failed', error })

export const noResult = (operation: WriteOperation) =>
  new TransientError(
    'record.no_result',
    `HubSpot gave neither a result nor an error for ${operation.externalId}`,
    {
      at: { external_id: operation.externalId },
    },
  )
