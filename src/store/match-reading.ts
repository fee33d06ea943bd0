import type { EntityKind, JudgementRow, MatchPort, MatchRow, NodeRow, SaidOfBase } from '../engine/ports.ts'
import { type ContributionColumns, toContribution } from './contributions.ts'
import { itemsOf } from './dialect.ts'
import { parse, present, toJson } from './json.ts'
import type { SqlDatabase } from './sql-database.ts'

/** The words that the partial indexes are made by. */
export const JUDGED = `j.judged_by IN ('person', 'model')`

export const BASE_OF = (node: string): string => `coalesce(${node}.base, ${node}.root)`

const nodesAt = (roots: string): string => `
  SELECT e.id, ${BASE_OF('e')} AS base, e.root, e.base IS NOT NULL AS is_pinned, e.created_at
  FROM entities e WHERE e.root IN ${roots}`

const judgementsBy = (end: 'a' | 'b', roots: string): string => `
  SELECT j.a, j.b, j.judged_by, j.verdict, j.at, j.score
  FROM entities n JOIN judgements j ON j.${end} = n.id AND ${JUDGED} WHERE n.root IN ${roots}`
/** A probability in all its digits: one that differs in the last is another judgement. */
const judgementsAt = (roots: string): string => `
  SELECT j.a, j.b, j.judged_by, j.verdict, j.at, CASE WHEN j.score IS NOT NULL THEN printf('%!.17g', j.score) END AS score,
    ${BASE_OF('x')} AS base_a, ${BASE_OF('y')} AS base_b, x.root AS root_a, y.root AS root_b
  FROM (${judgementsBy('a', roots)} UNION ${judgementsBy('b', roots)}) AS j
  JOIN entities x ON x.id = j.a JOIN entities y ON y.id = j.b`

interface NodeColumns {
  id: string
  base: string
  root: string
  is_pinned: number
  created_at: number
}

interface JudgementColumns {
  a: string
  b: string
  judged_by: JudgementRow['by']
  verdict: JudgementRow['verdict']
  at: number
  score: string | null
  base_a: string
  base_b: string
  root_a: string
  root_b: string
}

interface RecordColumns {
  entity: string
  attributes: string
  keys: string
  shared: string
  judged_by: string
}

const toNode = (row: NodeColumns): NodeRow => ({
  id: row.id,
  base: row.base,
  root: row.root,
  isPinned: row.is_pinned === 1,
  createdAt: row.created_at,
})

const toJudgement = (row: JudgementColumns): JudgementRow =>
  present<JudgementRow>({
    a: row.a,
    b: row.b,
    by: row.judged_by,
    verdict: row.verdict,
    at: row.at,
    score: row.score === null ? undefined : Number(row.score),
    baseA: row.base_a,
    baseB: row.base_b,
    rootA: row.root_a,
    rootB: row.root_b,
  })

const toRecord = (row: RecordColumns): MatchRow => ({
  entity: row.entity,
  values: parse(row.attributes),
  keys: parse(row.keys),
  shared: parse(row.shared),
  judgedBy: row.judged_by,
})

/** Rows of several kinds in one statement: each is a round trip. Columns that a kind does not have are NULL. */
function oneOf(kinds: Record<string, { columns: string[]; rows: string }>): string {
  const all = [...new Set(Object.values(kinds).flatMap(({ columns }) => columns))]
  return Object.entries(kinds)
    .map(([kind, { columns, rows }]) => {
      const values = all.map((name) => `${columns.includes(name) ? `r.${name}` : 'NULL'} AS ${name}`)
      return `SELECT '${kind}' AS row_kind, ${values.join(', ')} FROM (${rows}) AS r`
    })
    .join(' UNION ALL ')
}

const NODE = ['id', 'base', 'root', 'is_pinned', 'created_at']
const JUDGEMENT = 'a b judged_by verdict at score base_a base_b root_a root_b'.split(' ')
const RECORD = ['entity', 'attributes', 'keys', 'shared', 'judged_by']
const CONTRIBUTION =
  'connection stream key kind slot entity account method confidence licence observed_at attributes root base account_base'.split(
    ' ',
  )

const accountBaseOf = (kind: EntityKind): string =>
  kind === 'person' ? 'NULL' : `(SELECT ${BASE_OF('a')} FROM entities a WHERE a.id = c.account)`

const ROOTS = '(SELECT root FROM stands)'
const subjectsOf = (kind: EntityKind): string => `
  WITH asked AS MATERIALIZED (SELECT value AS id FROM json_each(?1)),
  stands AS MATERIALIZED (SELECT DISTINCT e.root FROM asked JOIN entities e ON e.id = asked.id)
  ${oneOf({
    node: { columns: NODE, rows: nodesAt(ROOTS) },
    judgement: { columns: JUDGEMENT, rows: judgementsAt(ROOTS) },
    record: {
      columns: RECORD,
      rows: 'SELECT m.* FROM asked JOIN match_records m ON m.entity = asked.id',
    },
    contribution: {
      columns: CONTRIBUTION,
      rows: `SELECT c.*, e.root, ${BASE_OF('e')} AS base, ${accountBaseOf(kind)} AS account_base
        FROM entities e JOIN contributions c ON c.entity = e.id
        WHERE e.root IN ${ROOTS} AND c.kind = '${kind}' AND ${BASE_OF('e')} IN (SELECT id FROM asked)`,
    },
  })}`

