import type { RecordKind } from '#kit'
import { latin } from '../../src/identity/normalise/index.ts'
import {
  accountValues,
  addressOf,
  type Clock,
  contactValues,
  dayAt,
  daysAgo,
  type Made,
  openDeal,
  PLACES,
} from './company.ts'
import type { Seeder, Values } from './seeder.ts'

export interface Planted {
  /** "check object id" */
  expected: string[]
  /** The first record by what was planted, and the last of each kind (`phone.national account`). */
  ids: Record<string, string>
}

/** People who are nobody else, first and last. */
const PEOPLE =
  `Αλέξανδρος Βασιλείου|Борис Ельников|Chinwe Adeyemi|Dagný Hallgrímsdóttir|Émile Charpentier|Farhad Moradi
|Giulia Santangelo|Ильяс Тагиров|Joaquín Echeverría|Kaveh Zand|Лариса Петухова|Mbali Dlamini|Øystein Fjeld|Păun Ionescu
|Quirin Obermaier|Rūta Balčiūnaitė|Şebnem Özdemir|Þóra Magnúsdóttir|Ulrike Pfeifenberger|Václav Dvořák|Wanjiru Kamau
|Xochitl Quetzal|Zoltán Szabó|अर्जुन मेहता|سارہ بلوچ|יעל ברקוביץ|수빈 박|Bogdan Cristescu|Celeste Fontaine|Eskild Rasmussen
|Fionnuala Gallagher|Hamid Tavakoli|Isidora Vuković|Kwabena Asante|Lucinda Hartwell|Maximilian Rottenburg|Ottilie Krähenbühl
|Pranav Iyengar|Rosalind Featherstone|Thandiwe Nkosi|Umberto Gattuso|Viggo Nyström|Yannick Delacroix|Zuzanna Kowalczyk
|Anneliese Trautwein|Bartosz Grzelak|Cormac Ó Súilleabháin|Despina Kyriakou|Ekaterina Zhuravleva|Fabrizio Bellucci|Gwendolyn Pryce
|Hirotaka Nishimura|Ingeborg Falkenhayn|Jakub Havlíček|Kerttu Lehtonen|Lorcan Fitzwilliam`
    .split('|')
    .map((line) => line.trim().split(' ') as [string, string])

const COMPANIES =
  'Ferrum Kestrel Lumen Marrow Nimbus Ostler Pylon Quarry Rampart Saffron Tundra Umbra Vellum Wicker Yarrow Zephyr Bracken Cobalt Dunlin Eyrie Fulmar Gantry Hearth Indigo Juniper Keystone Larkspur Mistral'.split(
    ' ',
  )

