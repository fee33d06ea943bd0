export type PropertyType = 'string' | 'number' | 'bool' | 'date' | 'datetime' | 'enumeration'

export interface Property {
  name: string
  label: string
  type: PropertyType
  fieldType: string
  groupName: string
  description: string
  options: { label: string; value: string; displayOrder: number; hidden: boolean }[]
  displayOrder: number
  calculated: boolean
  externalOptions: boolean
  hasUniqueValue: boolean
  hidden: boolean
  hubspotDefined: boolean
  formField: boolean
  showCurrencySymbol?: boolean
  archived: boolean
  modificationMetadata: { archivable: boolean; readOnlyDefinition: boolean; readOnlyValue: boolean }
}

/** One CRM record; properties without a value are absent. */
export interface StoredRecord {
  id: string
  properties: Record<string, string>
  createdAt: number
  updatedAt: number
  archivedAt?: number
  /** Ids of records merged into this one. */
  mergedIds?: string[]
  /** Of a contact: its primary company. */
  companyId?: string
  /** Of a deal: stages it was in, oldest first. */
  stages?: { value: string; timestamp: number }[]
}

/**
 * A rule that an admin of the portal has made.
 * - `required`: the property must have a value, on creation, or (`when`) as long as another property has that value.
 *   Enforced from version 2026-09 on. https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement
 * - `format`: the value must match `pattern` (a property validation rule), in all versions.
 */
export type Rule =
  | { kind: 'required'; object: string; property: string; when?: { property: string; value: string } }
  | { kind: 'format'; object: string; property: string; pattern: string; code: string; message: string }

/** Who records can be given to. Archived ones own what they had; nothing new is given to them. */
export interface Owner {
  id: string
  email: string
  firstName: string
  lastName: string
  /** Of the user, which is not what records hold. */
  userId: number
  archived: boolean
}

export interface Form {
  id: string
  name: string
}

export interface Submission {
  form: string
  conversionId: string
  submittedAt: number
  values: { name: string; value: string }[]
  pageUrl: string
}

/** Something that a contact did on the website. */
export interface Occurrence {
  id: string
  eventType: string
  objectId: string
  occurredAt: number
  properties: Record<string, string>
}

/** What became of a marketing e-mail. */
export interface MailEvent {
  id: string
  type: string
  created: number
  recipient: string
  emailCampaignId: number
  more: Record<string, unknown>
}

/** What people do outside of the CRM objects. */
export interface Marketing {
  forms: Form[]
  submissions: Submission[]
  occurrences: Occurrence[]
  mailEvents: MailEvent[]
  campaigns: { id: number; name: string; subject: string }[]
}

/** Everything that a portal holds, as plain JSON. */
export interface PortalState {
  nextId: number
  records: Record<string, StoredRecord[]>
  /** Merged-away id → surviving id, per object. */
  moved: Record<string, Record<string, string>>
  properties: Record<string, Property[]>
  groups: Record<string, { name: string; label: string; displayOrder: number; archived: boolean }[]>
  /** [from object, from id, to object, to id, type ids], each pair in one direction. */
  associations: [string, string, string, string, number[]][]
  rules: Rule[]
  owners?: Owner[]
  marketing?: Marketing
}
