import * as z from 'zod'
import type { ArchiveResult, ConnectorContext } from '#kit'
import type { SalesforceConfig } from './config.ts'
import { itemError } from './errors.ts'
import { BATCH_SIZE } from './write.ts'

const DeleteResult = z.array(
  z.looseObject({
    id: z.string().nullish(),
    success: z.boolean(),
    errors: z.array(
      z.looseObject({
        statusCode: z.string(),
        message: z.string().nullish(),
        fields: z.array(z.string()).nullish(),
      }),
    ),
  }),
)

const GONE = new Set(['ENTITY_IS_DELETED', 'INVALID_CROSS_REFERENCE_KEY'])

/**
 * Moves records to the recycle bin, 200 a call; a refused one does not touch its neighbours.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-delete.html
 */
export async function archive(
  ctx: ConnectorContext<SalesforceConfig>,
  { object, crmIds }: { object: string; crmIds: string[] },
): Promise<ArchiveResult[]> {
  const results: ArchiveResult[] = []
  for (let i = 0; i < crmIds.length; i += BATCH_SIZE) {
    const ids = crmIds.slice(i, i + BATCH_SIZE)
    const { data } = await ctx.http.request({
      method: 'DELETE',
      url: `/services/data/v${ctx.config.apiVersion}/composite/sobjects`,
      query: { ids: ids.join(','), allOrNone: false },
      schema: DeleteResult,
      signal: ctx.signal,
    })
    for (const index of ids.keys()) results.push(resultOf(data[index], object))
  }
  return results
}

function resultOf(item: z.output<typeof DeleteResult>[number] | undefined, object: string): ArchiveResult {
  if (item?.success) return { status: 'archived' }
  if (item?.errors.some((error) => GONE.has(error.statusCode))) return { status: 'gone' }
  return { status: 'failed', error: itemError(item?.errors[0] ?? {}, object) }
}
