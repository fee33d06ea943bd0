import { ConfigError, type ConnectorContext, type FieldDescription, HubError, reportOf } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { Operation, OperationResult } from '../ports.ts'
import { linkKey } from '../projecting/propose.ts'
import { unsent } from '../sending/pause.ts'

type Ctx = ConnectorContext<Record<string, unknown>>
type Known = Map<string, FieldDescription>

/** People create the field or correct the mapping; until then the CRM is asked this often whether it is there. */
const RETRY_MS = 5 * 60_000

/** The CRM does not have a mapped field, or does not let us write it. */
export const isFieldProblem = (error: unknown): boolean =>
  error instanceof HubError &&
  (error.code === 'mapping.unknown_field' || error.code === 'mapping.field_not_writable')

/** Fields of objects that a mapping is at odds with, by configuration and object. */
const troubled = new WeakMap<object, Map<string, { known: Known; at: number }>>()

/** Operations whose fields are known to be missing wait without costing a call each; returns the others. */
export async function withoutMissingFields(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
): Promise<Operation[]> {
  const trouble = troubled.get(ctx.config)?.get(object)
  if (!trouble) return operations
  if (deps.clock.now() - trouble.at >= RETRY_MS)
    return await setAsideMissingFields(deps, ctx, object, operations)
  return await setAside(deps, operations, trouble.known)
}

/** Asks the CRM for its fields and puts operations aside that write one it lacks, naming its place in the mapping; returns the others. */
export async function setAsideMissingFields(
  deps: EngineDeps,
  ctx: Ctx,
  object: string,
  operations: Operation[],
): Promise<Operation[]> {
  const destination = deps.connections.get(ctx.connection)!.connector.destination!
  let known: Known
  try {
    known = new Map(
      (await destination.describe(ctx, object)).map((field) => [field.name.toLowerCase(), field]),
    )
  } catch (error) {
    if (error instanceof HubError) return operations
    throw error
  }
  const others = await setAside(deps, operations, known)
  const objects = troubled.get(ctx.config) ?? new Map<string, { known: Known; at: number }>()
  troubled.set(ctx.config, objects)
  if (others.length < operations.length) objects.set(object, { known, at: deps.clock.now() })
  else objects.delete(object)
  return others
}

async function setAside(deps: EngineDeps, operations: Operation[], known: Known): Promise<Operation[]> {
  const now = deps.clock.now()
  const results: OperationResult[] = []
  const others = operations.filter((operation) => {
    const error = problemOf(operation, known)
    if (!error) return true
    results.push({ ...unsent(operation, now + RETRY_MS), error: reportOf(error) })
    return false
  })
  if (results.length > 0) {
    await deps.store.deliver.finish({ now, results, deliveries: [], live: [], redirects: [] })
    deps.log.error('mapped field is not in the CRM', { operations: results.length, error: results[0]!.error })
  }
  return others
}

function problemOf(
  { destination, object, fields, links, kind }: Operation,
  known: Known,
): ConfigError | undefined {
  if (kind === 'activity') return undefined
  const associations = new Set(links.filter((link) => !link.field).map(linkKey))
  for (const [field, { from }] of Object.entries(fields)) {
    if (associations.has(field)) continue
    const at = { object, field, mapping: from }
    const found = known.get(field.toLowerCase())
    if (!found)
      return new ConfigError(
        'mapping.unknown_field',
        `${destination} has no field ${object}.${field}; it is mapped at ${from}`,
        { at },
      )
    if (!found.isWritable)
      return new ConfigError(
        'mapping.field_not_writable',
        `${destination} does not let us write ${object}.${field}; it is mapped at ${from}`,
        { at },
      )
  }
  return undefined
}