/** One defect of each kind on a record of its own, among records that are in order. */
export function plantDefects(s: Seeder, clock: Clock, made: Made): Planted {
  const expected: string[] = []
  const ids: Record<string, string> = {}
  const expect = (kind: RecordKind, id: string, ...checks: string[]): void => {
    for (const check of checks) expected.push(`${check} ${s.objectOf(kind)} ${id}`)
    ids[checks[0]!] ??= id
    ids[`${checks[0]} ${kind}`] = id
  }
  const { owner, owners } = made
  let nth = 0

  /** Somebody new at an account that is in order. */
  const contact = (more: Values, at: { place?: number; account?: string } = {}): string => {
    const place = at.place ?? nth % PLACES.length
    const account = at.account ?? made.accounts[place]
    const [first_name, last_name] = PEOPLE[nth]!
    nth++
    const values: Values = {
      first_name,
      last_name,
      email: `colleague${nth}@${PLACES[place]!.domain}`,
      phone: `${PLACES[place]!.phone}${40 + nth}`.trim(),
      title: 'Project Manager',
      owner,
      ...addressOf(PLACES[place]!),
      ...more,
    }
    for (const name of Object.keys(values) as (keyof Values)[]) if (values[name] === '') delete values[name]
    return s.create('contact', values, account === undefined || account === '' ? {} : { account })
  }
  const GERMANY = 0
  const AMERICA = 1
  daysAgo(clock, 20)

  // ------------------------------------------------ values of people
  expect(
    'contact',
    contact({ email: `colleague..x@${PLACES[GERMANY]!.domain}` }, { place: GERMANY }),
    'email.malformed',
  )
  expect('contact', contact({ email: 'test@test.com' }), 'email.placeholder')
  expect('contact', contact({ email: 'kestrel.fly@mailinator.com' }), 'email.disposable')
  expect('contact', contact({ email: `sales@${PLACES[GERMANY]!.domain}` }, { place: GERMANY }), 'email.role')
  expect('contact', contact({ email: 'quiet.reader.1971@gmail.com' }), 'email.free_mail')
  expect('contact', contact({ email: 'joins@brass-lantern-works.com' }), 'email.other_company')
  const bounced = contact({})
  s.bounce('contact', bounced)
  expect('contact', bounced, 'mail.bounced')
  if (s.unsubscribe) {
    const left = contact({})
    s.unsubscribe(left)
    expect('contact', left, 'mail.opted_out')
  }
  expect('contact', contact({ phone: '+49 30 12' }, { place: GERMANY }), 'phone.malformed')
  expect('contact', contact({ phone: '+1 212 555 0143' }, { place: AMERICA }), 'phone.placeholder')
  expect('contact', contact({ phone: '030 9018 2977' }, { place: GERMANY }), 'phone.national')
  expect('contact', contact({ first_name: 'Test', last_name: 'Test' }), 'name.placeholder')
  expect('contact', contact({ last_name: 'Meier 2' }), 'name.malformed')
  expect('contact', contact({ first_name: 'HENRIETTE', last_name: 'VAN DER MEER-ÖRTEL' }), 'name.capitals')
  ids.small = contact({ first_name: 'mireille', last_name: "d'arcourt" })
  expected.push(`name.capitals ${s.objectOf('contact')} ${ids.small}`)
  expect('contact', contact({ title: 'n/a' }), 'value.placeholder')
  expect('contact', contact({ country: 'Atlantis', region: '' }), 'country.unknown')
  expect('contact', contact({ region: 'Texas' }, { place: GERMANY }), 'region.unknown')
  expect('contact', contact({ postal_code: '1011' }, { place: GERMANY }), 'postal_code.malformed')
  for (const attribute of ['first_name', 'email', 'phone', 'title', 'country'] as const)
    expect(
      'contact',
      contact({ [attribute]: '', ...(attribute === 'country' ? { region: '' } : {}) }),
      `missing.${attribute}`,
    )
  if (s.crm === 'hubspot') {
    expect('contact', contact({ last_name: '' }), 'missing.last_name')
    expect('contact', contact({ owner: '' }), 'missing.owner')
  }
  expect('contact', contact({ owner: owners.leaving }), 'owner.inactive')
  expect('contact', contact({}, { account: '' }), 'contact.no_account')

  // ------------------------------------------------ accounts
  let company = 0
  const account = (more: Values, { contacts = true } = {}): string => {
    const name = COMPANIES[company++]!
    const place = PLACES[GERMANY]!
    const domain = `${name.toLowerCase()}-werke.de`
    const values: Values = {
      ...accountValues(s, place),
      name: `${name} Werke`,
      website: s.crm === 'salesforce' ? `www.${domain}` : domain,
      phone: `+49 40 8970${100 + company}`,
      city: 'Hamburg',
      region: 'Hamburg',
      postal_code: String(20095 + company),
      owner,
      ...more,
    }
    for (const key of Object.keys(values) as (keyof Values)[]) if (values[key] === '') delete values[key]
    const id = s.create('account', values)
    if (contacts) contact({ email: `colleague${nth + 1}@${domain}` }, { place: GERMANY, account: id })
    return id
  }
  expect('account', account({ name: 'Test' }), 'name.placeholder')
  expect('account', account({ website: 'to be found' }), 'website.malformed')
  expect('account', account({ website: 'none' }), 'website.placeholder')
  expect('account', account({ website: 'facebook.com' }), 'website.not_own')
  expect('account', account(s.unlisted.account!), 'value.not_in_list')
  for (const attribute of ['website', 'phone', 'industry', 'country'] as const)
    expect(
      'account',
      account({ [attribute]: '', ...(attribute === 'country' ? { region: '' } : {}) }),
      `missing.${attribute}`,
    )
  expect('account', account({}, { contacts: false }), 'account.no_contact')
  expect('account', account({ owner: owners.leaving }), 'owner.inactive')
  expect('contact', contact(s.unlisted.contact!), 'value.not_in_list')
  expect('account', account({ phone: '+49 30 12' }), 'phone.malformed')
  expect('account', account({ phone: '+1 212 555 0143' }), 'phone.placeholder')
  expect('account', account({ phone: '030 9018 2966' }), 'phone.national')
  expect('account', account({ city: 'n/a' }), 'value.placeholder')
  expect('account', account({ country: 'Atlantis', region: '' }), 'country.unknown')
  expect('account', account({ region: 'Texas' }), 'region.unknown')
  expect('account', account({ postal_code: '1011' }), 'postal_code.malformed')
  if (s.crm === 'hubspot') {
    expect('account', account({ name: '' }), 'missing.name')
    expect('account', account({ owner: '' }), 'missing.owner')
  }
  s.removeOptions()
  const early = account({ lifecycle: s.words.prospect })
  const wonDeal = (name: string, of: string) =>
    openDeal(s, clock, made, 0, of, { name, stage: s.words.won, next_step: 'None wanted' })
  wonDeal('first order', early)
  expect('account', early, 'lifecycle.contradiction')
  return { expected, ids, ...plantTime(s, clock, made, { expect, contact, account, expected, ids }) }
}

