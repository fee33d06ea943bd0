import * as z from 'zod'
import { type ConnectorContext, type FieldDescription, RecordError } from '#kit'
import { openClient } from './client.ts'
import type { SalesforceConfig } from './config.ts'

const Field = z.looseObject({
  name: z.string(),
  label: z.string().optional(),
  type: z.string(),
  length: z.number().optional(),
  nillable: z.boolean(),
  createable: z.boolean(),
  updateable: z.boolean(),
  defaultedOnCreate: z.boolean(),
  externalId: z.boolean().optional(),
  unique: z.boolean().optional(),
  restrictedPicklist: z.boolean().optional(),
  picklistValues: z.array(z.looseObject({ value: z.string(), active: z.boolean() })).optional(),
  referenceTo: z.array(z.string()).optional(),
})
const Describe = z.looseObject({ fields: z.array(Field) })

const TYPES: Record<string, FieldDescription['type']> = {
  string: 'text',
  textarea: 'text',
  combobox: 'text',
  encryptedstring: 'text',
  id: 'text',
  email: 'email',
  phone: 'phone',
  url: 'url',
  picklist: 'picklist',
  multipicklist: 'multipicklist',
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  double: 'number',
  percent: 'number',
  currency: 'currency',
  date: 'date',
  datetime: 'datetime',
  reference: 'reference',
}

/** Fields that the integration user can see; a field without access is missing here, as in every other call. */
export async function describe(
  ctx: ConnectorContext<SalesforceConfig>,
  object: string,
): Promise<FieldDescription[]> {
  const parsed = Describe.safeParse(await openClient(ctx).describe(object))
  if (!parsed.success) {
    throw new RecordError(
      'http.unexpected_body',
      `The description of ${object} has an unknown shape: ${parsed.error.message}`,
    )
  }
  return parsed.data.fields.map(fieldDescription)
}

const MAX_AGE_MS = 10 * 60_000
/** By configuration, which in a Worker outlives the doors of single invocations. */
const seen = new WeakMap<object, Map<string, { at: number; names: Set<string> }>>()

/** Names of the fields that the integration user can see, at most ten minutes old. */
export async function fieldNames(
  ctx: ConnectorContext<SalesforceConfig>,
  object: string,
): Promise<ReadonlySet<string>> {
  const held = seen.get(ctx.config) ?? new Map<string, { at: number; names: Set<string> }>()
  seen.set(ctx.config, held)
  const known = held.get(object)
  if (known && ctx.now() - known.at < MAX_AGE_MS) return known.names
  const names = new Set((await describe(ctx, object)).map(({ name }) => name))
  held.set(object, { at: ctx.now(), names })
  return names
}

/**
 * An org with person accounts keeps people as accounts too; such a person's contact is written through the account only.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_guidelines_personaccounts.htm
 */
export function caveats(object: string, fields: FieldDescription[]): string[] {
  const hasPeople = fields.some((field) => field.name === 'IsPersonAccount')
  if (!hasPeople || (object !== 'Account' && object !== 'Contact')) return []
  return [
    object === 'Account'
      ? 'this org uses person accounts: records are created as business accounts, and people who are accounts are not written'
      : 'this org uses person accounts: contacts that belong to one can be changed through their account only, and are refused here',
  ]
}

function fieldDescription(field: z.infer<typeof Field>): FieldDescription {
  const type = TYPES[field.type] ?? 'other'
  return {
    name: field.name,
    ...(field.label ? { label: field.label } : {}),
    type,
    // Create-only fields count as not writable: an upsert that finds its record would be refused.
    isWritable: field.createable && field.updateable,
    isRequired: !field.nillable && !field.defaultedOnCreate && field.createable,
    // Without uniqueness an upsert by it may match several records.
    isExternalId: field.externalId === true && field.unique === true,
    ...(field.length ? { maxLength: field.length } : {}),
    ...(field.picklistValues?.length
      ? {
          [field.restrictedPicklist ? 'options' : 'offered']: field.picklistValues
            .filter((option) => option.active)
            .map((option) => option.value),
        }
      : {}),
    ...(field.referenceTo?.length ? { references: field.referenceTo } : {}),
  }
}
