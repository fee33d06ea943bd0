import { sameValue } from '../../src/engine/deciding/same-value.ts'
import { simulationMappings } from './mappings.ts'
import { type Deeds, type Edit, nameOf, recordsOf } from './people.ts'
import type { Crm, Vendors } from './vendors.ts'

/** What both CRMs hold, by what people would call it: no ids of either side. */
export interface Content {
  /** "salesforce Lead a@b.de" → mapped fields. Records without a key of ours are left out. */
  records: Map<string, Record<string, unknown>>
  /** CRM id of each record, "salesforce 00Q…" → "salesforce Lead a@b.de". */
  names: Map<string, string>
  /** Activities and associations, one line each, sorted. */
  lines: string[]
}

const KEY: Record<Crm, string> = { salesforce: 'Tributary_Id__c', hubspot: 'tributary_id' }
export const ACTIVITIES: Record<Crm, string> = { salesforce: 'Task', hubspot: 'notes' }

export function contentOf(vendors: Vendors): Content {
  const content: Content = { records: new Map(), names: new Map(), lines: [] }
  for (const { destination, object, fields } of simulationMappings()) {
    const crm = destination as Crm
    for (const record of recordsOf(vendors, crm, object)) {
      const name = `${crm} ${object} ${nameOf(record)}`
      content.names.set(`${crm} ${record.crmId}`, name)
      if (!record.fields[KEY[crm]]) continue
      const mapped = fields.map((f): [string, unknown] => [f.name, record.fields[f.name] ?? null])
      content.records.set(name, Object.fromEntries(mapped))
    }
  }
  const nameIn = (crm: Crm, id: unknown) => content.names.get(`${crm} ${id}`) ?? 'nobody'
  for (const [name, fields] of content.records) {
    if (typeof fields.AccountId === 'string') fields.AccountId = nameIn('salesforce', fields.AccountId)
    content.records.set(name, fields)
  }
  for (const task of vendors.salesforce.records('Task')) {
    const on = [task.WhoId, task.WhatId].filter(Boolean).map((id) => nameIn('salesforce', id))
    content.lines.push(`salesforce Task ${task.Subject} ${task.ActivityDate} on ${on.join(' and ')}`)
  }
  const notes = new Map(
    vendors.hubspot
      .records('notes')
      .map(({ id, properties }) => [
        `notes ${id}`,
        `note ${properties.hs_note_body} ${properties.hs_timestamp}`,
      ]),
  )
  for (const line of vendors.hubspot.associations()) {
    const ends = line.split(' → ').map((end) => notes.get(end) ?? nameIn('hubspot', end.split(' ')[1]))
    content.lines.push(`hubspot ${ends.join(' → ')}`)
  }
  content.lines.sort()
  return content
}

/** Keep the value of the first write, by their policy; only that they have one can be compared. */
const FIRST_WRITTEN = new Set(['if_empty', 'once'])

const policies = new Map<string, string>()
const policyOf = (object: string, field: string): string => {
  if (policies.size === 0)
    for (const mapping of simulationMappings())
      for (const { name, policy } of mapping.fields)
        policies.set(`${mapping.destination} ${mapping.object} ${name}`, policy)
  return policies.get(`${object} ${field}`) ?? 'if_owned'
}

/**
 * How what came out differs from what comes out when nothing goes wrong. What people did in the CRMs themselves is
 * allowed for: a field that somebody changed must have that value, records that were merged, converted, deleted or
 * entered by hand are judged by the other invariants. So are leads of people whose company pays: whether they were
 * written as leads before the first bill came is a matter of time.
 */
export function differences(
  expected: Content,
  actual: Content,
  deeds: Deeds,
  customers: Set<string>,
): string[] {
  const problems: string[] = []
  const editOf = new Map(
    deeds.edits.map((e) => [`${actual.names.get(`${e.crm} ${e.crmId}`)} ${e.field}`, e] as const),
  )
  const isTouched = (name: string) => {
    const [crm, , who] = name.split(' ')
    return deeds.touched.has(`${crm} ${who}`)
  }
  for (const name of new Set([...expected.records.keys(), ...actual.records.keys()])) {
    const [crm, object, who] = name.split(' ') as [string, string, string]
    if (isTouched(name)) continue
    if (object === 'Lead' && customers.has(who)) continue
    const [before, after] = [expected.records.get(name), actual.records.get(name)]
    if (!before || !after) {
      problems.push(`${name} is ${after ? 'too much' : 'missing'}`)
      continue
    }
    for (const [field, value] of Object.entries(before)) {
      const edit = editOf.get(`${name} ${field}`)
      const policy = policyOf(`${crm} ${object}`, field)
      const held = after[field]
      if (edit && !edit.isGivenBack) {
        if (!edit.isRaced && !afterEdit(edit, value).some((one) => sameValue(held, one)))
          problems.push(`${name} ${field}: a person entered ${edit.value}, it is ${held}`)
      } else if (FIRST_WRITTEN.has(policy)) {
        if (value !== null && held === null)
          problems.push(`${name} ${field} (${policy}) is empty, not ${value}`)
      } else if (!sameValue(held, value)) problems.push(`${name} ${field} is ${held}, not ${value}`)
    }
  }
  const isOfCustomerLead = (line: string) =>
    line.startsWith('salesforce') && [...customers].some((who) => line.endsWith(` on salesforce Lead ${who}`))
  const touched = [...deeds.touched].map((one) => one.split(' ') as [string, string])
  const isOfTouched = (line: string) =>
    touched.some(
      ([crm, who]) => line.startsWith(crm) && (line.includes(` ${who}`) || line.includes('nobody')),
    )
  const isJudged = (line: string) => !isOfTouched(line) && !isOfCustomerLead(line)
  problems.push(...lineDifferences(expected.lines.filter(isJudged), actual.lines.filter(isJudged)))
  return problems
}

/** What a field may hold that somebody has edited; `ours`: what it holds if nobody does. */
function afterEdit({ value, before, isTakenBack, isDecided }: Edit, ours: unknown): unknown[] {
  if (isTakenBack) return [before, ours]
  return isDecided ? [value, ours] : [value]
}

function lineDifferences(expected: string[], actual: string[]): string[] {
  const left = new Map<string, number>()
  for (const line of expected) left.set(line, (left.get(line) ?? 0) + 1)
  for (const line of actual) left.set(line, (left.get(line) ?? 0) - 1)
  return [...left]
    .filter(([, count]) => count !== 0)
    .map(([line, count]) => `${line} is ${count > 0 ? 'missing' : 'too much'} (${Math.abs(count)})`)
}
