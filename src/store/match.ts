import type { MatchPort, PairRow } from '../engine/ports.ts'
import { at, columns, itemsOf, rowsOf, TOKEN, tuplesOf } from './dialect.ts'
import { MARK, markDirty, RENEW, unmark } from './dirty.ts'
import { bulk, parseOptional } from './json.ts'
import { storeJudgements } from './judgements.ts'
import { rankOf } from './lanes.ts'
import { BASE_OF, createMatchReading, JUDGED } from './match-reading.ts'
import { Conditions, pageOf, readToken } from './paging.ts'
import { markRegrouped } from './regrouped.ts'
import type { SqlDatabase } from './sql-database.ts'
import { restand } from './stand.ts'

const SAVE_RECORDS = `
  INSERT INTO match_records (entity, attributes, keys, shared, judged_by) SELECT ${columns(5)} FROM ${rowsOf(1)}
  WHERE true ON CONFLICT (entity) DO UPDATE SET attributes = excluded.attributes, keys = excluded.keys,
    shared = excluded.shared, judged_by = excluded.judged_by`

const ADD_KEYS = `
  INSERT INTO block_keys (key, entity) SELECT ${columns(2)} FROM ${rowsOf(1)} WHERE true ON CONFLICT DO NOTHING`

const WITHDRAW = `DELETE FROM judgements WHERE judged_by = 'model' AND (a, b) IN ${tuplesOf(1, 2)}`

/** What people said of nodes `n` and `m`, which may have been bases of their own when it was said. */
const SAID = `
  JOIN judgements j ON j.a = n.id AND ${JUDGED} AND j.judged_by = 'person' JOIN entities m ON m.id = j.b`

/** Rows: [base, base], each pair in both directions. */
const UNSAY = `
  DELETE FROM judgements WHERE judged_by = 'person' AND (a, b) IN (
    SELECT said.a, said.b FROM (SELECT ${at(0)} AS x, ${at(1)} AS y FROM ${rowsOf(1)}) AS p
    JOIN entities e ON e.id = p.x
    JOIN (SELECT n.root, ${BASE_OF('n')} AS x, ${BASE_OF('m')} AS y, j.a, j.b FROM entities n ${SAID}) AS said
      ON said.root = e.root AND said.x = p.x AND said.y = p.y)`

const isSaid = (one: string, other: string): string => `
  EXISTS (SELECT 1 FROM entities n ${SAID}
    WHERE n.root = ${one}.root AND ${BASE_OF('n')} = ${BASE_OF(one)} AND ${BASE_OF('m')} = ${BASE_OF(other)})`

const MARK_BASES = `
  ${MARK}
  SELECT 'match', kind, id, ${rankOf('lead')}, ?2, ?2, ${TOKEN} FROM entities WHERE id IN ${itemsOf(1)} ${RENEW}`

const MARK_ALL = `
  ${MARK}
  SELECT 'match', ?4, j.value, ${rankOf('backfill')}, ?3, ?2, ${TOKEN} FROM json_each(?1) AS j WHERE true ${RENEW}`

const isOf = (root: string): string => {
  const nodes = `(SELECT id FROM entities WHERE root = ${root})`
  return `(j.a IN ${nodes} OR j.b IN ${nodes}) AND ${JUDGED}`
}

