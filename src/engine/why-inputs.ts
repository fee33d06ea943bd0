import type { Method } from '#model'
import { type LostBy, normaliseIdentifier, rankClaims } from '../identity/index.ts'
import type { CompiledMapping, Desired } from '../mapping/types.ts'
import type { MappingView, TouchBucket } from '../mapping/view.ts'
import { mapRecord } from './absorb.ts'
import type { EngineDeps } from './deps.ts'
import type {
  ContributionRow,
  DirtyMark,
  EnrichmentRow,
  EntityKind,
  NewJudgement,
  OwnedDocument,
  RecordDetail,
  RecordKey,
} from './ports.ts'
import { type EntityFacts, toClaim } from './projecting/views.ts'
import { becauseOf } from './why-standing.ts'

/** Where something was read. */
export interface Origin extends RecordKey {
  /** Absent where the record is no longer stored. */
  version?: number
  storedAt?: number
  run?: string
  receipt?: string
}

/** Why a record counts for this person or company. */
export interface IdentityDecision {
  /** The node the record was put on, and the one that stands for it today. */
  node: string
  root: string
  /** Identifiers that the record carries and that are known of the entity. */
  identifiers: { kind: string; value: string }[]
  /** Links between nodes on the way from node to root. */
  judgements: NewJudgement[]
}

export interface ClaimInput extends Origin {
  slot: string
  value: unknown
  method: Method
  confidence?: number
  licence?: string
  observedAt: number
  /** Absent on the winner. */
  lostBy?: LostBy
  identity: IdentityDecision
  /** The call that brought it, where a provider was asked. */
  enrichment?: EnrichmentRow
}

export type Input = { path: string } /** Golden value: what sources claim, in survivorship order. */ & (
  | { kind: 'claims'; entity: string; claims: ClaimInput[] }
  | { kind: 'documents'; entity: string; documents: (OwnedDocument & { origin: Origin })[]; isCut: boolean }
  /** Counts per kind, channel and day that the value is made of. */
  | { kind: 'touchpoints'; entity: string; buckets: TouchBucket[]; count: number; isCut: boolean }
  | { kind: 'touch'; entity: string; touchpoint?: string; origin?: Origin }
  /** Computed from what else is known: an id, a stage, the present time. `because`: the rule, claim or name that decided. */
  | { kind: 'derived'; value: unknown; because?: string }
)

export interface Sources {
  facts: Map<string, EntityFacts>
  accounts: Map<string, EntityFacts>
}

/** What a mapping sees of an entity today, and where that comes from. */
export interface Subject {
  kind: DirtyMark['kind']
  entity: string
  mapping: CompiledMapping | undefined
  view: MappingView
  desired: Desired | undefined
  sources: Sources
}

const MAX_DOCUMENTS = 100
const MAX_BUCKETS = 200

export async function inputsOf(
  deps: EngineDeps,
  subject: Subject,
  mapping: CompiledMapping,
  field: string,
): Promise<Input[]> {
  const reads = mapping.fields.find((f) => f.name === field)?.reads ?? []
  return await Promise.all(reads.map((path) => inputOf(deps, subject, mapping, field, path)))
}

async function inputOf(
  deps: EngineDeps,
  subject: Subject,
  mapping: CompiledMapping,
  field: string,
  path: string,
): Promise<Input> {
  const { kind, view, entity } = subject
  const [scope, name] = path.split('.') as [string, string?]
  const person = view.person?.id
  const account = view.account?.id
  if (scope === 'quote') return await documentInput(deps, path, entity)
  if (scope === 'billing')
    return await billingInput(deps, path, kind === 'account' ? 'account' : 'person', entity, name)
  if (scope === 'touchpoints') return bucketInput(subject, mapping, field, path)
  const owner = scope === 'account' ? account : (person ?? account)
  const ownerKind: EntityKind = scope === 'account' ? 'account' : 'person'
  const because = await becauseOf(deps, path, { account, person: subject.sources.facts.get(entity) })
  if (because !== undefined) return { path, kind: 'derived', value: valueAt(view, path), because }
  if (!owner || scope === 'now') return { path, kind: 'derived', value: valueAt(view, path) }
  if (name === 'first_touch' || name === 'last_touch')
    return await touchInput(deps, subject, path, ownerKind, owner, name)
  const attribute = scope === 'consent' ? 'consent' : name
  const rows = (await deps.store.project.contributions([owner])).filter(
    (row) => attribute !== undefined && row.attributes[attribute] !== undefined,
  )
  if (rows.length > 0) return await claimInput(deps, path, ownerKind, owner, attribute!, rows)
  // The id of a person's company comes from what sources say about where they work.
  if (path === 'account.id' && person) return await employerInput(deps, path, person)
  return { path, kind: 'derived', value: valueAt(view, path) }
}

