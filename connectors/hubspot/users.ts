import * as z from 'zod'
import type { CrmUser } from '#kit'
import { type Ctx, pathsOf } from './config.ts'

const PAGE = 500

const owner = z.looseObject({
  id: z.coerce.string(),
  email: z.string().nullish(),
  type: z.string().optional(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
})
const page = z.looseObject({
  results: z.array(owner),
  paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
})

/**
 * Owners of the portal, also archived ones. The id of an owner is what records hold; that of the user is another one.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/owners/guide
 */
export async function users(ctx: Ctx): Promise<CrmUser[]> {
  return [...(await owners(ctx, false)), ...(await owners(ctx, true))]
}

async function owners(ctx: Ctx, archived: boolean): Promise<CrmUser[]> {
  const found: CrmUser[] = []
  let after: string | undefined
  do {
    const { data } = await ctx.http.request({
      url: pathsOf(ctx.config.apiVersion).owners,
      query: { limit: PAGE, archived, ...(after ? { after } : {}) },
      schema: page,
      signal: ctx.signal,
    })
    for (const { id, email, type = 'PERSON', firstName, lastName } of data.results) {
      if (!email || type !== 'PERSON') continue
      const name = [firstName, lastName].filter(Boolean).join(' ') || email
      found.push({ id, email, name, isActive: !archived })
    }
    after = data.paging?.next?.after
  } while (after)
  return found
}
