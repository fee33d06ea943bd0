import type { ChangeFeed, LiveRecord } from '#kit'
import { createClient, type Row, SEARCH_PAGE } from './client.ts'
import type { Config } from './config.ts'
import { knownProperties } from './properties.ts'
import { MERGED_IDS, mergedIds, toLive } from './read.ts'

/**
 * Where the next page goes on. `from`: records changed at this instant or later. `at`: the rest of those changed at one
 * instant, by id, where they fill more than a page. `archived`: the list of archived records, after an id.
 */
export type Position = { from: number } | { at: number; afterId: string } | { archived: string }

/**
 * Changed records by search, whose index follows the records with a delay; archived ones, which it does not know, from
 * their list. Each page is a search of its own that begins where the last one ended: HubSpot answers 10,000 results of a
 * search and no more, and offsets skip records that change meanwhile.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
 */
export const changes: ChangeFeed<Config> = {
  lagMs: 60_000,
  pageSize: SEARCH_PAGE,
  everyMs: 5 * 60_000,
  // The list of archived records has no order in time: it is read whole.
  deletionsEveryMs: 6 * 60 * 60_000,
  live: 'poll',
  async page(ctx, { object, since, fields, page, deletions }) {
    const position: Position = page === undefined ? { from: since } : (JSON.parse(page) as Position)
    const client = createClient(ctx)
    const known = await knownProperties(ctx, object)
    const live = (row: Row): LiveRecord => toLive(ctx, known, row, fields)
    if ('archived' in position) {
      const { rows, after } = await client.archived(
        object,
        [modified(object)],
        position.archived || undefined,
      )
      const records = rows.map((row) => ({ crmId: row.id, fields: {}, isDeleted: true }))
      return { records, ...(after ? { next: JSON.stringify({ archived: after }) } : {}) }
    }
    const property = modified(object)
    const { rows, isLast } = await client.searchBy(object, {
      ...queryOf(position, property),
      properties: [...new Set([...fields, ctx.config.uniqueProperty, MERGED_IDS, property])],
    })
    const records = rows.flatMap((row) => {
      const modifiedAt = stampOf(row, property)
      const gone = mergedIds(row).map((crmId) => ({ crmId, fields: {}, movedTo: row.id, modifiedAt }))
      return [{ ...live(row), modifiedAt }, ...gone]
    })
    const next = nextOf(position, rows, isLast, property) ?? (deletions ? { archived: '' } : undefined)
    return { records, ...(next ? { next: JSON.stringify(next) } : {}) }
  },
}

/** Contacts are older than the naming rule of the other objects. */
export const modified = (object: string): string =>
  object === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'

export function queryOf(position: Exclude<Position, { archived: string }>, property: string) {
  if ('from' in position)
    return {
      filters: [{ propertyName: property, operator: 'GTE' as const, value: String(position.from) }],
      sortBy: property,
    }
  return {
    filters: [
      { propertyName: property, operator: 'EQ' as const, value: String(position.at) },
      { propertyName: 'hs_object_id', operator: 'GT' as const, value: position.afterId },
    ],
    sortBy: 'hs_object_id',
  }
}

export function nextOf(
  position: Exclude<Position, { archived: string }>,
  rows: Row[],
  isLast: boolean,
  property: string,
): Position | undefined {
  const last = rows.at(-1)
  if ('at' in position)
    return last && !isLast ? { at: position.at, afterId: last.id } : { from: position.at + 1 }
  if (!last || isLast) return undefined
  const at = stampOf(last, property)
  // A page of one instant: going on from that instant would give the same page again.
  return at > stampOf(rows[0]!, property) ? { from: at } : { at, afterId: '0' }
}

export const stampOf = ({ properties }: Row, property: string): number =>
  Date.parse(properties[property] ?? '') || 0
