import { type ConnectorContext, type FieldDescription, type FieldNeed, HubError, type SetupStep } from '#kit'
import { grantAccess, type NeededField } from './access.ts'
import { type Client, openClient } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { describe } from './describe.ts'
import { quote } from './soql.ts'

type Context = ConnectorContext<SalesforceConfig>
export interface SetupRequest {
  apply: boolean
  fields: Record<string, Record<string, FieldNeed>>
}

/**
 * Finds what Tributary needs and, with `apply`, creates it: the external id field and the mapped custom fields of every
 * object named in the request, and a permission set that lets the integration user see them. Repeating it changes nothing.
 */
export async function setup(ctx: Context, { apply, fields }: SetupRequest): Promise<SetupStep[]> {
  const client = openClient(ctx)
  const steps: SetupStep[] = []
  const hidden: NeededField[] = []
  for (const [object, wanted] of Object.entries(fields)) {
    const key = ctx.config.externalIdField
    const needs: Record<string, FieldNeed> = {
      ...wanted,
      [key]: { type: 'text', label: 'Tributary Id', isExternalId: true },
    }
    const known = await fieldsOf(ctx, client, object)
    for (const [name, need] of Object.entries(needs)) {
      const visible = known.visible.get(name)
      // Standard fields that exist are nobody's work.
      if (visible && !name.endsWith('__c')) continue
      const step = await fieldStep(client, { object, name, need }, known, apply)
      steps.push(step)
      if (step.state !== 'failed' && !visible?.isWritable) hidden.push({ object, name })
    }
  }
  return hidden.length > 0 ? [...steps, ...(await grantAccess(client, hidden, apply))] : steps
}

/** Custom fields of a Task or Event belong to Activity. */
const ownerOf = (object: string): string => (object === 'Task' || object === 'Event' ? 'Activity' : object)

interface KnownFields {
  /** What the user sees. */
  visible: Map<string, FieldDescription>
  /** Custom fields that exist, whether or not the user sees them. */
  existing: Set<string>
}

async function fieldsOf(ctx: Context, client: Client, object: string): Promise<KnownFields> {
  const described = await describe(ctx, object)
  const custom = await client.query(
    `SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = ${quote(ownerOf(object))}`,
    'tooling/query',
  )
  return {
    visible: new Map(described.map((field) => [field.name, field])),
    existing: new Set(custom.map((row) => `${row.DeveloperName}__c`)),
  }
}

async function fieldStep(
  client: Client,
  { object, name, need }: NeededField & { need: FieldNeed },
  { visible, existing }: KnownFields,
  apply: boolean,
): Promise<SetupStep> {
  const what = `field ${name}`
  const failed = (detail: string): SetupStep => ({ object, what, state: 'failed', detail })
  const seen = visible.get(name)
  if (seen && need.isExternalId && !seen.isExternalId) {
    return failed(
      'It exists, but is not a unique external id: change it in Setup, or set externalIdField to another name',
    )
  }
  if (seen || existing.has(name)) return { object, what, state: 'present' }
  if (!name.endsWith('__c')) {
    return failed('Not a field of this org, and only custom fields (ending in __c) can be created')
  }
  const metadata = metadataOf(need)
  if (!apply) return { object, what, state: 'missing', detail: metadata.type }
  try {
    await client.post('/tooling/sobjects/CustomField', {
      FullName: `${ownerOf(object)}.${name}`,
      Metadata: metadata,
    })
    return { object, what, state: 'created', detail: metadata.type }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    // Somebody else made it a moment ago.
    if (error.details.vendorCode === 'DUPLICATE_DEVELOPER_NAME') return { object, what, state: 'present' }
    if (error.kind === 'record' || error.kind === 'admin_rule') return failed(error.message)
    throw error
  }
}

interface FieldMetadata {
  type: string
  label: string
  [key: string]: unknown
}

const NUMBER = { precision: 18, scale: 2 }

/** https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm */
function metadataOf({ type, label, isExternalId }: FieldNeed): FieldMetadata {
  if (isExternalId)
    return {
      label,
      type: 'Text',
      length: 255,
      externalId: true,
      unique: true,
      caseSensitive: true,
      required: false,
    }
  switch (type) {
    case 'number':
      return { label, type: 'Number', ...NUMBER }
    case 'integer':
      return { label, type: 'Number', ...NUMBER, scale: 0 }
    case 'currency':
      return { label, type: 'Currency', ...NUMBER }
    case 'boolean':
      return { label, type: 'Checkbox', defaultValue: 'false' }
    case 'date':
      return { label, type: 'Date' }
    case 'datetime':
      return { label, type: 'DateTime' }
    case 'email':
      return { label, type: 'Email' }
    case 'phone':
      return { label, type: 'Phone' }
    case 'url':
      return { label, type: 'Url' }
    default:
      // A picklist cannot be made without its values, which a mapping does not know.
      return { label, type: 'Text', length: 255 }
  }
}
