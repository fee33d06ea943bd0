import type { Seeder, Values } from './seeder.ts'

interface Person {
  first: string
  last: string
  /** In the address. */
  local: string
}

interface Place {
  country: string
  city: string
  region?: string
  postal_code: string
  /** Of an office, without the last two digits. */
  phone: string
  company: string
  domain: string
  people: readonly [Person, Person, Person]
  /** Everybody has the number of the switchboard. */
  isOneLine?: boolean
}

const person = (first: string, last: string, local: string): Person => ({ first, last, local })

/** Customers in many scripts; every value is one that a careful person would write. */
export const PLACES: readonly Place[] = [
  {
    country: 'Germany',
    city: 'Berlin',
    region: 'Berlin',
    postal_code: '10117',
    phone: '+49 30 90182',
    company: 'Spreewerk Maschinenbau GmbH',
    domain: 'spreewerk-maschinen.de',
    people: [
      person('Jürgen', 'Müller', 'j.mueller'),
      person('Anke', 'von der Heide', 'a.vonderheide'),
      person('Söhnke', 'Weiß', 's.weiss'),
    ],
  },
  {
    country: 'United States',
    city: 'Austin',
    region: 'Texas',
    postal_code: '78701',
    phone: '+1 512 472 91',
    company: 'Lone Star Analytics Inc.',
    domain: 'lonestar-analytics.com',
    people: [
      person('Shaun', "O'Brien", 'shaun.obrien'),
      person('Christopher', 'Guest', 'c.guest'),
      person('LaToya', 'McAllister', 'latoya.m'),
    ],
  },
  {
    country: 'Japan',
    city: '東京',
    postal_code: '100-0005',
    phone: '+81 3 3224 50',
    company: '株式会社みどり電機',
    domain: 'midori-denki.co.jp',
    people: [
      person('太郎', '田中', 'taro.tanaka'),
      person('ゆき', '佐藤', 'yuki.sato'),
      person('健一', '高橋', 'k.takahashi'),
    ],
  },
  {
    country: 'China',
    city: '上海',
    postal_code: '200120',
    phone: '+86 21 5047 36',
    company: '浦江软件有限公司',
    domain: 'pujiang-software.cn',
    people: [
      person('小明', '王', 'wang.xiaoming'),
      person('丽华', '陈', 'chen.lihua'),
      person('建国', '欧阳', 'ouyang.jianguo'),
    ],
  },
  {
    country: 'Pakistan',
    city: 'Lahore',
    region: 'Punjab',
    postal_code: '54000',
    phone: '+92 42 3576 12',
    company: 'Ravi Textiles (Pvt) Ltd',
    domain: 'ravi-textiles.pk',
    people: [
      person('فاطمہ', 'خان', 'fatima.khan'),
      person('احمد', 'رضا', 'ahmed.raza'),
      person('Bilal', 'Chaudhry', 'b.chaudhry'),
    ],
  },
  {
    country: 'Russia',
    city: 'Москва',
    postal_code: '101000',
    phone: '+7 495 606 36 ',
    company: 'ООО «Северный путь»',
    domain: 'severny-put.ru',
    people: [
      person('Юлия', 'Кузнецова', 'y.kuznetsova'),
      person('Дмитрий', 'Волков', 'd.volkov'),
      person('Ольга', 'Щукина', 'o.shchukina'),
    ],
  },
  {
    country: 'Greece',
    city: 'Αθήνα',
    postal_code: '10557',
    phone: '+30 21 0324 61',
    company: 'Αιγαίο Ναυτιλιακή Α.Ε.',
    domain: 'aigaio-shipping.gr',
    people: [
      person('Μαρία', 'Παπαδοπούλου', 'm.papadopoulou'),
      person('Νίκος', 'Γεωργίου', 'n.georgiou'),
      person('Ελένη', 'Δημητρίου', 'e.dimitriou'),
    ],
  },
  {
    country: 'Spain',
    city: 'Málaga',
    postal_code: '29001',
    phone: '+34 952 1350 ',
    company: 'Olivares del Sur S.L.',
    domain: 'olivares-delsur.es',
    isOneLine: true,
    people: [
      person('José', 'Núñez', 'jose.nunez'),
      person('María del Mar', 'Ibáñez', 'mar.ibanez'),
      person('Íñigo', 'de la Vega', 'i.delavega'),
    ],
  },
  {
    country: 'Netherlands',
    city: 'Utrecht',
    postal_code: '3511 AB',
    phone: '+31 30 286 25',
    company: 'Grachtenlicht B.V.',
    domain: 'grachtenlicht.nl',
    people: [
      person('Sanne', 'van den Berg', 's.vandenberg'),
      person('Daan', 'de Vries', 'd.devries'),
      person('Fleur', 'Jansen', 'f.jansen'),
    ],
  },
  {
    country: 'South Korea',
    city: '서울',
    postal_code: '04524',
    phone: '+82 2 731 21',
    company: '한빛소프트 주식회사',
    domain: 'hanbit-soft.co.kr',
    people: [
      person('민준', '김', 'minjun.kim'),
      person('서연', '나', 'seoyeon.na'),
      person('지훈', '김', 'jihoon.kim'),
    ],
  },
  {
    country: 'Israel',
    city: 'תל אביב',
    postal_code: '6100000',
    phone: '+972 3 521 84 ',
    company: 'כרמל מערכות בע"מ',
    domain: 'carmel-systems.co.il',
    people: [
      person('אברהם', 'כהן', 'avraham.cohen'),
      person('נועה', 'לוי', 'noa.levi'),
      person('יוסף', 'מזרחי', 'y.mizrahi'),
    ],
  },
  {
    country: 'India',
    city: 'Pune',
    region: 'Maharashtra',
    postal_code: '411001',
    phone: '+91 20 2612 34',
    company: 'Deccan Robotics Private Limited',
    domain: 'deccan-robotics.in',
    people: [
      person('नरेन्द्र', 'शर्मा', 'narendra.sharma'),
      person('अनीता', 'देशपांडे', 'anita.d'),
      person('Vikram', 'Joshi', 'vikram.joshi'),
    ],
  },
]

