import type { FeedRow, WatchPort } from '../engine/ports.ts'
import { tuplesOf } from './dialect.ts'
import { present, toJson } from './json.ts'
import { redirect, seeAll } from './live.ts'
import { type ProjectionColumns, toProjection } from './project.ts'
import { type SqlDatabase, statement } from './sql-database.ts'
import { projectAnew, wakeEdited, wakeLapsed } from './wake.ts'

interface FeedColumns {
  destination: string
  object: string
  since: number
  page: string | null
  began_at: number | null
  newest: number | null
  polled_at: number | null
  deletions_at: number | null
}

const SAVE_FEED = `
  INSERT INTO feeds (destination, object, since, page, began_at, newest, polled_at, deletions_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT (destination, object) DO UPDATE SET since = excluded.since, page = excluded.page,
    began_at = excluded.began_at, newest = excluded.newest, polled_at = excluded.polled_at,
    deletions_at = excluded.deletions_at`

export function createWatch(db: SqlDatabase): WatchPort {
  return {
    async feeds(destination) {
      const rows = await db.query<FeedColumns>('SELECT * FROM feeds WHERE destination = ?1', [destination])
      return rows.map((row) =>
        present<FeedRow>({
          destination: row.destination,
          object: row.object,
          since: row.since,
          page: row.page,
          beganAt: row.began_at,
          newest: row.newest,
          polledAt: row.polled_at,
          deletionsAt: row.deletions_at,
        }),
      )
    },

    async shadows(keys) {
      const rows = await db.query<ProjectionColumns>(
        `SELECT * FROM projections WHERE crm_id IS NOT NULL AND (destination, object, crm_id) IN ${tuplesOf(1, 3)}`,
        [toJson(keys.map((key) => [key.destination, key.object, key.crmId]))],
      )
      return rows.map(toProjection)
    },

    async commit({ now, feed, isFirst, live, redirects, wake = [] }) {
      await db.batch([
        ...(isFirst
          ? [
              ...wakeEdited(feed.destination, feed.object, now),
              statement(
                'DELETE FROM live WHERE destination = ?1 AND object = ?2',
                feed.destination,
                feed.object,
              ),
            ]
          : []),
        ...seeAll(live),
        ...redirect(redirects, now),
        ...projectAnew(wake, now),
        statement(
          SAVE_FEED,
          feed.destination,
          feed.object,
          feed.since,
          feed.page ?? null,
          feed.beganAt ?? null,
          feed.newest ?? null,
          feed.polledAt ?? null,
          feed.deletionsAt ?? null,
        ),
      ])
    },

    async wakeLapsed(request) {
      await db.batch(wakeLapsed(request))
    },
  }
}
