import * as z from 'zod'
import { ConfigError, type FieldDescription } from '#kit'
import { type Ctx, pathsOf } from './config.ts'

const property = z.looseObject({
  name: z.string(),
  label: z.string().optional(),
  type: z.string(),
  fieldType: z.string().optional(),
  groupName: z.string().optional(),
  hasUniqueValue: z.boolean().optional(),
  calculated: z.boolean().optional(),
  externalOptions: z.boolean().optional(),
  showCurrencySymbol: z.boolean().optional(),
  options: z.array(z.looseObject({ value: z.string(), displayOrder: z.number().optional() })).optional(),
  modificationMetadata: z.looseObject({ readOnlyValue: z.boolean().optional() }).optional(),
})
export type Property = z.output<typeof property>

const answer = z.looseObject({ results: z.array(property) })

const MAX_AGE_MS = 10 * 60_000
/** By configuration, which in a Worker outlives the doors of single invocations. */
const cache = new WeakMap<object, Map<string, { at: number; properties: Map<string, Property> }>>()

/** Property definitions of an object, from HubSpot. */
export async function fetchProperties(ctx: Ctx, object: string): Promise<Map<string, Property>> {
  const url = `${pathsOf(ctx.config.apiVersion).properties}/${object}`
  const { data } = await ctx.http.request({
    url,
    query: { archived: false },
    schema: answer,
    signal: ctx.signal,
  })
  const properties = new Map(data.results.map((found) => [found.name, found]))
  const known = cache.get(ctx.config) ?? new Map()
  cache.set(ctx.config, known.set(object, { at: ctx.now(), properties }))
  return properties
}

/** The same, at most ten minutes old: one call per object and process instead of one per read. */
export async function knownProperties(ctx: Ctx, object: string): Promise<Map<string, Property>> {
  const held = cache.get(ctx.config)?.get(object)
  return held && ctx.now() - held.at < MAX_AGE_MS ? held.properties : await fetchProperties(ctx, object)
}

/** Throws ConfigError where upserts by our key cannot work at all, so that records are not blamed for it. */
export async function requireUniqueProperty(ctx: Ctx, object: string): Promise<void> {
  const name = ctx.config.uniqueProperty
  if ((await knownProperties(ctx, object)).get(name)?.hasUniqueValue) return
  if ((await fetchProperties(ctx, object)).get(name)?.hasUniqueValue) return
  throw new ConfigError(
    'config.rejected',
    `HubSpot has no property ${name} with unique values on ${object}; create it with: tributary setup ${ctx.connection} --apply`,
    { at: { connection: ctx.connection, object, property: name } },
  )
}

/** Options of a property in the order in which the portal has them: admins name and order lifecycle stages themselves. */
export async function stagesOf(ctx: Ctx, object: string, name: string): Promise<string[]> {
  const options = (await knownProperties(ctx, object)).get(name)?.options ?? []
  return [...options]
    .sort((a, b) => (a.displayOrder ?? 0) - (b.displayOrder ?? 0))
    .map((option) => option.value)
}

const REQUIRED: Record<string, string[]> = { deals: ['dealname'] }
const ENGAGEMENTS = new Set(['notes', 'emails', 'communications', 'calls', 'meetings', 'tasks'])

export async function describe(ctx: Ctx, object: string): Promise<FieldDescription[]> {
  const required = ENGAGEMENTS.has(object) ? ['hs_timestamp'] : (REQUIRED[object] ?? [])
  const properties = await fetchProperties(ctx, object)
  return [...properties.values()].map((found) => ({
    name: found.name,
    ...(found.label ? { label: found.label } : {}),
    type: typeOf(found),
    isWritable: !found.calculated && !found.modificationMetadata?.readOnlyValue,
    isRequired: required.includes(found.name),
    isExternalId: found.hasUniqueValue ?? false,
    ...(found.type === 'string' ? { maxLength: 65_536 } : {}),
    // Options of owners and pipeline stages live elsewhere and come as an empty list.
    ...(found.type === 'enumeration' && found.options?.length
      ? { options: found.options.map((o) => o.value) }
      : {}),
  }))
}

function typeOf({ name, type, fieldType, showCurrencySymbol }: Property): FieldDescription['type'] {
  switch (type) {
    case 'string':
    case 'phone_number':
      if (fieldType === 'phonenumber') return 'phone'
      return name === 'email' ? 'email' : 'text'
    case 'number':
      return showCurrencySymbol ? 'currency' : 'number'
    case 'bool':
      return 'boolean'
    case 'date':
    case 'datetime':
      return type
    case 'enumeration':
      return fieldType === 'checkbox' ? 'multipicklist' : 'picklist'
    default:
      return 'other'
  }
}
