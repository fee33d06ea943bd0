import { type CrmFields, HubError, RecordError, type WriteOperation } from '#kit'
import { type Client, emailsOf, type Row } from './client.ts'
import type { Ctx } from './config.ts'
import { failed, type Results, writeById } from './write.ts'

const OBJECT = 'contacts'

/**
 * HubSpot allows an e-mail on one contact only, so a new contact of ours may collide with one that somebody else made.
 * That one is adopted: it gets our key, and our values where it has none; what people entered stays, because the write
 * was meant for a new record. A contact that already holds another key of ours is left alone.
 */
export async function adoptConflicts(
  ctx: Ctx,
  client: Client,
  operations: WriteOperation[],
  results: Results,
): Promise<void> {
  const conflicts = operations.filter((operation) => isDuplicate(results, operation) && emailOf(operation))
  if (conflicts.length === 0) return
  try {
    const owners = await ownersOf(ctx, client, conflicts)
    const attempts = new Map<WriteOperation, WriteOperation>()
    const taken = new Set<string>()
    for (const operation of conflicts) {
      const owner = owners.get(emailOf(operation)!)
      if (!owner) continue
      const key = owner.properties[ctx.config.uniqueProperty]
      if ((key && key !== operation.externalId) || taken.has(owner.id)) {
        results.set(operation, failed(ownedByAnother(operation, owner, key)))
        continue
      }
      taken.add(owner.id)
      attempts.set(operation, {
        ...operation,
        fields: gapsOf(operation, owner),
        crmId: owner.id,
        adopt: true,
      })
    }
    await writeById(ctx, client, OBJECT, [...attempts.values()], results)
    for (const [operation, attempt] of attempts) results.set(operation, results.get(attempt)!)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    // The lookup failed, not the records: they keep their place and are tried again.
    for (const operation of conflicts) results.set(operation, failed(error))
  }
}

async function ownersOf(ctx: Ctx, client: Client, conflicts: WriteOperation[]): Promise<Map<string, Row>> {
  const ids = [...new Set(conflicts.map((operation) => emailOf(operation)!))]
  const written = conflicts.flatMap((operation) => Object.keys(operation.fields))
  const properties = [...new Set([ctx.config.uniqueProperty, 'email', 'hs_additional_emails', ...written])]
  const rows = await client.read(OBJECT, { ids, idProperty: 'email', properties })
  return new Map(rows.flatMap((row) => emailsOf(row).map((email) => [email, row] as const)))
}

function gapsOf({ fields }: WriteOperation, { properties }: Row): CrmFields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== null && !properties[name]),
  )
}

const emailOf = ({ fields }: WriteOperation): string | undefined =>
  typeof fields.email === 'string' && fields.email ? fields.email.trim().toLowerCase() : undefined

function isDuplicate(results: Results, operation: WriteOperation): boolean {
  const result = results.get(operation)
  return result?.status === 'failed' && result.error.code === 'record.duplicate'
}

const ownedByAnother = (operation: WriteOperation, owner: Row, key: string | null | undefined) =>
  new RecordError(
    'record.duplicate',
    `${emailOf(operation)} belongs to HubSpot contact ${owner.id}, which holds ${key ? `our key ${key}` : 'another record of this batch'}`,
    {
      vendorCode: 'CONFLICT',
      at: { existing_id: owner.id, external_id: operation.externalId, ...(key ? { owner: key } : {}) },
    },
  )
