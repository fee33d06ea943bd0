import type { LiveMode } from '../../src/kit/index.ts'
import { START } from './cast.ts'
import type { VendorName, WeatherPlan } from './network.ts'
import type { Random } from './random.ts'

/** When a history begins to go wrong, and how long it does before everything is mended. */
export const BEGIN = START + 2 * 3_600_000
const MINUTE = 60_000

/** What goes wrong in a history. Each seed has only some of it: one fault alone shows what another would hide. */
export interface Plan {
  cast: number
  weather: WeatherPlan
  /** Milliseconds in which the facts come in. */
  span: number
  /** Hub processes on the one database. */
  processes: number
  /** Of two processes one reads and the other writes, as invocations of a Worker do. */
  isDivided: boolean
  /** Probability that one commit, done or not, is the last of its process. */
  killRate: number
  kills: number
  busyRate: number
  /** Longest time that a call of the database takes. */
  databaseLatency: number
  /** Probability that a webhook of the billing vendor never comes: only a pull tells. */
  lostWebhooks: number
  /** Probability that a delivery comes again after it was acknowledged. */
  duplicates: number
  /** Longest time by which a delivery is late. */
  delay: number
  /** People at work in the CRMs. */
  edits: number
  merges: number
  conversions: number
  creations: number
  deletions: number
  /** Sessions that end early. */
  expiries: number
  /** Records that somebody else holds locked. */
  locks: number
  /** Longest pause of a process between two steps, while there is something to do and while there is not. */
  pause: number
  longestNap: number
  /** Shortest and longest time between two pulls. */
  pullEvery: readonly [number, number]
  flushRate: number
  /** Shortest time between two looks at what has changed in a CRM object; 0: nobody looks. */
  watchEvery: number
  /** HubSpot's search index is behind. */
  isIndexLate: boolean
  /** How much is read before a write; undefined: as each CRM's default has it. */
  live: LiveMode | undefined
  /** Ready operations of one object from which a bulk job carries them; 0: batches carry everything. */
  bulkFrom: number
  /** Bulk jobs that are aborted, given up, slow, or whose results do not add up. */
  bulkTroubles: number
  /** Times in which Salesforce grants fewer calls: so many are left until the share that is ours is used up. */
  shortages: { from: number; until: number; left: number }[]
  /** Edits that their author takes back. */
  regrets: number
  /** Words of a person on what waits in quarantine, at any time; and whether all of it is given back in the end. */
  decisions: number
  givesBack: boolean
}

const VENDORS: VendorName[] = ['salesforce', 'hubspot', 'stripe']

export function planOf(random: Random, cast: number): Plan {
  const some = (probability: number, most: number): number =>
    random.chance(probability) ? random.next() * most : 0
  const few = (probability: number, most: number): number =>
    random.chance(probability) ? random.int(1, most) : 0
  const span = random.pick([2_000, 20_000, MINUTE, 4 * MINUTE, 40 * MINUTE])
  const outages = Array.from({ length: few(0.4, 2) }, (): WeatherPlan['outages'][number] => {
    const from = BEGIN + random.int(0, span)
    const status = random.pick([0, 429, 429, 502, 503])
    return {
      vendor: random.pick(VENDORS),
      from,
      until: from + random.int(1_000, 3 * MINUTE),
      status,
      ...(status === 429 || status === 503 ? { retryAfter: random.int(1, 90) } : {}),
    }
  })
  const kills = few(0.5, 4)
  const shortages = Array.from({ length: few(0.2, 2) }, (): Plan['shortages'][number] => {
    const from = BEGIN + random.int(0, span)
    return { from, until: from + random.int(5_000, 10 * MINUTE), left: random.int(-10, 15) }
  })
  // As long things go wrong: who asks again and again asks some dozen times, however long that is.
  const length = Math.max(span, ...shortages.map(({ until }) => until - BEGIN))
  const isWatched = random.chance(0.4)
  const bulkFrom = random.chance(0.25) ? random.int(1, 2) : 0
  return {
    cast,
    weather: {
      lostBefore: some(0.3, 0.15),
      lostAfter: some(0.5, 0.3),
      hangs: some(0.2, 0.1),
      serverError: some(0.3, 0.15),
      latency: random.pick([0, 50, 400, 3_000]),
      slow: some(0.3, 0.3),
      outages,
    },
    span,
    processes: random.chance(0.5) ? 2 : 1,
    isDivided: random.chance(0.4),
    kills,
    killRate: kills > 0 ? random.pick([0.01, 0.03, 0.1]) : 0,
    busyRate: some(0.2, 0.1),
    databaseLatency: random.pick([0, 0, 5, 50]),
    lostWebhooks: some(0.4, 0.6),
    duplicates: some(0.5, 0.5),
    delay: random.pick([0, 2_000, 20_000, 2 * MINUTE]),
    edits: few(0.5, 6),
    merges: few(0.15, 1),
    conversions: few(0.15, 1),
    creations: few(0.2, 2),
    deletions: few(0.12, 1),
    expiries: few(0.3, 3),
    locks: few(0.3, 4),
    pause: random.pick([200, 1_000, 5_000]),
    longestNap: Math.max(10_000, span / 6),
    pullEvery: random.pick([
      [4_000 + length / 12, 8_000 + length / 4],
      [4_000 + length / 4, 8_000 + length],
      [MINUTE + 2 * length, 2 * MINUTE + 4 * length],
    ] as const),
    flushRate: random.pick([0, 0.3, 1]),
    watchEvery: isWatched ? random.pick([5_000, 30_000, 5 * MINUTE]) + length / 30 : 0,
    isIndexLate: isWatched && random.chance(0.3),
    live: random.pick([undefined, undefined, 'read', 'needed', 'poll'] as const),
    bulkFrom,
    bulkTroubles: bulkFrom > 0 ? few(0.6, 4) : 0,
    shortages,
    regrets: few(0.3, 2),
    decisions: few(0.3, 4),
    givesBack: random.chance(0.5),
  }
}
