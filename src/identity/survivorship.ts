import type { Consent, Method } from '#model'

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

const METHOD_RANK: Record<Method, number> = { asserted: 0, derived: 1, inferred: 2 }

/** 0 says something, 1 says empty, 2 says there is none. A source that knows nothing never blanks one that does. */
const emptiness = (value: unknown): number => (value === null ? 2 : value === '' ? 1 : 0)

function compare(field: string, a: Claim, b: Claim): number {
  return (
    emptiness(a.attributes[field]) - emptiness(b.attributes[field]) ||
    METHOD_RANK[a.method] - METHOD_RANK[b.method] ||
    b.observedAt - a.observedAt ||
    (b.confidence ?? 1) - (a.confidence ?? 1) ||
    (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0)
  )
}

/**
 * The golden record: for each field the best claim by validity > method > recency > confidence > ref. A pure function of
 * the set of claims, so the order of arrival does not matter. A field that no claim mentions is absent.
 */
export function surviving(claims: Claim[]): Golden {
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
      if (!holder || compare(field, claim, holder) < 0) best.set(field, claim)
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

export type LostBy = 'says_nothing' | 'method' | 'recency' | 'confidence' | 'order'

/** What the claims say about one field, the winner first, the others with what decided against them. */
export function rankClaims<C extends Claim>(field: string, claims: C[]): { claim: C; lostBy?: LostBy }[] {
  const speaking = claims.filter((claim) => claim.attributes[field] !== undefined)
  if (field === 'consent') speaking.sort((a, b) => b.observedAt - a.observedAt || (a.ref < b.ref ? 1 : -1))
  else speaking.sort((a, b) => compare(field, a, b))
  const [winner] = speaking
  return speaking.map((claim) =>
    claim === winner ? { claim } : { claim, lostBy: lostBy(field, winner!, claim) },
  )
}

function lostBy(field: string, winner: Claim, loser: Claim): LostBy {
  if (field === 'consent') return 'recency'
  if (emptiness(winner.attributes[field]) !== emptiness(loser.attributes[field])) return 'says_nothing'
  if (winner.method !== loser.method) return 'method'
  if (winner.observedAt !== loser.observedAt) return 'recency'
  return (winner.confidence ?? 1) === (loser.confidence ?? 1) ? 'order' : 'confidence'
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
