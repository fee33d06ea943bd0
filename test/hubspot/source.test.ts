import { afterEach, expect, test } from 'vitest'
import {
  createWorld,
  DAY,
  HOUR,
  HUBSPOT_CONTACTS,
  MINUTE,
  person,
  START,
  type World,
  type WorldOptions,
} from '../engine/support.ts'

const ALL =
  'pull: [companies, contacts, deals, quotes, calls, meetings, emails, tasks, form_submissions, page_views, email_events]'
let w: World
afterEach(() => w.close())

const open = async (options: WorldOptions = {}): Promise<World> => {
  w = await createWorld({
    use: ['hubspot'],
    mappings: { 'contacts.yaml': HUBSPOT_CONTACTS },
    with: { hubspot: ALL },
    ...options,
  })
  return w
}

const writesOf = () => {
  const { created, updated, archived, associated } = w.sandboxes.hubspot.writes
  return created + updated + archived + associated
}

/** Time passes, the portal is read, and everything is sent. */
const round = async (): Promise<number> => {
  w.clock.advance(10 * MINUTE)
  const before = writesOf()
  for (const { failure } of await w.pull('hubspot')) if (failure) throw failure
  await w.settle()
  return writesOf() - before
}

const people = async () => (await w.store.inspect.entities({ kind: 'person', limit: 50 })).items
const touchpointsOf = async (id: string) =>
  (await w.store.inspect.touchpoints({ person: id, limit: 50 })).items

test('people, companies, deals, quotes and activities of the portal become canonical ones', async () => {
  await open({ mappings: {} })
  const portal = w.sandboxes.hubspot
  const owner = portal.addOwner('olga@seller.example', { firstName: 'Olga', lastName: 'Owner' })
  const company = portal.create('companies', { name: 'Mühle', domain: 'muehle.de', country: 'Germany' })
  const contact = portal.create('contacts', {
    email: 'karl@muehle.de',
    firstname: 'Karl',
    lastname: 'Käufer',
    phone: '+49 30 1',
    hubspot_owner_id: owner,
  })
  portal.associate('contacts', contact, 'companies', company)
  const deal = portal.create('deals', { dealname: 'Mill', amount: '1200.50', deal_currency_code: 'EUR' })
  portal.associate('deals', deal, 'contacts', contact)
  w.clock.advance(HOUR)
  portal.edit('deals', deal, { dealstage: 'contractsent' })
  w.clock.advance(HOUR)
  portal.edit('deals', deal, { dealstage: 'closedlost' })
  const quote = portal.create('quotes', {
    hs_title: 'Mill 3',
    hs_quote_amount: '99.90',
    hs_currency: 'EUR',
    hs_status: 'APPROVAL_NOT_NEEDED',
    hs_expiration_date: '2027-01-31',
    hs_esign_date: new Date(w.clock.now()).toISOString(),
  })
  portal.associate('quotes', quote, 'contacts', contact)
  const call = portal.create('calls', {
    hs_timestamp: String(w.clock.now()),
    hs_call_title: 'Asked for a price',
    hs_call_direction: 'INBOUND',
    hs_call_status: 'COMPLETED',
    hs_call_duration: '61000',
  })
  portal.associate('calls', call, 'contacts', contact)
  await round()

  const [karl] = await people()
  expect(karl!.golden).toMatchObject({
    email: 'karl@muehle.de',
    first_name: 'Karl',
    owner_email: 'olga@seller.example',
  })
  const companies = (await w.store.inspect.entities({ kind: 'account', limit: 9 })).items
  expect(companies.map((item) => item.golden)).toMatchObject([
    { name: 'Mühle', domain: 'muehle.de', country: 'DE' },
  ])
  const documents = await w.store.lookup.documents({
    kind: 'person',
    root: karl!.id,
    types: ['deal', 'quote'],
    limit: 5,
  })
  expect(documents.map(({ document }) => document)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        type: 'deal',
        status: 'lost',
        pipeline: 'Sales Pipeline',
        amount: { amount: 120_050, currency: 'EUR' },
        stages: [
          { stage: 'Appointment Scheduled', at: START },
          { stage: 'Contract Sent', at: START + HOUR },
          { stage: 'Closed Lost', at: START + 2 * HOUR },
        ],
      }),
      expect.objectContaining({
        type: 'quote',
        status: 'accepted',
        total: { amount: 9990, currency: 'EUR' },
        closed_at: START + 2 * HOUR,
      }),
    ]),
  )
  const kinds = (await touchpointsOf(karl!.id)).map(({ kind }) => kind)
  expect(kinds.sort()).toEqual([
    'call.completed',
    'deal.created',
    'deal.lost',
    'deal.stage_changed',
    'quote.accepted',
    'quote.created',
  ])
})

