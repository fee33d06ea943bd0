import type { NewJudgement } from '../engine/ports.ts'
import { columns, least, rowsOf } from './dialect.ts'
import { bulk } from './json.ts'
import type { Statement } from './sql-database.ts'

const UPSERT = `
  INSERT INTO judgements (a, b, judged_by, verdict, at, score) SELECT ${columns(6)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (a, b, judged_by) DO UPDATE SET verdict = excluded.verdict, score = excluded.score,
    at = CASE WHEN excluded.judged_by = 'stitch' THEN ${least('judgements.at', 'excluded.at')} ELSE excluded.at END`

/** Of stitches the earliest time counts, of all others the last word. */
export const storeJudgements = (judgements: readonly NewJudgement[]): Statement[] =>
  bulk(
    UPSERT,
    judgements.map(({ a, b, by, verdict, at, score }) => [a, b, by, verdict, at, score ?? null]),
  )
