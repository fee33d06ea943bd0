import * as z from 'zod'
import { incremental, type PageRequest, type PageResult, type Pull } from '#kit'
import { modified, nextOf, type Position, queryOf, stampOf } from '../changes.ts'
import { createClient, type Row, SEARCH_PAGE } from '../client.ts'
import { type Config, pathsOf } from '../config.ts'
import { MERGED_IDS, mergedIds } from '../read.ts'
import { associated, ownerEmails } from './join.ts'

export interface Selection {
  object: string
  properties: readonly string[]
  /** Objects whose associated records are read along. */
  with?: readonly ('contacts' | 'companies')[]
  /** Adds what other endpoints say about the records of a page. */
  join?(request: PageRequest<Config>, rows: Joined[]): Promise<void>
}

export type Joined = Row & Record<string, unknown>

/** The list of archived records has no order in time: it is read whole, four times a day. */
const ARCHIVE_EVERY_MS = 6 * 60 * 60_000

/**
 * Records by the time of their last change, each page a search of its own that begins where the last one ended: HubSpot
 * answers 10,000 results of a search and no more, and its index follows the records with a delay, hence the lag.
 */
export const pullRecords = (selection: Selection): Pull<Config> =>
  incremental<Config>({ lag: '5m', page: (request) => page(selection, request) })

async function page(selection: Selection, request: PageRequest<Config>): Promise<PageResult> {
  const { object, properties } = selection
  const { since, until, token } = request
  const position: Position = token === undefined ? { from: since ?? 0 } : (JSON.parse(token) as Position)
  const client = createClient(request)
  const stamp = modified(object)
  const archiveSince = Math.floor((since ?? until) / ARCHIVE_EVERY_MS) * ARCHIVE_EVERY_MS
  if ('archived' in position) {
    const { rows, after } = await client.archived(object, [stamp], position.archived || undefined)
    const deleted = rows.filter((row) => Date.parse(row.archivedAt ?? '') >= archiveSince)
    return {
      records: [],
      deleted: deleted.map(({ id }) => id),
      ...(after ? { next: JSON.stringify({ archived: after }) } : {}),
    }
  }
  const { rows, bad, isLast } = await search(request, object, position, [
    ...new Set([...properties, request.config.uniqueProperty, 'hubspot_owner_id', MERGED_IDS, stamp]),
  ])
  const isArchiveDue = archiveSince < Math.floor(until / ARCHIVE_EVERY_MS) * ARCHIVE_EVERY_MS
  const next = nextOf(position, rows, isLast, stamp) ?? (isArchiveDue ? { archived: '' } : undefined)
  return {
    records: [
      ...bad,
      ...(await joined(selection, request, rows)),
      ...rows.flatMap((row) =>
        mergedIds(row).map((id) => ({
          id,
          movedTo: row.id,
          properties: { [stamp]: new Date(stampOf(row, stamp)).toISOString() },
        })),
      ),
    ],
    ...(next ? { next: JSON.stringify(next) } : {}),
  }
}

const answer = z.looseObject({
  results: z.array(z.unknown()),
  paging: z.looseObject({ next: z.unknown() }).nullish(),
})
const row = z.looseObject({
  id: z.coerce.string(),
  properties: z.record(z.string(), z.string().nullable()),
})

/**
 * Not by the SDK, which makes a record out of anything. What is none is handed on as it is: it says nothing about the others.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
 */
async function search(
  { http, config, signal }: PageRequest<Config>,
  object: string,
  position: Exclude<Position, { archived: string }>,
  properties: string[],
): Promise<{ rows: Row[]; bad: unknown[]; isLast: boolean }> {
  const { filters, sortBy } = queryOf(position, modified(object))
  const { data } = await http.request({
    method: 'POST',
    url: `${pathsOf(config.apiVersion).objects}/${object}/search`,
    json: {
      filterGroups: [{ filters }],
      sorts: [{ propertyName: sortBy, direction: 'ASCENDING' }],
      properties,
      limit: SEARCH_PAGE,
    },
    schema: answer,
    repeatable: true,
    signal,
  })
  const found = data.results.map((raw) => ({ raw, read: row.safeParse(raw) }))
  return {
    rows: found.flatMap(({ read }) =>
      read.success ? [{ id: read.data.id, properties: read.data.properties }] : [],
    ),
    bad: found.flatMap(({ raw, read }) => (read.success ? [] : [raw])),
    isLast: !data.paging?.next,
  }
}

async function joined(
  { object, with: others = [], join }: Selection,
  request: PageRequest<Config>,
  rows: Row[],
): Promise<Joined[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const all: Joined[] = rows.map((row) => ({ ...row }))
  for (const other of others) {
    const found = await associated(request, object, other, ids)
    for (const row of all) row[other] = found.get(row.id) ?? []
  }
  if (rows.some(({ properties }) => properties.hubspot_owner_id)) {
    const emails = await ownerEmails(request)
    for (const row of all) row.owner_email = emails.get(row.properties.hubspot_owner_id ?? '') ?? null
  }
  await join?.(request, all)
  return all
}