function valueAt(view: object, path: string): unknown {
  let value: unknown = view
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name]
  return value ?? null
}

async function claimInput(
  deps: EngineDeps,
  path: string,
  kind: EntityKind,
  entity: string,
  attribute: string,
  rows: ContributionRow[],
): Promise<Input> {
  const rowOf = new Map(rows.map((row) => [toClaim(row), row]))
  const ranked = rankClaims(attribute, [...rowOf.keys()], deps.survivorship?.[kind])
  const claims = ranked.map(({ claim, lostBy }) => ({
    row: rowOf.get(claim)!,
    value: claim.attributes[attribute],
    lostBy,
  }))
  return { path, kind: 'claims', entity, claims: await describeClaims(deps, kind, entity, claims) }
}

async function employerInput(deps: EngineDeps, path: string, person: string): Promise<Input> {
  const rows = (await deps.store.project.contributions([person])).filter((row) => row.accountRoot)
  const rowOf = new Map(
    rows.map((row) => [{ ...toClaim(row), attributes: { account: row.accountRoot } }, row]),
  )
  const claims = rankClaims('account', [...rowOf.keys()]).map(({ claim, lostBy }) => ({
    row: rowOf.get(claim)!,
    value: claim.attributes.account,
    lostBy,
  }))
  return {
    path,
    kind: 'claims',
    entity: person,
    claims: await describeClaims(deps, 'person', person, claims),
  }
}

async function describeClaims(
  deps: EngineDeps,
  kind: EntityKind,
  root: string,
  claims: { row: ContributionRow; value: unknown; lostBy: LostBy | undefined }[],
): Promise<ClaimInput[]> {
  const [identifiers, judgements] = await Promise.all([
    deps.store.lookup.identifiers(root),
    deps.store.lookup.judgements(root),
  ])
  const known = new Set(identifiers.map((id) => `${id.kind} ${id.value}`))
  return await Promise.all(
    claims.map(async ({ row, value, lostBy }): Promise<ClaimInput> => {
      const { connection, stream, key, slot, method, confidence, licence, observedAt, entity } = row
      const record = await deps.store.lookup.record({ connection, stream, key })
      const isAnswer = deps.connections.get(connection)?.connector.enricher !== undefined
      const [enrichment] = isAnswer ? await deps.store.lookup.enrichments({ provider: connection, key }) : []
      return {
        ...originFrom({ connection, stream, key }, record),
        slot,
        value,
        method,
        ...(confidence === undefined ? {} : { confidence }),
        ...(licence === undefined ? {} : { licence }),
        observedAt,
        ...(lostBy ? { lostBy } : {}),
        identity: {
          node: entity,
          root,
          identifiers: record
            ? carried(deps, kind, record).filter((id) => known.has(`${id.kind} ${id.value}`))
            : [],
          judgements: pathBetween(entity, root, judgements),
        },
        ...(enrichment ? { enrichment } : {}),
      }
    }),
  )
}

/** Identifiers in a record, as they are compared. A record that its connector can no longer read says nothing. */
function carried(
  deps: EngineDeps,
  kind: EntityKind,
  record: RecordDetail,
): { kind: string; value: string }[] {
  let said: ReturnType<typeof mapRecord>
  try {
    said = mapRecord(deps, record)
  } catch {
    return []
  }
  const found = new Map<string, { kind: string; value: string }>()
  for (const contribution of said) {
    const own =
      contribution.type === kind
        ? contribution.identifiers
        : contribution.type === 'person' ||
            contribution.type === 'touchpoint' ||
            contribution.type === 'document'
          ? ((kind === 'account'
              ? contribution.account
              : 'person' in contribution
                ? contribution.person
                : undefined) ?? [])
          : []
    for (const raw of own) {
      const id = normaliseIdentifier(kind, record.connection, raw)
      if (id) found.set(`${id.kind} ${id.value}`, { kind: id.kind, value: id.value })
    }
  }
  return [...found.values()]
}

