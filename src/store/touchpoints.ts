import type { NewTouchpoint, TouchpointRow } from '../engine/ports.ts'
import { dayOf } from '../model/instant.ts'
import { at, columns, greatest, least, rowsOf } from './dialect.ts'
import { bulk, jsonChunks, jsonOrNull, parseOptional, present } from './json.ts'
import { type Statement, statement } from './sql-database.ts'

/** Counted rows of a chunk that are not stored yet: [id, entity, kind, channel, day, at, currency, amount, isInbound, isPlain]. */
const FRESH = `
  fresh AS (
    SELECT ${at(0)} AS id, ${at(1)} AS entity, ${at(2)} AS kind, ${at(3)} AS channel, ${at(4)} AS day, ${at(5)} AS at,
           ${at(6)} AS currency, ${at(7)} AS amount, ${at(8)} AS is_inbound, ${at(9)} AS is_plain
    FROM ${rowsOf(1)} WHERE NOT EXISTS (SELECT 1 FROM touchpoints WHERE touchpoints.id = ${at(0)}))`

const COUNT_DAYS = `
  WITH ${FRESH}
  INSERT INTO touchpoint_days (entity, day, kind, channel, currency, count, amount, first_at, last_at)
  SELECT entity, day, kind, channel, currency, count(*), sum(amount), min(at), max(at)
  FROM fresh WHERE true GROUP BY entity, day, kind, channel, currency
  ON CONFLICT (entity, day, kind, channel, currency) DO UPDATE SET
    count = touchpoint_days.count + excluded.count, amount = touchpoint_days.amount + excluded.amount,
    first_at = ${least('touchpoint_days.first_at', 'excluded.first_at')},
    last_at = ${greatest('touchpoint_days.last_at', 'excluded.last_at')}`

/** Total orders, so that the result does not depend on arrival: plain touches after telling ones, then time, then id. */
const FIRST_TOUCH = `
  WITH ${FRESH}, ranked AS (
    SELECT *, row_number() OVER (PARTITION BY entity ORDER BY is_plain, at, id) AS place FROM fresh WHERE is_inbound = 1)
  INSERT INTO touches (entity, which, is_plain, at, touchpoint)
  SELECT entity, 'first', is_plain, at, id FROM ranked WHERE place = 1
  ON CONFLICT (entity, which) DO UPDATE SET
    is_plain = excluded.is_plain, at = excluded.at, touchpoint = excluded.touchpoint
  WHERE (excluded.is_plain, excluded.at, excluded.touchpoint) < (touches.is_plain, touches.at, touches.touchpoint)`

const LAST_TOUCH = `
  WITH ${FRESH}, ranked AS (
    SELECT *, row_number() OVER (PARTITION BY entity ORDER BY at DESC, id DESC) AS place FROM fresh WHERE is_inbound = 1)
  INSERT INTO touches (entity, which, is_plain, at, touchpoint)
  SELECT entity, 'last', 0, at, id FROM ranked WHERE place = 1
  ON CONFLICT (entity, which) DO UPDATE SET at = excluded.at, touchpoint = excluded.touchpoint
  WHERE (excluded.at, excluded.touchpoint) > (touches.at, touches.touchpoint)`

const INSERT = `
  INSERT INTO touchpoints (id, kind, occurred_at, person, account, connection, stream, key, channel, direction,
    title, url, referrer, campaign, amount, currency, is_machine, props)
  SELECT ${columns(18)} FROM ${rowsOf(1)} WHERE true ON CONFLICT (id) DO NOTHING`

export interface TouchpointStatements {
  /** Buckets and touches: before the touchpoints, which tell them what is new. */
  counts: Statement[]
  inserts: Statement[]
}

export function storeTouchpoints(touchpoints: readonly NewTouchpoint[]): TouchpointStatements {
  const distinct = [...new Map(touchpoints.map((touchpoint) => [touchpoint.id, touchpoint])).values()]
  const counts = jsonChunks(distinct.flatMap(countedRow)).flatMap((chunk) => [
    statement(COUNT_DAYS, chunk),
    statement(FIRST_TOUCH, chunk),
    statement(LAST_TOUCH, chunk),
  ])
  return { counts, inserts: bulk(INSERT, distinct.map(storedRow)) }
}

function countedRow(touchpoint: NewTouchpoint): unknown[][] {
  const { id, kind, channel, occurredAt, amount, currency, direction } = touchpoint
  const entity = touchpoint.person ?? touchpoint.account
  if (touchpoint.isMachine || entity === undefined) return []
  const hasAmount = amount !== undefined && currency !== undefined
  const hasOrigin =
    channel !== 'direct' || !!touchpoint.referrer || Object.keys(touchpoint.campaign ?? {}).length > 0
  return [
    [
      id,
      entity,
      kind,
      channel,
      dayOf(occurredAt),
      occurredAt,
      hasAmount ? currency : '',
      hasAmount ? amount : 0,
      direction === 'inbound' ? 1 : 0,
      hasOrigin ? 0 : 1,
    ],
  ]
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

/**
 * Columns and joins of touchpoints `t` with the roots of their person `p` and account. The account of a touchpoint
 * without one is its person's.
 */
export const TOUCHPOINT_COLUMNS = `t.*, p.root AS person_root, coalesce(a.root, pa.root) AS account_root`
export const TOUCHPOINT_ROOTS = `
  LEFT JOIN entities p ON p.id = t.person LEFT JOIN entities pr ON pr.id = p.root
  LEFT JOIN entities pa ON pa.id = pr.account LEFT JOIN entities a ON a.id = t.account`

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
