import type { CrmFields, LiveRecord } from '#kit'
import { type Client, createClient, emailsOf, type Row } from './client.ts'
import type { Ctx } from './config.ts'
import { BATCH_SIZE } from './objects.ts'
import { knownProperties, type Property } from './properties.ts'
import { fromProperty } from './values.ts'

export const MERGED_IDS = 'hs_merged_object_ids'

/** Live values by CRM id. A record that was merged away answers with `movedTo`; a deleted one does not answer. */
export async function read(
  ctx: Ctx,
  { object, crmIds, fields }: { object: string; crmIds: string[]; fields: string[] },
): Promise<LiveRecord[]> {
  if (crmIds.length === 0) return []
  const rows = await readAll(ctx, createClient(ctx), object, [...new Set(crmIds)], undefined, [
    ...fields,
    MERGED_IDS,
  ])
  const properties = await knownProperties(ctx, object)
  const byId = new Map(rows.map((row) => [row.id, row]))
  const survivors = new Map(rows.flatMap((row) => mergedIds(row).map((id) => [id, row] as const)))
  return [...new Set(crmIds)].flatMap((crmId) => {
    const own = byId.get(crmId)
    if (own) return [toLive(ctx, properties, own, fields)]
    const survivor = survivors.get(crmId)
    return survivor ? [{ ...toLive(ctx, properties, survivor, fields), crmId, movedTo: survivor.id }] : []
  })
}

/**
 * Records by a field's value. Unique properties and contact e-mails (also secondary ones) are read directly; other
 * fields go through search, whose index lags behind writes by seconds: good for adoption, not for deduplication.
 */
export async function find(
  ctx: Ctx,
  { object, field, values, fields }: { object: string; field: string; values: string[]; fields: string[] },
): Promise<LiveRecord[]> {
  const wanted = [...new Set(values.map((value) => value.trim()).filter(Boolean))]
  if (wanted.length === 0) return []
  const client = createClient(ctx)
  const properties = await knownProperties(ctx, object)
  const asked = [...new Set([...fields, field])]
  const isEmail = object === 'contacts' && field === 'email'
  if (isEmail) {
    const lower = wanted.map((value) => value.toLowerCase())
    const rows = await readAll(ctx, client, object, lower, field, [...asked, 'hs_additional_emails'])
    return uniqueRows(rows).flatMap((row) => {
      const matched = emailsOf(row).filter((email) => lower.includes(email))
      return matched.length > 0 ? [{ ...toLive(ctx, properties, row, asked), matched }] : []
    })
  }
  const rows = properties.get(field)?.hasUniqueValue
    ? await readAll(ctx, client, object, wanted, field, asked)
    : await searchAll(ctx, client, object, field, wanted, asked)
  return uniqueRows(rows).map((row) => toLive(ctx, properties, row, asked))
}

async function readAll(
  ctx: Ctx,
  client: Client,
  object: string,
  ids: string[],
  idProperty: string | undefined,
  fields: string[],
) {
  const properties = [...new Set([...fields, ctx.config.uniqueProperty])]
  const rows: Row[] = []
  for (let start = 0; start < ids.length; start += BATCH_SIZE) {
    const chunk = ids.slice(start, start + BATCH_SIZE)
    rows.push(
      ...(await client.read(object, { ids: chunk, properties, ...(idProperty ? { idProperty } : {}) })),
    )
  }
  return rows
}

async function searchAll(
  ctx: Ctx,
  client: Client,
  object: string,
  field: string,
  values: string[],
  fields: string[],
) {
  const properties = [...new Set([...fields, ctx.config.uniqueProperty])]
  // IN compares text in lower case and wants it so.
  const lower = [...new Set(values.map((value) => value.toLowerCase()))]
  const rows: Row[] = []
  for (let start = 0; start < lower.length; start += BATCH_SIZE) {
    const chunk = lower.slice(start, start + BATCH_SIZE)
    for (let after: string | undefined, isLast = false; !isLast; isLast = after === undefined) {
      const page = await client.search(object, field, chunk, properties, after)
      rows.push(...page.rows)
      after = page.after
    }
  }
  return rows
}

const uniqueRows = (rows: Row[]): Row[] => [...new Map(rows.map((row) => [row.id, row])).values()]

export const mergedIds = ({ properties }: Row): string[] =>
  (properties[MERGED_IDS] ?? '').split(';').filter(Boolean)

export function toLive(ctx: Ctx, properties: Map<string, Property>, row: Row, fields: string[]): LiveRecord {
  const externalId = row.properties[ctx.config.uniqueProperty]
  const values: CrmFields = {}
  for (const field of fields) values[field] = fromProperty(properties.get(field)?.type, row.properties[field])
  return { crmId: row.id, ...(externalId ? { externalId } : {}), fields: values }
}
