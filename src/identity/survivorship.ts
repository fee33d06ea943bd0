import type { Consent, Method } from '#model'
import { EMPTY_EMAILS, isPlaceholder } from './normalise/placeholders.ts'

/** What one source record says about one entity, as survivorship needs it. */
export interface Claim {
  attributes: Record<string, unknown>
  method: Method
  confidence?: number
  observedAt: number
  /** "connection/stream/key#slot": names the winner, and breaks ties in a stable way. */
  ref: string
}

export interface Golden {
  values: Record<string, unknown>
  /** Field → ref of the claim it was taken from. */
  sources: Record<string, string>
}

/** Whom to believe, by connection name. */
export interface SurvivorshipRules {
  /** The first counts most, for every field that says nothing else; who is not listed counts least. */
  sources?: readonly string[]
  fields?: Readonly<
    Record<
      string,
      {
        sources?: readonly string[]
        /** What the first of these says that has a value counts, whatever others say. */
        lock?: readonly string[]
      }
    >
  >
}

const METHOD_RANK: Record<Method, number> = { asserted: 0, derived: 1, inferred: 2 }

/** Fields in which people write something where they know nothing. */
const TYPED_IN = new Set([
  'email',
  'first_name',
  'last_name',
  'full_name',
  'name',
  'company_name',
  'phone',
  'website',
  'domain',
  'street',
  'city',
])

/**
 * 0 says something, 1 what stands for nothing (`n/a`, an address without a host), 2 says empty, 3 says there is none. A
 * source that knows nothing never blanks one that does.
 */
function invalidity(field: string, value: unknown): number {
  if (value === null) return 3
  if (value === '') return 2
  if (typeof value !== 'string' || !TYPED_IN.has(field)) return 0
  const isBad = isPlaceholder(value) || (field === 'email' && !isAddress(value))
  return isBad ? 1 : 0
}

const isAddress = (text: string): boolean =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim()) && !EMPTY_EMAILS.has(text.trim().toLowerCase())

const rankIn = (sources: readonly string[] | undefined, { ref }: Claim): number => {
  const place = sources?.indexOf(ref.slice(0, Math.max(0, ref.indexOf('/')))) ?? -1
  return place < 0 ? Number.MAX_SAFE_INTEGER : place
}

const isFilled = (value: unknown): boolean => value !== undefined && value !== null && value !== ''
const filled = ({ attributes }: Claim): number => Object.values(attributes).filter(isFilled).length

/** What may decide between two claims of a field, the strongest first. Below zero: the first claim wins. */
const CRITERIA: [LostBy, (field: string, a: Claim, b: Claim, rules: SurvivorshipRules) => number][] = [
  [
    'lock',
    (field, a, b, { fields }) => {
      const lock = fields?.[field]?.lock
      if (!lock) return 0
      const rank = (claim: Claim) =>
        isFilled(claim.attributes[field]) ? rankIn(lock, claim) : Number.MAX_SAFE_INTEGER
      return rank(a) - rank(b)
    },
  ],
  [
    'says_nothing',
    (field, { attributes: a }, { attributes: b }) =>
      a[field] === b[field] ? 0 : invalidity(field, a[field]) - invalidity(field, b[field]),
  ],
  ['method', (_, a, b) => METHOD_RANK[a.method] - METHOD_RANK[b.method]],
  [
    'source',
    (field, a, b, { sources, fields }) => {
      const order = fields?.[field]?.sources ?? sources
      return order ? rankIn(order, a) - rankIn(order, b) : 0
    },
  ],
  ['recency', (_, a, b) => b.observedAt - a.observedAt],
  ['completeness', (_, a, b) => filled(b) - filled(a)],
  ['confidence', (_, a, b) => (b.confidence ?? 1) - (a.confidence ?? 1)],
  ['order', (_, a, b) => (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0)],
]

const NO_RULES: SurvivorshipRules = {}

function compare(field: string, a: Claim, b: Claim, rules: SurvivorshipRules): number {
  for (const [, criterion] of CRITERIA) {
    const difference = criterion(field, a, b, rules)
    if (difference !== 0) return difference
  }
  return 0
}

/**
 * The golden record: for each field the best claim by lock > validity > method > source > recency > completeness >
 * confidence > ref. A pure function of the set of claims, so the order of arrival does not matter. A field that no claim
 * mentions is absent.
 */
export function surviving(claims: Claim[], rules: SurvivorshipRules = NO_RULES): Golden {
  const best = new Map<string, Claim>()
  const consents: Claim[] = []
  for (const claim of claims) {
    for (const [field, value] of Object.entries(claim.attributes)) {
      if (value === undefined) continue
      if (field === 'consent') {
        if (value !== null) consents.push(claim)
        continue
      }
      const holder = best.get(field)
      if (!holder || compare(field, claim, holder, rules) < 0) best.set(field, claim)
    }
  }
  const golden: Golden = { values: {}, sources: {} }
  for (const [field, claim] of [...best].sort(([a], [b]) => (a < b ? -1 : 1))) {
    golden.values[field] = claim.attributes[field]
    golden.sources[field] = claim.ref
  }
  if (consents.length > 0) {
    const sorted = [...consents].sort((a, b) => a.observedAt - b.observedAt || (a.ref < b.ref ? -1 : 1))
    // Latest statement per purpose: a later denial of one purpose does not undo what was said of another.
    golden.values.consent = Object.assign({}, ...sorted.map((claim) => claim.attributes.consent as Consent))
    golden.sources.consent = sorted.at(-1)!.ref
  }
  return golden
}

export type LostBy =
  | 'lock'
  | 'says_nothing'
  | 'method'
  | 'source'
  | 'recency'
  | 'completeness'
  | 'confidence'
  | 'order'

/** What the claims say about one field, the winner first, the others with what decided against them. */
export function rankClaims<C extends Claim>(
  field: string,
  claims: C[],
  rules: SurvivorshipRules = NO_RULES,
): { claim: C; lostBy?: LostBy }[] {
  const speaking = claims.filter((claim) => claim.attributes[field] !== undefined)
  if (field === 'consent') speaking.sort((a, b) => b.observedAt - a.observedAt || (a.ref < b.ref ? 1 : -1))
  else speaking.sort((a, b) => compare(field, a, b, rules))
  const [winner] = speaking
  return speaking.map((claim) =>
    claim === winner ? { claim } : { claim, lostBy: lostBy(field, winner!, claim, rules) },
  )
}

function lostBy(field: string, winner: Claim, loser: Claim, rules: SurvivorshipRules): LostBy {
  if (field === 'consent') return 'recency'
  return CRITERIA.find(([, criterion]) => criterion(field, winner, loser, rules) !== 0)?.[0] ?? 'order'
}

/** The account of a person: the best claimed link by method, then recency; ties by ref. */
export function survivingAccount(
  links: { account: string; method: Method; observedAt: number; ref: string }[],
): string | undefined {
  return [...links].sort(
    (a, b) =>
      METHOD_RANK[a.method] - METHOD_RANK[b.method] ||
      b.observedAt - a.observedAt ||
      (a.ref < b.ref ? -1 : 1),
  )[0]?.account
}
