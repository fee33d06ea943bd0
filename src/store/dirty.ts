import type { DirtyItem, DirtyMark, PutOff } from '../engine/ports.ts'
import { columns, least, rowsOf, TOKEN, tuplesOf } from './dialect.ts'
import { bulk } from './json.ts'
import { rankOf } from './lanes.ts'
import type { Statement } from './sql-database.ts'

/** Target of every INSERT of marks; the SELECT yields stage, kind, id, lane, due_at, since, stamp. */
export const MARK = 'INSERT INTO dirty (stage, kind, id, lane, due_at, since, stamp)'

/** A renewed mark keeps its age and the more urgent of lane, deadline and delay, and gets a new stamp. */
export const RENEW = `
  ON CONFLICT (stage, kind, id) DO UPDATE SET
    lane = ${least('dirty.lane', 'excluded.lane')}, due_at = ${least('dirty.due_at', 'excluded.due_at')},
    not_before = ${least('dirty.not_before', 'excluded.not_before')}, stamp = excluded.stamp`

const MARK_ROWS = `
  INSERT INTO dirty (stage, kind, id, lane, due_at, not_before, since, stamp)
  SELECT ${columns(6)}, ?2, ${TOKEN} FROM ${rowsOf(1)} WHERE true ${RENEW}`

/** A mark that was renewed meanwhile is put off all the same. */
const PUT_OFF_ROWS = `
  INSERT INTO dirty (stage, kind, id, lane, due_at, not_before, since, stamp)
  SELECT ${columns(7)}, ${TOKEN} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (stage, kind, id) DO UPDATE SET not_before = excluded.not_before, stamp = excluded.stamp`

export const markDirty = (marks: readonly DirtyMark[], since: number): Statement[] =>
  bulk(
    MARK_ROWS,
    marks.map((mark) => [mark.stage, mark.kind, mark.id, rankOf(mark.lane), mark.dueAt, mark.notBefore ?? 0]),
    since,
  )

/** Marks that keep their age and are not looked at before an instant, unless somebody marks them again. */
export const putOff = (marks: readonly PutOff[]): Statement[] =>
  bulk(
    PUT_OFF_ROWS,
    marks.map((mark) => [
      mark.stage,
      mark.kind,
      mark.id,
      rankOf(mark.lane),
      mark.dueAt,
      mark.notBefore,
      mark.since,
    ]),
  )

const UNMARK = `DELETE FROM dirty WHERE (stage, kind, id, stamp) IN ${tuplesOf(1, 4)}`

/** Deletes marks that were not renewed since they were read. */
export const unmark = (items: readonly Pick<DirtyItem, 'stage' | 'kind' | 'id' | 'stamp'>[]): Statement[] =>
  bulk(
    UNMARK,
    items.map((item) => [item.stage, item.kind, item.id, item.stamp]),
  )
