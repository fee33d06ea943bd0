import * as z from 'zod'
import { parse } from './batch.ts'
import { type ItemError, invalid, Refusal } from './errors.ts'
import type { Collection } from './portal.ts'
import type { Property } from './types.ts'

const MAX_UNIQUE = 10

/** Field types that go with each type. https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide */
const FIELD_TYPES: Record<string, string[]> = {
  string: ['text', 'textarea', 'html', 'phonenumber', 'file', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox'],
}

const option = z.object({
  label: z.string().min(1),
  value: z.string().min(1),
  displayOrder: z.number().int().default(-1),
  hidden: z.boolean().default(false),
})
const propertyBody = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be lower case letters, digits and underscores'),
  label: z.string().min(1),
  type: z.enum(['string', 'number', 'bool', 'date', 'datetime', 'enumeration']),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().default(''),
  options: z.array(option).default([]),
  displayOrder: z.number().int().default(-1),
  hasUniqueValue: z.boolean().default(false),
  hidden: z.boolean().default(false),
  formField: z.boolean().default(false),
  showCurrencySymbol: z.boolean().optional(),
  externalOptions: z.boolean().optional(),
})
const groupBody = z.strictObject({
  name: z.string().min(1),
  label: z.string().min(1),
  displayOrder: z.number().int().default(-1),
})

const exists = (message: string, subCategory: string): ItemError => ({
  httpStatus: 409,
  category: 'OBJECT_ALREADY_EXISTS',
  subCategory,
  message,
  context: {},
})

export function createProperty(collection: Collection, json: unknown): Property {
  const { showCurrencySymbol, externalOptions, ...body } = parse(propertyBody, json)
  if (collection.properties.has(body.name)) {
    throw new Refusal(
      exists(`A property named '${body.name}' already exists.`, 'Properties.PROPERTY_WITH_NAME_EXISTS'),
    )
  }
  if (body.name.startsWith('hs_')) throw new Refusal(invalid(`${body.name}: the prefix hs_ is reserved`))
  if (!collection.groups.has(body.groupName))
    throw new Refusal(invalid(`Property group ${body.groupName} does not exist`))
  if (!FIELD_TYPES[body.type]?.includes(body.fieldType)) {
    throw new Refusal(invalid(`fieldType ${body.fieldType} does not go with type ${body.type}`))
  }
  if (body.type === 'bool' && body.options.map((o) => o.value).join() !== 'true,false') {
    throw new Refusal(invalid(`${body.name}: a bool property needs the options true and false`))
  }
  if (body.hasUniqueValue) requireRoom(collection, body.name, body.type)
  const property: Property = {
    ...body,
    calculated: false,
    externalOptions: externalOptions ?? false,
    hubspotDefined: false,
    archived: false,
    ...(showCurrencySymbol === undefined ? {} : { showCurrencySymbol }),
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: false },
  }
  collection.properties.set(property.name, property)
  if (property.hasUniqueValue) collection.unique.set(property.name, new Map())
  return property
}

function requireRoom(collection: Collection, name: string, type: string): void {
  if (type !== 'string' && type !== 'number')
    throw new Refusal(invalid(`${name}: only text and number properties can be unique`))
  const count = [...collection.properties.values()].filter((property) => property.hasUniqueValue).length
  if (count >= MAX_UNIQUE)
    throw new Refusal(invalid(`${collection.object} has ${MAX_UNIQUE} unique properties already`))
}

export function updateProperty(collection: Collection, name: string, json: unknown): Property {
  const property = collection.properties.get(name)
  if (!property) throw new Refusal(missingProperty(name))
  const body = parse(z.record(z.string(), z.unknown()), json)
  if ('hasUniqueValue' in body)
    throw new Refusal(invalid('hasUniqueValue can only be set when a property is created'))
  const changes = parse(
    propertyBody.pick({ label: true, description: true, options: true, hidden: true }).partial(),
    body,
  )
  return Object.assign(property, changes)
}

export const missingProperty = (name: string): ItemError => ({
  httpStatus: 404,
  category: 'OBJECT_NOT_FOUND',
  message: `Property ${name} does not exist`,
  context: { propertyName: [name] },
})

export function createGroup(collection: Collection, json: unknown) {
  const body = parse(groupBody, json)
  if (collection.groups.has(body.name)) {
    throw new Refusal(
      exists(`A property group named '${body.name}' already exists.`, 'Properties.GROUP_WITH_NAME_EXISTS'),
    )
  }
  const group = { ...body, archived: false }
  collection.groups.set(group.name, group)
  return group
}
