import type { Chore, ChorePort } from '../engine/ports.ts'
import { jsonOrNull, parse, parseOptional, present, toJson } from './json.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

interface ChoreColumns {
  run: string
  kind: Chore['kind']
  request: string
  place: string | null
  result: string
  not_before: number
  created_at: number
  finished_at: number | null
}

const toChore = (row: ChoreColumns): Chore =>
  present<Chore>({
    run: row.run,
    kind: row.kind,
    request: parse(row.request),
    place: parseOptional(row.place),
    result: parse(row.result),
    notBefore: row.not_before,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  })

export function createChores(db: SqlDatabase): ChorePort {
  const one = async (rest: string, value: string | number) => {
    const [row] = await db.query<ChoreColumns>(`SELECT * FROM chores WHERE ${rest}`, [value])
    return row && toChore(row)
  }
  return {
    async add({ run, kind, request, createdAt }) {
      await db.batch([
        statement(
          `INSERT INTO chores (run, kind, request, not_before, created_at) VALUES (?1, ?2, ?3, ?4, ?4)
           ON CONFLICT (run) DO NOTHING`,
          run,
          kind,
          toJson(request),
          createdAt,
        ),
      ])
    },
    next: (now) =>
      one('finished_at IS NULL AND not_before <= ?1 ORDER BY not_before, created_at LIMIT 1', now),
    of: (run) => one('run = ?1', run),
    async save({ run, place, result, notBefore, finishedAt }) {
      await db.batch([
        statement(
          `UPDATE chores SET place = ?2, result = ?3, not_before = ?4, finished_at = ?5 WHERE run = ?1`,
          run,
          jsonOrNull(place),
          toJson(result),
          notBefore,
          finishedAt ?? null,
        ),
      ])
    },
  }
}
