import type { Org } from './org.ts'
import type { StoredRecord, Table, Value } from './table.ts'
import { writeRecord } from './write.ts'

/** The live record, or an error that names what the test asked for. */
export function needRecord(org: Org, object: string, id: string): { table: Table; record: StoredRecord } {
  const table = org.needTable(object)
  const record = table.records.get(id)
  if (!record || record.IsDeleted) throw new Error(`The sandbox has no ${object} ${id}`)
  return { table, record }
}

/** Into the recycle bin. Taking away a permission takes effect at once. */
export function deleteRecord(org: Org, table: Table, record: StoredRecord): void {
  table.bin(record)
  record.SystemModstamp = org.stamp()
  if (table.def.name === 'FieldPermissions' || table.def.name === 'PermissionSetAssignment')
    org.refreshAccess()
}

/** Points every reference from one record to another, as a merge or conversion does. */
function repoint(org: Org, from: string, to: string, only?: string): void {
  for (const table of org.tables.values()) {
    if (only && table.def.name !== only) continue
    for (const field of table.def.fields.values()) {
      if (field.type !== 'reference' || !field.createable) continue
      for (const id of [...table.lookup(field, from)]) {
        table.change(
          table.records.get(id)!,
          new Map<string, Value | undefined>([
            [field.name, to],
            ['SystemModstamp', org.stamp()],
          ]),
        )
      }
    }
  }
}

/** A person merges two records: the loser goes to the recycle bin and remembers who won. */
export function mergeRecords(org: Org, object: string, winner: string, loser: string): void {
  const { table, record } = needRecord(org, object, loser)
  const kept = needRecord(org, object, winner).record
  repoint(org, loser, winner)
  deleteRecord(org, table, record)
  record.MasterRecordId = winner
  table.change(
    kept,
    new Map<string, Value | undefined>([
      ['SystemModstamp', org.stamp()],
      ['LastModifiedById', org.humanUser],
    ]),
  )
}

/** A person converts a lead: account and contact are made (or the account of that name reused), activities follow. */
export function convertLead(
  org: Org,
  id: string,
  options: { opportunity?: boolean },
): { accountId: string; contactId: string; opportunityId?: string } {
  const { table, record: lead } = needRecord(org, 'Lead', id)
  if (lead.IsConverted) throw new Error(`Lead ${id} is already converted`)
  const accounts = org.needTable('Account')
  const byName = accounts.lookup(accounts.def.fields.get('name')!, lead.Company!)
  const accountId =
    [...byName][0] ??
    create(org, 'Account', {
      Name: lead.Company,
      Website: lead.Website,
      Phone: lead.Phone,
      Industry: lead.Industry,
    })
  const contactId = create(org, 'Contact', {
    FirstName: lead.FirstName,
    LastName: lead.LastName,
    Email: lead.Email,
    Phone: lead.Phone,
    MobilePhone: lead.MobilePhone,
    Title: lead.Title,
    LeadSource: lead.LeadSource,
    AccountId: accountId,
  })
  const opportunityId = options.opportunity
    ? create(org, 'Opportunity', {
        Name: `${lead.Company}-`,
        AccountId: accountId,
        StageName: 'Prospecting',
        CloseDate: org.stamp().slice(0, 10),
      })
    : undefined
  repoint(org, id, contactId, 'Task')
  table.change(
    lead,
    new Map<string, Value | undefined>([
      ['IsConverted', true],
      ['Status', 'Closed - Converted'],
      ['ConvertedDate', org.stamp().slice(0, 10)],
      ['ConvertedAccountId', accountId],
      ['ConvertedContactId', contactId],
      ['ConvertedOpportunityId', opportunityId],
      ['SystemModstamp', org.stamp()],
      ['LastModifiedById', org.humanUser],
    ]),
  )
  return { accountId, contactId, ...(opportunityId ? { opportunityId } : {}) }
}

function create(org: Org, object: string, fields: Record<string, unknown>): string {
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const outcome = writeRecord(org, org.needTable(object), known, undefined, {
    userId: org.humanUser,
    allowSave: true,
  })
  if ('error' in outcome)
    throw new Error(`${object} cannot be created: ${outcome.error.code} ${outcome.error.message}`)
  return outcome.record.Id
}
