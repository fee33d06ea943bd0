import { expect, test } from 'vitest'
import { companyDomain, isFreeMail } from '../../src/identity/mail-domains.ts'
import { createDemoCompany } from '../../src/sandbox/company/index.ts'
import { at, company, NOW, text } from './support.ts'

const identifies = company.website.filter(({ type }) => type === 'identify')

test('the same seed and time give the same company, another seed another one', () => {
  expect(createDemoCompany({ now: NOW })).toEqual(company)
  expect(createDemoCompany({ now: NOW, seed: 2 }).website[0]).not.toEqual(company.website[0])
})

test('it is large enough to be interesting and small enough for a demo', () => {
  const { facts, website, sendgrid } = company
  expect(facts.companies).toBe(60)
  expect(facts.people).toBeGreaterThan(350)
  expect(facts.people).toBeLessThanOrEqual(500)
  expect(website.length).toBeGreaterThan(6000)
  expect(website.length).toBeLessThan(10_000)
  expect(sendgrid.length).toBeGreaterThan(3500)
  expect(facts.stripe.invoice).toBeGreaterThan(600)
  expect(facts.leads).toBeGreaterThan(40)
  expect(facts.quotes).toBeGreaterThan(15)
})

test('it grows with its knobs, without two companies at one domain', () => {
  const large = createDemoCompany({ now: NOW, companies: 200, people: 1500 })
  expect(large.facts.people).toBeGreaterThan(1350)
  expect(
    new Set(
      large.website.filter(({ type }) => type === 'group').map((event) => text(event, 'traits.website')),
    ).size,
  ).toBeGreaterThan(100)
  expect(large.facts.stripe.invoice).toBeGreaterThan(3 * company.facts.stripe.invoice!)
})

test('people and companies write in many scripts', () => {
  const names = identifies.map((event) => text(event, 'traits.name')).join(' ')
  const titles = identifies.map((event) => text(event, 'traits.title')).join(' ')
  const companies = company.website
    .filter(({ type }) => type === 'group')
    .map((event) => text(event, 'traits.name'))
    .join(' ')
  for (const script of ['Latin', 'Arabic', 'Devanagari', 'Han', 'Hiragana', 'Cyrillic', 'Hebrew']) {
    expect(names, script).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'))
  }
  // Letters that Urdu has and Arabic has not.
  expect(names).toMatch(/[ٹڈڑںےہی]/)
  for (const held of [titles, companies]) expect(held).toMatch(/\p{Script=Arabic}/u)
  expect(companies).toMatch(/\p{Script=Han}/u)
  expect(JSON.stringify(company.website)).toContain('رمضان')
})

test('companies have domains of their own, individuals free mail, and some countries show in the domain', () => {
  const websites = company.website
    .filter(({ type }) => type === 'group')
    .map((event) => text(event, 'traits.website'))
  for (const website of websites)
    expect(companyDomain(website), website).toBe(website.replace('https://', ''))
  for (const ending of ['.de', '.co.uk', '.in', '.pk', '.jp', '.cn', '.ae']) {
    expect(
      websites.some((website) => website.endsWith(ending)),
      ending,
    ).toBe(true)
  }
  const people = identifies.map((event) => text(event, 'traits.email'))
  const individuals = people.filter((email) => email.includes('.demo'))
  expect(individuals.length).toBeGreaterThan(40)
  for (const email of individuals) expect(isFreeMail(email), email).toBe(true)
  for (const email of people.filter((address) => !address.includes('.demo')))
    expect(companyDomain(email), email).toBeDefined()
})

test('events are in order, unique and not from the future', () => {
  const times = company.website.map(({ timestamp }) => timestamp)
  expect(times).toEqual([...times].sort())
  expect(Date.parse(times.at(-1)!)).toBeLessThanOrEqual(NOW)
  expect(new Set(company.website.map(({ messageId }) => messageId)).size).toBe(company.website.length)
  const seconds = company.sendgrid.map(({ timestamp }) => timestamp)
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
  expect(seconds.at(-1)).toBeLessThanOrEqual(NOW / 1000)
})