export function createMatch(db: SqlDatabase): MatchPort {
  return {
    ...createMatchReading(db),

    async commit(commit) {
      const { now, records, gone, again } = commit
      const keyRows = (rows: { key: number; entity: string }[]) =>
        rows.map(({ key, entity }) => [key, entity])
      await db.batch([
        ...bulk(
          `DELETE FROM block_keys WHERE (key, entity) IN ${tuplesOf(1, 2)}`,
          keyRows(commit.keysRemoved),
        ),
        ...bulk(ADD_KEYS, keyRows(commit.keysAdded)),
        ...bulk(`DELETE FROM match_records WHERE entity IN ${itemsOf(1)}`, gone),
        ...bulk(
          SAVE_RECORDS,
          records.map((row) => [row.entity, row.values, row.keys, row.shared, row.judgedBy]),
        ),
        ...bulk(`UPDATE match_records SET judged_by = '' WHERE entity IN ${itemsOf(1)}`, again),
        ...bulk(
          WITHDRAW,
          commit.withdrawn.map(({ a, b }) => [a, b]),
        ),
        ...storeJudgements(commit.judgements),
        ...restand(commit.restanding, now),
        ...(commit.regrouped ? markRegrouped(commit.regrouped) : []),
        ...unmark(commit.dirtyDone),
        ...markDirty(commit.dirty, now),
      ])
    },

    async pairs({ limit, after, entity, kind }) {
      const token = readToken(after, 3)
      const c = new Conditions()
      const rows = await db.query<{
        kind: PairRow['kind']
        a: string
        b: string
        verdict: PairRow['verdict']
        score: number
        at: number
        root_a: string
        root_b: string
        golden_a: string | null
        golden_b: string | null
      }>(
        `SELECT na.kind, j.a, j.b, j.verdict, j.score, j.at, x.id AS root_a, y.id AS root_b, x.golden AS golden_a, y.golden AS golden_b
         FROM judgements j
         JOIN entities na ON na.id = j.a JOIN entities x ON x.id = na.root
         JOIN entities nb ON nb.id = j.b JOIN entities y ON y.id = nb.root
         WHERE j.judged_by = 'model' AND na.root <> nb.root
           ${entity === undefined ? '' : `AND ${isOf(c.bind(entity))}`}
           ${kind === undefined ? '' : `AND na.kind = ${c.bind(kind)}`}
           AND NOT ${isSaid('na', 'nb')} AND NOT ${isSaid('nb', 'na')}
           ${
             token
               ? `AND (j.score, j.a, j.b) < (${c.bind(token[0]!)}, ${c.bind(token[1]!)}, ${c.bind(token[2]!)})`
               : ''
           }
         ORDER BY j.score DESC, j.a DESC, j.b DESC LIMIT ${c.bind(limit + 1)}`,
        c.params,
      )
      return pageOf(
        rows,
        limit,
        (row): PairRow => ({
          kind: row.kind,
          a: row.a,
          b: row.b,
          verdict: row.verdict,
          score: row.score,
          at: row.at,
          rootA: row.root_a,
          rootB: row.root_b,
          goldenA: parseOptional(row.golden_a) ?? {},
          goldenB: parseOptional(row.golden_b) ?? {},
        }),
        (row) => [row.score, row.a, row.b],
      )
    },

    async judge({ pairs, now }) {
      const said = pairs.flatMap(({ a, b, verdict }) =>
        verdict ? [{ a, b, verdict, by: 'person', at: now }] : [],
      )
      await db.batch([
        ...bulk(
          UNSAY,
          pairs.flatMap(({ a, b }) => [
            [a, b],
            [b, a],
          ]),
        ),
        ...storeJudgements(said),
        ...bulk(MARK_BASES, [...new Set(pairs.flatMap(({ a, b }) => [a, b]))], now),
      ])
    },

    async markAll({ kind, after = '', limit, now, dueAt }) {
      const rows = await db.query<{ id: string }>(
        `SELECT id FROM entities WHERE kind = ?3 AND id > ?1
           AND ((coalesce(base, root) = id AND (is_known = 1 OR base IS NOT NULL))
             OR EXISTS (SELECT 1 FROM match_records m WHERE m.entity = entities.id)) ORDER BY id LIMIT ?2`,
        [after, limit, kind],
      )
      const last = rows.at(-1)
      await db.batch(
        bulk(
          MARK_ALL,
          rows.map(({ id }) => id),
          now,
          dueAt,
          kind,
        ),
      )
      return rows.length === limit ? last!.id : undefined
    },
  }
}