const SUBJECTS = { person: subjectsOf('person'), account: subjectsOf('account') }

interface SaidColumns extends ContributionColumns {
  base: string
  account_base: string | null
}

const toSaid = (row: SaidColumns): SaidOfBase => ({
  ...toContribution(row),
  base: row.base,
  ...(row.account_base === null ? {} : { accountBase: row.account_base }),
})

type SubjectColumns =
  | ({ row_kind: 'node' } & NodeColumns)
  | ({ row_kind: 'judgement' } & JudgementColumns)
  | ({ row_kind: 'record' } & RecordColumns)
  | ({ row_kind: 'contribution' } & SaidColumns)

/**
 * ?2: how many members of a key are read, which may have thousands. Of a key that has as many nobody is compared, so
 * these are not read.
 */
const NEIGHBOURS = `
  WITH held AS MATERIALIZED (
    SELECT j.value AS key, (SELECT json_group_array(entity) FROM (
      SELECT b.entity FROM block_keys b WHERE b.key = j.value LIMIT ?2)) AS members
    FROM json_each(?1) AS j)
  ${oneOf({
    key: { columns: ['key', 'members'], rows: 'SELECT key, members FROM held' },
    other: {
      columns: ['entity', 'attributes', 'shared'],
      rows: `SELECT m.entity, m.attributes, m.shared FROM match_records m WHERE m.entity IN (
          SELECT n.value FROM held, json_each(held.members) AS n WHERE json_array_length(held.members) < ?2)
        AND m.entity NOT IN ${itemsOf(3)}`,
    },
  })}`

type NeighbourColumns =
  | { row_kind: 'key'; key: number; members: string }
  | { row_kind: 'other'; entity: string; attributes: string; shared: string }

export function createMatchReading(
  db: SqlDatabase,
): Pick<MatchPort, 'subjects' | 'neighbours' | 'records' | 'contributions' | 'area'> {
  return {
    async subjects(kind, ids) {
      const found: Awaited<ReturnType<MatchPort['subjects']>> = {
        nodes: [],
        judgements: [],
        records: [],
        contributions: [],
      }
      for (const row of await db.query<SubjectColumns>(SUBJECTS[kind], [toJson(ids)], 'narrow')) {
        if (row.row_kind === 'node') found.nodes.push(toNode(row))
        else if (row.row_kind === 'judgement') found.judgements.push(toJudgement(row))
        else if (row.row_kind === 'record') found.records.push(toRecord(row))
        else found.contributions.push(toSaid({ ...row, account_root: null }))
      }
      return found
    },

    async neighbours({ keys, limit, except }) {
      const found: Awaited<ReturnType<MatchPort['neighbours']>> = { members: new Map(), others: [] }
      if (keys.length === 0) return found
      const params = [toJson(keys), limit, toJson(except)]
      for (const row of await db.query<NeighbourColumns>(NEIGHBOURS, params, 'narrow')) {
        if (row.row_kind === 'key') found.members.set(row.key, parse<string[]>(row.members))
        else
          found.others.push({
            entity: row.entity,
            values: parse(row.attributes),
            shared: row.shared === '[]' ? [] : parse(row.shared),
          })
      }
      return found
    },

    async contributions(kind, bases) {
      const rows = await db.query<SaidColumns>(
        `SELECT c.*, e.root AS root, ${BASE_OF('e')} AS base, NULL AS account_root,
           ${accountBaseOf(kind)} AS account_base
         FROM entities e JOIN contributions c ON c.entity = e.id
         WHERE e.root IN ${itemsOf(1)} AND ${BASE_OF('e')} IN ${itemsOf(2)} AND c.kind = ?3`,
        [toJson([...new Set(bases.map(({ root }) => root))]), toJson(bases.map(({ base }) => base)), kind],
        'narrow',
      )
      return rows.map(toSaid)
    },

    async records(entities) {
      const rows = await db.query<RecordColumns>(
        `SELECT * FROM match_records WHERE entity IN ${itemsOf(1)}`,
        [toJson(entities)],
        'narrow',
      )
      return rows.map(toRecord)
    },

    async area(roots) {
      const ids = toJson(roots)
      const [nodes, judgements] = await Promise.all([
        db.query<NodeColumns>(nodesAt(itemsOf(1)), [ids], 'narrow'),
        db.query<JudgementColumns>(judgementsAt(itemsOf(1)), [ids], 'narrow'),
      ])
      return { nodes: nodes.map(toNode), judgements: judgements.map(toJudgement) }
    },
  }
}
