import type { InventoryObject, RecordAttribute, RecordKind } from '#kit'
import { inventory as hubspotInventory } from '../../connectors/hubspot/inventory.ts'
import { inventory as salesforceInventory } from '../../connectors/salesforce/inventory.ts'
import type { HubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import type { SalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'

export type Values = { [A in RecordAttribute]?: string | number | boolean }
export interface Related {
  account?: string
  contacts?: string[]
}

/** What people do in a CRM, in words that both know. */
export interface Seeder {
  crm: 'salesforce' | 'hubspot'
  /** Kinds of records that the CRM has. */
  kinds: readonly RecordKind[]
  objectOf(kind: RecordKind): string
  create(kind: RecordKind, values: Values, related?: Related): string
  edit(kind: RecordKind, id: string, values: Values): void
  record(kind: RecordKind, id: string): Record<string, unknown> | undefined
  /** A call that has just ended. */
  call(kind: RecordKind, id: string): void
  owner(email: string, firstName: string, lastName: string): string
  deactivate(owner: string): void
  /** Mail to the person comes back, and they are written to all the same. */
  bounce(kind: RecordKind, id: string): void
  /** The contact wants no mail any more, and is written to; absent where such a contact gets none. */
  unsubscribe?(contact: string): void
  /** Values that are no options: of a list that takes any value, or of options that `removeOptions` takes away. */
  unlisted: Partial<Record<RecordKind, Values>>
  removeOptions(): void
  words: {
    industry: string
    stage: string
    quietStage: string
    lateStage: string
    stuckStage: string
    won: string
    prospect: string
    customer: string
  }
}

const objectOf = (objects: Record<string, InventoryObject>, kind: RecordKind): string =>
  Object.entries(objects).find(([, spec]) => spec.kind === kind)![0]

export function seedSalesforce(sandbox: SalesforceSandbox): Seeder {
  const { objects } = salesforceInventory
  const of = (kind: RecordKind) => objectOf(objects, kind)
  const fieldsOf = (kind: RecordKind, values: Values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        objects[of(kind)]!.fields[name as RecordAttribute]!,
        value,
      ]),
    )
  return {
    crm: 'salesforce',
    kinds: ['account', 'contact', 'lead', 'deal'],
    objectOf: of,
    create(kind, values, { account, contacts = [] } = {}) {
      const id = sandbox.edit(of(kind), undefined, {
        ...fieldsOf(kind, values),
        ...(account ? { AccountId: account } : {}),
      })
      for (const ContactId of contacts)
        sandbox.edit('OpportunityContactRole', undefined, { OpportunityId: id, ContactId })
      return id
    },
    edit: (kind, id, values) => void sandbox.edit(of(kind), id, fieldsOf(kind, values)),
    record: (kind, id) => sandbox.record(of(kind), id),
    call(kind, id) {
      sandbox.edit('Task', undefined, {
        Subject: 'Call',
        Status: 'Completed',
        [kind === 'contact' || kind === 'lead' ? 'WhoId' : 'WhatId']: id,
      })
    },
    owner: (Email, FirstName, LastName) =>
      sandbox.edit('User', undefined, { Username: Email, Email, FirstName, LastName, IsActive: true }),
    deactivate: (owner) => void sandbox.edit('User', owner, { IsActive: false }),
    bounce: (kind, id) =>
      void sandbox.edit(of(kind), id, {
        EmailBouncedDate: '2026-11-01T10:00:00Z',
        EmailBouncedReason: '550 no such user',
      }),
    unlisted: {
      account: { industry: 'Widgets' },
      contact: { source: 'web' },
      lead: { source: 'web' },
      deal: { source: 'web' },
    },
    removeOptions: () => {},
    words: {
      industry: 'Technology',
      stage: 'Prospecting',
      quietStage: 'Needs Analysis',
      lateStage: 'Value Proposition',
      stuckStage: 'Qualification',
      won: 'Closed Won',
      prospect: 'Prospect',
      customer: 'Customer - Direct',
    },
  }
}

export function seedHubspot(sandbox: HubspotSandbox, now: () => number): Seeder {
  const { objects } = hubspotInventory
  const of = (kind: RecordKind) => objectOf(objects, kind)
  const propertiesOf = (kind: RecordKind, values: Values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        objects[of(kind)]!.fields[name as RecordAttribute]!,
        String(value),
      ]),
    )
  const campaign = sandbox.addCampaign('Autumn', 'What is new')
  return {
    crm: 'hubspot',
    kinds: ['account', 'contact', 'deal'],
    objectOf: of,
    create(kind, values, { account, contacts = [] } = {}) {
      const id = sandbox.create(of(kind), propertiesOf(kind, values))
      if (account) sandbox.associate(of(kind), id, 'companies', account)
      for (const contact of contacts) sandbox.associate(of(kind), id, 'contacts', contact)
      return id
    },
    edit: (kind, id, values) => sandbox.edit(of(kind), id, propertiesOf(kind, values)),
    record: (kind, id) => sandbox.record(of(kind), id)?.properties,
    call(kind, id) {
      const call = sandbox.create('calls', { hs_timestamp: String(now()), hs_call_title: 'Call' })
      sandbox.associate('calls', call, of(kind), id)
    },
    owner: (email, firstName, lastName) => sandbox.addOwner(email, { firstName, lastName }),
    deactivate: (owner) => sandbox.archiveOwner(owner),
    bounce(_kind, contact) {
      sandbox.setMarketing(contact, true)
      sandbox.mail('BOUNCE', sandbox.record('contacts', contact)!.properties.email!, campaign)
    },
    unsubscribe(contact) {
      sandbox.setMarketing(contact, true)
      const { email } = sandbox.record('contacts', contact)!.properties
      sandbox.mail('STATUSCHANGE', email!, campaign, { portalSubscriptionStatus: 'UNSUBSCRIBED' })
    },
    unlisted: { account: { industry: 'WIRELESS' }, contact: { status: 'IN_PROGRESS' } },
    removeOptions() {
      const state = sandbox.dump()
      for (const [object, name, gone] of [
        ['companies', 'industry', 'WIRELESS'],
        ['contacts', 'hs_lead_status', 'IN_PROGRESS'],
      ] as const) {
        const property = state.properties[object]!.find((one) => one.name === name)!
        property.options = property.options.filter(({ value }) => value !== gone)
      }
      sandbox.restore(state)
    },
    words: {
      industry: 'COMPUTER_SOFTWARE',
      stage: 'appointmentscheduled',
      quietStage: 'presentationscheduled',
      lateStage: 'contractsent',
      stuckStage: 'qualifiedtobuy',
      won: 'closedwon',
      prospect: 'lead',
      customer: 'customer',
    },
  }
}