const TITLES = ['Managing Director', 'Head of Purchasing', 'IT Manager']
const DAY = 86_400_000

export interface Made {
  accounts: string[]
  /** Of each account, three. */
  contacts: string[][]
  deals: string[]
  leads: string[]
  owner: string
  owners: { second: string; leaving: string }
}

/** The clock of the CRM is set to days before the end, first to last. */
export type Clock = { now: number; end: number }
export const daysAgo = (clock: Clock, days: number): void => {
  clock.now = clock.end - days * DAY
}
export const dayAt = (clock: Clock, daysAhead: number): string =>
  new Date(clock.end + daysAhead * DAY).toISOString().slice(0, 10)

/** A company whose CRM is in order. */
export function seedClean(s: Seeder, clock: Clock): Made {
  daysAgo(clock, 120)
  const owner = s.owner('rita.rep@acme-works.com', 'Rita', 'Rep')
  const owners = {
    second: s.owner('sven.sales@acme-works.com', 'Sven', 'Sales'),
    leaving: s.owner('lea.left@acme-works.com', 'Lea', 'Left'),
  }
  const made: Made = { accounts: [], contacts: [], deals: [], leads: [], owner, owners }
  for (const [i, place] of PLACES.entries()) {
    const account = s.create('account', { ...accountValues(s, place), owner })
    const contacts = place.people.map((_, n) =>
      s.create('contact', { ...contactValues(place, n), owner }, { account }),
    )
    made.accounts.push(account)
    made.contacts.push(contacts)
    if (s.kinds.includes('lead')) made.leads.push(s.create('lead', { ...leadValues(i), owner }))
  }
  for (const [i, account] of made.accounts.entries()) {
    daysAgo(clock, 40 - i)
    made.deals.push(openDeal(s, clock, made, i, account))
  }
  daysAgo(clock, 10)
  for (const [i, account] of made.accounts.entries()) {
    s.call('account', account)
    s.call('contact', made.contacts[i]![0]!)
    s.call('deal', made.deals[i]!)
  }
  return made
}

