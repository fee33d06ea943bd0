import type { ProjectCommit } from '../engine/ports.ts'
import { at, columns, rowsOf } from './dialect.ts'
import { markDirty, unmark } from './dirty.ts'
import { adopt } from './finish.ts'
import { bulk } from './json.ts'
import { enqueue, projectCameBack, stands, supersede } from './outbox.ts'
import { foldText } from './search-text.ts'
import type { SqlDatabase, Statement } from './sql-database.ts'
import { markWorkers, setStanding } from './standing.ts'

const SET_GOLDEN = `
  UPDATE entities SET golden = s.golden, golden_hash = s.hash, account = s.account, stage = s.stage,
    is_known = s.is_known, search = s.search
  FROM (SELECT ${at(0)} AS id, ${at(1)} AS golden, ${at(2)} AS hash, ${at(3)} AS account, ${at(4)} AS stage,
               ${at(5)} AS is_known, ${at(6)} AS search FROM ${rowsOf(1)}) AS s
  WHERE entities.id = s.id`

const SET_PROJECTIONS = `
  INSERT INTO projections (destination, object, entity, external_id, desired_hash)
  SELECT ${columns(5)} FROM ${rowsOf(1)} WHERE ${stands(2)}
  ON CONFLICT (destination, object, entity) DO UPDATE SET
    desired_hash = coalesce(excluded.desired_hash, projections.desired_hash)`

/**
 * Rows: [destination, object, entity, logged seq, stamp]. The timeline position does not advance past a merge that came
 * after the mark was read: the merge has put it back to 0, so that the merged node's touchpoints are found.
 */
const ADVANCE_TIMELINE = `
  UPDATE projections SET logged_seq = s.logged_seq
  FROM (SELECT ${at(0)} AS destination, ${at(1)} AS object, ${at(2)} AS entity, ${at(3)} AS logged_seq
        FROM ${rowsOf(1)}
        WHERE NOT EXISTS (SELECT 1 FROM dirty d WHERE d.stage = 'project' AND d.kind IN ('person', 'account')
          AND d.id = ${at(2)} AND d.is_merge = 1 AND d.stamp <> coalesce(${at(4)}, -1))) AS s
  WHERE projections.destination = s.destination AND projections.object = s.object AND projections.entity = s.entity`

export async function commitProjection(db: SqlDatabase, commit: ProjectCommit): Promise<void> {
  const over = [...commit.operations, ...commit.supersede].flatMap((own) => own.over ?? [])
  await db.batch([
    ...setGolden(commit.golden),
    ...setStanding(commit.standing ?? []),
    ...adopt(commit.adopted ?? []),
    ...enqueue(commit.operations, commit.now),
    ...supersede(commit.supersede, commit.now),
    ...setProjections(commit),
    ...unmark(commit.dirtyDone),
    ...markDirty(commit.dirty, commit.now),
    ...projectCameBack(over, commit.now),
    ...markWorkers(commit.workers ?? []),
  ])
}

function setProjections({ projections, dirtyDone }: ProjectCommit): Statement[] {
  const stamps = new Map(
    dirtyDone.filter((item) => item.stage === 'project').map((item) => [item.id, item.stamp]),
  )
  return [
    ...bulk(
      SET_PROJECTIONS,
      projections.map((row) => [
        row.destination,
        row.object,
        row.entity,
        row.externalId,
        row.desiredHash ?? null,
      ]),
    ),
    ...bulk(
      ADVANCE_TIMELINE,
      projections
        .filter((row) => row.loggedSeq !== undefined)
        .map((row) => [
          row.destination,
          row.object,
          row.entity,
          row.loggedSeq,
          stamps.get(row.entity) ?? null,
        ]),
    ),
  ]
}

const setGolden = (golden: ProjectCommit['golden']): Statement[] =>
  bulk(
    SET_GOLDEN,
    golden.map((entity) => [
      entity.id,
      entity.golden,
      entity.hash,
      entity.account ?? null,
      entity.stage,
      entity.isVisitor ? 0 : 1,
      searchText(entity.golden),
    ]),
  )

const SEARCHED = [
  'email',
  'full_name',
  'first_name',
  'last_name',
  'name',
  'company_name',
  'domain',
  'website',
  'phone',
  'city',
  'title',
] as const

const searchText = (golden: Record<string, unknown>): string =>
  foldText(
    SEARCHED.map((field) => golden[field])
      .filter((value) => typeof value === 'string' && value !== '')
      .join(' '),
  )
