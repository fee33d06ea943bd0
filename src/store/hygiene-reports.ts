import type { HygieneGrade, HygieneReportPort } from '../engine/ports.ts'
import { parse, toJson } from './json.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

const KEEP = `
  INSERT INTO hygiene_reports (destination, grade, report) VALUES (?1, ?2, ?3)
  ON CONFLICT (destination) DO UPDATE SET grade = excluded.grade, report = excluded.report`

export function createHygieneReports(db: SqlDatabase): HygieneReportPort {
  return {
    async keep(report) {
      const { destination, at, records, clean, grade, without } = report
      const short: HygieneGrade = { destination, at, records, clean, grade, without }
      await db.batch([statement(KEEP, destination, toJson(short), toJson(report))])
    },
    async get(destination) {
      const sql = 'SELECT report FROM hygiene_reports WHERE destination = ?1'
      const [row] = await db.query<{ report: string }>(sql, [destination])
      return row && parse(row.report)
    },
    async list() {
      const rows = await db.query<{ grade: string }>('SELECT grade FROM hygiene_reports ORDER BY destination')
      return rows.map(({ grade }) => parse<HygieneGrade>(grade))
    },
  }
}
