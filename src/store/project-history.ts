import type { BucketRow, EntityKind, TouchpointRow, TouchRow } from '../engine/ports.ts'
import { DAY_MS, startOfDay } from '../model/instant.ts'
import { at, itemsOf, rowsOf } from './dialect.ts'
import { parseOptional, present, toJson } from './json.ts'
import { scopeOf } from './scope.ts'
import type { SqlDatabase } from './sql-database.ts'
import { TOUCHPOINT_COLUMNS, TOUCHPOINT_ROOTS, type TouchpointColumns, toTouchpoint } from './touchpoints.ts'

interface BucketColumns {
  root: string
  kind: string
  channel: string
  day: number
  currency: string
  count: number
  amount: number
  first_at: number
  last_at: number
}

export async function readBuckets(
  db: SqlDatabase,
  { kind, roots, sinceDay }: { kind: EntityKind; roots: string[]; sinceDay?: number },
): Promise<BucketRow[]> {
  const rows = await db.query<BucketColumns>(
    `WITH ${scopeOf(kind)}
     SELECT scope.root, d.kind, d.channel, d.day, d.currency, sum(d.count) AS count, sum(d.amount) AS amount,
       min(d.first_at) AS first_at, max(d.last_at) AS last_at
     FROM scope JOIN touchpoint_days d ON d.entity = scope.node ${sinceDay === undefined ? '' : 'AND d.day >= ?2'}
     GROUP BY scope.root, d.day, d.kind, d.channel, d.currency`,
    sinceDay === undefined ? [toJson(roots)] : [toJson(roots), sinceDay],
    'narrow',
  )
  return joinCurrencies(rows)
}

/** Rows of one bucket follow each other and differ in currency only. */
function joinCurrencies(rows: BucketColumns[]): BucketRow[] {
  const buckets: BucketRow[] = []
  let last: BucketRow | undefined
  for (const row of rows) {
    const isSame =
      last?.root === row.root &&
      last.day === row.day &&
      last.kind === row.kind &&
      last.channel === row.channel
    if (!last || !isSame) {
      const { root, kind, channel, day } = row
      last = { root, kind, channel, day, count: 0, firstAt: row.first_at, lastAt: row.last_at, amounts: {} }
      buckets.push(last)
    }
    last.count += row.count
    last.firstAt = Math.min(last.firstAt, row.first_at)
    last.lastAt = Math.max(last.lastAt, row.last_at)
    if (row.currency !== '') last.amounts[row.currency] = row.amount
  }
  return buckets
}

interface TouchColumns {
  root: string
  which: 'first' | 'last'
  occurred_at: number
  kind: string
  channel: string
  title: string | null
  url: string | null
  referrer: string | null
  campaign: string | null
}

/** Of all nodes of the root, as buckets; the same total orders as when they were stored. */
const touchesOf = (kind: EntityKind): string => `
  WITH ${scopeOf(kind)}, ranked AS (
    SELECT scope.root, t.which, t.touchpoint, row_number() OVER (
      PARTITION BY scope.root, t.which
      ORDER BY t.is_plain, CASE t.which WHEN 'first' THEN t.at ELSE -t.at END,
        CASE t.which WHEN 'first' THEN t.touchpoint END, CASE t.which WHEN 'last' THEN t.touchpoint END DESC) AS place
    FROM scope JOIN touches t ON t.entity = scope.node)
  SELECT ranked.root, ranked.which, t.occurred_at, t.kind, t.channel, t.title, t.url, t.referrer, t.campaign
  FROM ranked JOIN touchpoints t ON t.id = ranked.touchpoint WHERE place = 1`

const TOUCHES = { person: touchesOf('person'), account: touchesOf('account') }

export async function readTouches(
  db: SqlDatabase,
  { kind, roots }: { kind: EntityKind; roots: string[] },
): Promise<TouchRow[]> {
  const rows = await db.query<TouchColumns>(TOUCHES[kind], [toJson(roots)], 'narrow')
  return rows.map((row) =>
    present<TouchRow>({
      root: row.root,
      which: row.which,
      at: row.occurred_at,
      kind: row.kind,
      channel: row.channel,
      title: row.title,
      url: row.url,
      referrer: row.referrer,
      campaign: parseOptional(row.campaign),
    }),
  )
}

/** ?1 holds rows [root, afterSeq]. */
const touchpointsAfter = (owner: string): string => `
  SELECT ${TOUCHPOINT_COLUMNS}
  FROM (SELECT ${at(0)} AS root, ${at(1)} AS after_seq FROM ${rowsOf(1)}) AS w
  JOIN entities e ON e.root = w.root JOIN touchpoints t ON ${owner} AND t.seq > w.after_seq ${TOUCHPOINT_ROOTS}
  WHERE t.kind IN ${itemsOf(2)} ORDER BY t.seq LIMIT ?3`

const TOUCHPOINTS_AFTER = {
  person: touchpointsAfter('t.person = e.id'),
  account: touchpointsAfter('t.account = e.id AND t.person IS NULL'),
}

export async function readTouchpointsAfter(
  db: SqlDatabase,
  request: { kind: EntityKind; items: { root: string; afterSeq: number }[]; kinds: string[]; limit: number },
): Promise<TouchpointRow[]> {
  const items = request.items.map((item) => [item.root, item.afterSeq])
  const params = [toJson(items), toJson(request.kinds), request.limit]
  const rows = await db.query<TouchpointColumns>(TOUCHPOINTS_AFTER[request.kind], params, 'narrow')
  return rows.map(toTouchpoint)
}

/** ?1 holds rows [root, kind, first instant of the day, of the next day]. */
const touchpointsOfDays = (owner: string): string => `
  SELECT ${TOUCHPOINT_COLUMNS}
  FROM (SELECT ${at(0)} AS root, ${at(1)} AS kind, ${at(2)} AS since, ${at(3)} AS until FROM ${rowsOf(1)}) AS w
  JOIN entities e ON e.root = w.root
  JOIN touchpoints t ON ${owner} AND t.occurred_at >= w.since AND t.occurred_at < w.until AND t.kind = w.kind
  ${TOUCHPOINT_ROOTS} WHERE t.is_machine = 0 ORDER BY t.seq`

const TOUCHPOINTS_OF_DAYS = {
  person: touchpointsOfDays('t.person = e.id'),
  account: touchpointsOfDays('t.account = e.id AND t.person IS NULL'),
}

export async function readTouchpointsOfDays(
  db: SqlDatabase,
  { kind, items }: { kind: EntityKind; items: { root: string; kind: string; day: number }[] },
): Promise<TouchpointRow[]> {
  const windows = items.map((item) => [
    item.root,
    item.kind,
    startOfDay(item.day),
    startOfDay(item.day) + DAY_MS,
  ])
  const rows = await db.query<TouchpointColumns>(TOUCHPOINTS_OF_DAYS[kind], [toJson(windows)], 'narrow')
  return rows.map(toTouchpoint)
}