test('forms, visits and marketing e-mails are touchpoints of whom they are of; bots are told apart', async () => {
  await open({ mappings: {} })
  const portal = w.sandboxes.hubspot
  const contact = portal.create('contacts', { email: 'karl@muehle.de', lastname: 'Käufer' })
  const form = portal.addForm('Demo')
  const campaign = portal.addCampaign('Autumn', 'Leaves are falling')
  portal.submitForm(form, { email: 'karl@muehle.de', jobtitle: 'Miller' })
  portal.visit(contact, {
    hs_url: 'https://www.seller.example/pricing',
    hs_title: 'Pricing',
    hs_session_source: 'ORGANIC_SEARCH',
  })
  portal.mail('DELIVERED', 'karl@muehle.de', campaign)
  portal.mail('OPEN', 'karl@muehle.de', campaign, { filteredEvent: true })
  portal.mail('CLICK', 'karl@muehle.de', campaign, { url: 'https://www.seller.example/?x=1' })
  portal.mail('STATUSCHANGE', 'karl@muehle.de', campaign, { portalSubscriptionStatus: 'UNSUBSCRIBED' })
  portal.mail('PROCESSED', 'karl@muehle.de', campaign)
  await round()

  const [karl] = await people()
  expect(karl!.golden).toMatchObject({ title: 'Miller', consent: { marketing: 'denied' } })
  const said = await touchpointsOf(karl!.id)
  expect(said.map(({ kind, channel, isMachine }) => [kind, channel, isMachine]).sort()).toEqual([
    ['email.clicked', 'email', false],
    ['email.delivered', 'email', false],
    ['email.opened', 'email', true],
    ['email.unsubscribed', 'email', false],
    ['form.submitted', 'website', false],
    ['page.viewed', 'organic', false],
  ])
  expect(said.find(({ kind }) => kind === 'email.clicked')).toMatchObject({
    title: 'Leaves are falling',
    campaign: { name: 'Autumn' },
  })

  // Everything that is new is read once, however many pages of old ones there are.
  for (let i = 0; i < 120; i++) portal.submitForm(form, { email: `p${i}@muehle.de` })
  w.clock.advance(DAY)
  await w.pull('hubspot')
  w.clock.advance(DAY)
  portal.submitForm(form, { email: 'last@muehle.de' })
  const [result] = await w.pull('hubspot', { stream: 'form_submissions' })
  expect(result!.run.counts).toMatchObject({ records: 1, changed: 1, pages: 1 })
})

test('nothing is read of a portal that is not named as a source', async () => {
  await open({ with: {} })
  w.sandboxes.hubspot.create('contacts', { email: 'karl@muehle.de' })
  const before = w.sandboxes.hubspot.apiCalls
  expect(await w.pull('hubspot')).toEqual([])
  expect(w.sandboxes.hubspot.apiCalls).toBe(before)
})

test('whom only the portal knows is not written back to it; who is heard of elsewhere is, by id', async () => {
  await open()
  const portal = w.sandboxes.hubspot
  const id = portal.create('contacts', { email: 'karl@muehle.de', lastname: 'Käufer' })
  expect(await round()).toBe(0)
  portal.edit('contacts', id, { email: 'k.kaeufer@muehle.de' })
  expect(await round()).toBe(0)
  await w.say({ key: 'f1', says: [person('karl@muehle.de', { title: 'Miller' })] })
  await w.settle()
  expect(portal.records('contacts')).toMatchObject([{ id, properties: { jobtitle: 'Miller' } }])
  expect(await round()).toBe(0)
  expect(await round()).toBe(0)
})

test('merged contacts are one person, archived ones say nothing any more', async () => {
  await open({ mappings: {} })
  const portal = w.sandboxes.hubspot
  const one = portal.create('contacts', { email: 'karl@muehle.de', lastname: 'Käufer' })
  const two = portal.create('contacts', { email: 'kk@other.example', jobtitle: 'Miller' })
  const three = portal.create('contacts', { email: 'gone@muehle.de', lastname: 'Gone' })
  await round()
  expect(await people()).toHaveLength(3)
  portal.merge('contacts', one, two)
  portal.remove('contacts', three)
  w.clock.advance(7 * HOUR)
  await round()
  const left = await people()
  const named = left.map(({ golden }) => [golden.last_name ?? null, golden.title ?? null])
  expect(named).toHaveLength(2)
  expect(named).toEqual(
    expect.arrayContaining([
      ['Käufer', 'Miller'],
      [null, null],
    ]),
  )
})

test('more records than a search answers are read, each once, also where many changed at one instant', async () => {
  await open({ mappings: {} })
  const portal = w.sandboxes.hubspot
  for (let i = 0; i < 450; i++) portal.create('contacts', { email: `p${i}@muehle.de` })
  w.clock.advance(1)
  for (let i = 450; i < 600; i++) portal.create('contacts', { email: `p${i}@muehle.de` })
  const [first] = await w.pull('hubspot', { stream: 'contacts', maxPages: 2 })
  expect(first!.isComplete).toBe(false)
  const [rest] = await w.pull('hubspot', { stream: 'contacts' })
  expect(first!.run.counts.changed! + rest!.run.counts.changed!).toBe(600)
  w.clock.advance(MINUTE)
  const [again] = await w.pull('hubspot', { stream: 'contacts' })
  expect(again!.run.counts).toMatchObject({ changed: 0 })
})
