import { createSandbox, type Sandbox } from '../sandbox.ts'
import { associateBatch } from './associations.ts'
import { archive } from './batch.ts'
import { invalidValues, Refusal } from './errors.ts'
import { marketingControls } from './marketing.ts'
import { mergeRecords } from './merge.ts'
import { createOAuth, type OAuth, type OAuthApp } from './oauth.ts'
import { type Collection, collectionOf, createPortal, findRecord, type Portal, stateOf } from './portal.ts'
import { createApp } from './routes.ts'
import { type Snapshot, snapshotOf, viewOf } from './snapshot.ts'
import type { PortalState, Rule, StoredRecord } from './types.ts'
import { check, commit, unknownProperties } from './write.ts'

export type { Snapshot } from './snapshot.ts'
export type { PortalState, Rule } from './types.ts'

export interface HubspotSandboxOptions {
  clock?: { now(): number }
  /** Accepted bearer token; any where absent. */
  token?: string
  /** An app that owners install; its access tokens are accepted instead of `token`. */
  oauth?: OAuthApp
  portalId?: number
  /** Requests a day. Default 650 000. */
  dailyLimit?: number
  /** Requests in any ten seconds. Default 190; Infinity for none. */
  tenSecondLimit?: number
  /** Searches a second. Default 5. */
  searchPerSecond?: number
  /** How long the search index lags behind writes. Default 0. */
  searchLagMs?: number
  /** Merging makes a third id. Default false: the primary's id stays. */
  mergeIntoNewId?: boolean
  missingScopes?: string[]
  /** Unique property by which `snapshot` names records. Default tributary_id. */
  keyProperty?: string
  state?: PortalState
}

export interface SandboxRecord {
  id: string
  properties: Record<string, string>
}

export interface HubspotSandbox extends Sandbox {
  /** Of the app in the options; undefined without one. */
  readonly oauth: OAuth | undefined
  portalId: number
  /** Requests that reached the API, whatever came of them. */
  readonly apiCalls: number
  /** Records created, updated (also without a difference) and archived, and new association ends, through whatever door. */
  readonly writes: { created: number; updated: number; archived: number; associated: number }
  records(object: string): SandboxRecord[]
  /** Follows merges; undefined when deleted. */
  record(object: string, id: string): SandboxRecord | undefined
  /** As in the snapshot, with ids: "contacts 12 → companies 34". */
  associations(): string[]
  snapshot(): Snapshot
  dump(): PortalState
  restore(state: PortalState): void
  /** What people do in HubSpot. Throw with HubSpot's message where it would refuse. */
  create(object: string, properties: Record<string, string>): string
  edit(object: string, id: string, properties: Record<string, string>): void
  remove(object: string, id: string): void
  merge(object: string, primaryId: string, otherId: string): string
  addRule(rule: Rule): void
  /** A user of the portal who can own records; answers the owner's id. */
  addOwner(email: string, name: { firstName: string; lastName: string }): string
  /** A form on the website; answers its id. */
  addForm(name: string): string
  submitForm(form: string, values: Record<string, string>, pageUrl?: string): void
  /** A contact looks at a page. */
  visit(contactId: string, properties: Record<string, string>): void
  addCampaign(name: string, subject: string): number
  /** Something becomes of a marketing e-mail: SENT, DELIVERED, OPEN, CLICK, BOUNCE, STATUSCHANGE, … */
  mail(type: string, recipient: string, campaign: number, more?: Record<string, unknown>): void
  associate(object: string, id: string, toObject: string, toId: string): void
  /** Somebody makes the contact one that marketing may write to, or takes that back. */
  setMarketing(contactId: string, isMarketing: boolean): void
  /** The user was deactivated or removed. */
  archiveOwner(id: string): void
}

