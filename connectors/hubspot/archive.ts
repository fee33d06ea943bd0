import { type ArchiveResult, HubError } from '#kit'
import { type Ctx, pathsOf } from './config.ts'
import { BATCH_SIZE } from './objects.ts'

/**
 * Archives records, 100 a call; they can be restored for 90 days. HubSpot answers a call as a whole: one that is archived
 * already is no failure, and a refusal concerns all of its call.
 * https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-archive
 */
export async function archive(
  ctx: Ctx,
  { object, crmIds }: { object: string; crmIds: string[] },
): Promise<ArchiveResult[]> {
  const results: ArchiveResult[] = []
  for (let i = 0; i < crmIds.length; i += BATCH_SIZE) {
    const ids = crmIds.slice(i, i + BATCH_SIZE)
    try {
      await ctx.http.request({
        method: 'POST',
        url: `${pathsOf(ctx.config.apiVersion).objects}/${object}/batch/archive`,
        json: { inputs: ids.map((id) => ({ id })) },
        signal: ctx.signal,
      })
      results.push(...ids.map((): ArchiveResult => ({ status: 'archived' })))
    } catch (error) {
      if (!(error instanceof HubError) || error.kind !== 'record') throw error
      results.push(...ids.map((): ArchiveResult => ({ status: 'failed', error })))
    }
  }
  return results
}
