import { Hono } from 'hono'
import { RequestError } from '../errors.ts'
import type { Org } from '../org.ts'
import type { FieldSpec, FieldType } from '../schema.ts'
import { countWrite, isObject, type JsonObject, readJson } from './shared.ts'

const TYPES: Record<string, FieldType> = {
  Text: 'string',
  TextArea: 'textarea',
  LongTextArea: 'textarea',
  Email: 'email',
  Phone: 'phone',
  Url: 'url',
  Picklist: 'picklist',
  MultiselectPicklist: 'multipicklist',
  Checkbox: 'boolean',
  Number: 'double',
  Currency: 'currency',
  Percent: 'percent',
  Date: 'date',
  DateTime: 'datetime',
}

/** What the platform insists on, by metadata type. */
const NEEDED: Record<string, string[]> = {
  Text: ['length'],
  LongTextArea: ['length', 'visibleLines'],
  Number: ['precision', 'scale'],
  Currency: ['precision', 'scale'],
  Percent: ['precision', 'scale'],
  Checkbox: ['defaultValue'],
  Picklist: ['valueSet'],
  MultiselectPicklist: ['valueSet', 'visibleLines'],
}

/** Custom fields through the Tooling API. Nobody sees a new field before a permission set grants it. */
export function toolingRoutes(org: Org): Hono {
  const app = new Hono()
  app.post('/tooling/sobjects/CustomField', async (c) => {
    const { FullName, Metadata } = await readJson(c)
    countWrite(org, 1)
    const match = /^([A-Za-z]\w*)\.([A-Za-z]\w*__c)$/.exec(typeof FullName === 'string' ? FullName : '')
    if (!match) throw new RequestError(400, 'INVALID_FIELD', 'FullName must be Object.Field__c', ['FullName'])
    const [, object = '', name = ''] = match
    if (!org.ownsFields(object))
      throw new RequestError(400, 'INVALID_TYPE', `Entity ${object} cannot hold custom fields`, ['FullName'])
    if (org.hasField(object, name)) {
      throw new RequestError(
        400,
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a field named ${name.replace(/__c$/, '')} on ${object}.`,
        ['FullName'],
      )
    }
    const id = org.addField(object, name, specOf(Metadata), true)
    return c.json({ id, success: true, errors: [], warnings: [], infos: [] }, 201)
  })
  return app
}

function specOf(metadata: unknown): FieldSpec {
  if (!isObject(metadata))
    throw new RequestError(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [Metadata]', [
      'Metadata',
    ])
  const kind = String(metadata.type)
  const type = TYPES[kind]
  if (!type)
    throw new RequestError(
      400,
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `Type: bad value for restricted picklist field: ${kind}`,
      ['Type'],
    )
  const missing = ['label', ...(NEEDED[kind] ?? [])].filter(
    (key) => metadata[key] === undefined || metadata[key] === null,
  )
  if (missing.length > 0)
    throw new RequestError(
      400,
      'FIELD_INTEGRITY_EXCEPTION',
      `Can not specify a ${kind} field without ${missing.join(', ')}`,
      missing,
    )
  if (metadata.externalId && !['Text', 'Number', 'Email'].includes(kind)) {
    throw new RequestError(400, 'FIELD_INTEGRITY_EXCEPTION', `A ${kind} field cannot be an external id`, [
      'ExternalId',
    ])
  }
  const length = Number(metadata.length)
  if (kind === 'Text' && !(length >= 1 && length <= 255)) {
    throw new RequestError(400, 'STRING_TOO_LONG', 'Length must be between 1 and 255', ['Length'])
  }
  return {
    type,
    label: String(metadata.label),
    ...(length > 0 ? { length } : {}),
    ...(metadata.scale === undefined ? {} : { scale: Number(metadata.scale) }),
    isUnique: metadata.unique === true,
    isExternalId: metadata.externalId === true,
    isCaseSensitive: metadata.caseSensitive === true,
    nillable: kind !== 'Checkbox' && metadata.required !== true,
    ...(kind === 'Checkbox' ? { defaultValue: String(metadata.defaultValue) === 'true' } : {}),
    ...picklistOf(metadata.valueSet),
  }
}

function picklistOf(valueSet: unknown): Partial<FieldSpec> {
  if (!isObject(valueSet) || !isObject(valueSet.valueSetDefinition)) return {}
  const values = valueSet.valueSetDefinition.value
  const options = Array.isArray(values) ? values.map((value: JsonObject) => String(value.fullName)) : []
  return { options, isRestricted: valueSet.restricted === true }
}
