import { contributeDeal, type MapContext, type PageRequest } from '#kit'
import { type Contribution, crmRecord, type Deal, type Instant, money, parseMajor } from '#model'
import { type Row as Answered, openClient } from '../client.ts'
import type { SalesforceConfig } from '../config.ts'
import { toLongId } from '../ids.ts'
import { queriesFor } from '../soql.ts'
import { keyOf } from './people.ts'
import { instant, number, parentText, type Row, text } from './row.ts'

export const OPPORTUNITY = [
  'Name',
  'AccountId',
  'StageName',
  'Amount',
  'CurrencyIsoCode',
  'Probability',
  'CloseDate',
  'Type',
  'LeadSource',
  'IsClosed',
  'IsWon',
  'OwnerId',
  'Owner.Email',
]

/** Ids of one page fit into few queries. */
export const OPPORTUNITIES_PER_PAGE = 400

/**
 * Adds when which stage was entered, and whom the sale is about. The history is kept by Salesforce itself, for every org;
 * it also has rows for changes of amount and date.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunityhistory.htm
 */
export async function joinHistory(request: PageRequest<SalesforceConfig>, rows: Answered[]): Promise<void> {
  const client = openClient(request)
  const ids = rows.map((row) => toLongId(String(row.Id)))
  const related = async (head: string, tail: string) => {
    const found: Answered[] = []
    for (const soql of queriesFor(head, ids, tail)) found.push(...(await client.query(soql)))
    return Map.groupBy(found, (row) => toLongId(String(row.OpportunityId)))
  }
  const history = await related(
    'SELECT OpportunityId, StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId IN ',
    ' ORDER BY CreatedDate, Id',
  )
  const roles = await related(
    'SELECT OpportunityId, ContactId FROM OpportunityContactRole WHERE OpportunityId IN ',
    ' AND IsPrimary = true',
  )
  for (const row of rows) {
    const id = toLongId(String(row.Id))
    row.history = (history.get(id) ?? []).map(({ StageName, CreatedDate }) => ({ StageName, CreatedDate }))
    row.contactId = roles.get(id)?.[0]?.ContactId ?? null
  }
}

export function mapOpportunity(row: Row, { config }: MapContext<SalesforceConfig>): Contribution[] {
  const created = instant(row, 'CreatedDate')
  const stage = text(row, 'StageName')
  if (created === undefined || stage === undefined) return []
  const contact = text(row, 'contactId')
  const account = text(row, 'AccountId')
  return contributeDeal(dealOf(row, config, { created, stage }), {
    ...(contact ? { person: [crmRecord('Contact', toLongId(contact))] } : {}),
    ...(account ? { account: [crmRecord('Account', toLongId(account))] } : {}),
  })
}

function dealOf(
  row: Row,
  config: SalesforceConfig,
  { created, stage }: { created: Instant; stage: string },
): Deal {
  const currency = /^[A-Z]{3}$/.exec(text(row, 'CurrencyIsoCode') ?? '')?.[0] ?? config.currency
  const amount = number(row, 'Amount')
  const status = row.IsWon === true ? 'won' : row.IsClosed === true ? 'lost' : 'open'
  const stages = stagesOf(row, stage, created)
  const probability = number(row, 'Probability')
  const closes = instant(row, 'CloseDate')
  return {
    type: 'deal',
    key: keyOf(row),
    currency,
    status,
    title: text(row, 'Name') ?? null,
    stage,
    stages,
    amount: amount === undefined ? null : (parseMajor(String(amount), currency) ?? money(0, currency)),
    probability: probability !== undefined && probability >= 0 && probability <= 100 ? probability : null,
    owner_email: parentText(row, 'Owner', 'Email') ?? null,
    source: text(row, 'LeadSource') ?? null,
    created_at: created,
    closes_at: closes ?? null,
    closed_at: status === 'open' ? null : (stages.at(-1)?.at ?? closes ?? null),
    ...(text(row, config.externalIdField) ? { is_ours: true } : {}),
  }
}

/** A row without a change of stage is one of amount or date. */
function stagesOf(row: Row, stage: string, created: Instant): Deal['stages'] {
  const stages: Deal['stages'] = []
  for (const entry of Array.isArray(row.history) ? (row.history as Record<string, unknown>[]) : []) {
    if (typeof entry !== 'object' || entry === null) continue
    const [name, at] = [text(entry, 'StageName'), instant(entry, 'CreatedDate')]
    if (name === undefined || at === undefined || stages.at(-1)?.stage === name) continue
    stages.push({ stage: name, at })
  }
  return stages.length > 0 ? stages : [{ stage, at: created }]
}
