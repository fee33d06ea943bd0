import type { MemoryDatabase } from './database.ts'
import type { Random } from './random.ts'
import type { Crm, Vendors } from './vendors.ts'

/** A field that a person has changed in a CRM, and what to. */
export interface Edit {
  crm: Crm
  object: string
  crmId: string
  field: string
  value: string
  /** What stood there before. */
  before: unknown
  at: number
  /** A write of ours was under way: which of both comes last nobody can say. */
  isRaced: boolean
  /** Its author has entered again what stood there before. */
  isTakenBack?: boolean
  /** Somebody has said that our value may be written: while things went wrong, so perhaps in vain. */
  isDecided?: boolean
  /** Somebody has said so when nothing went wrong any more: our value must be there. */
  isGivenBack?: boolean
}

/** Records that people have merged, converted, deleted or made while the hub was at work, by e-mail or domain. */
export interface Deeds {
  edits: Edit[]
  /** "salesforce Lead a@b.de" */
  touched: Set<string>
}

export interface PeopleOptions {
  vendors: Vendors
  memory: MemoryDatabase
  random: Random
  deeds: Deeds
  now(): number
  note(line: string): void
}

/** Fields that a person may change and the hub must respect, by object. */
const EDITABLE: Record<Crm, Record<string, string[]>> = {
  salesforce: {
    Lead: ['Title', 'FirstName', 'City', 'Phone', 'LeadSource', 'Company'],
    Contact: ['Title', 'LastName', 'MailingCity', 'Phone', 'LeadSource'],
    Account: ['Name', 'Industry'],
  },
  hubspot: {
    contacts: ['jobtitle', 'lastname', 'city', 'phone', 'sim_source'],
    companies: ['name'],
  },
}

/** Of these, the ones where a conflict waits for a person. */
const HELD = new Set(['City', 'MailingCity', 'city'])

/** A record as a person sees it in a list. */
export interface Seen {
  crmId: string
  fields: Record<string, unknown>
}

export function recordsOf(vendors: Vendors, crm: Crm, object: string): Seen[] {
  if (crm === 'salesforce')
    return vendors.salesforce.records(object).map((record) => ({ crmId: String(record.Id), fields: record }))
  return vendors.hubspot.records(object).map(({ id, properties }) => ({ crmId: id, fields: properties }))
}

/** By what a record of ours is known on both sides: e-mail or domain, in lower case. */
export const nameOf = ({ fields }: Seen): string =>
  String(fields.Email ?? fields.email ?? fields.Website ?? fields.domain ?? '').toLowerCase()

/** A write of this record, or of one that may become it, has been claimed and not been settled. */
function isUnderWay({ memory }: PeopleOptions, crm: Crm, object: string): boolean {
  const rows = memory.query(
    "SELECT 1 FROM operations WHERE state = 'sending' AND destination = ?1 AND object = ?2 LIMIT 1",
    [crm, object],
  )
  return rows.length > 0
}

/** Somebody changes a field. False where there was nothing to change. */
export function edit(options: PeopleOptions, number: number, prefersHeld: boolean): boolean {
  const { random, deeds, note } = options
  const crm = random.pick(['salesforce', 'hubspot'] as const)
  const object = random.pick(Object.keys(EDITABLE[crm]))
  const record = pickRecord(options, crm, object)
  if (!record) return false
  const fields = EDITABLE[crm][object]!
  const held = prefersHeld && random.chance(0.6) ? fields.find((name) => HELD.has(name)) : undefined
  const field = held ?? random.pick(fields)
  const value = field === 'Phone' || field === 'phone' ? `+49 40 ${1000 + number}` : `Human ${number}`
  const before = record.fields[field] ?? null
  if (!enter(options, crm, object, record, { [field]: value })) return false
  const isRaced = isUnderWay(options, crm, object)
  deeds.edits.push({ crm, object, crmId: record.crmId, field, value, before, at: options.now(), isRaced })
  note(`person edits ${crm} ${object} ${nameOf(record)} ${field} = ${value}${isRaced ? ' (raced)' : ''}`)
  return true
}

function enter(
  { vendors, note }: PeopleOptions,
  crm: Crm,
  object: string,
  record: Seen,
  fields: Record<string, string>,
): boolean {
  try {
    if (crm === 'salesforce') vendors.salesforce.edit(object, record.crmId, fields)
    else vendors.hubspot.edit(object, record.crmId, fields)
    return true
  } catch (error) {
    // Somebody else has it locked, or a rule forbids it: a person is told so as well.
    note(`person may not edit ${nameOf(record)}: ${error}`)
    return false
  }
}

