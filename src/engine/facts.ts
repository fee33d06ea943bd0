import { type Contribution, type Identifier, phone } from '#model'
import {
  companyDomain,
  type Mention,
  normaliseEmail,
  normaliseIdentifier,
  type Resolution,
} from '../identity/index.ts'
import { hashParts } from './hash.ts'
import type {
  EntityKind,
  NewContribution,
  NewDocument,
  NewTouchpoint,
  NewTraffic,
  StoredRecord,
} from './ports.ts'

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

type Build = (nodeOf: (mention: number | undefined) => string | undefined) => void

export function collectFacts(mapped: MappedRecord[]): Facts {
  const mentions: Mention[] = []
  const mentionsOf = new Map<StoredRecord, number[]>()
  const contributions: NewContribution[] = []
  const touchpoints = new Map<string, NewTouchpoint>()
  const documents: NewDocument[] = []
  const traffic: NewTraffic[] = []
  const builds: Build[] = []

  for (const { record, contributions: said } of mapped) {
    const own: number[] = []
    mentionsOf.set(record, own)
    const mention = (
      entityKind: EntityKind,
      identifiers: Identifier[] | undefined,
      at: number,
    ): number | undefined => {
      const normalised = (identifiers ?? []).flatMap(
        (id) => normaliseIdentifier(entityKind, record.connection, id) ?? [],
      )
      if (normalised.length === 0) return undefined
      const index = mentions.push({ entityKind, identifiers: normalised, at }) - 1
      own.push(index)
      return index
    }
    const slots = new Map<string, number>()
    for (const contribution of said) {
      if (contribution.type === 'touchpoint') {
        const { touchpoint } = contribution
        const person = mention('person', contribution.person, touchpoint.occurred_at)
        const account = mention('account', contribution.account, touchpoint.occurred_at)
        builds.push((nodeOf) => {
          const built = toTouchpoint(record, contribution, nodeOf(person), nodeOf(account))
          if (built.person || built.account) touchpoints.set(built.id, built)
        })
      } else if (contribution.type === 'document') {
        const person = mention('person', contribution.person, record.version)
        const account = mention('account', contribution.account, record.version)
        builds.push((nodeOf) => {
          const id = `doc_${hashParts(record.connection, contribution.document.type, contribution.document.key)}`
          const [personNode, accountNode] = [nodeOf(person), nodeOf(account)]
          documents.push({
            id,
            connection: record.connection,
            stream: record.stream,
            recordKey: record.key,
            ...(personNode ? { person: personNode } : {}),
            ...(accountNode ? { account: accountNode } : {}),
            document: contribution.document,
          })
        })
      } else if (contribution.type === 'traffic') {
        const { connection, stream, key: recordKey } = record
        traffic.push({ connection, stream, recordKey, traffic: contribution.traffic })
      } else {
        const observedAt = contribution.observed_at ?? record.version
        const self = mention(contribution.type, ownIdentifiers(contribution), observedAt)
        const accountIds = contribution.type === 'person' ? accountIdentifiers(contribution) : undefined
        const account = mention('account', accountIds, observedAt)
        const index = slots.get(contribution.type) ?? 0
        slots.set(contribution.type, index + 1)
        const slot = contribution.slot ?? String(index)
        builds.push((nodeOf) => {
          const entity = nodeOf(self)
          if (!entity) return
          const accountNode = nodeOf(account)
          contributions.push({
            connection: record.connection,
            stream: record.stream,
            key: record.key,
            slot: `${contribution.type}:${slot}`,
            kind: contribution.type,
            entity,
            ...(accountNode ? { account: accountNode } : {}),
            attributes: attributesOf(contribution),
            method: contribution.method ?? 'asserted',
            ...(contribution.confidence !== undefined ? { confidence: contribution.confidence } : {}),
            ...(contribution.licence !== undefined ? { licence: contribution.licence } : {}),
            observedAt,
          })
          const company = contribution.type === 'person' ? companyOf(contribution, accountIds) : {}
          if (accountNode && Object.keys(company).length > 0) {
            contributions.push({
              connection: record.connection,
              stream: record.stream,
              key: record.key,
              slot: `account:of-person:${slot}`,
              kind: 'account',
              entity: accountNode,
              attributes: company,
              method: contribution.method === 'inferred' ? 'inferred' : 'derived',
              ...(contribution.confidence !== undefined ? { confidence: contribution.confidence } : {}),
              ...(contribution.licence !== undefined ? { licence: contribution.licence } : {}),
              observedAt,
            })
          }
        })
      }
    }
  }

  return {
    mentions,
    mentionsOf,
    resolved({ nodes }) {
      const nodeOf = (index: number | undefined) => (index === undefined ? undefined : nodes[index])
      for (const build of builds) build(nodeOf)
      return { contributions, touchpoints: [...touchpoints.values()], documents, traffic }
    },
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
