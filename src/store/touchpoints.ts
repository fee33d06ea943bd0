import type { NewTouchpoint, TouchpointRow } from '../engine/ports.ts'
import { DAY_MS } from '../model/instant.ts'
import { columns, greatest, least, rowsOf } from './dialect.ts'
import { bulk, jsonOrNull, parseOptional, present } from './json.ts'
import { joinRoots, ROOT_COLUMNS } from './scope.ts'
import { type Statement, statement } from './sql-database.ts'

/**
 * Touchpoints of this batch that are new, people's doing and of someone: those behind the counted ones. Every batch that
 * inserts touchpoints counts them too and moves the mark, so what lies behind it was inserted by the same batch.
 */
const FRESH = `
  fresh AS (
    SELECT t.*, coalesce(t.person, t.account) AS entity FROM touchpoints t
    WHERE t.seq > (SELECT coalesce(max(value), 0) FROM counters WHERE name = 'counted touchpoints')
      AND t.is_machine = 0 AND coalesce(t.person, t.account) IS NOT NULL)`

/** Floor, also before 1970. */
const DAY = `(occurred_at - ((occurred_at % ${DAY_MS}) + ${DAY_MS}) % ${DAY_MS}) / ${DAY_MS}`

const COUNT_DAYS = `
  WITH ${FRESH}
  INSERT INTO touchpoint_days (entity, day, kind, channel, currency, count, amount, first_at, last_at)
  SELECT entity, ${DAY}, kind, channel, CASE WHEN amount IS NULL THEN '' ELSE coalesce(currency, '') END,
    count(*), sum(CASE WHEN currency IS NULL THEN 0 ELSE coalesce(amount, 0) END), min(occurred_at), max(occurred_at)
  FROM fresh WHERE true GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (entity, day, kind, channel, currency) DO UPDATE SET
    count = touchpoint_days.count + excluded.count, amount = touchpoint_days.amount + excluded.amount,
    first_at = ${least('touchpoint_days.first_at', 'excluded.first_at')},
    last_at = ${greatest('touchpoint_days.last_at', 'excluded.last_at')}`

const IS_PLAIN = `
  CASE WHEN channel <> 'direct' OR coalesce(referrer, '') <> '' OR coalesce(campaign, '{}') <> '{}' THEN 0 ELSE 1 END`

/** Total orders, so that the result does not depend on arrival: plain touches after telling ones, then time, then id. */
const FIRST_TOUCH = `
  WITH ${FRESH}, ranked AS (
    SELECT entity, id, occurred_at, ${IS_PLAIN} AS is_plain, row_number() OVER (
      PARTITION BY entity ORDER BY ${IS_PLAIN}, occurred_at, id) AS place
    FROM fresh WHERE direction = 'inbound')
  INSERT INTO touches (entity, which, is_plain, at, touchpoint)
  SELECT entity, 'first', is_plain, occurred_at, id FROM ranked WHERE place = 1
  ON CONFLICT (entity, which) DO UPDATE SET
    is_plain = excluded.is_plain, at = excluded.at, touchpoint = excluded.touchpoint
  WHERE (excluded.is_plain, excluded.at, excluded.touchpoint) < (touches.is_plain, touches.at, touches.touchpoint)`

const LAST_TOUCH = `
  WITH ${FRESH}, ranked AS (
    SELECT entity, id, occurred_at, row_number() OVER (PARTITION BY entity ORDER BY occurred_at DESC, id DESC) AS place
    FROM fresh WHERE direction = 'inbound')
  INSERT INTO touches (entity, which, is_plain, at, touchpoint)
  SELECT entity, 'last', 0, occurred_at, id FROM ranked WHERE place = 1
  ON CONFLICT (entity, which) DO UPDATE SET at = excluded.at, touchpoint = excluded.touchpoint
  WHERE (excluded.at, excluded.touchpoint) > (touches.at, touches.touchpoint)`

const MOVE_MARK = `
  INSERT INTO counters (name, value) SELECT 'counted touchpoints', coalesce(max(seq), 0) FROM touchpoints WHERE true
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`

const INSERT = `
  INSERT INTO touchpoints (id, kind, occurred_at, person, account, connection, stream, key, channel, direction,
    title, url, referrer, campaign, amount, currency, is_machine, props)
  SELECT ${columns(18)} FROM ${rowsOf(1)} WHERE true ON CONFLICT (id) DO NOTHING`

export interface TouchpointStatements {
  /** Their changes tell how many touchpoints are new. */
  inserts: Statement[]
  /** Buckets and touches of the new ones; after the inserts, in the same batch. */
  counts: Statement[]
}

export function storeTouchpoints(touchpoints: readonly NewTouchpoint[]): TouchpointStatements {
  if (touchpoints.length === 0) return { inserts: [], counts: [] }
  return {
    inserts: bulk(INSERT, touchpoints.map(storedRow)),
    counts: [COUNT_DAYS, FIRST_TOUCH, LAST_TOUCH, MOVE_MARK].map((sql) => statement(sql)),
  }
}

const storedRow = (t: NewTouchpoint): unknown[] => [
  t.id,
  t.kind,
  t.occurredAt,
  t.person ?? null,
  t.account ?? null,
  t.connection,
  t.stream,
  t.key,
  t.channel,
  t.direction,
  t.title ?? null,
  t.url ?? null,
  t.referrer ?? null,
  jsonOrNull(t.campaign),
  t.amount ?? null,
  t.currency ?? null,
  t.isMachine ? 1 : 0,
  jsonOrNull(t.props),
]

/** Columns and joins of touchpoints `t` with the roots of their person and account. */
export const TOUCHPOINT_COLUMNS = `t.*, ${ROOT_COLUMNS}`
export const TOUCHPOINT_ROOTS = joinRoots('t')

export interface TouchpointColumns {
  seq: number
  id: string
  kind: string
  occurred_at: number
  person: string | null
  account: string | null
  connection: string
  stream: string
  key: string
  channel: string
  direction: 'inbound' | 'outbound'
  title: string | null
  url: string | null
  referrer: string | null
  campaign: string | null
  amount: number | null
  currency: string | null
  is_machine: number
  props: string | null
  person_root: string | null
  account_root: string | null
}

export const toTouchpoint = (row: TouchpointColumns): TouchpointRow =>
  present<TouchpointRow>({
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    occurredAt: row.occurred_at,
    person: row.person,
    account: row.account,
    connection: row.connection,
    stream: row.stream,
    key: row.key,
    channel: row.channel,
    direction: row.direction,
    title: row.title,
    url: row.url,
    referrer: row.referrer,
    campaign: parseOptional(row.campaign),
    amount: row.amount,
    currency: row.currency,
    isMachine: row.is_machine === 1,
    props: parseOptional(row.props),
    personRoot: row.person_root,
    accountRoot: row.account_root,
  })
