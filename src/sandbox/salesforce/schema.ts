/** Field types with the names that describe uses. */
export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'email'
  | 'phone'
  | 'url'
  | 'picklist'
  | 'multipicklist'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'reference'

export interface FieldDef {
  name: string
  label: string
  type: FieldType
  /** Characters; texts only. */
  length: number
  /** Digits after the point; numbers only. */
  scale: number
  nillable: boolean
  createable: boolean
  updateable: boolean
  defaultValue?: string | boolean | number
  isCustom: boolean
  isUnique: boolean
  isExternalId: boolean
  isCaseSensitive: boolean
  options: string[]
  isRestricted: boolean
  referenceTo: string[]
  /** False for a field made through the API until a permission set of the integration user grants it. */
  isGranted: boolean
}

export interface ObjectDef {
  name: string
  label: string
  prefix: string
  /** Lower-case name → definition; the API does not distinguish case in names. */
  fields: Map<string, FieldDef>
  /** Reached below /tooling only. */
  isTooling: boolean
  /** Sobject that custom fields belong to: Activity for Task. */
  customFieldsOf: string
}

/** Short notation of standard fields: type, then options. */
export type FieldSpec = Partial<Omit<FieldDef, 'name'>> & { type: FieldType }

const TEXT_LENGTH: Partial<Record<FieldType, number>> = {
  id: 18,
  reference: 18,
  string: 255,
  textarea: 255,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
  multipicklist: 4099,
}

export function fieldOf(name: string, spec: FieldSpec): FieldDef {
  return {
    name,
    label: name
      .replace(/__c$/, '')
      .replace(/_/g, ' ')
      .replace(/([a-z])([A-Z])/g, '$1 $2'),
    length: TEXT_LENGTH[spec.type] ?? 0,
    scale: spec.type === 'int' ? 0 : 2,
    nillable: spec.type !== 'boolean',
    createable: true,
    updateable: true,
    isCustom: name.endsWith('__c'),
    isUnique: false,
    isExternalId: false,
    isCaseSensitive: false,
    options: [],
    isRestricted: false,
    referenceTo: [],
    isGranted: true,
    ...(spec.type === 'boolean' ? { defaultValue: false } : {}),
    ...spec,
  }
}

const readOnly = { createable: false, updateable: false } as const
const user: FieldSpec = { type: 'reference', referenceTo: ['User'], nillable: false, ...readOnly }
const stamp: FieldSpec = { type: 'datetime', nillable: false, ...readOnly }

/** Fields that every object has. */
const SYSTEM_FIELDS: Record<string, FieldSpec> = {
  Id: { type: 'id', nillable: false, ...readOnly },
  IsDeleted: { type: 'boolean', ...readOnly },
  CreatedDate: stamp,
  CreatedById: user,
  LastModifiedDate: stamp,
  LastModifiedById: user,
  SystemModstamp: stamp,
}

export function objectOf(
  name: string,
  prefix: string,
  fields: Record<string, FieldSpec>,
  options: { label?: string; isTooling?: boolean; customFieldsOf?: string } = {},
): ObjectDef {
  const all = { ...SYSTEM_FIELDS, ...fields }
  return {
    name,
    prefix,
    label: options.label ?? name,
    isTooling: options.isTooling ?? false,
    customFieldsOf: options.customFieldsOf ?? name,
    fields: new Map(Object.entries(all).map(([field, spec]) => [field.toLowerCase(), fieldOf(field, spec)])),
  }
}
