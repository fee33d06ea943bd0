import type { FieldDef } from './schema.ts'
import type { Table } from './table.ts'

const SOAP_TYPES: Partial<Record<FieldDef['type'], string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
}
const NUMBERS = new Set(['double', 'currency', 'percent'])

/** The answer of /sobjects/{Object}/describe, limited to the fields that the integration user may see. */
export function describeObject(table: Table, path: string): Record<string, unknown> {
  const { def } = table
  return {
    name: def.name,
    label: def.label,
    labelPlural: `${def.label}s`,
    keyPrefix: def.prefix,
    custom: false,
    createable: true,
    updateable: true,
    queryable: true,
    deletable: true,
    fields: [...def.fields.values()].filter((field) => field.isGranted).map((field) => describeField(field)),
    urls: { sobject: path, describe: `${path}/describe`, rowTemplate: `${path}/{ID}` },
  }
}

function describeField(field: FieldDef): Record<string, unknown> {
  const isPicklist = field.type === 'picklist' || field.type === 'multipicklist'
  return {
    name: field.name,
    label: field.label,
    type: field.type,
    soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
    length: field.length,
    byteLength: field.length * 3,
    precision: NUMBERS.has(field.type) ? 18 : 0,
    scale: NUMBERS.has(field.type) ? field.scale : 0,
    digits: field.type === 'int' ? 8 : 0,
    nillable: field.nillable,
    createable: field.createable,
    updateable: field.updateable,
    defaultedOnCreate:
      field.defaultValue !== undefined || field.name === 'OwnerId' || (!field.createable && !field.nillable),
    defaultValue: field.defaultValue ?? null,
    custom: field.isCustom,
    unique: field.isUnique,
    externalId: field.isExternalId,
    idLookup: field.isExternalId || field.type === 'id' || field.type === 'email',
    caseSensitive: field.isCaseSensitive,
    filterable: !(field.type === 'textarea' && field.length > 255),
    restrictedPicklist: field.isRestricted,
    picklistValues: isPicklist
      ? field.options.map((value) => ({
          active: true,
          defaultValue: value === field.defaultValue,
          label: value,
          validFor: null,
          value,
        }))
      : [],
    referenceTo: field.referenceTo,
    relationshipName: field.type === 'reference' ? field.name.replace(/Id$/, '') : null,
    deprecatedAndHidden: false,
    calculated: false,
  }
}
