import * as z from 'zod'
import { type HubError, TransientError, type WriteOperation } from '#kit'
import { type Ctx, pathsOf } from './config.ts'
import { classifyItem, strings, type VendorError } from './errors.ts'
import { isolate } from './isolate.ts'
import { failed, type Results } from './write.ts'

interface Link {
  operation: WriteOperation
  from: string
  to: string
}

const end = z.looseObject({ id: z.coerce.string() })
const answer = z.looseObject({
  results: z.array(z.looseObject({ from: end, to: end })).default([]),
  errors: z
    .array(
      z
        .looseObject({
          category: z.string(),
          message: z.string(),
          context: z.record(z.string(), z.unknown()),
        })
        .partial(),
    )
    .default([]),
})

/** HubSpot documents 2,000 pairs a call. https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide */
const PAIRS = 1000

/**
 * Associates written records with the records that their operations link to (default, unlabelled type; repeating it
 * changes nothing). An operation whose link fails has failed: it is repeated as a whole.
 */
export async function writeLinks(
  ctx: Ctx,
  object: string,
  operations: WriteOperation[],
  results: Results,
): Promise<void> {
  for (const [target, links] of linksByTarget(operations, results)) {
    for (let start = 0; start < links.length; start += PAIRS) {
      await isolate(links.slice(start, start + PAIRS), {
        send: (chunk) => associate(ctx, object, target, chunk, results),
        refused(chunk, error) {
          for (const { operation } of chunk) results.set(operation, failed(error))
        },
      })
    }
  }
}

function linksByTarget(operations: WriteOperation[], results: Results): Map<string, Link[]> {
  const byTarget = new Map<string, Link[]>()
  for (const operation of operations) {
    const result = results.get(operation)
    if (result?.status !== 'written') continue
    for (const link of operation.links ?? []) {
      const links = byTarget.get(link.object) ?? []
      byTarget.set(link.object, links)
      links.push({ operation, from: result.crmId, to: link.crmId })
    }
  }
  return byTarget
}

async function associate(
  ctx: Ctx,
  object: string,
  target: string,
  links: Link[],
  results: Results,
): Promise<void> {
  const { status, data } = await ctx.http.request({
    method: 'POST',
    url: `${pathsOf(ctx.config.apiVersion).associations}/${object}/${target}/batch/associate/default`,
    json: { inputs: links.map(({ from, to }) => ({ from: { id: from }, to: { id: to } })) },
    schema: answer,
    repeatable: true,
    signal: ctx.signal,
  })
  if (status !== 207 && data.errors.length === 0) return
  const made = new Set(data.results.flatMap(({ from, to }) => [`${from.id} ${to.id}`, `${to.id} ${from.id}`]))
  for (const link of links) {
    if (made.has(`${link.from} ${link.to}`)) continue
    results.set(link.operation, failed(errorOf(link, data.errors)))
  }
}

function errorOf(link: Link, errors: VendorError[]): HubError {
  const named = errors.find((error) => {
    const ids = Object.values(error.context ?? {}).flatMap(strings)
    return ids.includes(link.to) || ids.includes(link.from)
  })
  if (named) return classifyItem(named)
  return new TransientError(
    'record.no_result',
    `HubSpot did not say whether ${link.from} is associated with ${link.to}`,
  )
}
