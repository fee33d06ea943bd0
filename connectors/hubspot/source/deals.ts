import { contributeDeal, type DealSubject, type MapContext, type PageRequest } from '#kit'
import {
  type Contribution,
  crmRecord,
  type Deal,
  type Instant,
  type Money,
  money,
  parseMajor,
  type Quote,
  type Touchpoint,
} from '#model'
import type { Config } from '../config.ts'
import { type Change, dealLabels, historyOf } from './join.ts'
import type { Joined } from './page.ts'
import { instant, number, type Row, text } from './row.ts'

export const DEAL_PROPERTIES = [
  'dealname',
  'amount',
  'deal_currency_code',
  'pipeline',
  'dealstage',
  'hs_is_closed',
  'hs_is_closed_won',
  'hs_deal_stage_probability',
  'closedate',
  'createdate',
  'hs_analytics_source',
]
export const QUOTE_PROPERTIES = [
  'hs_title',
  'hs_quote_number',
  'hs_quote_amount',
  'hs_currency',
  'hs_quote_link',
  'hs_status',
  'hs_expiration_date',
  'hs_esign_date',
  'hs_payment_status',
  'hs_payment_date',
  'hs_createdate',
]

/** Adds which stage was entered when, with the names that people see. */
export async function joinStages(request: PageRequest<Config>, rows: Joined[]): Promise<void> {
  const history = await historyOf(
    request,
    'deals',
    'dealstage',
    rows.map(({ id }) => id),
  )
  const labels = await dealLabels(request)
  const label = (id: string | null | undefined) => (id ? (labels.get(id) ?? id) : null)
  for (const row of rows) {
    row.stages = (history.get(row.id) ?? []).map(({ value, timestamp }: Change) => ({
      value: label(value),
      timestamp,
    }))
    row.stage = label(row.properties.dealstage)
    row.pipeline = label(row.properties.pipeline)
  }
}

const joinedText = (row: Row, name: string): string | undefined => {
  const value = row[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function amountOf(row: Row, property: string, currency: string): Money | undefined {
  const value = text(row, property)
  return value === undefined ? undefined : parseMajor(value, currency)
}

const currencyOf = (row: Row, property: string, config: Config): string =>
  /^[A-Z]{3}$/.exec(text(row, property)?.toUpperCase() ?? '')?.[0] ?? config.currency

function aboutOf({ contacts, companies }: Row): DealSubject {
  const [contact, company] = [contacts?.[0], companies?.[0]]
  return {
    ...(contact ? { person: [crmRecord('contacts', contact)] } : {}),
    ...(company ? { account: [crmRecord('companies', company)] } : {}),
  }
}

const isOurs = (row: Row, config: Config): boolean => text(row, config.uniqueProperty) !== undefined

export function mapDeal(row: Row, { config }: MapContext<Config>): Contribution[] {
  const created = instant(row, 'createdate')
  const stage = joinedText(row, 'stage') ?? text(row, 'dealstage')
  if (row.movedTo || created === undefined || stage === undefined) return []
  return contributeDeal(dealOf(row, config, { created, stage }), aboutOf(row))
}

function dealOf(row: Row, config: Config, { created, stage }: { created: Instant; stage: string }): Deal {
  const currency = currencyOf(row, 'deal_currency_code', config)
  const isWon = text(row, 'hs_is_closed_won') === 'true'
  const status = isWon ? 'won' : text(row, 'hs_is_closed') === 'true' ? 'lost' : 'open'
  const stages = stagesOf(row, stage, created)
  const probability = number(row, 'hs_deal_stage_probability')
  const closes = instant(row, 'closedate')
  return {
    type: 'deal',
    key: row.id,
    currency,
    status,
    title: text(row, 'dealname') ?? null,
    pipeline: joinedText(row, 'pipeline') ?? text(row, 'pipeline') ?? null,
    stage,
    stages,
    amount: amountOf(row, 'amount', currency) ?? null,
    probability: probability !== undefined && probability >= 0 && probability <= 1 ? probability * 100 : null,
    owner_email: row.owner_email ?? null,
    source: text(row, 'hs_analytics_source') ?? null,
    created_at: created,
    closes_at: closes ?? null,
    closed_at: status === 'open' ? null : (stages.at(-1)?.at ?? closes ?? null),
    ...(isOurs(row, config) ? { is_ours: true } : {}),
  }
}

function stagesOf(row: Row, stage: string, created: Instant): Deal['stages'] {
  const stages: Deal['stages'] = []
  for (const entry of Array.isArray(row.stages) ? (row.stages as unknown[]) : []) {
    const { value, timestamp } = (entry ?? {}) as { value?: unknown; timestamp?: unknown }
    const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN
    if (typeof value !== 'string' || Number.isNaN(at) || stages.at(-1)?.stage === value) continue
    stages.push({ stage: value, at })
  }
  return stages.length > 0 ? stages : [{ stage, at: created }]
}

const DRAFT = new Set(['DRAFT', 'PENDING_APPROVAL', 'REJECTED'])

/**
 * A quote is sent when it is published, and accepted when it is signed or paid for. HubSpot keeps neither who looked at it
 * nor that it has run out: `expires_at` tells.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/commerce/quotes/guide
 */
export function mapQuote(row: Row, { config }: MapContext<Config>): Contribution[] {
  const created = instant(row, 'hs_createdate')
  if (row.movedTo || created === undefined) return []
  const currency = currencyOf(row, 'hs_currency', config)
  const total = amountOf(row, 'hs_quote_amount', currency) ?? money(0, currency)
  const signed = instant(row, 'hs_esign_date')
  const paid =
    text(row, 'hs_payment_status') === 'PAID' ? (instant(row, 'hs_payment_date') ?? undefined) : undefined
  const accepted = signed ?? paid
  const isDraft = DRAFT.has(text(row, 'hs_status') ?? 'DRAFT')
  const quote: Quote = {
    type: 'quote',
    key: row.id,
    number: text(row, 'hs_quote_number') ?? null,
    currency,
    url: text(row, 'hs_quote_link') ?? null,
    status: accepted !== undefined ? 'accepted' : isDraft ? 'draft' : 'sent',
    title: text(row, 'hs_title') ?? null,
    total,
    created_at: created,
    expires_at: instant(row, 'hs_expiration_date') ?? null,
    closed_at: accepted ?? null,
  }
  const about = aboutOf(row)
  const shared = {
    channel: 'quoting' as const,
    ...(quote.title ? { title: quote.title } : {}),
    ...(quote.url ? { url: quote.url } : {}),
    amount: total,
    props: { quote_id: row.id },
  }
  const happenings: Touchpoint[] = [
    { kind: 'quote.created', occurred_at: created, direction: 'outbound', ...shared },
    ...(accepted === undefined
      ? []
      : [{ kind: 'quote.accepted', occurred_at: accepted, direction: 'inbound' as const, ...shared }]),
  ]
  return [
    { type: 'document', ...about, document: quote },
    ...(Object.keys(about).length === 0 ? [] : happenings).map(
      (touchpoint): Contribution => ({ type: 'touchpoint', ...about, touchpoint }),
    ),
  ]
}
