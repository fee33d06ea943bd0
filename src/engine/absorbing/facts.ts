import { type Contribution, type Identifier, phone } from '#model'
import {
  companyDomain,
  type Mention,
  normaliseEmail,
  normaliseIdentifier,
  type Resolution,
} from '../../identity/index.ts'
import { hashParts } from '../hash.ts'
import type {
  EntityKind,
  NewContribution,
  NewDocument,
  NewTouchpoint,
  NewTraffic,
  StoredRecord,
} from '../ports.ts'

/** A stored record and what its connector's map made of it. */
export interface MappedRecord {
  record: StoredRecord
  /** `isExact`: its attributes are all that it says; none is taken from its identifiers. */
  contributions: (Contribution & { isExact?: true })[]
}

/** What a chunk of mapped records says, with mentions numbered so that nodes can be filled in after resolution. */
export interface Facts {
  mentions: Mention[]
  resolved(resolution: Resolution): {
    contributions: NewContribution[]
    touchpoints: NewTouchpoint[]
    documents: NewDocument[]
    traffic: NewTraffic[]
  }
  /** Mentions by record, for dirty marks. */
  mentionsOf: Map<StoredRecord, number[]>
}

/** What the records say, as it is stored once the nodes of their mentions are known. */
interface Built {
  contributions: NewContribution[]
  /** The last of one id counts. */
  touchpoints: Map<string, NewTouchpoint>
  documents: NewDocument[]
  traffic: NewTraffic[]
}

/** Slots of what follows from who is at the top of a company. */
export const ULTIMATE_SLOT = 'account:ultimate:'

type NodeOf = (mention: number | undefined) => string | undefined
type Build = (nodeOf: NodeOf, built: Built) => void

/** Numbers what one contribution mentions; undefined where it carries no identifier that can be used. */
type Mentioning = (
  entityKind: EntityKind,
  identifiers: Identifier[] | undefined,
  at: number,
) => number | undefined

/** How what a record says is numbered: `mention` of whom it is about, `relate` of companies that it only refers to. */
interface Mentions {
  mention: Mentioning
  relate: Mentioning
}

type Said = MappedRecord['contributions'][number]
type SaidOf<T extends Said['type']> = Extract<Said, { type: T }>

export function collectFacts(mapped: MappedRecord[]): Facts {
  const mentions: Mention[] = []
  const mentionsOf = new Map<StoredRecord, number[]>()
  const builds: Build[] = []

  for (const { record, contributions: said } of mapped) {
    const own: number[] = []
    mentionsOf.set(record, own)
    const relate: Mentioning = (entityKind, identifiers, at) => {
      const normalised = (identifiers ?? []).flatMap(
        (id) => normaliseIdentifier(entityKind, record.connection, id) ?? [],
      )
      return normalised.length === 0
        ? undefined
        : mentions.push({ entityKind, identifiers: normalised, at }) - 1
    }
    const mention: Mentioning = (entityKind, identifiers, at) => {
      const index = relate(entityKind, identifiers, at)
      if (index !== undefined) own.push(index)
      return index
    }
    const slots = new Map<string, number>()
    for (const contribution of said) {
      const index = slots.get(contribution.type) ?? 0
      slots.set(contribution.type, index + 1)
      builds.push(buildOf(record, contribution, index, { mention, relate }))
    }
  }

  return {
    mentions,
    mentionsOf,
    resolved({ nodes }) {
      const built: Built = { contributions: [], touchpoints: new Map(), documents: [], traffic: [] }
      const nodeOf: NodeOf = (index) => (index === undefined ? undefined : nodes[index])
      for (const build of builds) build(nodeOf, built)
      return { ...built, touchpoints: [...built.touchpoints.values()] }
    },
  }
}