test('everybody visits before they say who they are, on the browser they say it from', () => {
  const firstPage = new Map<unknown, string>()
  for (const event of company.website) {
    if (event.type === 'page' && !firstPage.has(event.anonymousId))
      firstPage.set(event.anonymousId, event.timestamp)
  }
  expect(identifies.length).toBeGreaterThan(250)
  for (const event of identifies)
    expect(firstPage.get(event.anonymousId)! < event.timestamp, text(event, 'traits.email')).toBe(true)
})

test('visits carry campaigns and referrers; some visitors never say who they are', () => {
  const campaigns = company.website.filter((event) => at(event, 'context.campaign') !== undefined)
  expect(campaigns.length).toBeGreaterThan(200)
  const known = new Set(identifies.map(({ anonymousId }) => anonymousId))
  const strangers = new Set(
    company.website
      .filter(({ anonymousId }) => !known.has(anonymousId))
      .map(({ anonymousId }) => anonymousId),
  )
  expect(strangers.size).toBe(company.facts.anonymousVisitors)
  expect(company.website.some(({ type }) => type === 'alias')).toBe(true)
})

test('mail is delivered before it is opened, and never after someone left the list or bounced', () => {
  const delivered = new Map<unknown, number>()
  const left = new Map<string, number>()
  const seen = new Set<string>()
  for (const event of company.sendgrid) {
    if (seen.has(event.sg_event_id)) continue
    seen.add(event.sg_event_id)
    if (event.event === 'delivered') {
      expect(left.has(event.email) && event.asm_group_id !== undefined, `${event.email} has left`).toBe(false)
      delivered.set(event.sg_message_id, event.timestamp)
    }
    if (event.event === 'open' || event.event === 'click')
      expect(delivered.get(event.sg_message_id)).toBeLessThanOrEqual(event.timestamp)
    if (['unsubscribe', 'group_unsubscribe', 'spamreport', 'bounce'].includes(event.event))
      left.set(event.email, event.timestamp)
  }
  expect(seen.size).toBe(company.facts.emailEvents)
  expect(seen.size).toBeLessThan(company.sendgrid.length)
  const kinds = new Set(
    company.sendgrid.map(({ event, sg_machine_open }) => (sg_machine_open === true ? 'machine_open' : event)),
  )
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'delivered',
      'open',
      'machine_open',
      'click',
      'bounce',
      'dropped',
      'deferred',
      'group_unsubscribe',
      'spamreport',
    ]),
  )
})

test('a click in a newsletter is followed by a visit from its campaign', () => {
  const visits = company.website.filter((event) => at(event, 'context.campaign.source') === 'newsletter')
  const clicks = new Set(
    company.sendgrid.filter(({ event }) => event === 'click').map(({ campaign }) => campaign),
  )
  expect(visits.length).toBeGreaterThan(50)
  for (const visit of visits) expect(clicks.has(at(visit, 'context.campaign.name'))).toBe(true)
})

test('what comes in live begins now and brings new leads', () => {
  const { live, facts } = company
  const known = new Set([
    ...identifies.map((event) => text(event, 'traits.email')),
    ...company.sendgrid.map(({ email }) => email),
  ])
  for (const { timestamp } of live.website) expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(NOW)
  for (const { timestamp } of live.sendgrid) expect(timestamp).toBeGreaterThanOrEqual(Math.floor(NOW / 1000))
  const leads = live.website
    .filter(({ type }) => type === 'identify')
    .map((event) => text(event, 'traits.email'))
  expect(leads).toHaveLength(8)
  expect([...leads].sort()).toEqual([...facts.liveLeads].sort())
  for (const lead of leads) expect(known.has(lead), lead).toBe(false)
})

test('People Data Labs knows most companies and some people, once each', () => {
  const { people, companies } = company.pdl
  expect(companies.length).toBeGreaterThan(35)
  expect(companies.length).toBeLessThan(60)
  expect(new Set(companies.map(({ profile }) => profile.website)).size).toBe(companies.length)
  expect(people.length).toBeGreaterThan(100)
  for (const { likelihood } of [...people, ...companies]) expect(likelihood).toBeGreaterThanOrEqual(1)
})
