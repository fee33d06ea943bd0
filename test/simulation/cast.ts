import {
  type StripeObject,
  stripeCustomer,
  stripeInvoice,
  stripePrice,
  stripeProduct,
  stripeSubscription,
} from '../../src/sandbox/stripe/index.ts'
import { type Random, randomOf } from './random.ts'

/** Who lives in a history and what happens to them, whatever goes wrong meanwhile. */
export interface Cast {
  people: Person[]
  /** What both CRMs hold before the hub comes, entered by hand. */
  preset: Preset[]
  /** Came in and was delivered before anything goes wrong. */
  before: Fact[]
  facts: Fact[]
}

export interface Person {
  email: string
  domain: string
  /** Pays, from the beginning or from some fact on. */
  isCustomer: boolean
  /** Some administrator's rule refuses this person's record for good. */
  isRefused: boolean
}

export interface Preset {
  crm: 'salesforce' | 'hubspot'
  object: string
  fields: Record<string, string>
}

/** One thing that happens, in the order of the list. */
export type Fact =
  | { source: 'website'; name: string; call: Record<string, unknown> }
  | { source: 'stripe'; name: string; object: StripeObject; verb?: string }

export const START = Date.UTC(2026, 10, 20, 9)
const MINUTE = 60_000
const DAY = 86_400_000
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

const FIRST_NAMES = ['Ada', '小明', 'زارا', 'आरव', 'Zoë', 'Łukasz', 'José']
const LAST_NAMES = ['Lovelace', '王', 'احمد', 'शर्मा', 'Müller', 'Żak', "O'Hara"]
const CITIES = ['Lyon', '上海', 'لاہور', 'Łódź', 'São Paulo']
export const REFUSED_TITLE = 'Refused'

const PRICE = stripePrice({
  id: 'price_1',
  unit_amount: 4900,
  currency: 'eur',
  nickname: 'Team',
  product: stripeProduct({ id: 'prod_1', name: 'Team' }),
})

/**
 * Equal numbers give equal casts. Every other one is small: with few people nothing else heals what one mistake did to
 * them, among many more things meet.
 */
export function createCast(number: number): Cast {
  const random = randomOf(`cast ${number}`)
  const isSmall = number % 2 === 0
  const domains = ['alpha-werke.de', 'beta-labs.fr', 'gamma.com.br'].slice(0, random.int(1, isSmall ? 2 : 3))
  const people = Array.from({ length: isSmall ? random.int(2, 3) : random.int(3, 5) }, (_, i): Person => {
    const domain = random.pick(domains)
    const isCustomer = i > 0 && random.chance(0.45)
    return {
      email: `person${i}@${domain}`,
      domain,
      isCustomer,
      // A customer may be written before the title is known that is refused.
      isRefused: i > (isSmall ? 0 : 1) && !isCustomer && random.chance(isSmall ? 0.15 : 0.1),
    }
  })
  const script = createScript(random)
  const before: Fact[] = []
  const lines = people.map((person, i): Fact[] => {
    const line: Fact[] = []
    const isKnown = random.chance(0.6)
    const early = isKnown ? before : line
    early.push(script.identify(person, i, true))
    if (person.isCustomer) early.push(...script.customer(person, i))
    for (let n = isSmall ? Number(random.chance(0.5)) : random.int(0, 2); n > 0; n--)
      early.push(script.page(person, i))
    for (let n = random.int(1, isSmall ? 2 : 4); n > 0; n--) line.push(script.something(person, i, isKnown))
    return line
  })
  return { people, preset: presetOf(random, people), before, facts: interleave(random, lines) }
}

/** One list of all, in which each line keeps its order. */
function interleave(random: Random, lines: Fact[][]): Fact[] {
  const order = random.shuffle(lines.flatMap((line, i) => line.map(() => i)))
  const next = lines.map(() => 0)
  return order.map((i) => lines[i]![next[i]!++]!)
}