/** The judgements that lead from one node to another, shortest way. */
function pathBetween(from: string, to: string, judgements: NewJudgement[]): NewJudgement[] {
  if (from === to) return []
  const cameBy = new Map<string, NewJudgement | undefined>([[from, undefined]])
  const queue = [from]
  for (const node of queue) {
    if (node === to) break
    for (const edge of judgements) {
      if (edge.verdict !== 'same' || (edge.a !== node && edge.b !== node)) continue
      const next = edge.a === node ? edge.b : edge.a
      if (cameBy.has(next)) continue
      cameBy.set(next, edge)
      queue.push(next)
    }
  }
  const path: NewJudgement[] = []
  for (let node = to, edge = cameBy.get(node); edge; edge = cameBy.get(node)) {
    path.unshift(edge)
    node = edge.a === node ? edge.b : edge.a
  }
  return path
}

const originFrom = (key: RecordKey, record: RecordDetail | undefined): Origin => ({
  ...key,
  ...(record ? { version: record.version, storedAt: record.changedAt } : {}),
  ...(record?.run ? { run: record.run } : {}),
  ...(record?.receipt ? { receipt: record.receipt } : {}),
})

export async function originOf(deps: EngineDeps, { connection, stream, key }: RecordKey): Promise<Origin> {
  const id = { connection, stream, key }
  return originFrom(id, await deps.store.lookup.record(id))
}

async function documentInput(deps: EngineDeps, path: string, id: string): Promise<Input> {
  const document = await deps.store.lookup.document(id)
  const documents = document ? [{ ...document, origin: await originOf(deps, document) }] : []
  return { path, kind: 'documents', entity: id, documents, isCut: false }
}

const SUBSCRIPTIONS = [
  'plan',
  'mrr',
  'currency',
  'subscription_status',
  'subscriptions',
  'renewal_date',
  'cancels_at',
  'churned_at',
]

/** Documents that a billing value is computed from. */
function typesFor(name: string | undefined): OwnedDocument['document']['type'][] {
  if (name === 'open_quotes') return ['quote']
  if (name !== undefined && SUBSCRIPTIONS.includes(name)) return ['subscription']
  if (name === 'customer_since') return ['subscription', 'invoice', 'payment']
  return ['invoice', 'payment']
}

async function billingInput(
  deps: EngineDeps,
  path: string,
  kind: EntityKind,
  root: string,
  name: string | undefined,
): Promise<Input> {
  const found = await deps.store.lookup.documents({
    kind,
    root,
    types: typesFor(name),
    limit: MAX_DOCUMENTS + 1,
  })
  const documents = await Promise.all(
    found.slice(0, MAX_DOCUMENTS).map(async (own) => ({ ...own, origin: await originOf(deps, own) })),
  )
  return { path, kind: 'documents', entity: root, documents, isCut: found.length > MAX_DOCUMENTS }
}

/** A bucket counts where the field differs with it alone from the field without any. */
function bucketInput(subject: Subject, mapping: CompiledMapping, field: string, path: string): Input {
  const valueWith = (touchpoints: TouchBucket[]) =>
    JSON.stringify(mapping.evaluate({ ...subject.view, touchpoints })?.fields[field]?.value)
  const none = valueWith([])
  const buckets = subject.view.touchpoints
    .filter((bucket) => valueWith([bucket]) !== none)
    .sort((a, b) => b.day - a.day || (a.kind < b.kind ? -1 : 1))
  return {
    path,
    kind: 'touchpoints',
    entity: subject.entity,
    buckets: buckets.slice(0, MAX_BUCKETS),
    count: buckets.reduce((sum, { count }) => sum + count, 0),
    isCut: buckets.length > MAX_BUCKETS,
  }
}

async function touchInput(
  deps: EngineDeps,
  { sources, view }: Subject,
  path: string,
  kind: EntityKind,
  root: string,
  which: 'first_touch' | 'last_touch',
): Promise<Input> {
  const facts = sources.facts.get(root) ?? sources.accounts.get(root)
  const touch = (which === 'first_touch' ? facts?.first : facts?.last) ?? view[kind]?.[which]
  if (!touch) return { path, kind: 'touch', entity: root }
  const found = await deps.store.lookup.touchpointAt({ kind, root, touch: touch.kind, at: touch.at })
  return found
    ? { path, kind: 'touch', entity: root, touchpoint: found.id, origin: await originOf(deps, found) }
    : { path, kind: 'touch', entity: root }
}