/** A stateful HubSpot portal. https://developers.hubspot.com/docs/api-reference/latest/overview */
export function createHubspotSandbox(options: HubspotSandboxOptions = {}): HubspotSandbox {
  const {
    clock = { now: () => Date.now() },
    portalId = 8_468_321,
    keyProperty = 'tributary_id',
    mergeIntoNewId = false,
  } = options
  const now = () => clock.now()
  const portal = createPortal(portalId, now, options.state)
  const oauth = options.oauth && createOAuth(options.oauth, now)
  let apiCalls = 0
  const app = createApp(portal, {
    now,
    token: options.token,
    oauth,
    isSession: oauth?.isSession,
    missingScopes: new Set(options.missingScopes),
    dailyLimit: options.dailyLimit ?? 650_000,
    tenSecondLimit: options.tenSecondLimit ?? 190,
    searchPerSecond: options.searchPerSecond ?? 5,
    searchLagMs: options.searchLagMs ?? 0,
    mergeIntoNewId,
    onRequest: () => void apiCalls++,
  })
  const of = (object: string): Collection => {
    const found = collectionOf(portal, object)
    if (!found) throw new TypeError(`The portal has no object ${object}`)
    return found
  }
  return {
    ...createSandbox({ name: 'hubspot', hosts: ['api.hubapi.com'], app }),
    portalId,
    oauth,
    get apiCalls() {
      return apiCalls
    },
    get writes() {
      return portal.writes
    },
    records: (object) =>
      [...of(object).records.values()]
        .filter((record) => record.archivedAt === undefined)
        .map(({ id, properties }) => ({ id, properties: { ...properties } })),
    record: (object, id) => viewOf(of(object), id),
    associations: () => idAssociations(portal),
    snapshot: () => snapshotOf(portal, keyProperty),
    dump: () => structuredClone(stateOf(portal)),
    restore: (state) => void Object.assign(portal, createPortal(portalId, now, structuredClone(state))),
    create: (object, properties) => writeAsPerson(portal, of(object), undefined, properties).id,
    edit(object, id, properties) {
      const record = findRecord(of(object), id)
      if (!record) throw new TypeError(`No ${object} record ${id}`)
      writeAsPerson(portal, of(object), record, properties)
    },
    remove: (object, id) => archive(portal, of(object), id),
    merge: (object, primaryId, otherId) =>
      mergeRecords(portal, of(object), primaryId, otherId, mergeIntoNewId).id,
    addRule: (rule) => void portal.rules.push(rule),
    addOwner(email, name) {
      const id = String(portal.ids.next++)
      portal.owners.set(id, { id, email, ...name, userId: portal.ids.next++, archived: false })
      return id
    },
    ...marketingControls(portal),
    associate(object, id, toObject, toId) {
      associateBatch(
        portal,
        of(object),
        of(toObject),
        { inputs: [{ from: { id }, to: { id: toId } }] },
        false,
      )
    },
    setMarketing(contactId, isMarketing) {
      const contact = findRecord(of('contacts'), contactId)
      if (!contact) throw new TypeError(`No contacts record ${contactId}`)
      contact.properties.hs_marketable_status = String(isMarketing)
    },
    archiveOwner(id) {
      const owner = portal.owners.get(id)
      if (!owner) throw new TypeError(`No owner ${id}`)
      owner.archived = true
    },
  }
}

function writeAsPerson(
  portal: Portal,
  collection: Collection,
  record: StoredRecord | undefined,
  properties: Record<string, string>,
) {
  const unknown = unknownProperties(collection, [properties])
  if (unknown.length > 0) throw new Refusal(invalidValues(unknown))
  const change = check(portal, collection, record, properties, null)
  if (!('values' in change)) throw new Refusal(change)
  return commit(portal, collection, change)
}

const idAssociations = (portal: Portal): string[] => {
  const lines = [...portal.associations].flatMap(([end, pairs]) =>
    [...pairs.keys()].map((other) => (end > other ? `${end} → ${other}` : `${other} → ${end}`)),
  )
  return [...new Set(lines)].sort()
}