interface Hands {
  expected: string[]
  ids: Record<string, string>
  expect(kind: RecordKind, id: string, ...checks: string[]): void
  contact(more: Values, at?: { place?: number; account?: string }): string
  account(more: Values, has?: { contacts?: boolean }): string
}

/** What is wrong because time has passed, and what is there twice. */
function plantTime(
  s: Seeder,
  clock: Clock,
  made: Made,
  { expect, contact, account, expected, ids }: Hands,
): object {
  const object = (kind: RecordKind) => s.objectOf(kind)
  daysAgo(clock, 900)
  expect('account', account({}, { contacts: false }), 'account.dead', 'account.no_contact')
  const forgotten = account({}, { contacts: false })
  ids.forgotten = forgotten
  expected.push(`account.dead ${object('account')} ${forgotten}`)
  expect('contact', contact({}, { place: 0, account: forgotten }), 'person.stale')
  // It has the domain of another company: its own is what counts.
  s.edit('contact', ids['person.stale']!, { email: 'colleague.old@neu-brass.de' })
  expected.push(`email.other_company ${object('contact')} ${ids['person.stale']}`)
  daysAgo(clock, 400)
  const idle = account({})
  daysAgo(clock, 200)
  s.call('account', idle)
  expect('account', idle, 'account.idle')
  expect('account', account({}), 'account.untouched')

  // ------------------------------------------------ deals
  const deal = (
    name: string,
    more: Values = {},
    of: string | undefined = made.accounts[3],
    contacts = [made.contacts[3]![0]!],
  ) => openDeal(s, clock, made, 3, of, { name, stage: s.words.quietStage, ...more }, contacts)
  daysAgo(clock, 150)
  const quiet = deal('quiet one', { stage: s.words.lateStage })
  daysAgo(clock, 100)
  s.call('deal', quiet)
  expect('deal', quiet, 'deal.idle')
  expect('deal', deal('never called', { stage: s.words.lateStage }), 'deal.untouched')
  daysAgo(clock, 20)
  expect('deal', deal('of nobody', {}, ''), 'deal.no_account')
  expect('deal', deal('with nobody', {}, made.accounts[3], []), 'deal.no_contact')
  expect('deal', deal('worth unknown', { amount: '' }), 'missing.amount')
  expect('deal', deal('TBD'), 'name.placeholder')
  if (s.unlisted.deal) expect('deal', deal('from the web', s.unlisted.deal), 'value.not_in_list')
  if (s.crm === 'hubspot') {
    expect('deal', deal('some day', { close_at: '' }), 'missing.close_at')
    expect('deal', deal('nobody sells', { owner: '' }), 'missing.owner')
    const unnamed = deal('called so once')
    s.edit('deal', unnamed, { name: '' })
    expect('deal', unnamed, 'missing.name')
  }
  expect('deal', deal('long over', { close_at: dayAt(clock, -5) }), 'deal.overdue')
  expect('deal', deal('what next', { next_step: '' }), 'deal.no_next_step')
  expect('deal', deal('hers still', { owner: made.owners.leaving }), 'owner.inactive')
  for (let i = 0; i < 11; i++) {
    daysAgo(clock, 10 + i)
    deal(`in good time ${i}`, { stage: s.words.stuckStage })
  }
  daysAgo(clock, 80)
  const stuck = deal('never moves', { stage: s.words.stuckStage })
  daysAgo(clock, 12)
  s.call('deal', stuck)
  expect('deal', stuck, 'deal.stuck')

  // ------------------------------------------------ twice
  const twice = (check: string, kind: RecordKind, ...all: string[]) => {
    for (const id of all) expected.push(`${check} ${object(kind)} ${id}`)
    ids[`${check} ${kind}`] = all.join(' ')
  }
  const known = (place: number, n: number) => ({
    values: contactValues(PLACES[place]!, n),
    id: made.contacts[place]![n]!,
  })
  const again = (place: number, n: number, more: Values) =>
    s.create(
      'contact',
      { ...known(place, n).values, owner: made.owner, ...more },
      { account: made.accounts[place]! },
    )
  const yulia = again(5, 0, { first_name: 'Yuliya', last_name: 'Kuznetsova', email: 'yulia@severny-put.ru' })
  const wang = again(3, 0, { email: 'xiaoming.wang@pujiang-software.cn', title: 'CEO' })
  twice('duplicate.certain', 'contact', known(5, 0).id, yulia, known(3, 0).id, wang)
  const muller = again(0, 0, {
    first_name: 'Jurgen',
    last_name: 'Mueller',
    email: 'einkauf.jm@spreewerk-maschinen.de',
    phone: '+49 171 4039917',
  })
  twice('duplicate.possible', 'contact', known(0, 0).id, muller)
  const spree = s.create('account', {
    ...accountValues(s, PLACES[0]!),
    name: 'SPREEWERK Maschinenbau',
    owner: made.owner,
  })
  contact({}, { place: 0, account: spree })
  twice('duplicate.certain', 'account', made.accounts[0]!, spree)
  const branch = s.create('account', {
    ...accountValues(s, PLACES[7]!),
    name: 'Olivares Exportación',
    phone: '+34 954 229911',
    city: 'Sevilla',
    postal_code: '41001',
    owner: made.owner,
  })
  contact({}, { place: 7, account: branch })
  twice('duplicate.possible', 'account', made.accounts[7]!, branch)
  const [one, other] = [deal('Fleet renewal', { amount: 900 }), deal('fleet  renewal', { amount: 900 })]
  twice('duplicate.certain', 'deal', one, other)
  twice('duplicate.possible', 'deal', deal('Second site'), deal('second site', { amount: 1 }))
  if (s.kinds.includes('lead')) plantLeads(s, clock, made, { expect, expected })
  s.deactivate(made.owners.leaving)
  return {}
}

