import {
  type ConnectorContext,
  type Inventory,
  type InventoryObject,
  type InventoryRecord,
  nameGroups,
} from '#kit'
import { type Client, openClient, type Row } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { fieldNames } from './describe.ts'
import { toLongId } from './ids.ts'
import { columns, find, liveRecord, read } from './read.ts'
import { fieldName, queriesFor, quote } from './soql.ts'

type Context = ConnectorContext<SalesforceConfig>

const PAGE = 2000
/** Salesforce refuses URIs beyond 16,384 bytes. */
const MAX_COLUMNS = 10_000

const stamps = {
  owner: 'OwnerId',
  created_at: 'CreatedDate',
  modified_at: 'LastModifiedDate',
  activity_at: 'LastActivityDate',
} as const

const person = {
  first_name: 'FirstName',
  last_name: 'LastName',
  email: 'Email',
  phone: 'Phone',
  mobile: 'MobilePhone',
  title: 'Title',
  bounced: 'EmailBouncedDate',
  opted_out: 'HasOptedOutOfEmail',
  source: 'LeadSource',
  ...stamps,
} as const

const objects: Record<string, InventoryObject> = {
  Account: {
    kind: 'account',
    fields: {
      name: 'Name',
      phone: 'Phone',
      website: 'Website',
      industry: 'Industry',
      lifecycle: 'Type',
      parent: 'ParentId',
      source: 'AccountSource',
      street: 'BillingStreet',
      city: 'BillingCity',
      region: 'BillingState',
      postal_code: 'BillingPostalCode',
      country: 'BillingCountry',
      ...stamps,
    },
    beforeCustomer: ['Prospect'],
    also: ['IsPersonAccount'],
  },
  Contact: {
    kind: 'contact',
    fields: {
      ...person,
      account: 'AccountId',
      street: 'MailingStreet',
      city: 'MailingCity',
      region: 'MailingState',
      postal_code: 'MailingPostalCode',
      country: 'MailingCountry',
    },
    also: ['IsPersonAccount'],
  },
  Lead: {
    kind: 'lead',
    fields: {
      ...person,
      company: 'Company',
      website: 'Website',
      status: 'Status',
      industry: 'Industry',
      street: 'Street',
      city: 'City',
      region: 'State',
      postal_code: 'PostalCode',
      country: 'Country',
    },
  },
  Opportunity: {
    kind: 'deal',
    fields: {
      name: 'Name',
      account: 'AccountId',
      stage: 'StageName',
      stage_since: 'LastStageChangeDate',
      amount: 'Amount',
      close_at: 'CloseDate',
      is_closed: 'IsClosed',
      is_won: 'IsWon',
      next_step: 'NextStep',
      source: 'LeadSource',
      ...stamps,
    },
  },
}

/** Records by id, which never changes: none is skipped or repeated when others change meanwhile. */
export const inventory: Inventory<SalesforceConfig> = {
  objects,

  async page(ctx, { object, fields, page }) {
    const client = openClient(ctx)
    const { rows, isLast } = await rowsAfter(ctx, client, object, fields, page)
    const kept = rows.filter((row) => row.IsPersonAccount !== true)
    const contacts = object === 'Opportunity' ? await countContacts(client, kept) : undefined
    const last = rows.at(-1)
    return {
      records: kept.map((row): InventoryRecord => {
        const live = liveRecord(ctx.config, row, fields)
        return contacts ? { ...live, contacts: contacts.get(live.crmId) ?? 0 } : live
      }),
      ...(last && !isLast ? { next: String(last.Id) } : {}),
    }
  },

  read: async (ctx, request) => read(ctx, request, await fieldNames(ctx, request.object)),
  find: async (ctx, request) => find(ctx, request, await fieldNames(ctx, request.object)),

  merge: {
    refused:
      'Salesforce merges records in its user interface, in Apex and by SOAP, which is not open to this connection; REST has no call for it',
  },
}

/** One query; more of them over the same ids where all field names do not fit into one. */
async function rowsAfter(
  ctx: Context,
  client: Client,
  object: string,
  fields: string[],
  after: string | undefined,
): Promise<{ rows: Row[]; isLast: boolean }> {
  const conditions = [
    ...(object === 'Lead' ? ['IsConverted = false'] : []),
    ...(after === undefined ? [] : [`Id > ${quote(after)}`]),
  ]
  const known = await fieldNames(ctx, object)
  const [first, ...more] = nameGroups(columns(ctx.config, object, fields, known), {
    most: MAX_COLUMNS,
    separator: 4,
  })
  const rows = await client.query(soqlOf(object, first, conditions))
  const isLast = rows.length < PAGE
  const byId = new Map(rows.map((row) => [row.Id, row]))
  for (const names of more) {
    const until = rows.length > 0 ? [`Id <= ${quote(String(rows.at(-1)!.Id))}`] : []
    for (const row of await client.query(soqlOf(object, ['Id', ...names], [...conditions, ...until])))
      Object.assign(byId.get(row.Id) ?? {}, row)
  }
  return { rows, isLast }
}

function soqlOf(object: string, names: string[], conditions: string[]): string {
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
  return `SELECT ${names.map(fieldName).join(', ')} FROM ${object}${where} ORDER BY Id LIMIT ${PAGE}`
}

/** https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunitycontactrole.htm */
async function countContacts(client: Client, rows: Row[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const head = 'SELECT OpportunityId FROM OpportunityContactRole WHERE OpportunityId IN '
  for (const soql of queriesFor(
    head,
    rows.map(({ Id }) => String(Id)),
    '',
  ))
    for (const { OpportunityId } of await client.query(soql)) {
      const id = toLongId(String(OpportunityId))
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
  return counts
}
