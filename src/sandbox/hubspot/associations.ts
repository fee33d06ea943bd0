import * as z from 'zod'
import { parse } from './batch.ts'
import { batchError, invalid, Refusal } from './errors.ts'
import { type Collection, findRecord, type Portal, pairsOf } from './portal.ts'
import type { StoredRecord } from './types.ts'

const MAX_CREATE = 2000
const MAX_READ = 1000
const FIRST_LABEL = 100_000

/** Unlabelled association types by direction, as HubSpot's own SDK lists them. */
const DEFAULT_TYPES: Record<string, number> = {
  'contacts companies': 279,
  'companies contacts': 280,
  'deals contacts': 3,
  'contacts deals': 4,
  'deals companies': 341,
  'companies deals': 342,
  'quotes deals': 64,
  'quotes contacts': 69,
  'quotes companies': 71,
  'notes contacts': 202,
  'notes companies': 190,
  'notes deals': 214,
  'tasks contacts': 204,
  'tasks companies': 192,
  'tasks deals': 216,
  'emails contacts': 198,
  'emails companies': 186,
  'emails deals': 210,
  'calls contacts': 194,
  'calls companies': 182,
  'calls deals': 206,
  'meetings contacts': 200,
  'meetings companies': 188,
  'meetings deals': 212,
  'communications contacts': 81,
  'communications companies': 87,
  'communications deals': 85,
}

const end = z.object({ id: z.string().min(1) })
const spec = z.object({
  associationCategory: z.literal('HUBSPOT_DEFINED'),
  associationTypeId: z.number().int(),
})
const pairBody = z.object({
  inputs: z.array(z.object({ from: end, to: end, types: z.array(spec).optional() })).min(1),
})
const readBody = z.object({ inputs: z.array(end).min(1) })

/** Associates pairs with the default type, or with the types given (`hasTypes`). Repeating changes nothing. */
export function associateBatch(
  portal: Portal,
  from: Collection,
  to: Collection,
  json: unknown,
  hasTypes: boolean,
) {
  const { inputs } = parse(pairBody, json)
  if (inputs.length > MAX_CREATE) throw new Refusal(invalid(`At most ${MAX_CREATE} associations a request`))
  const forward = typeOf(from.object, to.object)
  const backward = typeOf(to.object, from.object)
  if (forward === undefined && backward === undefined) {
    throw new Refusal(invalid(`No default association between ${from.object} and ${to.object}`))
  }
  const results: unknown[] = []
  const errors: unknown[] = []
  for (const input of inputs) {
    const source = findRecord(from, input.from.id)
    const target = findRecord(to, input.to.id)
    if (!source || !target) {
      const context = { fromObjectId: [input.from.id], toObjectId: [input.to.id] }
      const error = {
        httpStatus: 404 as const,
        category: 'OBJECT_NOT_FOUND',
        message: 'One or more objects to associate do not exist',
        context,
      }
      errors.push({ ...batchError(error), subCategory: 'crm.associations.INVALID_OBJECT_IDS' })
      continue
    }
    const types = hasTypes
      ? (input.types ?? []).map((type) => type.associationTypeId)
      : [forward ?? backward!]
    const opposite = hasTypes ? types : [backward ?? forward!]
    link(portal, `${from.object} ${source.id}`, `${to.object} ${target.id}`, types)
    setCompany(
      portal,
      from.object === 'contacts' ? source : target,
      [from.object, to.object],
      [source, target],
    )
    link(portal, `${to.object} ${target.id}`, `${from.object} ${source.id}`, opposite)
    for (const associationTypeId of types) {
      results.push({
        from: { id: source.id },
        to: { id: target.id },
        associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId },
      })
    }
  }
  const at = new Date(portal.now()).toISOString()
  return {
    status: errors.length > 0 ? (207 as const) : hasTypes ? (201 as const) : (200 as const),
    body: {
      status: 'COMPLETE',
      results,
      startedAt: at,
      completedAt: at,
      ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
    },
  }
}

/** The first company of a contact becomes its primary one, which is a property of the contact. */
function setCompany(portal: Portal, contact: StoredRecord, objects: string[], records: StoredRecord[]): void {
  const company = records[objects.indexOf('companies')]
  if (!company || !objects.includes('contacts') || contact.companyId !== undefined) return
  contact.companyId = company.id
  contact.updatedAt = portal.now()
}

/** Engagements and objects that have only one listed direction share its number. */
const typeOf = (from: string, to: string): number | undefined => DEFAULT_TYPES[`${from} ${to}`]

function link(portal: Portal, one: string, other: string, types: number[]): void {
  const pairs = pairsOf(portal, one)
  const held = pairs.get(other)
  if (!held) {
    pairs.set(other, new Set(types))
    portal.writes.associated++
  } else for (const type of types) held.add(type)
}

export function readAssociations(portal: Portal, from: Collection, to: Collection, json: unknown) {
  const { inputs } = parse(readBody, json)
  if (inputs.length > MAX_READ) throw new Refusal(invalid(`At most ${MAX_READ} records a request`))
  const results = inputs.flatMap(({ id }) => {
    const targets = associatedWith(portal, from, id, to)
    return targets.length > 0 ? [{ from: { id }, to: targets }] : []
  })
  return { status: 'COMPLETE', results }
}

export function associatedWith(portal: Portal, from: Collection, id: string, to: Collection) {
  const record = findRecord(from, id)
  const pairs = record ? [...(portal.associations.get(`${from.object} ${record.id}`) ?? [])] : []
  return pairs.flatMap(([other, types]) => {
    const [object, toId = ''] = other.split(' ')
    if (object !== to.object || !findRecord(to, toId)) return []
    const associationTypes = [...types].map((typeId) => ({
      // Numbers of labels that people make begin here in this portal.
      category: typeId < FIRST_LABEL ? 'HUBSPOT_DEFINED' : 'USER_DEFINED',
      typeId,
      label: typeId < FIRST_LABEL ? null : `Label ${typeId}`,
    }))
    return [{ toObjectId: toId, associationTypes }]
  })
}

const archiveBody = z.object({ inputs: z.array(z.object({ from: end, to: z.array(end).min(1) })).min(1) })

/** Takes away all associations between records, both ways; what is not associated is passed over. */
export function archiveAssociations(portal: Portal, from: Collection, to: Collection, json: unknown): void {
  const { inputs } = parse(archiveBody, json)
  if (inputs.length > MAX_CREATE) throw new Refusal(invalid(`At most ${MAX_CREATE} associations a request`))
  for (const { from: one, to: others } of inputs) {
    for (const other of others) {
      const source = `${from.object} ${findRecord(from, one.id)?.id ?? one.id}`
      const target = `${to.object} ${findRecord(to, other.id)?.id ?? other.id}`
      portal.associations.get(source)?.delete(target)
      portal.associations.get(target)?.delete(source)
    }
  }
}
