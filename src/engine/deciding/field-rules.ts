import {
  AdminRuleError,
  type ConnectorContext,
  type CrmValue,
  type ErrorDetails,
  type FieldDescription,
  HubError,
  reportOf,
} from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { OperationResult } from '../ports.ts'
import type { ReadyOperation } from './prepared.ts'
import { isEmpty } from './same-value.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** What a CRM allows in the fields of an object, as it said when it last refused one. */
interface Rules {
  fields: Map<string, FieldDescription>
  /** Owners that the CRM refused because they are not active. */
  inactiveOwners: Set<string>
  learnedAt: number
}

/** Somebody may change the rule in the CRM: after this long the CRM has the word again. */
const TRUSTED_MS = 5 * 60_000
const MAX_SHOWN = 80
const MAX_OPTIONS = 20

/** By configuration and object: an object that refuses nothing is never described. */
const learned = new WeakMap<object, Map<string, Rules>>()

function rulesOf(ctx: Ctx, object: string, now: number): Rules | undefined {
  const rules = learned.get(ctx.config)?.get(object)
  return rules && now - rules.learnedAt < TRUSTED_MS ? rules : undefined
}

/** What is known to be refused is not sent: it ends with the reason that the CRM would give, and costs no call. */
export function withoutRefusals(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  ready: ReadyOperation[],
): { lawful: ReadyOperation[]; results: OperationResult[] } {
  const rules = rulesOf(ctx, object, deps.clock.now())
  if (!rules) return { lawful: ready, results: [] }
  const ownerField = deps.connections.get(ctx.connection)!.connector.destination!.objects[object]!.ownerField
  const results: OperationResult[] = []
  const lawful = ready.filter((item) => {
    const error = violation(rules, ownerField, object, item)
    if (error) results.push({ id: item.operation.id, outcome: 'dead', fields: {}, error: reportOf(error) })
    return !error
  })
  return { lawful, results }
}

/** The CRM's refusals, each with field, value, what is allowed, and the line of the mapping, as far as its fields explain it. */
export async function explain(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  refusals: { item: ReadyOperation; error: HubError }[],
): Promise<HubError[]> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  const { ownerField } = api.objects[object]!
  const isOfFields = ({ error }: { error: HubError }) => FIELD_RULES.has(error.code)
  if (!refusals.some(isOfFields)) return refusals.map(({ error }) => error)
  const rules = rulesOf(ctx, object, deps.clock.now()) ?? (await learn(deps, ctx, object))
  return refusals.map((refusal) => {
    const { item, error } = refusal
    if (!rules || !isOfFields(refusal)) return error
    const owner = ownerField === undefined ? undefined : item.write.fields[ownerField]
    if (error.code === 'admin_rule.owner' && typeof owner === 'string') rules.inactiveOwners.add(owner)
    return violation(rules, ownerField, object, item, error.details) ?? error
  })
}

const FIELD_RULES = new Set(['admin_rule.validation', 'admin_rule.required', 'admin_rule.owner'])

async function learn(deps: EngineDeps, ctx: Ctx, object: string): Promise<Rules | undefined> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  try {
    const described = await api.describe(ctx, object)
    const rules: Rules = {
      fields: new Map(described.map((field) => [field.name.toLowerCase(), field])),
      inactiveOwners: new Set(),
      learnedAt: deps.clock.now(),
    }
    const own = learned.get(ctx.config) ?? new Map<string, Rules>()
    learned.set(ctx.config, own.set(object, rules))
    return rules
  } catch (error) {
    // The CRM's own words have to do.
    if (error instanceof HubError) return undefined
    throw error
  }
}

function violation(
  { fields, inactiveOwners }: Rules,
  ownerField: string | undefined,
  object: string,
  { operation, write }: ReadyOperation,
  details: ErrorDetails = {},
): AdminRuleError | undefined {
  const refuse = (code: AdminRuleError['code'], name: string, what: string) => {
    const from = operation.fields[name]?.from
    const at = { ...details.at, object, field: name, ...(from ? { mapping: from } : {}) }
    return new AdminRuleError(code, `${object}.${name} ${what}${from ? ` (${from})` : ''}`, {
      ...details,
      at,
    })
  }
  for (const [name, value] of Object.entries(write.fields)) {
    const field = fields.get(name.toLowerCase())
    const what = field && wrongWith(field, value)
    if (what) return refuse('admin_rule.validation', name, what)
    if (name === ownerField && typeof value === 'string' && inactiveOwners.has(value))
      return refuse('admin_rule.owner', name, `names ${value}, who is not active in the CRM`)
  }
  if (write.crmId !== undefined) return undefined
  const given = new Set(
    Object.entries(write.fields).flatMap(([name, value]) => (isEmpty(value) ? [] : [name.toLowerCase()])),
  )
  for (const field of fields.values()) {
    if (field.isRequired && !given.has(field.name.toLowerCase()))
      return refuse('admin_rule.required', field.name, 'is required by the CRM and has no value')
  }
  return undefined
}

function wrongWith({ type, maxLength, options }: FieldDescription, value: CrmValue): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined
  if (options && (type === 'picklist' || type === 'multipicklist')) {
    const chosen = type === 'multipicklist' ? value.split(';') : [value]
    const bad = chosen.find((one) => !options.includes(one.trim()))
    if (bad === undefined) return undefined
    const list = options
      .slice(0, MAX_OPTIONS)
      .map((option) => `"${option}"`)
      .join(', ')
    const rest = options.length > MAX_OPTIONS ? ` and ${options.length - MAX_OPTIONS} more` : ''
    return `does not take ${shown(bad)}; allowed are ${list}${rest}`
  }
  const isText = type === 'text' || type === 'email' || type === 'phone' || type === 'url'
  const length = value.trim().length
  if (isText && maxLength !== undefined && length > maxLength)
    return `holds ${maxLength} characters at most, and ${shown(value)} has ${length}`
  return undefined
}

const shown = (value: string): string =>
  `"${value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN).toWellFormed()}…` : value}"`
