import { incremental, type PageRequest, type PageResult, type Pull } from '#kit'
import type { Instant } from '#model'
import { openClient, type Row } from '../client.ts'
import type { SalesforceConfig } from '../config.ts'
import { fieldNames } from '../describe.ts'
import { toLongId } from '../ids.ts'
import { quote } from '../soql.ts'

export interface Selection {
  object: string
  /** Fields and fields of parents (`Owner.Email`); those that the integration user may not see are left out. */
  fields: readonly string[]
  /** Fields that decide what the connector's own records are. */
  own?(config: SalesforceConfig): string[]
  /** One more condition, as of an instant. */
  where?(until: Instant): string
  /** Which rows are news since an instant; those that have changed where absent. */
  newSince?(since: Instant): string
  pageSize?: number
  /** Adds to the rows of a page what other objects say about them. */
  join?(request: PageRequest<SalesforceConfig>, rows: Row[]): Promise<void>
}

const PAGE = 2000
const ALWAYS = ['Id', 'SystemModstamp', 'CreatedDate', 'IsDeleted']

/** Last row of a page. */
interface Position {
  at: string
  id: string
}

/**
 * Rows by SystemModstamp, which merges and deletions renew as well; `queryAll` also answers what is in the recycle bin. Each
 * page is a query that begins after the last row of the one before, so that nothing is skipped that changes meanwhile. A
 * stamp is taken when a transaction writes and seen when it commits, hence the lag.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-queryall.html
 */
export const pullRows = (selection: Selection): Pull<SalesforceConfig> =>
  incremental<SalesforceConfig>({ lag: '5m', page: (request) => page(selection, request) })

async function page(selection: Selection, request: PageRequest<SalesforceConfig>): Promise<PageResult> {
  const size = selection.pageSize ?? PAGE
  const fields = await visible(selection, request)
  const position = request.token === undefined ? undefined : (JSON.parse(request.token) as Position)
  const conditions = [
    `SystemModstamp <= ${iso(request.until)}`,
    request.since === undefined ? '' : `(${(selection.newSince ?? changedSince)(request.since)})`,
    selection.where?.(request.until) ?? '',
    position
      ? `(SystemModstamp > ${position.at} OR (SystemModstamp = ${position.at} AND Id > ${quote(position.id)}))`
      : '',
  ].filter(Boolean)
  const soql = `SELECT ${fields.join(', ')} FROM ${selection.object} WHERE ${conditions.join(' AND ')} ORDER BY SystemModstamp, Id LIMIT ${size}`
  const { rows, isLast } = await openClient(request).queryPage(soql)
  // A row whose stamp cannot be read is a bad record and no place to go on from.
  const last = rows.findLast((row) => !Number.isNaN(instantOf(row.SystemModstamp)))
  const kept = rows.filter((row) => !isGone(row))
  await selection.join?.(request, kept)
  const next: Position | undefined =
    last && (!isLast || rows.length === size)
      ? { at: literal(last.SystemModstamp), id: String(last.Id) }
      : undefined
  return {
    records: kept,
    // Nobody knows yet what was deleted before the first read.
    deleted: request.since === undefined ? [] : rows.filter(isGone).map((row) => toLongId(String(row.Id))),
    ...(next ? { next: JSON.stringify(next) } : {}),
  }
}

/** A record that was merged away is in the bin too, and says where it went. */
const isGone = (row: Row): boolean => row.IsDeleted === true && typeof row.MasterRecordId !== 'string'

const changedSince = (since: Instant): string => `SystemModstamp >= ${iso(since)}`

export const iso = (at: Instant): string => new Date(at).toISOString()
const instantOf = (stamp: unknown): Instant => Date.parse(String(stamp).replace(/\+0000$/, 'Z'))
const literal = (stamp: unknown): string => iso(instantOf(stamp))

/** A field without access would refuse the whole query. */
async function visible(
  { object, fields, own }: Selection,
  request: PageRequest<SalesforceConfig>,
): Promise<string[]> {
  const { config } = request
  const names = await fieldNames(request, object)
  const wanted = [...ALWAYS, ...fields, ...(own?.(config) ?? [])]
  return [...new Set(wanted)].filter((name) => names.has(name.includes('.') ? referenceOf(name) : name))
}

/** `Owner.Email` → `OwnerId`. */
const referenceOf = (path: string): string => `${path.split('.')[0]}Id`
