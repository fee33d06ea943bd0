import type { ConnectorContext, CrmFields, CrmValue, LiveRecord } from '#kit'
import { type Client, openClient, type Row } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { toLongId } from './ids.ts'
import { fieldName, queriesFor } from './soql.ts'
import { chunk } from './write.ts'

type Context = ConnectorContext<SalesforceConfig>

export const READ_SIZE = 2000

/** Objects whose records can be merged; the loser keeps a pointer to the winner. */
export const MERGEABLE = new Set(['Account', 'Contact', 'Lead'])

/**
 * Records by CRM id. A merged or converted record comes back with `movedTo`; a deleted one does not come back. `known`: all
 * fields that there are, where it is not sure that those asked for are among them.
 */
export async function read(
  ctx: Context,
  request: { object: string; crmIds: string[]; fields: string[] },
  known?: ReadonlySet<string>,
): Promise<LiveRecord[]> {
  const { object } = request
  const client = openClient(ctx)
  const fields = columns(ctx.config, object, request.fields, known)
  const live: LiveRecord[] = []
  const gone: string[] = []
  for (const ids of chunk([...new Set(request.crmIds.map(toLongId))], READ_SIZE)) {
    const rows = await client.retrieve(object, ids, fields)
    ids.forEach((id, i) => {
      const row = rows[i]
      if (row) live.push(liveRecord(ctx.config, row, request.fields))
      else gone.push(id)
    })
  }
  return gone.length > 0 && MERGEABLE.has(object)
    ? [...live, ...(await findMerged(client, object, gone))]
    : live
}

async function findMerged(client: Client, object: string, ids: string[]): Promise<LiveRecord[]> {
  const merged: LiveRecord[] = []
  for (const soql of queriesFor(
    `SELECT Id, MasterRecordId FROM ${object} WHERE Id IN `,
    ids,
    ' AND MasterRecordId != null',
  )) {
    for (const row of await client.query(soql, 'queryAll')) {
      merged.push({
        crmId: toLongId(String(row.Id)),
        fields: {},
        movedTo: toLongId(String(row.MasterRecordId)),
      })
    }
  }
  return merged
}

/** Live records by field value, oldest first for each value. Converted leads are left out: they are read-only. */
export async function find(
  ctx: Context,
  request: { object: string; field: string; values: string[]; fields: string[] },
  known?: ReadonlySet<string>,
): Promise<LiveRecord[]> {
  const { object } = request
  const client = openClient(ctx)
  const selected = columns(ctx.config, object, request.fields, known).map(fieldName).join(', ')
  const values = request.field === 'Id' ? request.values.map(toLongId) : request.values
  const head = `SELECT ${selected} FROM ${object} WHERE ${fieldName(request.field)} IN `
  const tail = `${object === 'Lead' ? ' AND IsConverted = false' : ''} ORDER BY CreatedDate, Id`
  const found: LiveRecord[] = []
  for (const soql of queriesFor(head, values, tail)) {
    for (const row of await client.query(soql)) found.push(liveRecord(ctx.config, row, request.fields))
  }
  return found
}

/** What is asked of Salesforce: the wanted fields and those that tell who and where the record is. */
export function columns(
  config: SalesforceConfig,
  object: string,
  wanted: string[],
  known?: ReadonlySet<string>,
): string[] {
  const own = [
    'Id',
    config.externalIdField,
    ...(object === 'Lead' ? ['IsConverted', 'ConvertedContactId'] : []),
  ]
  const taken = new Set(own.map((name) => name.toLowerCase()))
  const all = [...own, ...new Set(wanted.filter((name) => !taken.has(name.toLowerCase())))]
  return known ? all.filter((name) => known.has(name)) : all
}

export function liveRecord(config: SalesforceConfig, row: Row, wanted: string[]): LiveRecord {
  const fields: CrmFields = {}
  for (const name of wanted) {
    const value = crmValue(row[name])
    if (value !== undefined) fields[name] = value
  }
  const key = row[config.externalIdField]
  return {
    crmId: toLongId(String(row.Id)),
    ...(typeof key === 'string' ? { externalId: key } : {}),
    fields,
    ...(row.IsConverted === true && typeof row.ConvertedContactId === 'string'
      ? { movedTo: toLongId(row.ConvertedContactId), movedToObject: 'Contact' }
      : {}),
  }
}

const DATETIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000$/

/** Salesforce writes the offset as +0000; everything else in Tributary as Z. Compound values are not ours. */
function crmValue(value: unknown): CrmValue | undefined {
  if (typeof value === 'string') return value.replace(DATETIME, '$1Z')
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : undefined
}
