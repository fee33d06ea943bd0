import type { NewTraffic, TrafficCount, TrafficQuery } from '../engine/ports.ts'
import { dayOf } from '../model/instant.ts'
import type { TrafficBy } from '../model/traffic.ts'
import { columns, rowsOf, tuplesOf } from './dialect.ts'
import { bulk, toJson } from './json.ts'
import { type SqlDatabase, type Statement, statement } from './sql-database.ts'

const FORGET = `DELETE FROM traffic WHERE (connection, stream, record_key) IN ${tuplesOf(1, 3)}`

const INSERT = `
  INSERT INTO traffic (connection, stream, record_key, place, site, day, channel, source, medium, campaign,
    landing_page, visits, engaged_visits, new_visitors, conversions, is_limited)
  SELECT ${columns(16)} FROM ${rowsOf(1)} WHERE true`

/** Days as their records tell them now: what a record said before goes away. */
export function storeTraffic(days: readonly NewTraffic[]): Statement[] {
  if (days.length === 0) return []
  const keys = days.map(({ connection, stream, recordKey }) => [connection, stream, recordKey])
  const rows = days.flatMap(({ connection, stream, recordKey, traffic }) =>
    traffic.rows.map((row, place) => [
      connection,
      stream,
      recordKey,
      place,
      traffic.site,
      dayOf(Date.parse(traffic.day)),
      row.channel,
      row.campaign?.source ?? '',
      row.campaign?.medium ?? '',
      row.campaign?.name ?? '',
      row.landing_page ?? '',
      row.visits,
      row.engaged_visits,
      row.new_visitors,
      row.conversions,
      (traffic.limits ?? []).length > 0 ? 1 : 0,
    ]),
  )
  return [statement(FORGET, toJson(keys)), ...bulk(INSERT, rows)]
}

interface Row extends Partial<Record<TrafficBy, string | number>> {
  visits: number
  engagedVisits: number
  newVisitors: number
  conversions: number
  isLimited: number
}

export async function readTraffic(
  db: SqlDatabase,
  { from, to, by, limit }: TrafficQuery,
): Promise<TrafficCount[]> {
  // Names of the port, which are the columns; never text of a caller.
  const grouped = by.map((name) => `${name}, `).join('')
  const order = by.length > 0 ? `, ${by.join(', ')}` : ''
  const rows = await db.query<Row>(
    `SELECT ${grouped}sum(visits) AS visits, sum(engaged_visits) AS "engagedVisits", sum(new_visitors) AS "newVisitors",
       sum(conversions) AS conversions, max(is_limited) AS "isLimited"
     FROM traffic WHERE day BETWEEN ?1 AND ?2 ${by.length > 0 ? `GROUP BY ${by.join(', ')}` : 'HAVING count(*) > 0'}
     ORDER BY visits DESC${order} LIMIT ?3`,
    [from, to, limit],
  )
  return rows.map(({ isLimited, ...row }) => {
    const named = Object.entries(row).filter(([, value]) => value !== '')
    return { ...(Object.fromEntries(named) as Omit<TrafficCount, 'isLimited'>), isLimited: isLimited === 1 }
  })
}
