import * as z from 'zod'
import { type FieldNeed, HubError, type SetupStep } from '#kit'
import { type Ctx, pathsOf } from './config.ts'
import { fetchProperties, type Property } from './properties.ts'

const GROUP = 'tributary'
const groups = z.looseObject({ results: z.array(z.looseObject({ name: z.string() })) })

/** Finds, and with `apply` creates, our property group, the unique property and the custom properties that mappings use. */
export async function setup(
  ctx: Ctx,
  { apply, fields }: { apply: boolean; fields: Record<string, Record<string, FieldNeed>> },
): Promise<SetupStep[]> {
  const steps: SetupStep[] = []
  for (const [object, needs] of Object.entries(fields)) {
    const properties = await fetchProperties(ctx, object)
    const key: FieldNeed = { type: 'text', label: 'Tributary id', isExternalId: true }
    // Our key is text with unique values, whatever a mapping says about it.
    const wanted = Object.entries({ ...needs, [ctx.config.uniqueProperty]: key })
    const missing = wanted.filter(([name]) => !properties.has(name))
    const group = await ensureGroup(ctx, object, apply && missing.length > 0)
    if (missing.length > 0 || group.state === 'present') steps.push(group)
    for (const [name, need] of wanted) {
      const found = properties.get(name)
      if (found) steps.push(present(object, name, need, found))
      else if (!apply || group.state === 'failed')
        steps.push({ object, what: `property ${name}`, state: 'missing' })
      else steps.push(await createProperty(ctx, object, name, need))
    }
    if (apply && missing.length > 0) await fetchProperties(ctx, object)
  }
  return steps
}

function present(object: string, name: string, need: FieldNeed, found: Property): SetupStep {
  const step = { object, what: `property ${name}` }
  if (!need.isExternalId || found.hasUniqueValue) return { ...step, state: 'present' }
  return {
    ...step,
    state: 'failed',
    detail: `${name} exists without unique values, which HubSpot allows only at creation: delete it, or set uniqueProperty to another name`,
  }
}

async function ensureGroup(ctx: Ctx, object: string, apply: boolean): Promise<SetupStep> {
  const url = `${pathsOf(ctx.config.apiVersion).properties}/${object}/groups`
  const { data } = await ctx.http.request({ url, schema: groups, signal: ctx.signal })
  const step = { object, what: `property group ${GROUP}` }
  if (data.results.some(({ name }) => name === GROUP)) return { ...step, state: 'present' }
  if (!apply) return { ...step, state: 'missing' }
  return { ...step, ...(await create(ctx, url, { name: GROUP, label: 'Tributary', displayOrder: -1 })) }
}

async function createProperty(ctx: Ctx, object: string, name: string, need: FieldNeed): Promise<SetupStep> {
  const url = `${pathsOf(ctx.config.apiVersion).properties}/${object}`
  const body = {
    name,
    label: need.label,
    groupName: GROUP,
    description: 'Kept up to date by Tributary.',
    formField: false,
    ...typeOf(need),
    ...(need.isExternalId ? { hasUniqueValue: true } : {}),
  }
  return { object, what: `property ${name}`, ...(await create(ctx, url, body)) }
}

/** Someone else may have created it since we looked: that is as good. */
async function create(ctx: Ctx, url: string, json: unknown): Promise<Pick<SetupStep, 'state' | 'detail'>> {
  try {
    const { status } = await ctx.http.request({
      method: 'POST',
      url,
      json,
      accept: [409],
      signal: ctx.signal,
    })
    return { state: status === 409 ? 'present' : 'created' }
  } catch (error) {
    if (error instanceof HubError && error.kind !== 'auth') return { state: 'failed', detail: error.message }
    throw error
  }
}

/** Pairs of type and fieldType that HubSpot accepts. https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide */
function typeOf(need: FieldNeed): Record<string, unknown> {
  switch (need.type) {
    case 'number':
    case 'integer':
      return { type: 'number', fieldType: 'number' }
    case 'currency':
      return { type: 'number', fieldType: 'number', showCurrencySymbol: true }
    case 'boolean':
      return {
        type: 'bool',
        fieldType: 'booleancheckbox',
        options: [
          { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
          { label: 'No', value: 'false', displayOrder: 1, hidden: false },
        ],
      }
    case 'date':
      return { type: 'date', fieldType: 'date' }
    case 'datetime':
      return { type: 'datetime', fieldType: 'date' }
    case 'phone':
      return { type: 'string', fieldType: 'phonenumber' }
    default:
      return { type: 'string', fieldType: 'text' }
  }
}
