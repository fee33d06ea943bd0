export * from './answer.ts'
export * from './answer-stream.ts'
export * from './rules.ts'
export * from './waterfall.ts'
