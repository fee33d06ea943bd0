import type { HygieneReport } from '../hygiene/scan.ts'

/** What the last look at each CRM has found. */
export interface HygieneReportPort {
  /** Takes the place of the one before. */
  keep(report: HygieneReport): Promise<void>
  get(destination: string): Promise<HygieneReport | undefined>
  /** By destination, without what was found. */
  list(): Promise<HygieneGrade[]>
}

export type HygieneGrade = Pick<
  HygieneReport,
  'destination' | 'at' | 'records' | 'clean' | 'grade' | 'without'
>
