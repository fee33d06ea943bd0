import * as z from 'zod'
import {
  type ConnectorContext,
  type CrmFields,
  HubError,
  RecordError,
  TransientError,
  type WriteOperation,
  type WriteResult,
} from '#kit'
import { openClient, type Row } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { itemError } from './errors.ts'
import { toLongId } from './ids.ts'

export const BATCH_SIZE = 200

const SaveResult = z.looseObject({
  id: z.string().nullish(),
  success: z.boolean(),
  created: z.boolean().optional(),
  errors: z.array(
    z.looseObject({
      statusCode: z.string(),
      message: z.string().nullish(),
      fields: z.array(z.string()).nullish(),
    }),
  ),
})

interface Call {
  /** Places of its records in the list of operations. */
  places: number[]
  records: Row[]
  send(records: Row[]): Promise<unknown>
}

/**
 * Writes operations in at most two calls per 200: by external id those without CRM id, by Id those with one. A record that
 * Salesforce refuses does not touch its neighbours (allOrNone false).
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
 */
export async function upsert(
  ctx: ConnectorContext<SalesforceConfig>,
  object: string,
  operations: WriteOperation[],
): Promise<WriteResult[]> {
  const results: (WriteResult | undefined)[] = new Array(operations.length)
  const calls = callsFor(ctx, object, operations, results)
  let answered = 0
  let refusal: HubError | undefined
  for (let call = calls.shift(); call; call = calls.shift()) {
    try {
      const answer = await call.send(call.records)
      const items = Array.isArray(answer) ? answer : []
      call.places.forEach((place, i) => {
        results[place] = resultOf(items[i], object)
      })
      answered++
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      if (error.kind === 'record' && call.records.length > 1) {
        // One record that Salesforce cannot even parse refuses the whole request: halve until it stands alone.
        calls.unshift(...halves(call))
        continue
      }
      refusal = error
      for (const place of call.places) results[place] = { status: 'failed', error }
    }
  }
  // A lost connection may have been a write: only a refusal proves that nothing was stored.
  const isCertain = refusal?.kind === 'config' || refusal?.kind === 'auth' || refusal?.kind === 'rate_limit'
  if (refusal && isCertain && answered === 0 && results.every(isRefused)) throw refusal
  return results.map((result) => result ?? { status: 'failed', error: noResult(object) })
}

function halves({ places, records, send }: Call): Call[] {
  const middle = Math.ceil(records.length / 2)
  return [
    { places: places.slice(0, middle), records: records.slice(0, middle), send },
    { places: places.slice(middle), records: records.slice(middle), send },
  ]
}

const isRefused = (result: WriteResult | undefined): boolean =>
  result?.status === 'failed' && result.error.kind !== 'transient'

function callsFor(
  ctx: ConnectorContext<SalesforceConfig>,
  object: string,
  operations: WriteOperation[],
  results: (WriteResult | undefined)[],
): Call[] {
  const { config } = ctx
  const client = openClient(ctx)
  const common = {
    'sforce-duplicate-rule-header': `allowSave=${config.allowDuplicateSave}; includeRecordDetails=true`,
  }
  const byKey: number[] = []
  const byId: number[] = []
  operations.forEach((operation, place) => {
    // jsforce would throw the whole batch away for one record without key.
    if (operation.externalId === '') {
      results[place] = {
        status: 'failed',
        error: new RecordError('record.invalid', 'An operation carries no external id', { at: { object } }),
      }
    } else if (operation.crmId === undefined) byKey.push(place)
    else byId.push(place)
  })
  const calls: Call[] = []
  for (const places of chunk(byKey, BATCH_SIZE)) {
    calls.push({
      places,
      records: places.map((place) => ({
        ...payload(operations[place]!.fields),
        [config.externalIdField]: operations[place]!.externalId,
      })),
      send: (records) =>
        client.upsert(object, config.externalIdField, records, {
          ...common,
          'sforce-auto-assign': assignment(config),
        }),
    })
  }
  for (const places of chunk(byId, BATCH_SIZE)) {
    calls.push({
      places,
      records: places.map((place) => {
        const { fields, crmId = '', adopt, externalId } = operations[place]!
        return {
          ...payload(fields),
          ...(adopt ? { [config.externalIdField]: externalId } : {}),
          Id: toLongId(crmId),
        }
      }),
      // Salesforce would reassign owners on every update otherwise: its default is TRUE.
      send: (records) => client.update(object, records, { ...common, 'sforce-auto-assign': 'FALSE' }),
    })
  }
  return calls
}

/** Objects that assignment rules exist for. */
export const assignedObjects: ReadonlySet<string> = new Set(['Lead', 'Case'])

/** https://developer.salesforce.com/docs/platform/api-rest/guide/headers-autoassign.html */
const assignment = (config: SalesforceConfig): string =>
  config.assignment === 'active' ? 'TRUE' : config.assignment === 'none' ? 'FALSE' : config.assignment

/** The record is addressed by us, never by a mapped field. */
function payload(fields: CrmFields): Row {
  const { Id: _Id, id: _id, attributes: _attributes, ...rest } = fields
  return rest
}

function resultOf(item: unknown, object: string): WriteResult {
  const parsed = SaveResult.safeParse(item)
  if (!parsed.success) return { status: 'failed', error: noResult(object) }
  const { success, id, created, errors } = parsed.data
  if (success && id) return { status: 'written', crmId: toLongId(id), created: created ?? false }
  return { status: 'failed', error: errors[0] ? itemError(errors[0], object) : noResult(object) }
}

const noResult = (object: string): TransientError =>
  new TransientError('record.no_result', `Salesforce gave no result for a record of ${object}`, {
    at: { object },
  })

export function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = []
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size))
  return chunks
}
