export type { FieldUse } from './field-uses.ts'
export * from './scan.ts'
export type { CheckCount, Finding, Grade } from './tally.ts'