/** `index`: how many contributions of the type the record has made before. */
function buildOf(record: StoredRecord, said: Said, index: number, mentions: Mentions): Build {
  switch (said.type) {
    case 'touchpoint':
      return buildTouchpoint(record, said, mentions.mention)
    case 'document':
      return buildDocument(record, said, mentions.mention)
    case 'traffic': {
      const { connection, stream, key: recordKey } = record
      return (_, { traffic }) => void traffic.push({ connection, stream, recordKey, traffic: said.traffic })
    }
    default:
      return buildAttributes(record, said, said.slot ?? String(index), mentions)
  }
}

function buildTouchpoint(record: StoredRecord, said: SaidOf<'touchpoint'>, mention: Mentioning): Build {
  const { occurred_at: at } = said.touchpoint
  const person = mention('person', said.person, at)
  const account = mention('account', said.account, at)
  return (nodeOf, { touchpoints }) => {
    const touchpoint = toTouchpoint(record, said, nodeOf(person), nodeOf(account))
    if (touchpoint.person || touchpoint.account) touchpoints.set(touchpoint.id, touchpoint)
  }
}

function buildDocument(record: StoredRecord, said: SaidOf<'document'>, mention: Mentioning): Build {
  const { connection, stream, key: recordKey, version } = record
  const { document } = said
  const person = mention('person', said.person, version)
  const account = mention('account', said.account, version)
  return (nodeOf, { documents }) => {
    const [personNode, accountNode] = [nodeOf(person), nodeOf(account)]
    documents.push({
      id: `doc_${hashParts(connection, document.type, document.key)}`,
      connection,
      stream,
      recordKey,
      ...(personNode ? { person: personNode } : {}),
      ...(accountNode ? { account: accountNode } : {}),
      document,
    })
  }
}

/**
 * What a record says about a person or company; of a person also what that tells about the employer, of a company about
 * its parents. The account of a company's contribution is its parent.
 */
function buildAttributes(
  record: StoredRecord,
  said: SaidOf<'person' | 'account'>,
  slot: string,
  { mention, relate }: Mentions,
): Build {
  const { connection, stream, key } = record
  const observedAt = said.observed_at ?? record.version
  const self = mention(said.type, ownIdentifiers(said), observedAt)
  const accountIds = said.type === 'person' ? accountIdentifiers(said) : undefined
  const account = mention('account', accountIds, observedAt)
  const isCompany = said.type === 'account'
  const parent = isCompany ? relate('account', said.parent, observedAt) : undefined
  const ultimate = isCompany ? relate('account', said.ultimate_parent, observedAt) : undefined
  const shared = {
    connection,
    stream,
    key,
    ...(said.confidence !== undefined ? { confidence: said.confidence } : {}),
    ...(said.licence !== undefined ? { licence: said.licence } : {}),
    observedAt,
  }
  /** A company that is only referred to is called by its domain, as long as nobody names it. */
  const domainOf = (ids: Identifier[] | undefined, node: string | undefined, as: string) => {
    const host = companyDomain(ids?.find(({ kind }) => kind === 'domain')?.value ?? '')
    if (!node || host === undefined) return []
    const of = { slot: `account:${as}-of:${slot}`, kind: 'account' as const, entity: node }
    return [{ ...shared, ...of, attributes: { domain: host }, method: 'derived' as const }]
  }
  return (nodeOf, { contributions }) => {
    const entity = nodeOf(self)
    if (!entity) return
    const accountNode = nodeOf(isCompany ? parent : account)
    contributions.push({
      ...shared,
      slot: `${said.type}:${slot}`,
      kind: said.type,
      entity,
      ...(accountNode ? { account: accountNode } : {}),
      attributes: attributesOf(said),
      method: said.method ?? 'asserted',
    })
    if (isCompany)
      contributions.push(
        ...domainOf(said.parent, accountNode, 'parent'),
        ...domainOf(said.ultimate_parent, nodeOf(ultimate), 'top'),
      )
    const top = nodeOf(ultimate)
    if (top && top !== entity && top !== accountNode) {
      // Whoever is in between belongs to the one at the top too, as long as nobody says more of it.
      contributions.push({
        ...shared,
        slot: `${ULTIMATE_SLOT}${slot}`,
        kind: 'account',
        entity: accountNode ?? entity,
        account: top,
        attributes: {},
        method: said.method ?? 'asserted',
      })
    }
    const company = said.type === 'person' ? companyOf(said, accountIds) : {}
    if (!accountNode || Object.keys(company).length === 0) return
    contributions.push({
      ...shared,
      slot: `account:of-person:${slot}`,
      kind: 'account',
      entity: accountNode,
      attributes: company,
      method: said.method === 'inferred' ? 'inferred' : 'derived',
    })
  }
}