function createScript(random: Random) {
  let count = 0
  /** Each call happened at a time of its own, long enough ago for no window to slide past it, on few days. */
  const timestamp = () => new Date(START - random.int(1, 3) * DAY - ++count * MINUTE).toISOString()
  const call = (i: number, type: string, more: Record<string, unknown>): Fact => {
    const at = timestamp()
    const name = `${type}-${count}`
    const base = { type, messageId: name, anonymousId: `browser-${i}`, timestamp: at }
    return { source: 'website', name, call: { ...base, context: { userAgent: AGENT }, ...more } }
  }
  const seconds = (daysAgo: number) => Math.floor((START - daysAgo * DAY) / 1000)
  const customerOf = (person: Person, i: number, more: Record<string, unknown> = {}) =>
    stripeCustomer({
      id: `cus_${i}`,
      email: person.email,
      name: `${FIRST_NAMES[i]} ${LAST_NAMES[i]}`,
      created: seconds(40),
      ...more,
    })
  const subscriptionOf = (i: number, quantity: number, more: Record<string, unknown> = {}) =>
    stripeSubscription({
      id: `sub_${i}`,
      customer: `cus_${i}`,
      created: seconds(30),
      currency: 'eur',
      items: [{ price: PRICE, quantity }],
      period: { start: seconds(30), end: seconds(-300) },
      ...more,
    })
  const stripe = (object: StripeObject, verb?: string): Fact => ({
    source: 'stripe',
    name: `${object.object} ${object.id} ${++count}`,
    object,
    ...(verb ? { verb } : {}),
  })
  const address = (state: string | null) => ({
    city: null,
    country: 'DE',
    line1: null,
    line2: null,
    postal_code: null,
    state,
  })

  /** What has ended does not begin again, and what was paid stays paid. */
  const ended = new Set<number>()
  const paid = new Set<string>()

  const script = {
    identify: (person: Person, i: number, isFirst: boolean): Fact =>
      call(i, 'identify', {
        traits: {
          email: person.email,
          ...(isFirst || random.chance(0.5) ? { firstName: FIRST_NAMES[i], lastName: LAST_NAMES[i] } : {}),
          ...(person.isRefused
            ? { title: REFUSED_TITLE }
            : random.chance(0.7)
              ? { title: `Title ${random.int(1, 99)}` }
              : {}),
          ...(random.chance(0.4) ? { phone: `+49 30 ${random.int(1000, 9999)}` } : {}),
          ...(random.chance(0.4) ? { leadSource: `Source ${random.int(1, 9)}` } : {}),
          ...(random.chance(0.5) ? { address: { city: random.pick(CITIES) } } : {}),
          ...(isFirst || random.chance(0.3)
            ? {
                company: {
                  name: person.domain.split('.')[0],
                  website: `https://${person.domain}`,
                  employees: random.int(1, 500),
                },
              }
            : {}),
        },
      }),
    page: (_person: Person, i: number): Fact =>
      call(i, 'page', {
        name: 'Pricing',
        context: { userAgent: AGENT, page: { url: `https://seller.example/${random.int(1, 9)}` } },
      }),
    form: (_person: Person, i: number): Fact =>
      call(i, 'track', { event: 'Form Submitted', properties: { form: `demo ${random.int(1, 9)}` } }),
    customer: (person: Person, i: number): Fact[] => [
      stripe(customerOf(person, i, { address: address('Berlin') })),
      stripe(subscriptionOf(i, random.int(1, 5))),
    ],
    /**
     * What may happen to somebody at any time. Only what the CRMs hold already may be unsaid: whether it had been written
     * before would be a matter of time otherwise.
     */
    something(person: Person, i: number, isKnown: boolean): Fact {
      const kind = random.int(0, person.isCustomer ? 7 : 3)
      if (kind <= 1) return script.identify(person, i, false)
      if (kind === 2) return script.page(person, i)
      if (kind === 3) return script.form(person, i)
      if ((kind === 4 || kind === 5) && !ended.has(i)) return script.subscription(i)
      return random.chance(0.5)
        ? stripe(customerOf(person, i, { address: address(isKnown && random.chance(0.5) ? null : 'Berlin') }))
        : script.invoice(i)
    },
    subscription(i: number): Fact {
      if (random.chance(0.7)) return stripe(subscriptionOf(i, random.int(1, 9)))
      ended.add(i)
      const at = seconds(1)
      return stripe(subscriptionOf(i, 1, { status: 'canceled', canceled_at: at, ended_at: at }), 'deleted')
    },
    invoice(i: number): Fact {
      const id = `in_${i}_${random.int(1, 2)}`
      if (random.chance(0.5)) paid.add(id)
      const total = 4900
      return stripe(
        stripeInvoice({
          id,
          customer: `cus_${i}`,
          number: id,
          currency: 'eur',
          created: seconds(5),
          finalizedAt: seconds(5),
          total,
          ...(paid.has(id) ? { paidAt: seconds(4), paidBy: [{ amount: total }] } : {}),
        }),
      )
    },
  }
  return script
}

/** Records that people had entered before: they must be adopted, and what they say must stay. */
function presetOf(random: Random, people: Person[]): Preset[] {
  return people.flatMap((person, i): Preset[] => {
    if (person.isRefused || !random.chance(0.35)) return []
    const last = LAST_NAMES[i]!
    return [
      {
        crm: 'salesforce',
        object: person.isCustomer ? 'Contact' : 'Lead',
        fields: {
          Email: person.email,
          LastName: last,
          Title: 'Entered by hand',
          Description: 'Met at the fair',
          ...(person.isCustomer ? {} : { Company: 'Entered by hand' }),
        },
      },
      {
        crm: 'hubspot',
        object: 'contacts',
        fields: { email: person.email, lastname: last, jobtitle: 'Entered by hand', address: 'Hall 7' },
      },
    ]
  })
}
