import { type Complaint, emailTaken, type ItemError, invalidValues } from './errors.ts'
import { type Collection, claim, type Portal, release } from './portal.ts'
import type { Rule, StoredRecord } from './types.ts'
import { toStored } from './values.ts'

/** Who writes: the API under a version, or a person in HubSpot (null). */
export type Version = string | null

export interface Change {
  record: StoredRecord | undefined
  values: Record<string, string>
}

/** Properties that HubSpot wants on creation, whatever the admin says: one of each group. */
const NEEDED: Record<string, string[][]> = {
  contacts: [['email', 'firstname', 'lastname']],
  companies: [['name', 'domain']],
  deals: [['dealname']],
  quotes: [['hs_title'], ['hs_expiration_date']],
  communications: [['hs_timestamp'], ['hs_communication_channel_type'], ['hs_communication_logged_from']],
}
const OWNER = 'hubspot_owner_id'
const ENGAGEMENT_NEEDS = [['hs_timestamp']]
const CRM_OBJECTS = new Set(['contacts', 'companies', 'deals', 'quotes'])

/** Names that the object lacks: HubSpot refuses the whole request for them. */
export function unknownProperties(collection: Collection, inputs: Record<string, string>[]): Complaint[] {
  const unknown = new Set(
    inputs.flatMap((values) => Object.keys(values)).filter((name) => !collection.properties.has(name)),
  )
  return [...unknown].map((name) => ({
    error: 'PROPERTY_DOESNT_EXIST',
    name,
    message: `Property "${name}" does not exist`,
  }))
}

/** Checks one write and says what it would store. `record` is undefined for a creation. */
export function check(
  portal: Portal,
  collection: Collection,
  record: StoredRecord | undefined,
  input: Record<string, string>,
  version: Version,
): Change | ItemError {
  const values: Record<string, string> = {}
  const complaints: Complaint[] = []
  for (const name in input) {
    const property = collection.properties.get(name)!
    const stored = property.modificationMetadata.readOnlyValue
      ? {
          error: 'READ_ONLY_VALUE',
          name,
          message: `"${name}" is a read only property; its value cannot be set.`,
        }
      : toStored(collection.object, property, input[name]!)
    if (name === OWNER && stored !== '' && typeof stored === 'string' && !portal.owners.has(stored))
      complaints.push({ error: 'INVALID_OWNER_ID', name, message: `${stored} is not a valid owner ID` })
    else if (typeof stored === 'string') values[name] = stored
    else complaints.push(stored)
  }
  const after = (name: string) => values[name] ?? record?.properties[name] ?? ''
  if (complaints.length === 0) {
    complaints.push(
      ...(record ? [] : missingOnCreate(collection, after)),
      ...brokenRules(portal, collection, record, values, after, version),
    )
  }
  if (complaints.length > 0) return invalidValues(complaints)
  return takenBy(collection, record, values) ?? { record, values }
}

function missingOnCreate({ object }: Collection, after: (name: string) => string): Complaint[] {
  const groups = NEEDED[object] ?? (CRM_OBJECTS.has(object) ? [] : ENGAGEMENT_NEEDS)
  return groups
    .filter((names) => names.every((name) => after(name) === ''))
    .map((names) => ({
      error: 'MISSING_REQUIRED_PROPERTY',
      name: names[0]!,
      message: `Some required properties were not set: one of ${names.join(', ')}`,
    }))
}

function brokenRules(
  portal: Portal,
  { object }: Collection,
  record: StoredRecord | undefined,
  values: Record<string, string>,
  after: (name: string) => string,
  version: Version,
): Complaint[] {
  const isEnforced = version === null || (version !== 'v3' && version >= '2026-09')
  return portal.rules.flatMap((rule: Rule): Complaint[] => {
    if (rule.object !== object) return []
    const name = rule.property
    if (rule.kind === 'format') {
      const value = values[name]
      return value && !new RegExp(rule.pattern, 'u').test(value)
        ? [{ error: rule.code, name, message: rule.message }]
        : []
    }
    if (!isEnforced || after(name) !== '') return []
    if (!rule.when) {
      if (record) return []
      return [{ error: 'MISSING_REQUIRED_PROPERTY', name, message: `${name} is required to create a record` }]
    }
    if (after(rule.when.property) !== rule.when.value) return []
    const message = `${name} is required when ${rule.when.property} is ${rule.when.value}`
    return [{ error: 'MISSING_CONDITIONAL_REQUIRED_PROPERTY', name, message }]
  })
}

function takenBy(
  { unique }: Collection,
  record: StoredRecord | undefined,
  values: Record<string, string>,
): ItemError | undefined {
  for (const [name, ids] of unique) {
    const value = values[name]
    const owner = value ? ids.get(value) : undefined
    if (owner === undefined || owner === record?.id) continue
    if (name === 'email') return emailTaken(owner)
    const message = `${name} must have a unique value. "${value}" is already in use.`
    return invalidValues([{ error: 'CONFLICTING_UNIQUE_VALUE', name, message }])
  }
  return undefined
}

/** Stores what `check` has allowed. */
export function commit(portal: Portal, collection: Collection, { record, values }: Change): StoredRecord {
  const now = portal.now()
  if (record) {
    portal.writes.updated++
    release(collection, record)
    record.updatedAt = now
  } else {
    portal.writes.created++
  }
  const target = record ?? {
    id: String(portal.ids.next++),
    properties: initialValues(collection),
    createdAt: now,
    updatedAt: now,
  }
  const { properties } = target
  if (values.email && properties.hs_additional_emails) promote(properties, values.email)
  for (const name in values) {
    if (values[name] === '') delete properties[name]
    else properties[name] = values[name]!
  }
  const stage = collection.object === 'deals' ? properties.dealstage : undefined
  if (stage !== undefined && target.stages?.at(-1)?.value !== stage)
    target.stages = [...(target.stages ?? []), { value: stage, timestamp: now }]
  if (!record) collection.records.set(target.id, target)
  claim(collection, target)
  return target
}

const initialValues = ({ object }: Collection): Record<string, string> =>
  object === 'deals' ? { pipeline: 'default', dealstage: 'appointmentscheduled' } : {}

/** A secondary address that becomes primary changes places with it. */
function promote(properties: Record<string, string>, email: string): void {
  const others = properties.hs_additional_emails!.split(';')
  if (!others.includes(email)) return
  const rest = [...others.filter((other) => other !== email), ...(properties.email ? [properties.email] : [])]
  properties.hs_additional_emails = rest.join(';')
}
