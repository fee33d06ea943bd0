import * as z from 'zod'
import { incremental, type PageRequest, type PageResult } from '#kit'
import { isoInstant, parseInstant } from '#model'
import { list, type MailchimpConfig, Member } from './api.ts'

const MEMBERS = 500

interface Token {
  /** Audiences still to be read, the first one now. */
  audiences: string[]
  since?: number | undefined
  offset: number
  total: number
}

/**
 * Audience after audience by the time of change. A page begins where the last one ended in time, not in number: a member that
 * changes meanwhile would pull another one over to a page that was read already.
 */
export const pullMembers = () =>
  incremental<MailchimpConfig>({
    lag: '10m',
    async page(request: PageRequest<MailchimpConfig>): Promise<PageResult> {
      const { since, until, config } = request
      if (request.token === undefined && config.audiences.length === 0) {
        const { items } = await list(request, '/lists', 'lists', {
          count: 1000,
          fields: 'lists.id,total_items',
        })
        const ids = items.flatMap((item) => z.looseObject({ id: z.string() }).safeParse(item).data?.id ?? [])
        return { records: [], ...(ids.length > 0 ? { next: tokenOf(ids, since) } : {}) }
      }
      const at: Token = JSON.parse(request.token ?? tokenOf(config.audiences, since))
      const [audience = '', ...others] = at.audiences
      const { items, total } = await list(
        request,
        `/lists/${encodeURIComponent(audience)}/members`,
        'members',
        {
          count: MEMBERS,
          offset: at.offset,
          sort_field: 'last_changed',
          sort_dir: 'ASC',
          since_last_changed: at.since === undefined ? undefined : isoInstant(at.since),
          before_last_changed: isoInstant(until),
        },
      )
      return {
        records: items,
        ...nextOf(at, items, total, () => (others.length > 0 ? tokenOf(others, since) : undefined)),
      }
    },
  })

const tokenOf = (audiences: string[], since: number | undefined): string =>
  JSON.stringify({ audiences, since, offset: 0, total: 0 } satisfies Token)

function nextOf(
  at: Token,
  items: unknown[],
  total: number,
  onwards: () => string | undefined,
): { next?: string } {
  const said = (token: Token) => ({ next: JSON.stringify(token) })
  if (total < at.total) return said({ ...at, offset: 0, total })
  if (items.length === 0 || at.offset + items.length >= total) {
    const next = onwards()
    return next === undefined ? {} : { next }
  }
  const last = parseInstant(Member.safeParse(items.at(-1)).data?.last_changed ?? '')
  // Whether the bound itself belongs to the answer is not documented.
  const from = last === undefined ? undefined : last - 1000
  if (from !== undefined && from > (at.since ?? 0)) return said({ ...at, since: from, offset: 0, total: 0 })
  return said({ ...at, offset: at.offset + items.length, total })
}