/**
 * Calls know numbers only, so the number that a source tells of a person is one of their identifiers. Not what was guessed
 * or bought: such numbers are a company's as often as not.
 */
function ownIdentifiers({
  type,
  identifiers,
  attributes,
  method,
  licence,
}: Extract<Contribution, { type: 'person' | 'account' }>): Identifier[] {
  const isTold = type === 'person' && (method ?? 'asserted') === 'asserted' && licence === undefined
  return isTold && attributes.phone ? [...identifiers, phone(attributes.phone.slice(0, 512))] : identifiers
}

/** The company a person belongs to: as the source says, else by the domain of a company mail address. */
function accountIdentifiers(
  contribution: Extract<Contribution, { type: 'person' }>,
): Identifier[] | undefined {
  if (contribution.account) return contribution.account
  const address = contribution.identifiers.find((id) => id.kind === 'email')
  const normalised = address && normaliseEmail(address.value)
  const domain = normalised && companyDomain(normalised)
  return domain ? [{ kind: 'domain', value: domain }] : undefined
}

/**
 * What a person tells about their company: the domain of their address, and the employer's name as they wrote it, which
 * counts for more than a name guessed from the domain and for less than what is said of the company itself.
 */
function companyOf(
  { account, attributes }: Extract<Contribution, { type: 'person' }>,
  accountIds: Identifier[] | undefined,
): Record<string, unknown> {
  return {
    ...(account || !accountIds ? {} : { domain: accountIds[0]!.value }),
    ...(attributes.company_name ? { name: attributes.company_name } : {}),
  }
}

function attributesOf(
  contribution: Extract<Contribution, { type: 'person' | 'account' }> & { isExact?: true },
): Record<string, unknown> {
  const attributes: Record<string, unknown> = { ...contribution.attributes }
  const find = (kind: string) =>
    contribution.isExact ? undefined : contribution.identifiers.find((id) => id.kind === kind)?.value
  if (contribution.type === 'person' && attributes.email === undefined) {
    const address = find('email')
    if (address) attributes.email = address.trim()
  }
  if (contribution.type === 'account') {
    const domain = companyDomain(String(attributes.domain ?? find('domain') ?? ''))
    if (domain) attributes.domain = domain
    else delete attributes.domain
  }
  return attributes
}

function toTouchpoint(
  record: StoredRecord,
  { touchpoint: t }: Extract<Contribution, { type: 'touchpoint' }>,
  person: string | undefined,
  account: string | undefined,
): NewTouchpoint {
  return {
    id: `tp_${hashParts(record.connection, record.stream, record.key, t.kind, t.slot ?? '')}`,
    kind: t.kind,
    occurredAt: t.occurred_at,
    connection: record.connection,
    stream: record.stream,
    key: record.key,
    channel: t.channel,
    direction: t.direction,
    isMachine: t.is_machine ?? false,
    ...(person ? { person } : {}),
    ...(account ? { account } : {}),
    ...(t.title !== undefined ? { title: t.title } : {}),
    ...(t.url !== undefined ? { url: t.url } : {}),
    ...(t.referrer !== undefined ? { referrer: t.referrer } : {}),
    ...(t.campaign ? { campaign: t.campaign as Record<string, string> } : {}),
    ...(t.amount ? { amount: t.amount.amount, currency: t.amount.currency } : {}),
    ...(t.props ? { props: t.props } : {}),
  }
}