/** Whoever made the last edit of a field takes it back, where it still stands. */
export function takeBack(options: PeopleOptions): boolean {
  const { vendors, random, deeds, note } = options
  const last = new Map(deeds.edits.map((one) => [`${one.crm} ${one.crmId} ${one.field}`, one]))
  const standing = [...last.values()].flatMap((one) => {
    const record = recordsOf(vendors, one.crm, one.object).find(({ crmId }) => crmId === one.crmId)
    const isIts = record?.fields[one.field] === one.value && typeof one.before === 'string'
    return record && isIts && !one.isTakenBack ? [{ one, record }] : []
  })
  if (standing.length === 0) return false
  const { one, record } = random.pick(standing)
  const { crm, object, field, before } = one
  if (!enter(options, crm, object, record, { [field]: String(before) })) return false
  one.isTakenBack = true
  one.isRaced ||= isUnderWay(options, crm, object)
  note(`person takes back ${crm} ${object} ${nameOf(record)} ${field} = ${before}`)
  return true
}

export function merge(options: PeopleOptions): boolean {
  const { vendors, random, deeds, note } = options
  const [crm, object] = random.pick([
    ['salesforce', 'Lead'],
    ['salesforce', 'Contact'],
    ['hubspot', 'contacts'],
  ] as const)
  const records = recordsOf(vendors, crm, object).filter((r) => r.fields.IsConverted !== true)
  if (records.length < 2) return false
  const [winner, loser] = random.shuffle(records)
  if (crm === 'salesforce') vendors.salesforce.merge(object, winner!.crmId, loser!.crmId)
  else vendors.hubspot.merge(object, winner!.crmId, loser!.crmId)
  touch(deeds, crm, nameOf(winner!), nameOf(loser!))
  note(`person merges ${crm} ${object} ${nameOf(loser!)} into ${nameOf(winner!)}`)
  return true
}

export function convert(options: PeopleOptions): boolean {
  const { vendors, random, deeds, note } = options
  const leads = recordsOf(vendors, 'salesforce', 'Lead').filter((r) => r.fields.IsConverted !== true)
  if (leads.length === 0) return false
  const lead = random.pick(leads)
  try {
    vendors.salesforce.convertLead(lead.crmId)
  } catch (error) {
    note(`person may not convert ${nameOf(lead)}: ${error}`)
    return false
  }
  touch(deeds, 'salesforce', nameOf(lead))
  note(`person converts lead ${nameOf(lead)}`)
  return true
}

export function remove(options: PeopleOptions): boolean {
  const { vendors, random, deeds, note } = options
  const [crm, object] = random.pick([
    ['salesforce', 'Lead'],
    ['salesforce', 'Contact'],
    ['hubspot', 'contacts'],
  ] as const)
  const record = pickRecord(options, crm, object)
  if (!record) return false
  if (crm === 'salesforce') vendors.salesforce.remove(object, record.crmId)
  else vendors.hubspot.remove(object, record.crmId)
  touch(deeds, crm, nameOf(record))
  note(`person deletes ${crm} ${object} ${nameOf(record)}`)
  return true
}

/** Somebody enters a person that the hub has not written yet. */
export function create(options: PeopleOptions, email: string): boolean {
  const { vendors, random, deeds, note } = options
  const crm = random.pick(['salesforce', 'hubspot'] as const)
  const objects = crm === 'salesforce' ? ['Lead', 'Contact'] : ['contacts']
  const isThere = objects.some((object) => recordsOf(vendors, crm, object).some((r) => nameOf(r) === email))
  if (isThere || objects.some((object) => isUnderWay(options, crm, object))) return false
  try {
    if (crm === 'hubspot') vendors.hubspot.create('contacts', { email, lastname: 'Entered late' })
    else {
      const fields = { Email: email, LastName: 'Entered', Company: 'Entered late' }
      vendors.salesforce.edit('Lead', undefined, fields)
    }
  } catch (error) {
    // The address is the second one of somebody who was merged.
    note(`person may not enter ${email}: ${error}`)
    return false
  }
  touch(deeds, crm, email)
  note(`person enters ${crm} ${email}`)
  return true
}

function pickRecord({ vendors, random }: PeopleOptions, crm: Crm, object: string): Seen | undefined {
  const records = recordsOf(vendors, crm, object).filter(
    (r) => r.fields.IsConverted !== true && nameOf(r) !== '',
  )
  return records.length > 0 ? random.pick(records) : undefined
}

function touch({ touched }: Deeds, crm: Crm, ...names: string[]): void {
  for (const name of names) touched.add(`${crm} ${name}`)
}