/** Family names of leads, and their companies. */
const LEADS =
  `Achterberg Barrenechea Cvetković Dąbrowski Eyskens Ferreira Grönlund Hakobyan Ivarsson Jędrzejczyk Kamakawiwo Lundqvist
Mbeki Nakamura Ollivander Przybylski Quispe Rautavaara Szymborska Tsvangirai Uribe Vandewalle Wetherby Xhaka Yevtushenko
Zubizarreta Abernathy Blomkvist Castellanos`.split(/\s+/)

function plantLeads(
  s: Seeder,
  clock: Clock,
  made: Made,
  { expect, expected }: Pick<Hands, 'expect' | 'expected'>,
): void {
  let nth = 0
  const lead = (more: Values) => {
    const last_name = LEADS[nth]!
    const domain = `${latin(last_name).slice(0, 9)}-vorwerk.at`
    nth++
    const values: Values = {
      first_name: 'Philippa Ragnar Ximena Tobias'.split(' ')[nth % 4]!,
      last_name,
      company: `${last_name} Vorwerk AG`,
      website: domain,
      email: `lead${nth}@${domain}`,
      phone: `+43 1 58858${100 + nth * 7}`,
      title: 'Buyer',
      country: 'Austria',
      owner: made.owner,
      ...more,
    }
    for (const name of Object.keys(values) as (keyof Values)[]) if (values[name] === '') delete values[name]
    return s.create('lead', values)
  }
  const plant = (check: string, more: Values) => expect('lead', lead(more), check)
  plant('value.placeholder', { company: '[not provided]' })
  plant('website.not_own', { website: 'gmail.com' })
  plant('website.malformed', { website: 'to be found' })
  plant('website.placeholder', { website: 'none' })
  plant('value.not_in_list', s.unlisted.lead!)
  plant('email.malformed', { email: 'lead..x@vorwerk.at' })
  plant('email.placeholder', { email: 'none@none.com' })
  plant('email.disposable', { email: 'osprey.nest@mailinator.com' })
  plant('email.role', { email: 'info@vorwerk-quelle.at' })
  plant('email.free_mail', { email: 'silent.owl.1968@gmail.com' })
  plant('phone.malformed', { phone: '+43 1 5' })
  plant('phone.placeholder', { phone: '+1 212 555 0177' })
  plant('phone.national', { phone: '01 58858 931' })
  plant('name.placeholder', { first_name: 'Test', last_name: 'Test' })
  plant('name.malformed', { last_name: 'Grün 3' })
  plant('name.capitals', { last_name: 'OLLIVANDER' })
  plant('country.unknown', { country: 'Atlantis' })
  plant('region.unknown', { country: 'Germany', region: 'Texas' })
  plant('postal_code.malformed', { country: 'Germany', postal_code: '1011' })
  for (const attribute of ['first_name', 'email', 'phone', 'company', 'title', 'country'] as const)
    plant(`missing.${attribute}`, { [attribute]: '' })
  plant('owner.inactive', { owner: made.owners.leaving })
  const bounced = lead({})
  s.bounce('lead', bounced)
  expect('lead', bounced, 'mail.bounced')
  daysAgo(clock, 900)
  plant('person.stale', {})
  daysAgo(clock, 20)
  const known = contactValues(PLACES[6]!, 1)
  const again = s.create('lead', { ...known, company: PLACES[6]!.company, owner: made.owner })
  expected.push(`duplicate.certain Lead ${again}`, `duplicate.certain Contact ${made.contacts[6]![1]}`)
  const namesake = s.create('lead', {
    ...contactValues(PLACES[8]!, 2),
    email: 'inkoop@grachtenlicht.nl',
    phone: '+31 6 24318877',
    company: PLACES[8]!.company,
    owner: made.owner,
  })
  expected.push(`duplicate.possible Lead ${namesake}`, `duplicate.possible Contact ${made.contacts[8]![2]}`)
}