const phoneOf = (place: Place, n: number): string => (place.phone + String(10 + n).padStart(2, '0')).trim()

export const accountValues = (s: Seeder, place: Place): Values => ({
  name: place.company,
  website: s.crm === 'salesforce' ? `https://www.${place.domain}/` : place.domain,
  phone: phoneOf(place, 0),
  industry: s.words.industry,
  lifecycle: s.words.customer,
  ...addressOf(place),
})

export const addressOf = ({ country, city, region, postal_code }: Place): Values => ({
  country,
  city,
  ...(region === undefined ? {} : { region }),
  postal_code,
})

export const contactValues = (place: Place, n: number): Values => {
  const { first, last, local } = place.people[n]!
  return {
    first_name: first,
    last_name: last,
    email: `${local}@${place.domain}`,
    phone: phoneOf(place, place.isOneLine ? 0 : n + 1),
    title: TITLES[n]!,
    ...addressOf(place),
  }
}

const LEADS = [
  ['Amélie', 'Rousseau', 'atelier-rousseau.fr', 'Atelier Rousseau', 'France', '75008', '+33 1 4268 53'],
  ['Łukasz', 'Wiśniewski', 'wisla-meble.pl', 'Wisła Meble', 'Poland', '00-950', '+48 22 595 10 '],
  ['Ayşe', 'Yılmaz', 'anadolu-lojistik.com.tr', 'Anadolu Lojistik', 'Turkey', '34330', '+90 212 293 64 '],
  ['Siobhán', 'Ní Bhriain', 'claddagh-foods.ie', 'Claddagh Foods', 'Ireland', 'H91 X2R3', '+353 91 536 4'],
] as const

const leadValues = (i: number): Values => {
  const [first, last, domain, company, country, postal_code, phone] = LEADS[i % LEADS.length]!
  const n = Math.floor(i / LEADS.length)
  const names = [
    first,
    `${'Ana Ben Cleo Dario'.split(' ')[i % 4]}`,
    `${'Eva Finn Gita Hugo'.split(' ')[i % 4]}`,
  ]
  const families = [
    last,
    'Castellano Brightwater Okonkwo Lindqvist'.split(' ')[i % 4]!,
    'Thornbury Petrović Zhāng Haddad'.split(' ')[i % 4]!,
  ]
  return {
    first_name: names[n]!,
    last_name: families[n]!,
    company: n === 0 ? company : `${company} ${['', 'Nord', 'Export'][n]}`,
    website: `https://${n === 0 ? '' : `${['', 'nord', 'export'][n]}-`}${domain}`,
    email: `contact${i}.${i * 7}@${n === 0 ? '' : `${['', 'nord', 'export'][n]}-`}${domain}`,
    phone: `${phone}${String(20 + n * 31 + i)}`,
    title: TITLES[n]!,
    country,
    postal_code,
  }
}

export function openDeal(
  s: Seeder,
  clock: Clock,
  made: Made,
  i: number,
  account: string | undefined,
  more: Values = {},
  contacts: string[] = [made.contacts[i]![0]!],
): string {
  return s.create(
    'deal',
    {
      name: `${PLACES[i]!.domain.split('.')[0]} fleet ${i + 1}`,
      stage: s.words.stage,
      amount: 12_000 + i * 500,
      close_at: dayAt(clock, 30 + i),
      next_step: 'Send the offer',
      owner: made.owner,
      ...more,
    },
    { ...(account === undefined ? {} : { account }), contacts },
  )
}
