import type { HubError, WriteOperation, WriteResult } from '#kit'
import { adoptConflicts } from './adopt.ts'
import { createClient } from './client.ts'
import type { Ctx } from './config.ts'
import { writeLinks } from './links.ts'
import { BATCH_SIZE } from './objects.ts'
import { failed, noResult, type Results, writeById, writeByKey } from './write.ts'

/**
 * Writes by our unique property, or by CRM id where the record is known. Throws only where HubSpot took nothing
 * (credentials, quota, missing property); else every operation has its own result.
 */
export async function upsert(ctx: Ctx, object: string, operations: WriteOperation[]): Promise<WriteResult[]> {
  if (operations.length > BATCH_SIZE)
    throw new RangeError(`HubSpot takes ${BATCH_SIZE} records a call, not ${operations.length}`)
  const client = createClient(ctx)
  const results: Results = new Map()
  for (const wave of wavesOf(ctx, object, operations)) {
    const known = wave.filter((operation) => operation.crmId !== undefined)
    const unknown = wave.filter((operation) => operation.crmId === undefined)
    await writeById(ctx, client, object, known, results)
    await writeByKey(ctx, client, object, unknown, results)
    if (object === 'contacts') await adoptConflicts(ctx, client, unknown, results)
  }
  await writeLinks(ctx, object, operations, results)
  const outcomes = operations.map((operation) => results.get(operation) ?? failed(noResult(operation)))
  throwWhereNothingWasSent(outcomes)
  return outcomes
}

/** HubSpot refuses a request that names a record or an e-mail twice: later ones go in a request of their own. */
function wavesOf(ctx: Ctx, object: string, operations: WriteOperation[]): WriteOperation[][] {
  const waves: { seen: Set<string>; operations: WriteOperation[] }[] = []
  for (const operation of operations) {
    const email = object === 'contacts' ? operation.fields.email : undefined
    const keys = [
      operation.crmId ? `id:${operation.crmId}` : `${ctx.config.uniqueProperty}:${operation.externalId}`,
      ...(typeof email === 'string' && email !== '' ? [`email:${email.trim().toLowerCase()}`] : []),
    ]
    let wave = waves.find(({ seen }) => !keys.some((key) => seen.has(key)))
    if (!wave) {
      wave = { seen: new Set(), operations: [] }
      waves.push(wave)
    }
    for (const key of keys) wave.seen.add(key)
    wave.operations.push(operation)
  }
  return waves.map((wave) => wave.operations)
}

/** Kinds that mean "HubSpot did not look at the records". */
const UNSENT = new Set<HubError['kind']>(['auth', 'config', 'rate_limit'])

function throwWhereNothingWasSent(outcomes: WriteResult[]): void {
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.error] : []))
  const [first] = errors
  if (first && errors.length === outcomes.length && errors.every((error) => UNSENT.has(error.kind)))
    throw first
}
