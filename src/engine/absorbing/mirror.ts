import type { Mirror } from '#kit'
import { type Contribution, crmRecord, type Identifier, type Instant } from '#model'
import { isOurs } from '../deciding/decide.ts'
import { sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { NewContribution, ProjectionRow, StoredRecord, WrittenField } from '../ports.ts'
import { streamFor } from '../reading/streams.ts'
import type { MappedRecord } from './facts.ts'

/** Slots of what a CRM record says: that it is there, what company it names, and values by when they were first seen. */
export const RECORD_SLOT = 'record'
const COMPANY_SLOT = 'company'
const VALUE_SLOT = 'value'

/** Salesforce stamps whole seconds. */
const STAMP_MS = 1_000

/** A CRM record that we write to is the entity that we write of. */
export interface LinkedRecord {
  entityKind: 'person' | 'account'
  identifier: Identifier
  connection: string
  entity: string
}

type Attributes = Record<string, unknown>
type EntityContribution = Extract<Contribution, { type: 'person' | 'account' }>

interface MirroredRecord {
  mapped: MappedRecord
  mirror: Mirror<unknown>
  parsed: unknown
  shadow: ProjectionRow | undefined
  said: NewContribution[]
}

/**
 * Records of a CRM without what we wrote to it. A value that a field holds because we wrote it has its own source, and is
 * none of the CRM's: it would come back newer than that source, and to another CRM it would be a source of its own. What
 * remains of a record keeps the time at which it was first seen there, because any write renews the time of the whole.
 */
export async function withoutEchoes(
  deps: EngineDeps,
  mapped: MappedRecord[],
): Promise<{ mapped: MappedRecord[]; linked: LinkedRecord[] }> {
  const mirrored = await loadMirrored(deps, mapped)
  if (mirrored.length === 0) return { mapped, linked: [] }
  const companies = await writtenCompanies(deps, mirrored)
  const replaced = new Map(
    mirrored.map((own) => [
      own.mapped,
      own.mapped.contributions.flatMap((said) => (isMain(said) ? claimsOf(own, said, companies) : [said])),
    ]),
  )
  return {
    mapped: mapped.map((one) => {
      const contributions = replaced.get(one)
      return contributions ? { ...one, contributions } : one
    }),
    linked: mirrored.flatMap(linkOf),
  }
}

const isMain = (said: Contribution): said is EntityContribution =>
  (said.type === 'person' || said.type === 'account') && said.slot === undefined

async function loadMirrored(deps: EngineDeps, mapped: MappedRecord[]): Promise<MirroredRecord[]> {
  const own = mapped.flatMap((one) => {
    const { record } = one
    const connection = deps.connections.get(record.connection)
    const stream = connection && streamFor(connection, record.stream)
    if (!stream?.mirror || !one.contributions.some(isMain)) return []
    const parsed = stream.record.safeParse(JSON.parse(record.body))
    return parsed.success ? [{ mapped: one, mirror: stream.mirror, parsed: parsed.data }] : []
  })
  if (own.length === 0) return []
  const [shadows, said] = await Promise.all([
    deps.store.watch.shadows(
      own.map(({ mapped: { record }, mirror }) => ({
        destination: record.connection,
        object: mirror.object,
        crmId: record.key,
      })),
    ),
    deps.store.absorb.said(own.map(({ mapped: { record } }) => record)),
  ])
  const shadowOf = new Map(shadows.map((row) => [`${row.destination} ${row.object} ${row.crmId}`, row]))
  const saidOf = Map.groupBy(said, keyOf)
  return own.map((one) => ({
    ...one,
    shadow: shadowOf.get(`${one.mapped.record.connection} ${one.mirror.object} ${one.mapped.record.key}`),
    said: saidOf.get(keyOf(one.mapped.record)) ?? [],
  }))
}

const keyOf = ({ connection, stream, key }: Pick<StoredRecord, 'connection' | 'stream' | 'key'>): string =>
  JSON.stringify([connection, stream, key])

/** CRM ids of the companies that our shadows name, by "destination object entity". */
async function writtenCompanies(
  deps: EngineDeps,
  mirrored: MirroredRecord[],
): Promise<(destination: string, object: string, entity: unknown) => string | undefined> {
  const named = mirrored.flatMap(({ mapped, mirror, parsed, shadow }) => {
    const company = mirror.account?.(parsed)
    const entity = company && shadow?.written[company.field]?.value
    return typeof entity === 'string'
      ? [{ destination: mapped.record.connection, object: company!.object, entity }]
      : []
  })
  if (named.length === 0) return () => undefined
  const roots = new Map(
    (await deps.store.absorb.rootsOf(named.map(({ entity }) => entity))).map((row) => [row.entity, row.root]),
  )
  const rootOf = (entity: string) => roots.get(entity) ?? entity
  const rows = await deps.store.project.projections(
    named.map((key) => ({ ...key, entity: rootOf(key.entity) })),
  )
  const ids = new Map(rows.map((row) => [`${row.destination} ${row.object} ${row.entity}`, row.crmId]))
  return (destination, object, entity) =>
    typeof entity === 'string' ? ids.get(`${destination} ${object} ${rootOf(entity)}`) : undefined
}

function claimsOf(
  { mapped: { record }, mirror, parsed, shadow, said }: MirroredRecord,
  main: EntityContribution,
  companyId: Awaited<ReturnType<typeof writtenCompanies>>,
): MappedRecord['contributions'] {
  const { attributes, observed_at: _, ...rest } = main
  const isFirst = said.length === 0
  const isWritten = Object.keys(shadow?.written ?? {}).length > 0
  const created = mirror.createdAt?.(parsed)
  // Of a record that we have been writing to, its last change says nothing about when people filled its fields.
  const seenAt = isFirst && isWritten ? (created ?? record.version) : record.version
  const base = { ...rest, isExact: true as const }
  const nobody = main.type === 'person' ? { account: [] as Identifier[] } : {}

  const company = main.type === 'person' ? mirror.account?.(parsed) : undefined
  const claims: MappedRecord['contributions'] = [
    { ...base, ...nobody, slot: RECORD_SLOT, attributes: {}, observed_at: created ?? seenAt },
  ]
  if (company) {
    const ours = shadow?.written[company.field]
    const isEcho =
      ours !== undefined &&
      (isStale(ours, record.version) ||
        companyId(record.connection, company.object, ours.value) === company.crmId)
    if (!isEcho) {
      const slot = `${COMPANY_SLOT}:${company.crmId}`
      const before = said.find((row) => row.slot === `person:${slot}`)
      claims.push({
        ...base,
        slot,
        attributes: {},
        account: [crmRecord(company.object, company.crmId)],
        observed_at: before?.observedAt ?? seenAt,
      } as MappedRecord['contributions'][number])
    }
  }

  const held = mirror.fields(parsed)
  const values = new Map<Instant, Attributes>()
  for (const [name, value] of Object.entries(attributes as Attributes)) {
    const field = held[name]
    const ours = field && shadow?.written[field.field]
    if (ours && (isStale(ours, record.version) || isOurs(field.value, ours))) continue
    const before = said.find(
      (row) => row.slot.startsWith(`${main.type}:${VALUE_SLOT}:`) && name in row.attributes,
    )
    const at = before && isSame(before.attributes[name], value) ? before.observedAt : seenAt
    values.set(at, { ...values.get(at), [name]: value })
  }
  for (const [at, attributes] of values) {
    const namesDomain = main.type === 'person' && company === undefined && 'email' in attributes
    claims.push({
      ...base,
      // The company by the domain of an address that is the CRM's own.
      ...(namesDomain ? {} : nobody),
      slot: `${VALUE_SLOT}:${at}`,
      attributes,
      observed_at: at,
    } as MappedRecord['contributions'][number])
  }
  return claims
}

/** The record was read before we wrote the field: the next read brings it again. */
const isStale = (ours: WrittenField, version: Instant): boolean => ours.at >= version + STAMP_MS

const isSame = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' && a !== null ? JSON.stringify(a) === JSON.stringify(b) : sameValue(a, b)

function linkOf({ mapped: { record, contributions }, mirror, shadow }: MirroredRecord): LinkedRecord[] {
  const main = contributions.find(isMain)
  if (!shadow || !main || !shadow.entity.startsWith(main.type === 'person' ? 'per_' : 'acc_')) return []
  const { connection, key } = record
  return [
    {
      entityKind: main.type,
      identifier: crmRecord(mirror.object, key),
      connection,
      // Whom the record was made for, which is not who it shows where two are judged to be the same.
      entity: shadow.externalId,
    },
  ]
}
