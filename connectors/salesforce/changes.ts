import { type ChangeFeed, type ChangesRequest, type ConnectorContext, RecordError } from '#kit'
import { openClient, type Row } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { toLongId } from './ids.ts'
import { columns, liveRecord, MERGEABLE } from './read.ts'
import { fieldName, quote } from './soql.ts'

/** A query answers at most this many rows in one call. */
const PAGE = 2000

/** Where the next page goes on: the last record's time stamp and id. */
interface Position {
  at: string
  id: string
}

/**
 * Changed records by SystemModstamp, which triggers, merges and deletions renew as well. `queryAll` also answers what is in
 * the recycle bin. The stamp is taken when a transaction writes and seen when it commits, hence the lag.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-queryall.html
 */
export const changes: ChangeFeed<SalesforceConfig> = {
  lagMs: 30_000,
  pageSize: PAGE,
  // Records are read before they are written anyway: the poll only tells who edited what when, and what is gone.
  everyMs: 30 * 60_000,
  // Deleted records come with the others.
  deletionsEveryMs: 0,
  // One call reads the 2,000 records of ten write calls: what a poll could save is not worth its minutes.
  live: 'needed',
  async page(ctx, request) {
    const { rows, isLast } = await openClient(ctx).queryPage(soqlOf(ctx.config, request))
    const last = rows.at(-1)
    const next: Position | undefined =
      last && (!isLast || rows.length === PAGE)
        ? { at: String(last.SystemModstamp), id: String(last.Id) }
        : undefined
    return {
      records: rows.map((row) => changed(ctx, row, request.fields)),
      ...(next ? { next: JSON.stringify(next) } : {}),
    }
  },
}

/** Rows after a position, not an offset: records that change meanwhile move to the end and let none be skipped. */
function soqlOf(config: SalesforceConfig, { object, since, fields, page }: ChangesRequest): string {
  const own = ['SystemModstamp', 'IsDeleted', ...(MERGEABLE.has(object) ? ['MasterRecordId'] : [])]
  const wanted = columns(config, object, fields)
  const names = [...wanted, ...own.filter((name) => !wanted.includes(name))].map(fieldName).join(', ')
  const position = page === undefined ? undefined : (JSON.parse(page) as Position)
  const at = position && literal(position.at)
  const where = position
    ? `SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > ${quote(position.id)})`
    : `SystemModstamp >= ${new Date(since).toISOString()}`
  return `SELECT ${names} FROM ${object} WHERE ${where} ORDER BY SystemModstamp, Id LIMIT ${PAGE}`
}

const literal = (stamp: string): string => new Date(instantOf(stamp)).toISOString()

function instantOf(stamp: unknown): number {
  const at = Date.parse(String(stamp).replace(/\+0000$/, 'Z'))
  if (Number.isNaN(at))
    throw new RecordError('http.unexpected_body', `"${stamp}" is no time stamp of Salesforce`)
  return at
}

function changed(ctx: ConnectorContext<SalesforceConfig>, row: Row, fields: string[]) {
  const master = typeof row.MasterRecordId === 'string' ? toLongId(row.MasterRecordId) : undefined
  return {
    ...liveRecord(ctx.config, row, fields),
    modifiedAt: instantOf(row.SystemModstamp),
    ...(row.IsDeleted === true ? { isDeleted: true } : {}),
    ...(master ? { movedTo: master } : {}),
  }
}
